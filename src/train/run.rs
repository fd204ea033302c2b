use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use burn::tensor::Device;
use serde::Serialize;

use super::held_out::{self, HeldOut};
use super::history::Logged;
use super::start::{self, Origin};
use super::watch::Watch;
use super::{
    Closeness, LoggedHeldOut, RunConfig, StepReport, TrainError, TrainingData, Tuner, io_error, state_file,
};
use crate::model::{Hypernetwork, Mode, save_checkpoint};
use crate::storage::write_atomically;

/// The note of a checkpoint that says how its fields of held-out items compare, in dB.
pub const HELD_OUT_NOTE: &str = "held_out_psnr_db";

/// What a run is started with, besides its [`RunConfig`].
#[derive(Debug, Clone)]
pub struct RunInputs {
    /// Which weights learn.
    pub mode: Mode,
    /// The backbone's weights file: needed for all modes but `scratch`, which takes its size from it.
    pub backbone: Option<PathBuf>,
    /// A checkpoint to start from, all of its weights: then a backbone is needed only if the file leaves it out.
    pub from: Option<PathBuf>,
    /// The folder of the run.
    pub out: PathBuf,
}

/// A training run and its folder:
///
/// | file | what |
/// |---|---|
/// | `run.toml` | the settings; steps, learning rates and intervals may be changed between two resumptions |
/// | `inputs.toml` | what it was started with: see [`RunSources`](super::RunSources) |
/// | `metrics.jsonl` | a line for each step, and for each evaluation |
/// | `samples/` | held-out pictures and sounds, and those of their fields: see [`Sheet`](super::Sheet) |
/// | `model.safetensors` | the model: the running mean of the weights |
/// | `state.safetensors` | everything needed to go on exactly |
pub struct Run {
    pub(super) tuner: Tuner,
    pub(super) config: RunConfig,
    data: Arc<TrainingData>,
    pub(super) out: PathBuf,
    pub(super) device: Device,
    metrics: File,
    origin: Origin,
    /// What a state must agree with to be gone on from.
    signature: BTreeMap<String, String>,
    /// Of the work that is under way, and the seconds of what was done before it: what lies between does not count.
    begun: Option<Instant>,
    seconds_before: f64,
    held_out: Option<LoggedHeldOut>,
    watch: Watch,
}

/// A line of `metrics.jsonl`.
#[derive(Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
enum Line<'a> {
    Step {
        seconds: f64,
        #[serde(flatten)]
        report: &'a StepReport,
    },
    HeldOut(&'a LoggedHeldOut),
}

impl Run {
    /// Start a run in a folder that has none yet.
    ///
    /// # Errors
    /// [`TrainError`] if a setting, the backbone or the folder is refused.
    pub fn start(
        config: RunConfig,
        inputs: &RunInputs,
        data: impl Into<Arc<TrainingData>>,
        device: &Device,
    ) -> Result<Self, TrainError> {
        if inputs.out.join("state.safetensors").exists() {
            return Err(TrainError::Config(format!(
                "{} holds a run already; go on with it by --resume, or choose another folder",
                inputs.out.display()
            )));
        }
        let samples = inputs.out.join("samples");
        std::fs::create_dir_all(&samples)
            .map_err(io_error(format!("{} cannot be made", samples.display())))?;
        let text = config.to_toml()?;
        let path = inputs.out.join("run.toml");
        write_atomically(&path, |out| out.write_all(text.as_bytes()))
            .map_err(io_error(format!("{} cannot be written", path.display())))?;
        // A start that was cut short has left lines of its own.
        let path = inputs.out.join("metrics.jsonl");
        File::create(&path).map_err(io_error(format!("{} cannot be written", path.display())))?;
        let mut run = Self::open(config, inputs, data.into(), device)?;
        run.timed(|run| {
            run.evaluate()?;
            run.checkpoint()
        })?;
        Ok(run)
    }

    /// Go on with a run from its last checkpoint, as if it had never stopped.
    ///
    /// # Errors
    /// [`TrainError::Resume`] if it was started with other settings, data or backbone; else as
    /// [`start`](Self::start).
    pub fn resume(
        inputs: &RunInputs,
        data: impl Into<Arc<TrainingData>>,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let data = data.into();
        let path = inputs.out.join("run.toml");
        let text =
            std::fs::read_to_string(&path).map_err(io_error(format!("{} cannot be read", path.display())))?;
        let config = RunConfig::from_toml(&text, data.kind())?;
        let mut run = Self::open(config, inputs, data, device)?;
        run.rewind()?;
        Ok(run)
    }

    /// Back to the last checkpoint, as if what came after it had not been.
    ///
    /// # Errors
    /// [`TrainError`] if the state cannot be read.
    pub fn rewind(&mut self) -> Result<(), TrainError> {
        let state =
            state_file::read(&self.out.join("state.safetensors"), &self.tuner.state, &self.signature)?;
        self.keep_metrics_until(state.step)?;
        self.tuner.restore(state);
        self.watch = Watch::default();
        Ok(())
    }

    /// One step; evaluations and checkpoints when they are due, and at the end.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] if the loss is not finite, [`TrainError::Exploded`] if it has left what it was; the
    /// last checkpoint is from before that: see [`rewind`](Self::rewind). Else [`TrainError`] if the device fails, or
    /// a file cannot be written.
    pub fn step(&mut self) -> Result<StepReport, TrainError> {
        self.timed(|run| {
            let report = run.tuner.step(&run.data)?;
            run.log(&Line::Step { seconds: run.seconds(), report: &report })?;
            run.watch.see(&report)?;
            // What looks like the beginning of a divergence is not what one would go back to.
            let is_sound = !run.watch.is_alarmed();
            if report.step.is_multiple_of(run.config.evaluate_every) || run.is_finished() {
                run.evaluate()?;
            }
            if (is_sound && report.step.is_multiple_of(run.config.checkpoint_every)) || run.is_finished() {
                run.checkpoint()?;
            }
            Ok(report)
        })
    }

    /// Whether all steps are done.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.tuner.steps_done() >= self.config.steps
    }

    /// Steps done and asked for.
    #[must_use]
    pub fn steps(&self) -> (u32, u32) {
        (self.tuner.steps_done(), self.config.steps)
    }

    /// Mean over the held-out pictures, when it was last measured; `None` if there are none.
    #[must_use]
    pub fn held_out_psnr_db(&self) -> Option<f64> {
        self.held_out.as_ref().map(|found| found.psnr_db)
    }

    /// What was measured on the held-out data last.
    #[must_use]
    pub fn held_out(&self) -> Option<&LoggedHeldOut> {
        self.held_out.as_ref()
    }

    /// Seconds of work, those before a resumption included.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.seconds_before + self.begun.map_or(0.0, |begun| begun.elapsed().as_secs_f64())
    }

    /// The network with the running mean of its weights.
    #[must_use]
    pub fn network(&self) -> Hypernetwork {
        self.tuner.averaged()
    }

    /// Where the model is.
    #[must_use]
    pub fn model_path(&self) -> PathBuf {
        self.out.join("model.safetensors")
    }

    /// Write the model and the state, each whole or not at all.
    ///
    /// # Errors
    /// [`TrainError`] if a file cannot be written.
    pub fn checkpoint(&self) -> Result<(), TrainError> {
        let is_frozen = self.model_config().mode.freezes_backbone();
        let backbone_sha256 = self.origin.backbone_sha256.as_deref().filter(|_| is_frozen);
        save_checkpoint(&self.model_path(), &self.tuner.averaged(), backbone_sha256, &self.notes()?)?;
        state_file::write(&self.out.join("state.safetensors"), &self.tuner.state, &self.signature)
    }

    fn open(
        config: RunConfig,
        inputs: &RunInputs,
        data: Arc<TrainingData>,
        device: &Device,
    ) -> Result<Self, TrainError> {
        config.validate()?;
        data.check(&config)?;
        let (network, origin) = start::network(&config, inputs, device)?;
        let path = inputs.out.join("metrics.jsonl");
        let metrics = File::options().create(true).append(true).open(&path);
        let mut signature = BTreeMap::from([
            ("run".to_owned(), config.lasting().to_toml()?),
            ("mode".to_owned(), inputs.mode.to_string()),
            ("data".to_owned(), data.sha256()),
        ]);
        if let Some(identity) = &origin.file {
            let key = if inputs.from.is_some() { "starting model" } else { "backbone" };
            signature.insert(key.into(), identity.sha256.clone());
        }
        Ok(Self {
            tuner: Tuner::new(network, config.clone(), device)?,
            config,
            data,
            out: inputs.out.clone(),
            device: device.clone(),
            metrics: metrics.map_err(io_error(format!("{} cannot be opened", path.display())))?,
            origin,
            signature,
            begun: None,
            seconds_before: 0.0,
            held_out: None,
            watch: Watch::default(),
        })
    }

    /// What the model's file says of its training.
    fn notes(&self) -> Result<BTreeMap<String, String>, TrainError> {
        let mut notes = BTreeMap::from([
            ("trained_steps".to_owned(), self.tuner.steps_done().to_string()),
            ("trained_seconds".to_owned(), format!("{:.0}", self.seconds())),
            ("trained_with".to_owned(), self.config.to_toml()?),
            ("trained_on_sha256".to_owned(), self.data.sha256()),
        ]);
        if let Some(file) = &self.origin.file {
            notes.insert("trained_from".into(), file.to_string());
        }
        if let Some(psnr_db) = self.held_out_psnr_db() {
            notes.insert(HELD_OUT_NOTE.into(), format!("{psnr_db:.3}"));
        }
        Ok(notes)
    }

    /// Work that the run's clock counts.
    fn timed<R>(&mut self, work: impl FnOnce(&mut Self) -> Result<R, TrainError>) -> Result<R, TrainError> {
        self.begun = Some(Instant::now());
        let result = work(self);
        self.seconds_before = self.seconds();
        self.begun = None;
        result
    }

    fn log(&mut self, line: &Line) -> Result<(), TrainError> {
        let mut text = serde_json::to_string(line).map_err(|err| TrainError::Config(err.to_string()))?;
        text.push('\n');
        self.metrics.write_all(text.as_bytes()).map_err(io_error("metrics.jsonl cannot be written"))
    }

    /// Take out the lines of steps that a resumed run will do again.
    fn keep_metrics_until(&mut self, step: u32) -> Result<(), TrainError> {
        let path = self.out.join("metrics.jsonl");
        let failed = || io_error(format!("{} cannot be written", path.display()));
        let text = std::fs::read_to_string(&path).map_err(failed())?;
        let mut kept = String::new();
        (self.seconds_before, self.held_out) = (0.0, None);
        for line in text.lines() {
            let Some(logged) = Logged::parse(line) else { continue };
            if logged.step() > step {
                continue;
            }
            self.seconds_before = logged.seconds();
            if let Logged::HeldOut(found) = logged {
                self.held_out = Some(found);
            }
            kept += line;
            kept.push('\n');
        }
        write_atomically(&path, |out| out.write_all(kept.as_bytes())).map_err(failed())?;
        self.metrics = File::options().append(true).open(&path).map_err(failed())?;
        Ok(())
    }

    /// The averaged model on held-out data.
    fn evaluate(&mut self) -> Result<(), TrainError> {
        let model = self.model();
        let Some(HeldOut { mean, each, samples }) = held_out::measure(&model, &self.data, &self.config)?
        else {
            return Ok(());
        };
        let psnr_db = mean.psnr_db();
        let (ssim, si_sdr_db, lsd_db) = match mean {
            Closeness::Seen(quality) => (Some(quality.ssim), None, None),
            Closeness::Heard(quality) => (None, Some(quality.si_sdr_db), Some(quality.lsd_db)),
        };
        let found = LoggedHeldOut {
            seconds: self.seconds(),
            step: self.tuner.steps_done(),
            psnr_db,
            ssim,
            si_sdr_db,
            lsd_db,
            each,
        };
        self.log(&Line::HeldOut(&found))?;
        let step = found.step;
        self.held_out = Some(found);
        samples.write(&self.out, step)
    }
}
