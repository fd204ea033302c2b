//! What happens in the training panel.

mod act;
mod form;
mod news;
mod runs;

pub(crate) use act::act;
pub(crate) use form::picked;
pub(crate) use runs::{begin, serve_selected};
