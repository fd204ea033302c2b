use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::arms::Spread;
use super::error::io_error;
use super::measure::{Item, measure};
use super::run_folder::{self, EVALUATION, LOCK, SHOWN, run_folder};
use super::{Budget, ExperimentError, Measure, Outcome, Plan, PlannedRun};
use crate::export::write_wav;
use crate::media::{SampleDepth, png_bytes};
use crate::model::{Mode, Model, best_device};
use crate::train::{
    Look, Run, RunConfig, RunFolder, RunInputs, RunSources, StepReport, TrainingData, Trial, shown,
};

/// What was measured of a run's model, and what it came from: `evaluation.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// What was asked for.
    pub measure: Measure,
    /// Steps that were taken.
    pub steps: u32,
    /// Items that were learned from.
    pub learned_from: usize,
    /// SHA-256 of the model's file.
    pub model_sha256: String,
    /// One hash over the data.
    pub data_sha256: String,
    /// The weights file that it began from, with its hash; none if it was drawn.
    pub started_from: Option<String>,
    /// Held-out items.
    pub items: Vec<Item>,
    /// Some of them, to be looked at or listened to.
    pub shown: Vec<ShownFiles>,
}

impl Evaluation {
    /// The mean PSNR of held-out items, in dB, of those not left out as a class; none of none.
    #[must_use]
    pub fn psnr_db(&self) -> Option<f64> {
        let known = self.items.iter().filter(|item| !item.is_unseen);
        let values: Vec<f64> =
            known.filter_map(|item| item.figures.get("psnr_db").copied().flatten()).collect();
        Spread::of(&values).map(|own| own.mean)
    }
}

/// Where a held-out item, and what its field gives, can be looked at: names in the folder `shown`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownFiles {
    /// Its path in the data.
    pub item: String,
    /// The item.
    pub reference: String,
    /// What its field gives.
    pub field: String,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy)]
pub enum Progress {
    /// A step was taken, of so many.
    Step(StepReport, u32),
    /// Its model is being measured.
    Measuring,
}

/// What was measured of a run, if it is done: by what the experiment asks for now.
///
/// # Errors
/// [`ExperimentError`] if its file is damaged.
pub fn evaluation(plan: &Plan, run: &PlannedRun, out: &Path) -> Result<Option<Evaluation>, ExperimentError> {
    let found: Option<Evaluation> = run_folder::read_json(&run_folder(out, &run.id).join(EVALUATION))?;
    Ok(found.filter(|own| own.measure == plan.measure))
}

/// Do a run, or go on with it from where it was: train, measure, keep what is shown. What is done is not done again. If
/// another process works on it, wait for that.
///
/// # Errors
/// [`ExperimentError`] if the run is refused, training fails, or a file cannot be written.
pub fn perform(
    plan: &Plan,
    run: &PlannedRun,
    out: &Path,
    mut tell: impl FnMut(Progress),
) -> Result<Evaluation, ExperimentError> {
    if let Outcome::Refused(why) = &run.outcome {
        return Err(ExperimentError::File(format!("{} is refused: {why}", run.id)));
    }
    let folder = run_folder(out, &run.id);
    run_folder::make(&folder)?;
    let _lock = locked(&folder.join(LOCK))?;
    let before: Option<Evaluation> = run_folder::read_json(&folder.join(EVALUATION))?;
    let is_trained = before.is_some();
    if let Some(done) = before.filter(|own| own.measure == plan.measure) {
        return Ok(done);
    }
    let folder_of_data = plan.folder(run)?;
    let data = Arc::new(TrainingData::scan(folder_of_data, &run.config)?);
    let inputs = RunInputs {
        mode: run.mode,
        backbone: plan.backbone(run).map(PathBuf::from),
        from: None,
        out: folder.clone(),
    };
    RunSources::of(&inputs, folder_of_data).write(&folder)?;
    if !is_trained {
        train(run, &inputs, &data, &mut tell)?;
    }
    let config = RunFolder::read(&folder)?.config;
    tell(Progress::Measuring);
    let done = measured(&folder, &inputs, (&config, config.steps), &data, &plan.measure)?;
    run_folder::write_json(&folder.join(EVALUATION), &done)?;
    if !plan.keep_states {
        let state = folder.join("state.safetensors");
        std::fs::remove_file(&state)
            .or_else(|err| if err.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(err) })
            .map_err(io_error(format!("{} cannot be removed", state.display())))?;
    }
    Ok(done)
}

/// What is measured of the model of a run's folder, after so many steps; what is shown of it is put into the folder.
pub(super) fn measured(
    folder: &Path,
    inputs: &RunInputs,
    (config, steps): (&RunConfig, u32),
    data: &TrainingData,
    wanted: &Measure,
) -> Result<Evaluation, ExperimentError> {
    let model = read_model(folder, inputs.backbone.as_deref())?;
    Ok(Evaluation {
        measure: wanted.clone(),
        steps,
        learned_from: data.count_learned(config),
        model_sha256: model.identity.sha256.clone(),
        data_sha256: data.sha256(),
        started_from: model.notes.get("trained_from").cloned().filter(|_| inputs.mode != Mode::Scratch),
        items: measure(&model, data, config, wanted)?,
        shown: show(&model, data, config, wanted.shown, &folder.join(SHOWN))?,
    })
}

/// A file that this process alone holds, until it is dropped.
fn locked(path: &Path) -> Result<File, ExperimentError> {
    let failed = || io_error(format!("{} cannot be locked", path.display()));
    let file = File::options().create(true).append(true).open(path).map_err(failed())?;
    file.lock().map_err(failed())?;
    Ok(file)
}

fn train(
    run: &PlannedRun,
    inputs: &RunInputs,
    data: &Arc<TrainingData>,
    tell: &mut dyn FnMut(Progress),
) -> Result<(), ExperimentError> {
    let device = best_device();
    let data = Arc::clone(data);
    let mut training = if inputs.out.join("state.safetensors").exists() {
        Run::resume(inputs, data, &device)?
    } else {
        let mut config = run.config.clone();
        if let Budget::Seconds(seconds) = run.budget {
            let trial = Trial::measure(&config, inputs, &data, &device)?;
            config.steps = trial.steps_within(Duration::from_secs_f64(seconds));
        }
        Run::start(config, inputs, data, &device)?
    };
    while !training.is_finished() {
        let report = training.step()?;
        tell(Progress::Step(report, training.steps().1));
    }
    Ok(())
}

fn read_model(folder: &Path, backbone: Option<&Path>) -> Result<Model, ExperimentError> {
    let path = folder.join("model.safetensors");
    let bytes = std::fs::read(&path).map_err(io_error(format!("{} cannot be read", path.display())))?;
    let places: Vec<PathBuf> = backbone.into_iter().map(PathBuf::from).collect();
    Ok(Model::load("model.safetensors", &bytes, &places)?)
}

/// Held-out items and what their fields give, as files in a folder.
fn show(
    model: &Model,
    data: &TrainingData,
    config: &RunConfig,
    most: usize,
    folder: &Path,
) -> Result<Vec<ShownFiles>, ExperimentError> {
    run_folder::make(folder)?;
    let mut files = Vec::new();
    for (index, own) in shown(model, data, config, most)?.into_iter().enumerate() {
        let reference = put(&own.reference, folder, &format!("{index:02}-reference"))?;
        let field = put(&own.field, folder, &format!("{index:02}-field"))?;
        files.push(ShownFiles { item: own.item, reference, field });
    }
    Ok(files)
}

/// The name of the file that it is in.
fn put(look: &Look, folder: &Path, stem: &str) -> Result<String, ExperimentError> {
    match look {
        Look::Picture(picture) => {
            let name = format!("{stem}.png");
            run_folder::write(&folder.join(&name), &png_bytes(picture)?)?;
            Ok(name)
        }
        Look::Sound(sound) => {
            let name = format!("{stem}.wav");
            write_wav(&folder.join(&name), sound.rate_hz(), 1, &sound.mono(), SampleDepth::Int16)?;
            Ok(name)
        }
    }
}
