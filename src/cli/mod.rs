//! The headless verbs. What a verb reports goes to stdout, as text or as JSON; progress and complaints go
//! to stderr.

mod args;
mod bench;
mod compare;
mod convert;
mod convert_args;
mod dataset;
mod dataset_args;
mod doctor;
mod encode;
mod evaluate;
mod experiment;
mod experiment_args;
mod film;
mod inspect;
mod lpips_args;
mod mesh;
mod output;
#[cfg(feature = "sound")]
mod play;
mod refine;
mod render;
mod report;
mod run;
mod source;
mod step_args;
mod synth;
mod train;
mod values;

pub use run::run;
