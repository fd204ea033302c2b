//! Gradient steps: tuning a hypernetwork over a dataset, refining one field, and the metrics.

mod adam;
mod baselines;
mod batch;
mod budget;
mod config;
mod data;
mod error;
mod evaluate;
mod event_file;
mod field_optimizer;
mod gradient;
mod held_out;
mod history;
mod log_file;
mod metrics;
mod muon;
mod objective;
mod objects_evaluated;
mod parameters;
mod point_gradient;
mod random_backbone;
mod ray_gradient;
mod reference;
mod refine;
mod retrieval;
mod run;
mod run_config;
mod run_control;
mod run_folder;
mod samples;
mod shown;
mod sound_metrics;
mod sounds_evaluated;
mod spectral_loss;
mod start;
mod state_file;
mod trial;
mod tuner;
mod verdict;
mod watch;
mod window_gradient;
mod windowed_sound;
mod windows;
mod workload;

pub use baselines::{Baselines, random_start};
pub use budget::flops_per_step;
pub use config::{Quality, RefineConfig, RefineProgress};
pub use data::TrainingData;
pub use error::TrainError;
pub(crate) use error::io_error;
pub use evaluate::{EvaluateConfig, Evaluated, evaluate_model};
pub use field_optimizer::Optimizer;
pub use history::{History, Logged, LoggedHeldOut, LoggedStep};
pub use log_file::LogFormat;
pub use metrics::{db_of_mse, psnr_db, quality, quality_by, ssim};
pub use objects_evaluated::{
    ClassFigures, Evaluated as EvaluatedObject, ObjectBaselines, ObjectsEvaluateConfig, evaluate_objects,
};
pub use random_backbone::{RandomBackbone, vit_tiny};
pub use reference::Reference;
pub use refine::Refiner;
pub use run::{Run, RunInputs};
pub use run_config::{ObjectSettings, RunConfig, Schedule, SoundSettings};
pub use run_control::RunChange;
pub use run_folder::{RunFolder, RunSources};
pub use samples::Sheet;
pub use shown::{Look, Shown, shown};
pub use sound_metrics::{Closeness, SoundQuality, lsd_db, si_sdr_db};
pub use sounds_evaluated::{
    EvaluatedSound, SoundBaselines, SoundClass, SoundsEvaluateConfig, evaluate_sounds,
};
pub use start::{planned_model, recipe_of};
pub use trial::{Trial, resident_bytes};
pub use tuner::{StepReport, StepTimings, Tuner};
pub use verdict::{Contestant, Gap, Verdict};
pub use workload::{BlockWorkload, FieldWorkload, TokenCounts};
