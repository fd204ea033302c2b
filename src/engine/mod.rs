//! Worker threads: commands in, events and latest values out. Knows no screen.

mod error;
mod files;
mod handle;
mod inference;
mod objects;
mod protocol;
mod refining;
mod report;
mod slot;
mod sounds;
mod surfaces;
mod training;

pub use error::EngineError;
pub use handle::Engine;
pub use protocol::{
    Command, Encoded, Event, ItemId, JobId, MeshConfig, ModelInfo, ObjectExport, Origin, Preview, Reading,
    Stage, Timings,
};
pub use slot::Slot;
pub use training::{
    BackboneLook, DataLook, RunId, RunNews, RunOrder, RunPlan, RunTick, Serving, TrainCommand, WhyPaused,
};
