//! A run as it lies on the disk, whoever has started it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{RunConfig, RunInputs, TrainError, io_error};
use crate::limits;
use crate::model::{Mode, ModelConfig, SignalKind, read_model_config};
use crate::storage::write_atomically;

/// Entries that are looked at for runs below a folder, and how deep.
const MAX_ENTRIES: usize = 20_000;
const MAX_DEPTH: usize = 4;

/// What a run was started with besides its settings: the file `inputs.toml`, so that it can be gone on with from its
/// folder alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSources {
    /// Which weights learn.
    pub mode: Mode,
    /// The folder of the data.
    pub data: PathBuf,
    /// The backbone's weights file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backbone: Option<PathBuf>,
    /// The checkpoint that it started from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PathBuf>,
}

/// A run's folder.
#[derive(Debug, Clone, PartialEq)]
pub struct RunFolder {
    /// Where it is.
    pub path: PathBuf,
    /// Its settings.
    pub config: RunConfig,
    /// What it was started with; `None` if its folder does not say.
    pub sources: Option<RunSources>,
    /// The network that it trains; `None` before its first checkpoint.
    pub model: Option<ModelConfig>,
    /// Whether there is a state to go on from.
    pub has_state: bool,
}

impl RunSources {
    /// Of a run with this data. Paths are kept as they are from the root on.
    #[must_use]
    pub fn of(inputs: &RunInputs, data: &Path) -> Self {
        let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self {
            mode: inputs.mode,
            data: whole(data),
            backbone: inputs.backbone.as_deref().map(whole),
            from: inputs.from.as_deref().map(whole),
        }
    }

    /// Keep them in a run's folder.
    ///
    /// # Errors
    /// [`TrainError::Io`] if the file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), TrainError> {
        let text = toml::to_string(self).map_err(|err| TrainError::Config(err.to_string()))?;
        let path = folder.join("inputs.toml");
        write_atomically(&path, |out| out.write_all(text.as_bytes()))
            .map_err(io_error(format!("{} cannot be written", path.display())))
    }

    /// For a run in this folder.
    #[must_use]
    pub fn inputs(&self, out: &Path) -> RunInputs {
        let (backbone, from) = (self.backbone.clone(), self.from.clone());
        RunInputs { mode: self.mode, backbone, from, out: out.to_owned() }
    }
}

impl RunFolder {
    /// Read what a folder says of its run.
    ///
    /// # Errors
    /// [`TrainError`] if there is no run in it, or its settings cannot be used.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let config = RunConfig::from_toml(&short_text(&path.join("run.toml"))?, SignalKind::Image)?;
        let sources = match short_text(&path.join("inputs.toml")) {
            Ok(text) => Some(toml::from_str(&text).map_err(|err| {
                TrainError::Config(format!("{}: {}", path.join("inputs.toml").display(), err.message()))
            })?),
            Err(_) => None,
        };
        let has_state = path.join("state.safetensors").is_file();
        let model = read_model_config(&path.join("model.safetensors")).ok();
        Ok(Self { path: path.to_owned(), config, sources, model, has_state })
    }

    /// The folders of runs at and below a folder, in the order of their paths. Links are not followed.
    #[must_use]
    pub fn find(root: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut entries = 0;
        look(root, 0, &mut entries, &mut found);
        found.sort();
        found
    }
}

fn look(folder: &Path, depth: usize, entries: &mut usize, found: &mut Vec<PathBuf>) {
    if folder.join("run.toml").is_file() {
        found.push(folder.to_owned());
        return;
    }
    let Ok(list) = std::fs::read_dir(folder) else { return };
    for entry in list.flatten() {
        *entries += 1;
        if *entries > MAX_ENTRIES {
            return;
        }
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && depth < MAX_DEPTH && !entry.file_name().to_string_lossy().starts_with('.') {
            look(&entry.path(), depth + 1, entries, found);
        }
    }
}

/// A text file, if it is no longer than settings and reports are.
pub(super) fn short_text(path: &Path) -> Result<String, TrainError> {
    let failed = || io_error(format!("{} cannot be read", path.display()));
    if std::fs::metadata(path).map_err(failed())?.len() > limits::JSON_BYTES {
        return Err(TrainError::Config(format!("{} is too large", path.display())));
    }
    std::fs::read_to_string(path).map_err(failed())
}
