use clap::Args;

use super::values::OptimizerName;
use crate::train::{Reference, RefineConfig};

/// How refine steps are taken.
#[derive(Debug, Args)]
pub(super) struct StepArgs {
    /// What moves the field's hidden weight matrices [default: muon, of an object or a sound adam]
    #[arg(long, value_enum)]
    optimizer: Option<OptimizerName>,
    /// Learning rate of the refine steps [default: 0.008, of an object 0.001 for one view and 0.003 for several, of a sound 0.00002]
    #[arg(long)]
    lr: Option<f64>,
    /// Pixels in a refine step, about: the crossings of random rows and columns, of an object random rays, of a sound
    /// random instants of each window, with --spectral 0 [default: 4096, of an object 512, of a sound 256]
    #[arg(long)]
    pixels: Option<usize>,
    /// Seed of the pixel draws
    #[arg(long, default_value_t = RefineConfig::default().seed)]
    seed: u64,
    /// Of a sound: what the distance of spectra counts beside the squared error; above 0, a step looks at every sample
    /// [default: 0.02, of anything else nothing]
    #[arg(long)]
    spectral: Option<f64>,
    /// Of an object: part of the rays of a step that hold it to how it was seen from all around before [default: 0.3 for
    /// one view, 0 for several]
    #[arg(long)]
    recall: Option<f64>,
}

impl StepArgs {
    /// As they say; the rest is as it is usual for such a reference.
    pub(super) fn config(&self, steps: Option<u32>, reference: &Reference) -> RefineConfig {
        let usual = match reference {
            Reference::Picture(_) => RefineConfig::default(),
            Reference::Views(views) => RefineConfig::of_object(views.len()),
            Reference::Sound(_) => RefineConfig::of_sound(),
        };
        self.over(RefineConfig { steps: steps.unwrap_or(usual.steps), ..usual })
    }

    /// What they say, over other settings.
    pub(super) fn over(&self, usual: RefineConfig) -> RefineConfig {
        RefineConfig {
            warm_up_steps: usual.warm_up_steps,
            steps: usual.steps,
            optimizer: self.optimizer.map_or(usual.optimizer, Into::into),
            learning_rate: self.lr.unwrap_or(usual.learning_rate),
            pixels_per_step: self.pixels.unwrap_or(usual.pixels_per_step),
            seed: self.seed,
            spectral_weight: self.spectral.unwrap_or(usual.spectral_weight),
            recalled_part: self.recall.unwrap_or(usual.recalled_part),
        }
    }
}
