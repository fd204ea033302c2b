//! What is in an experiment's folder, and what in that of a run:
//!
//! | file | what |
//! |---|---|
//! | `experiment.json` | the runs that were planned |
//! | `runs/ID/` | a run: see [`Run`](crate::train::Run) |
//! | `runs/ID/evaluation.json` | what was measured when it was done, item by item; it is done when this is there |
//! | `runs/ID/shown/` | held-out items, and what their fields give |
//! | `runs/ID/log.txt` | what the run said |
//! | `runs/ID/lock` | held by the process that works on it |
//! | `report.html`, `report.md` | the report |

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::ExperimentError;
use super::error::io_error;
use crate::limits;
use crate::storage::write_atomically;

pub(super) const EXPERIMENT: &str = "experiment.json";
pub(super) const EVALUATION: &str = "evaluation.json";
pub(super) const LOG: &str = "log.txt";
pub(super) const LOCK: &str = "lock";
pub(super) const SHOWN: &str = "shown";

/// The folder of a run.
#[must_use]
pub fn run_folder(out: &Path, id: &str) -> PathBuf {
    out.join("runs").join(id)
}

pub(super) fn make(folder: &Path) -> Result<(), ExperimentError> {
    std::fs::create_dir_all(folder).map_err(io_error(format!("{} cannot be made", folder.display())))
}

/// A file of text; `None` if there is none.
pub(super) fn read_text(path: &Path) -> Result<Option<String>, ExperimentError> {
    match std::fs::read_to_string(path) {
        Ok(text) if text.len() as u64 > limits::JSON_BYTES => Err(ExperimentError::Damaged {
            path: path.display().to_string(),
            what: format!("it is longer than {} bytes", limits::JSON_BYTES),
        }),
        Ok(text) => Ok(Some(text)),
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(err) => Err(io_error(format!("{} cannot be read", path.display()))(err)),
    }
}

/// A file of JSON; `None` if there is none.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ExperimentError> {
    let damaged = |err: serde_json::Error| ExperimentError::Damaged {
        path: path.display().to_string(),
        what: err.to_string(),
    };
    read_text(path)?.map(|text| serde_json::from_str(&text).map_err(damaged)).transpose()
}

pub(super) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), ExperimentError> {
    let failed = |what: serde_json::Error| ExperimentError::Damaged {
        path: path.display().to_string(),
        what: what.to_string(),
    };
    write(path, serde_json::to_string_pretty(value).map_err(failed)?.as_bytes())
}

pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), ExperimentError> {
    write_atomically(path, |out| out.write_all(bytes))
        .map_err(io_error(format!("{} cannot be written", path.display())))
}
