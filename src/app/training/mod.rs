//! What the window knows of training runs: their curves, and the form that starts them.

mod action;
mod file;
mod form;
mod look;
mod run_entry;
mod state;

pub use action::{FoundRun, TrainingAction};
pub use file::TrainingFile;
pub use form::{Answer, Budget, Preset, TrainForm};
pub use look::{Axis, ChartLook, Shown, TrainingTab};
pub(crate) use run_entry::usual_name;
pub use run_entry::{Curves, RunEntry, RunStatus};
pub use state::{KnownRun, Training};
