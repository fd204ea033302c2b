//! What a run will cost, found by a few of its steps.

use std::path::PathBuf;
use std::time::Duration;

use burn::tensor::Device;

use super::{RunConfig, RunInputs, TrainError, TrainingData, Tuner, start};
use crate::model::{Lap, ParameterCounts};

/// Steps that only warm up, and steps that are timed.
const UNTIMED: usize = 1;
const TIMED: usize = 3;

/// What a few steps, which are thrown away, say of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// Of a step, the median.
    pub step: Duration,
    /// Parameters by what they are for.
    pub parameters: ParameterCounts,
    /// Those that learn.
    pub trainable: usize,
    /// What the program's memory grew by, in bytes; `None` where the platform does not tell.
    pub grown_bytes: Option<u64>,
    /// Items that are learned from.
    pub items: usize,
}

impl Trial {
    /// Take a few steps of a run, and throw them away. Nothing is written.
    ///
    /// # Errors
    /// As [`Run::start`](super::Run::start).
    pub fn measure(
        config: &RunConfig,
        inputs: &RunInputs,
        data: &TrainingData,
        device: &Device,
    ) -> Result<Self, TrainError> {
        config.validate()?;
        data.check(config)?;
        let before = resident_bytes();
        let inputs = RunInputs { out: PathBuf::new(), ..inputs.clone() };
        let (network, _) = start::network(config, &inputs, device)?;
        let mut tuner = Tuner::new(network, config.clone(), device)?;
        for _ in 0..UNTIMED {
            tuner.step(data)?;
        }
        let mut clock = Lap::start();
        let mut times = Vec::with_capacity(TIMED);
        for _ in 0..TIMED {
            tuner.step(data)?;
            times.push(clock.lap());
        }
        times.sort_unstable();
        let parameters = tuner.model_config().parameters();
        Ok(Self {
            step: times[TIMED / 2],
            parameters,
            trainable: parameters.trainable(inputs.mode),
            grown_bytes: resident_bytes().zip(before).map(|(now, before)| now.saturating_sub(before)),
            items: data.count_learned(config),
        })
    }

    /// Steps that take about so long.
    #[must_use]
    pub fn steps_within(&self, time: Duration) -> u32 {
        (time.as_secs_f64() / self.step.as_secs_f64().max(1e-9)).round().clamp(1.0, 1e8) as u32
    }
}

/// Bytes that this process holds in memory; `None` where the platform does not tell.
#[must_use]
pub fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
