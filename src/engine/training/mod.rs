//! Training in the background: one thread for each run, or for all arms of a race, which take their steps in turn.

mod arm;
mod look;
mod pool;
mod protocol;
mod trainers;
mod worker;

pub use protocol::{
    BackboneLook, DataLook, RunId, RunNews, RunOrder, RunPlan, RunTick, Serving, TrainCommand, WhyPaused,
};
pub(super) use trainers::Trainers;
