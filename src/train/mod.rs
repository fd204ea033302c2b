//! Gradient steps: tuning a hypernetwork over a dataset, refining one field, and the metrics.

mod adam;
mod baselines;
mod batch;
mod config;
mod data;
mod error;
mod evaluate;
mod field_optimizer;
mod gradient;
mod held_out;
mod metrics;
mod muon;
mod objects_evaluated;
mod parameters;
mod point_gradient;
mod ray_gradient;
mod reference;
mod refine;
mod retrieval;
mod run;
mod run_config;
mod sound_metrics;
mod sounds_evaluated;
mod spectral_loss;
mod start;
mod state_file;
mod tuner;
mod window_gradient;
mod windowed_sound;
mod windows;
mod workload;

pub use baselines::Baselines;
pub use config::{Quality, RefineConfig, RefineProgress};
pub use data::TrainingData;
pub use error::TrainError;
pub(crate) use error::io_error;
pub use evaluate::{EvaluateConfig, Evaluated, evaluate_model};
pub use field_optimizer::Optimizer;
pub use metrics::{db_of_mse, psnr_db, quality, quality_by, ssim};
pub use objects_evaluated::{
    ClassFigures, Evaluated as EvaluatedObject, ObjectBaselines, ObjectsEvaluateConfig, evaluate_objects,
};
pub use reference::Reference;
pub use refine::Refiner;
pub use run::{Run, RunInputs};
pub use run_config::{ObjectSettings, RunConfig, Schedule, SoundSettings, vit_tiny};
pub use sound_metrics::{Closeness, SoundQuality, lsd_db, si_sdr_db};
pub use sounds_evaluated::{
    EvaluatedSound, SoundBaselines, SoundClass, SoundsEvaluateConfig, evaluate_sounds,
};
pub use tuner::{StepReport, StepTimings, Tuner};
pub use workload::{BlockWorkload, FieldWorkload, TokenCounts};
