use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::form::TrainForm;
use super::run_entry::RunEntry;
use crate::engine::RunId;
use crate::media::Picture;
use crate::model::SignalKind;
use crate::train::Verdict;

/// All that the panel shows.
#[derive(Debug)]
pub struct Training {
    /// The runs, in the order of their coming.
    pub runs: Vec<RunEntry>,
    /// The run that is looked at.
    pub selected: Option<RunId>,
    /// What a new run is to be.
    pub form: TrainForm,
    /// The step that held-out items are looked at of; `None` for the latest.
    pub step: Option<u32>,
    /// The run whose model writes the selected item's field.
    pub serving: Option<RunId>,
    /// How races ended, by their folders.
    pub verdicts: BTreeMap<PathBuf, Verdict>,
    /// Held-out pictures that were read.
    pub sheets: BTreeMap<PathBuf, Arc<Picture>>,
    /// The sound of a run's folder that is played.
    pub heard: Option<PathBuf>,
    /// Held-out pictures that are being read.
    pub(crate) awaited: Vec<PathBuf>,
}

/// A run that is remembered from one start of the program to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownRun {
    /// Where it lies.
    pub folder: PathBuf,
    /// What a person calls it.
    #[serde(default)]
    pub name: String,
    /// What a person has noted.
    #[serde(default)]
    pub note: String,
    /// Its place among the colours.
    #[serde(default)]
    pub color: usize,
    /// Whether it is drawn.
    #[serde(default)]
    pub is_shown: bool,
}

impl Training {
    /// No runs yet.
    pub(crate) fn new() -> Self {
        Self {
            runs: Vec::new(),
            selected: None,
            form: TrainForm::new(SignalKind::Image),
            step: None,
            serving: None,
            verdicts: BTreeMap::new(),
            sheets: BTreeMap::new(),
            heard: None,
            awaited: Vec::new(),
        }
    }

    /// A run by its identity.
    #[must_use]
    pub fn run(&self, id: RunId) -> Option<&RunEntry> {
        self.runs.iter().find(|run| run.id == id)
    }

    pub(crate) fn run_mut(&mut self, id: RunId) -> Option<&mut RunEntry> {
        self.runs.iter_mut().find(|run| run.id == id)
    }

    /// A run by its folder.
    #[must_use]
    pub fn run_at(&self, folder: &Path) -> Option<&RunEntry> {
        self.runs.iter().find(|run| run.folder == folder)
    }

    /// The run that is looked at.
    #[must_use]
    pub fn current(&self) -> Option<&RunEntry> {
        self.selected.and_then(|id| self.run(id))
    }

    /// The runs that are drawn.
    pub fn shown(&self) -> impl Iterator<Item = &RunEntry> {
        self.runs.iter().filter(|run| run.is_shown)
    }
}
