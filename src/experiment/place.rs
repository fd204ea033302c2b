use std::path::{Path, PathBuf};

use super::ExperimentError;

/// A path of an experiment's file: relative to the file's folder, and `$NAME` at its beginning is an environment
/// variable.
pub(super) fn resolved(key: &str, text: &str, folder: &Path) -> Result<PathBuf, ExperimentError> {
    let Some(rest) = text.strip_prefix('$') else { return Ok(folder.join(text)) };
    let (name, below) = rest.split_once('/').unwrap_or((rest, ""));
    let Some(value) = std::env::var_os(name).filter(|value| !value.is_empty()) else {
        return Err(ExperimentError::File(format!(
            "{key} is in the environment variable {name}, which is not set; set it, or say --set {key}=PATH"
        )));
    };
    Ok(if below.is_empty() { PathBuf::from(value) } else { Path::new(&value).join(below) })
}
