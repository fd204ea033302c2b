use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::{Encoded, ItemId};
use crate::media::{Picture, Signal};
use crate::model::{Inspection, ModelConfig, SignalKind};
use crate::train::{LoggedHeldOut, LoggedStep, RunChange, RunConfig, RunSources, Trial, Verdict};

/// One training run. The sender chooses it; it is never used twice, also not when a run is gone on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub u64);

/// What is to be trained.
#[derive(Debug, Clone, PartialEq)]
pub struct RunPlan {
    /// The run.
    pub run: RunId,
    /// Its settings; those of its folder if it is gone on with.
    pub config: RunConfig,
    /// What it is started with.
    pub sources: RunSources,
    /// Its folder.
    pub out: PathBuf,
    /// Whether it goes on from its last checkpoint.
    pub is_resumed: bool,
}

/// What training is asked for.
#[derive(Debug, Clone)]
pub enum TrainCommand {
    /// Train this, or several in turn: of those at work, always the one that has done the least part of its steps.
    /// All learn from the same data. The answers are [`RunNews`], the last of each run one that
    /// [ends](RunNews::is_end) it.
    Start {
        /// The runs.
        arms: Vec<RunPlan>,
        /// Give each as many steps as it can take in so long, in the place of its own number.
        within: Option<Duration>,
    },
    /// Tell a run something.
    Order(RunId, RunOrder),
    /// Say what is in a folder of data ([`RunNews::Data`]).
    LookAtData {
        /// Of the question.
        run: RunId,
        /// The folder.
        folder: PathBuf,
        /// What it is read for.
        config: Box<RunConfig>,
    },
    /// Say what a weights file is ([`RunNews::Backbone`]).
    LookAtBackbone {
        /// Of the question.
        run: RunId,
        /// The file.
        path: PathBuf,
    },
    /// Take a few steps and throw them away ([`RunNews::Tried`]).
    Try(Box<RunPlan>),
}

/// What a run is told. Each is done before its next step.
#[derive(Debug, Clone)]
pub enum RunOrder {
    /// Stop for now.
    Pause,
    /// Go on.
    Resume,
    /// Checkpoint and end.
    Stop,
    /// Other settings.
    Change(RunChange),
    /// Write model and state.
    Checkpoint,
    /// Write the field of a signal again and again, with the model as it is; or no more.
    Serve(Option<Serving>),
}

/// A signal whose field the model in training writes.
#[derive(Debug, Clone)]
pub struct Serving {
    /// The library entry.
    pub item: ItemId,
    /// What is read.
    pub signal: Signal,
    /// Between two fields.
    pub every: Duration,
}

/// What there is in a folder of data.
#[derive(Debug, Clone, PartialEq)]
pub struct DataLook {
    /// What it was read as.
    pub kind: SignalKind,
    /// Items to learn from, and held-out items.
    pub counts: [usize; 2],
    /// Some of them, small.
    pub thumbnails: Vec<Arc<Picture>>,
    /// Files that are not used, and why.
    pub rejected: Vec<(PathBuf, String)>,
}

/// What a weights file is.
#[derive(Debug, Clone, PartialEq)]
pub struct BackboneLook {
    /// The file.
    pub path: PathBuf,
    /// What is in it.
    pub inspection: Inspection,
}

/// Why a run has paused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyPaused {
    /// It was told to.
    Asked,
    /// Its loss left the numbers, or what it was: it stands at its last checkpoint, and this is what to do.
    Diverged(String),
}

/// What goes on in a run's log.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RunTick {
    /// A step was taken.
    Step(LoggedStep),
    /// It is back at this step: what came after it is done again.
    Back(u32),
}

/// What is said of a run.
#[derive(Debug, Clone)]
pub enum RunNews {
    /// It does this now.
    Preparing(&'static str),
    /// Its steps begin, or it goes on after a change.
    Began {
        /// Its settings as they are.
        config: Box<RunConfig>,
        /// Steps done.
        step: u32,
        /// The network that learns.
        model: Box<ModelConfig>,
    },
    /// The held-out data was looked at; a picture may lie in the folder's samples.
    HeldOut(LoggedHeldOut),
    /// It waits.
    Paused {
        /// Why.
        why: WhyPaused,
        /// Steps done.
        step: u32,
    },
    /// It goes on.
    Resumed,
    /// Model and state were written.
    Kept {
        /// Steps done.
        step: u32,
    },
    /// A field by the model as it is.
    Served {
        /// The library entry.
        item: ItemId,
        /// The field.
        encoded: Encoded,
        /// Steps done.
        step: u32,
    },
    /// What it was told cannot be done; it goes on.
    Refused(String),
    /// All arms of its race have ended: how it compares.
    Verdict(Box<Verdict>),
    /// What its race came to was measured and kept in this folder, an experiment's.
    RaceKept(PathBuf),
    /// End: all steps are done.
    Finished {
        /// Steps done.
        step: u32,
        /// The model.
        model: PathBuf,
    },
    /// End: it was told to stop; it can be gone on with.
    Stopped {
        /// Steps done.
        step: u32,
    },
    /// End: it failed, or its thread panicked.
    Failed {
        /// One sentence that a person can act on.
        message: String,
        /// The chain of causes, for the fold.
        details: String,
    },
    /// End of a question: what is in a folder.
    Data(Box<DataLook>),
    /// End of a question: what a weights file is.
    Backbone(Box<BackboneLook>),
    /// End of a question: what the run will cost.
    Tried(Trial),
}

impl RunNews {
    /// Whether nothing more comes of this run. A verdict, and that it was kept, may follow the last end of a race.
    #[must_use]
    pub fn is_end(&self) -> bool {
        match self {
            Self::Finished { .. }
            | Self::Stopped { .. }
            | Self::Failed { .. }
            | Self::Data(_)
            | Self::Backbone(_)
            | Self::Tried(_) => true,
            Self::Preparing(_)
            | Self::Began { .. }
            | Self::HeldOut(_)
            | Self::Paused { .. }
            | Self::Resumed
            | Self::Kept { .. }
            | Self::Served { .. }
            | Self::Refused(_)
            | Self::Verdict(_)
            | Self::RaceKept(_) => false,
        }
    }
}
