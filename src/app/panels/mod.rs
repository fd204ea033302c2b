//! What is drawn: every panel reads the state and answers with actions.

mod cheat_sheet;
mod drop_hint;
mod file_form;
mod frame_times;
mod inspector;
mod layout;
mod library;
mod notices;
mod object_inspector;
mod object_overlay;
mod object_toolbar;
mod object_view;
mod overlay;
mod refine;
mod settings;
mod sound_toolbar;
mod sound_view;
mod spectrum;
mod status;
mod textures;
mod toolbar;
mod training;
mod viewport;
mod weights;
mod widgets;

pub(crate) use layout::{Panels, show};
pub(crate) use object_toolbar::go_to;
