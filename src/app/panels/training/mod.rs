//! The training panel: runs, their curves and held-out items, and the form that starts them.

mod chart;
mod form;
mod form_parts;
mod held_out;
mod list;
mod one_run;
mod panel;
mod table;

pub(crate) use form::show as form;
pub(crate) use panel::show;
