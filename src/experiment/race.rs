use std::path::{Path, PathBuf};

use super::perform::measured;
use super::plan::size_of;
use super::results::Planned;
use super::run_folder::{self, EVALUATION, EXPERIMENT, run_folder};
use super::{Budget, ExperimentError, Measure, Outcome, PlannedRun};
use crate::model::{Mode, read_model_config};
use crate::train::{RunFolder, TrainingData, Verdict};

/// What is measured of every arm: less than of an experiment's runs, for somebody waits.
const MEASURE: Measure = Measure { items: 12, views: 2, reference_px: None, refine_steps: 0, shown: 3 };

/// The folder of an arm of a race, which is a run of an experiment with the mode as its one axis.
#[must_use]
pub fn arm_folder(race: &Path, mode: Mode) -> PathBuf {
    run_folder(race, &mode.to_string())
}

/// Keep what a race came to as an experiment that [`write_report`](super::write_report) reads: of every arm held-out items
/// are measured, and some shown.
///
/// # Errors
/// [`ExperimentError`] if the folder of an arm cannot be read, measuring fails, or a file cannot be written.
pub fn keep_race(out: &Path, verdict: &Verdict, data: &TrainingData) -> Result<(), ExperimentError> {
    let mut runs = Vec::with_capacity(verdict.arms.len());
    for arm in &verdict.arms {
        let folder = arm_folder(out, arm.mode);
        let RunFolder { config, sources, .. } = RunFolder::read(&folder)?;
        let sources = sources.ok_or_else(|| {
            ExperimentError::File(format!("{} does not say what it learned from", folder.display()))
        })?;
        let name = |path: &Path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let model = read_model_config(&folder.join("model.safetensors"))?;
        let evaluation = measured(&folder, &sources.inputs(&folder), (&config, arm.steps), data, &MEASURE)?;
        run_folder::write_json(&folder.join(EVALUATION), &evaluation)?;
        runs.push(PlannedRun {
            id: arm.mode.to_string(),
            choices: vec![("mode".into(), arm.mode.to_string())],
            kind: config.kind,
            mode: arm.mode,
            data: name(&sources.data),
            backbone: sources.backbone.as_deref().map(name),
            seed: config.seed,
            budget: Budget::Steps(config.steps),
            outcome: Outcome::Accepted(size_of(&config, &model)),
            config,
        });
    }
    let title = out.file_name().map_or_else(|| "A race".into(), |name| name.to_string_lossy().into_owned());
    let planned = Planned { title, about: format!("{}.", verdict.sentence()), measure: MEASURE, runs };
    run_folder::write_json(&out.join(EXPERIMENT), &planned)
}
