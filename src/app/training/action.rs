use std::path::PathBuf;
use std::sync::Arc;

use super::form::TrainForm;
use super::look::{ChartLook, TrainingTab};
use super::run_entry::Curves;
use crate::engine::{RunId, RunNews, RunOrder, RunTick};
use crate::media::{Picture, Sound};
use crate::train::{RunChange, RunFolder, Sheet, Verdict};

/// What can happen in the training panel.
#[derive(Debug, Clone)]
pub enum TrainingAction {
    /// Show or hide the panel.
    Toggle,
    /// The panel was made higher or lower, in points.
    Height(f32),
    /// Look at something else.
    Tab(TrainingTab),
    /// Draw curves in another way.
    Look(ChartLook),
    /// Look at a run.
    Select(RunId),
    /// Draw a run, or do not.
    Show(RunId, bool),
    /// Call a run so.
    Rename(RunId, String),
    /// Note something of a run.
    Annotate(RunId, String),
    /// Give a run the next colour.
    Recolor(RunId),
    /// Take a run off the list; its folder stays.
    Forget(RunId),
    /// Open the form, as it was left.
    OpenForm,
    /// Open the form to go on from what a run has learned.
    Fork(RunId),
    /// The form changed.
    Edit(Box<TrainForm>),
    /// Ask what is in the folder and the file that the form names.
    Ask,
    /// Take a few steps of what the form says, and throw them away.
    Try,
    /// Train what the form says.
    Start,
    /// Train it in every mode, in turn.
    Race,
    /// Go on with a run from its last checkpoint.
    Resume(RunId),
    /// Tell a run something.
    Order(RunId, RunOrder),
    /// Other settings for a run: in its thread, or in its folder.
    Change(RunId, RunChange),
    /// Have the model in training write the selected item's field, or no more.
    Serve(RunId, bool),
    /// Make what a run has learned the model of its kind.
    UseModel(RunId),
    /// Look at held-out items as they were at a step; `None` for the latest.
    Scrub(Option<u32>),
    /// The engine said something of a run.
    News(RunId, RunNews),
    /// What the logs of runs have got.
    Ticks(Vec<(RunId, RunTick)>),
    /// Runs were found on the disk.
    Found(Vec<FoundRun>),
    /// More of a run was read.
    Read {
        /// Which.
        run: RunId,
        /// From where the last reading had ended, or from the beginning.
        curves: Box<Curves>,
        /// Bytes of the log that were read.
        read_bytes: u64,
        /// Whether it is from the beginning.
        is_whole: bool,
        /// Its held-out pictures.
        samples: Vec<Sheet>,
    },
    /// The held-out pictures of a run, listed anew.
    Samples(RunId, Vec<Sheet>),
    /// Look whether runs of other programs have gone on.
    Poll,
    /// A held-out picture was read.
    Sheet(PathBuf, Arc<Picture>),
    /// Play a held-out sound, or what a field gave for it; or be silent, if it is being played.
    Listen(PathBuf),
    /// It was read.
    Heard(PathBuf, Arc<Sound>),
    /// Settings were read from a file.
    Settings(String),
}

/// A run on the disk.
#[derive(Debug, Clone)]
pub struct FoundRun {
    /// What its folder says.
    pub folder: RunFolder,
    /// What it has logged.
    pub curves: Curves,
    /// Bytes of its log that were read.
    pub read_bytes: u64,
    /// Its held-out pictures.
    pub samples: Vec<Sheet>,
    /// The race that it was an arm of: its folder, and how it ended.
    pub race: Option<(PathBuf, Verdict)>,
}
