//! What can be done to a run between two of its steps.

use super::{Run, RunConfig, TrainError, io_error};
use crate::model::{Model, ModelConfig};
use crate::storage::write_atomically;

/// What is changed while a run goes on; what is `None` stays.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RunChange {
    /// Gradient steps in all: the schedule of the learning rates goes by them.
    pub steps: Option<u32>,
    /// The peak learning rates, in parts of what they are.
    pub rate_times: Option<f64>,
}

impl Run {
    /// Its settings.
    #[must_use]
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// What it trains.
    #[must_use]
    pub fn model_config(&self) -> &ModelConfig {
        self.tuner.model_config()
    }

    /// The model as it is: with the running mean of its weights.
    #[must_use]
    pub fn model(&self) -> Model {
        Model::of(&self.tuner.averaged(), &self.device)
    }

    /// Change settings from the next step on, here and in the folder.
    ///
    /// # Errors
    /// [`TrainError::Config`] if that makes no sense, [`TrainError::Io`] if `run.toml` cannot be written; then nothing
    /// is changed.
    pub fn change(&mut self, change: RunChange) -> Result<(), TrainError> {
        let mut config = self.config.clone();
        if let Some(steps) = change.steps {
            if steps < self.tuner.steps_done() {
                return Err(TrainError::Config(format!(
                    "{} steps are done already, so the run cannot end after {steps}",
                    self.tuner.steps_done()
                )));
            }
            config.steps = steps;
        }
        if let Some(times) = change.rate_times {
            config.learning_rate_backbone *= times;
            config.learning_rate_new *= times;
        }
        config.validate()?;
        let text = config.to_toml()?;
        let path = self.out.join("run.toml");
        write_atomically(&path, |out| out.write_all(text.as_bytes()))
            .map_err(io_error(format!("{} cannot be written", path.display())))?;
        self.tuner.set_config(config.clone());
        self.config = config;
        Ok(())
    }
}
