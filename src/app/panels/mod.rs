//! What is drawn: every panel reads the state and answers with actions.

mod cheat_sheet;
mod drop_hint;
mod file_form;
mod inspector;
mod layout;
mod library;
mod notices;
mod overlay;
mod refine;
mod settings;
mod status;
mod textures;
mod toolbar;
mod viewport;
mod widgets;

pub(crate) use layout::{Panels, show};
