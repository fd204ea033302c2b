use std::ops::Range;
use std::path::{Path, PathBuf};

use super::look::{Along, Axis, Shown};
use crate::engine::{RunId, WhyPaused};
use crate::model::ModelConfig;
use crate::train::{
    History, LoggedHeldOut, LoggedStep, RunConfig, RunSources, Series, Sheet, flops_per_step,
};

/// One run in the panel.
#[derive(Debug, Clone)]
pub struct RunEntry {
    /// As the engine knows it; a new one whenever it is gone on with.
    pub id: RunId,
    /// For people.
    pub name: String,
    /// What a person has noted.
    pub note: String,
    /// Where it lies.
    pub folder: PathBuf,
    /// Its settings.
    pub config: RunConfig,
    /// What it was started with; `None` if its folder does not say.
    pub sources: Option<RunSources>,
    /// Its place among the colours.
    pub color: usize,
    /// Whether it is drawn.
    pub is_shown: bool,
    /// What it does.
    pub status: RunStatus,
    /// The network that learns; none before its first checkpoint.
    pub model: Option<Box<ModelConfig>>,
    /// What it has logged.
    pub curves: Curves,
    /// Pictures of held-out items over their fields, in the order of their steps.
    pub samples: Vec<Sheet>,
    /// Bytes of its log that were read.
    pub read_bytes: u64,
    /// The folder of the race that it is an arm of.
    pub race: Option<PathBuf>,
}

/// What a run does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunStatus {
    /// It gets ready.
    Preparing(&'static str),
    /// It takes steps.
    Training,
    /// It waits.
    Paused(WhyPaused),
    /// It lies on the disk and can be gone on with.
    Stopped,
    /// It lies on the disk, and all its steps are done.
    Finished,
    /// Another program trains it: its log grows.
    Elsewhere,
    /// It failed, and why.
    Failed(String),
}

/// What a run has logged.
#[derive(Debug, Clone, Default)]
pub struct Curves {
    /// Steps, in their order.
    pub steps: Vec<LoggedStep>,
    /// Evaluations, in their order.
    pub held_out: Vec<LoggedHeldOut>,
    loss: Series,
    learning_rate: Series,
    gradient_norm: Series,
    speed: Series,
    memory: Series,
}

impl From<History> for Curves {
    /// A long one takes a while: not on the window's thread.
    fn from(history: History) -> Self {
        let mut curves = Self::default();
        curves.extend(history.steps, history.held_out);
        curves
    }
}

impl Curves {
    /// Add what was logged since.
    pub(crate) fn append(&mut self, later: Self) {
        self.extend(later.steps, later.held_out);
    }

    fn extend(&mut self, steps: Vec<LoggedStep>, held_out: Vec<LoggedHeldOut>) {
        for line in steps {
            self.push(line);
        }
        for found in held_out {
            self.push_held_out(found);
        }
    }

    /// Add a step; one that is not after the last one is passed over.
    pub(crate) fn push(&mut self, line: LoggedStep) {
        let last = self.steps.last();
        if last.is_some_and(|last| last.step >= line.step) {
            return;
        }
        let passed = last.map(|last| (line.seconds - last.seconds, f64::from(line.step - last.step)));
        let speed = passed.filter(|(secs, _)| *secs > 0.0).map_or(f64::NAN, |(secs, steps)| steps / secs);
        self.loss.push(line.loss);
        self.learning_rate.push(line.learning_rate);
        self.gradient_norm.push(line.gradient_norm);
        self.speed.push(speed);
        self.memory.push(line.memory_bytes.map_or(f64::NAN, |bytes| bytes as f64));
        self.steps.push(line);
    }

    /// Add an evaluation; one that is not after the last one is passed over.
    pub(crate) fn push_held_out(&mut self, found: LoggedHeldOut) {
        if self.held_out.last().is_none_or(|last| last.step < found.step) {
            self.held_out.push(found);
        }
    }

    /// Take out what comes after a step.
    pub(crate) fn keep_until(&mut self, step: u32) {
        if self.steps.last().is_some_and(|last| last.step > step) {
            let steps = std::mem::take(&mut self.steps);
            let held_out = std::mem::take(&mut self.held_out);
            *self = Self { held_out, ..Self::default() };
            steps.into_iter().take_while(|line| line.step <= step).for_each(|line| self.push(line));
        }
        self.held_out.retain(|found| found.step <= step);
    }

    /// The numbers of every step; `None` of what is not measured in every step.
    #[must_use]
    pub fn series(&self, shown: Shown) -> Option<&Series> {
        match shown {
            Shown::Loss => Some(&self.loss),
            Shown::LearningRate => Some(&self.learning_rate),
            Shown::GradientNorm => Some(&self.gradient_norm),
            Shown::Speed => Some(&self.speed),
            Shown::Memory => Some(&self.memory),
            Shown::HeldOut => None,
        }
    }

    /// Where a logged step is on an axis.
    #[must_use]
    pub fn place(&self, index: usize, axis: Along) -> f64 {
        self.steps.get(index).map_or(0.0, |line| axis.place(line.step, line.seconds))
    }

    /// The logged steps between two places of an axis, and one more on either side.
    #[must_use]
    pub fn between(&self, axis: Along, least: f64, most: f64) -> Range<usize> {
        let before =
            |place: f64| self.steps.partition_point(|line| axis.place(line.step, line.seconds) < place);
        let begin = before(least).saturating_sub(1);
        begin..(before(most) + 1).clamp(begin, self.steps.len())
    }

    /// Steps in a second of work, over the last few.
    #[must_use]
    pub fn speed(&self) -> Option<f64> {
        const LAST: usize = 20;
        let last = self.steps.last()?;
        let first = self.steps.get(self.steps.len().saturating_sub(LAST))?;
        let secs = last.seconds - first.seconds;
        (secs > 0.0).then(|| f64::from(last.step - first.step) / secs)
    }
}

impl RunEntry {
    /// Steps done.
    #[must_use]
    pub fn steps_done(&self) -> u32 {
        let of_steps = self.curves.steps.last().map_or(0, |line| line.step);
        of_steps.max(self.curves.held_out.last().map_or(0, |found| found.step))
    }

    /// What was measured on the held-out data last, in dB.
    #[must_use]
    pub fn psnr_db(&self) -> Option<f64> {
        self.curves.held_out.last().map(|found| found.psnr_db)
    }

    /// Parameters that learn, and all of them; `None` while that is not known.
    #[must_use]
    pub fn parameters(&self) -> Option<[usize; 2]> {
        let model = self.model.as_ref()?;
        let counts = model.parameters();
        Some([counts.trainable(model.mode), counts.total()])
    }

    /// What its numbers are drawn over; `None` while what a step costs is not known.
    #[must_use]
    pub fn along(&self, axis: Axis) -> Option<Along> {
        Some(match axis {
            Axis::Steps => Along::Steps,
            Axis::Seconds => Along::Seconds,
            Axis::Flops => Along::Flops(flops_per_step(&self.config, self.model.as_ref()?) as f64),
        })
    }

    /// Seconds of work that are left, at the present speed.
    #[must_use]
    pub fn seconds_left(&self) -> Option<f64> {
        let left = self.config.steps.saturating_sub(self.steps_done());
        self.curves.speed().map(|speed| f64::from(left) / speed)
    }

    /// Whether a thread of this program has it.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        matches!(self.status, RunStatus::Preparing(_) | RunStatus::Training | RunStatus::Paused(_))
    }

    /// Whether it can be gone on with.
    #[must_use]
    pub fn can_resume(&self) -> bool {
        let lies_there = matches!(self.status, RunStatus::Stopped | RunStatus::Failed(_));
        lies_there && self.sources.is_some() && self.steps_done() < self.config.steps
    }

    /// The model that it has written.
    #[must_use]
    pub fn model_path(&self) -> PathBuf {
        self.folder.join("model.safetensors")
    }

    /// Take the held-out pictures of its folder. A run that went back to a checkpoint has left some of later steps there.
    pub(crate) fn set_samples(&mut self, samples: Vec<Sheet>) {
        let done = self.steps_done();
        self.samples = samples.into_iter().filter(|sheet| sheet.step <= done).collect();
    }

    /// The held-out picture of a step, or of the last one before it; `None` for the latest.
    #[must_use]
    pub fn sample(&self, step: Option<u32>) -> Option<&Sheet> {
        let until = |step: u32| self.samples.partition_point(|sheet| sheet.step <= step);
        let end = step.map_or(self.samples.len(), until);
        self.samples.get(end.saturating_sub(1))
    }
}

/// What a run is called that nobody has named.
pub(crate) fn usual_name(folder: &Path) -> String {
    folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned()
}
