use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::io_error;
use super::{ExperimentError, settings};
use crate::limits;

/// What an experiment's file says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExperimentFile {
    pub(super) title: String,
    /// Sentences for the report.
    #[serde(default)]
    pub(super) about: String,
    /// Folders, by the names that runs know them by.
    #[serde(default)]
    pub(super) data: BTreeMap<String, String>,
    /// Weights files, likewise.
    #[serde(default)]
    pub(super) backbones: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) measure: Measure,
    /// Whether what a run needs to go on is kept when it is done.
    #[serde(default)]
    pub(super) keep_states: bool,
    /// What all runs have.
    #[serde(default)]
    pub(super) run: toml::Table,
    #[serde(default, rename = "axis")]
    pub(super) axes: Vec<Axis>,
}

/// What differs between runs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Axis {
    /// The key that its values are for; values that are tables set several keys, and have a name.
    pub(super) name: String,
    pub(super) values: Vec<toml::Value>,
}

/// What every run is given, so that they can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Budget {
    /// Gradient steps.
    Steps(u32),
    /// Seconds of gradient steps on the machine that does the run: some are timed at its beginning, and as many are
    /// taken as fit.
    Seconds(f64),
    /// Floating-point operations of gradient steps: see [`flops_per_step`](crate::train::flops_per_step).
    Flops(f64),
}

impl std::fmt::Display for Budget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Steps(steps) => write!(f, "{steps} steps"),
            Self::Seconds(seconds) => write!(f, "{seconds} s"),
            Self::Flops(flops) => write!(f, "{:.1} TFLOP", flops / 1e12),
        }
    }
}

/// What is measured of a model when its run is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Measure {
    /// Held-out objects, at most, and as many of the classes that were left out; sounds of each folder, at most. Of
    /// pictures all held-out ones are measured.
    pub items: usize,
    /// Views of an object that were not read, at most.
    pub views: usize,
    /// Side of the square that pictures are compared at, in pixels; without it the one that is learned from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_px: Option<u32>,
    /// Refine steps after which is measured too; none for not at all.
    pub refine_steps: u32,
    /// Items that the report shows, or lets be heard.
    pub shown: usize,
}

impl Default for Measure {
    fn default() -> Self {
        Self { items: 24, views: 6, reference_px: None, refine_steps: 0, shown: 4 }
    }
}

impl ExperimentFile {
    /// Read a file, with `KEY=VALUE` set over it; paths that are set so are relative to the current folder.
    pub(super) fn read(path: &Path, set: &[String]) -> Result<Self, ExperimentError> {
        let bytes = std::fs::read(path).map_err(io_error(format!("{} cannot be read", path.display())))?;
        let refuse = |what: String| ExperimentError::File(format!("{}: {what}", path.display()));
        if bytes.len() as u64 > limits::JSON_BYTES {
            return Err(refuse(format!("it is longer than {} bytes", limits::JSON_BYTES)));
        }
        let text = String::from_utf8(bytes).map_err(|err| refuse(err.to_string()))?;
        let mut table: toml::Table = toml::from_str(&text).map_err(|err| refuse(err.to_string()))?;
        for text in set {
            let (key, mut value) = settings::parse(text)?;
            if let (Some("data" | "backbones"), toml::Value::String(given)) = (key.split('.').next(), &value)
            {
                let absolute = std::path::absolute(given)
                    .map_err(io_error(format!("{given} cannot be made an absolute path")))?;
                value = toml::Value::String(absolute.to_string_lossy().into_owned());
            }
            settings::put(&mut table, &key, value)?;
        }
        let file: Self = table.try_into().map_err(|err: toml::de::Error| refuse(err.message().to_owned()))?;
        file.check().map_err(refuse)?;
        Ok(file)
    }

    fn check(&self) -> Result<(), String> {
        if let Some(axis) = self.axes.iter().find(|axis| axis.values.is_empty()) {
            return Err(format!("the axis {} has no values", axis.name));
        }
        let mut names: Vec<&str> = self.axes.iter().map(|axis| axis.name.as_str()).collect();
        names.sort_unstable();
        if let Some((twice, _)) = names.iter().zip(names.iter().skip(1)).find(|(one, next)| one == next) {
            return Err(format!("there are two axes called {twice}"));
        }
        for Axis { name, values } in &self.axes {
            for value in values.iter().filter_map(toml::Value::as_table) {
                if value.get("name").and_then(toml::Value::as_str).is_none_or(str::is_empty) {
                    return Err(format!("a value of the axis {name} is a table without a name"));
                }
            }
        }
        Ok(())
    }
}
