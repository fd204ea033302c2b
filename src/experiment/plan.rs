use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::file::{Axis, ExperimentFile};
use super::{Budget, ExperimentError, Measure, place, settings};
use crate::model::{Mode, ModelConfig, SignalKind};
use crate::storage::sha256_hex;
use crate::train::{RunConfig, TrainError, flops_per_step, planned_model};

/// Most runs of an experiment.
const RUNS_MAX: usize = 10_000;
/// Longest part of a folder's name that people read.
const SLUG_MAX: usize = 60;

/// An experiment: its runs, and what is measured of each.
#[derive(Debug)]
pub struct Plan {
    /// What it is called.
    pub title: String,
    /// Sentences for the report.
    pub about: String,
    /// What is measured.
    pub measure: Measure,
    /// Whether what a run needs to go on is kept when it is done.
    pub keep_states: bool,
    /// All runs, in the order of the file, the last axis fastest.
    pub runs: Vec<PlannedRun>,
    folders: BTreeMap<String, PathBuf>,
    backbones: BTreeMap<String, PathBuf>,
}

/// One run of an experiment, as the report knows it too.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlannedRun {
    /// Its folder below `runs`.
    pub id: String,
    /// The axes with the value that this run has, in the order of the file.
    pub choices: Vec<(String, String)>,
    /// What it learns.
    pub kind: SignalKind,
    /// Which weights learn.
    pub mode: Mode,
    /// The name of the data.
    pub data: String,
    /// The name of the backbone's weights file, if it has one.
    pub backbone: Option<String>,
    /// Of its weights and draws.
    pub seed: u64,
    /// What it is given.
    pub budget: Budget,
    /// How large it is, and what a step costs; or why the model refuses it.
    pub outcome: Outcome,
    /// All of its settings.
    #[serde(skip)]
    pub(super) config: RunConfig,
}

/// Whether a combination can be run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It can.
    Accepted(Size),
    /// It cannot, and this sentence says why.
    Refused(String),
}

/// How large a run's model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Weights that learn.
    pub trainable: usize,
    /// Weights that do not.
    pub frozen: usize,
    /// Weights of a field.
    pub field: usize,
    /// Weight tokens.
    pub weight_tokens: usize,
    /// Floating-point operations of a step.
    pub flops_per_step: u64,
}

/// What a run is besides its settings, taken from them.
#[derive(Deserialize)]
struct Given {
    mode: Option<Mode>,
    data: Option<String>,
    backbone: Option<String>,
    budget: Option<Budget>,
}

impl Plan {
    /// Read an experiment's file, with `KEY=VALUE` set over it.
    ///
    /// # Errors
    /// [`ExperimentError::File`] with what is wrong. A combination that a model refuses is no error: see [`Outcome`].
    pub fn read(path: &Path, set: &[String]) -> Result<Self, ExperimentError> {
        let file = ExperimentFile::read(path, set)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let count = file.axes.iter().try_fold(1, |count: usize, axis| count.checked_mul(axis.values.len()));
        if count.is_none_or(|count| count > RUNS_MAX) {
            return Err(ExperimentError::File(format!(
                "{}: the matrix has more than {RUNS_MAX} runs",
                path.display()
            )));
        }
        let mut backbones = BTreeMap::new();
        let mut runs = Vec::new();
        for choice in combinations(&file.axes) {
            let settings = settings_of(&file.run, &choice)?;
            let run = planned(&file, settings, &choice, &mut |name: &str| {
                let key = format!("backbones.{name}");
                let text = file.backbones.get(name).ok_or_else(|| unknown(&key, &file.backbones))?;
                let path = place::resolved(&key, text, folder)?;
                backbones.insert(name.to_owned(), path.clone());
                Ok(path)
            })?;
            runs.push(run);
        }
        let mut ids = BTreeSet::new();
        if let Some(twice) = runs.iter().find(|run| !ids.insert(&run.id)) {
            return Err(ExperimentError::File(format!(
                "{}: {} is there twice",
                path.display(),
                twice.title()
            )));
        }
        check_budgets(&runs)?;
        // A folder that is not known is no matter until the run is done.
        let folders = file.data.iter().filter_map(|(name, text)| {
            Some((name.clone(), place::resolved(&format!("data.{name}"), text, folder).ok()?))
        });
        let folders = folders.collect();
        let ExperimentFile { title, about, measure, keep_states, .. } = file;
        Ok(Self { title, about, measure, keep_states, runs, folders, backbones })
    }

    /// The run that is called so.
    ///
    /// # Errors
    /// [`ExperimentError::File`] if there is none.
    pub fn run(&self, id: &str) -> Result<&PlannedRun, ExperimentError> {
        let unknown =
            || ExperimentError::File(format!("the experiment has no run {id}; --dry-run lists them"));
        self.runs.iter().find(|run| run.id == id).ok_or_else(unknown)
    }

    /// The folder of a run's data.
    ///
    /// # Errors
    /// [`ExperimentError::File`] if it is not there.
    pub fn folder(&self, run: &PlannedRun) -> Result<&Path, ExperimentError> {
        let name = &run.data;
        let missing = |what: String| {
            ExperimentError::File(format!(
                "the folder of the data {name} {what}; say --set data.{name}=FOLDER"
            ))
        };
        match self.folders.get(name) {
            None => Err(missing("is not known".into())),
            Some(folder) if !folder.is_dir() => Err(missing(format!("is not at {}", folder.display()))),
            Some(folder) => Ok(folder),
        }
    }

    /// The weights file of a run's backbone.
    #[must_use]
    pub fn backbone(&self, run: &PlannedRun) -> Option<&Path> {
        self.backbones.get(run.backbone.as_ref()?).map(PathBuf::as_path)
    }
}

impl PlannedRun {
    /// Its choices, for people.
    #[must_use]
    pub fn title(&self) -> String {
        let labels: Vec<&str> = self.choices.iter().map(|(_, label)| label.as_str()).collect();
        if labels.is_empty() { "the only run".into() } else { labels.join(", ") }
    }

    /// How large it is, unless it is refused.
    #[must_use]
    pub fn size(&self) -> Option<Size> {
        match self.outcome {
            Outcome::Accepted(size) => Some(size),
            Outcome::Refused(_) => None,
        }
    }
}

/// All combinations of the axes' values, the last axis fastest.
fn combinations(axes: &[Axis]) -> Vec<Vec<(&str, &toml::Value)>> {
    let mut all: Vec<Vec<(&str, &toml::Value)>> = vec![Vec::new()];
    for Axis { name, values } in axes {
        let mut longer = Vec::with_capacity(all.len() * values.len());
        for before in &all {
            for value in values {
                let mut choice = before.clone();
                choice.push((name.as_str(), value));
                longer.push(choice);
            }
        }
        all = longer;
    }
    all
}

/// What all runs have, and over it what this one chooses.
fn settings_of(
    common: &toml::Table,
    choice: &[(&str, &toml::Value)],
) -> Result<toml::Table, ExperimentError> {
    let mut settings = common.clone();
    for (axis, value) in choice {
        match value {
            toml::Value::Table(own) => {
                for (key, value) in own.iter().filter(|(key, _)| *key != "name") {
                    settings::put(&mut settings, key, value.clone())?;
                }
            }
            value => settings::put(&mut settings, axis, (*value).clone())?,
        }
    }
    Ok(settings)
}

fn label_of(value: &toml::Value) -> String {
    value.as_table().and_then(|own| own.get("name")).map_or_else(|| settings::label(value), settings::label)
}

fn unknown(key: &str, known: &BTreeMap<String, String>) -> ExperimentError {
    let known = known.keys().cloned().collect::<Vec<_>>().join(", ");
    ExperimentError::File(format!("{key} is not in the experiment's file, which has {known}"))
}

/// A run of these settings. What is wrong with the file is an error, what a model refuses is not.
fn planned(
    file: &ExperimentFile,
    mut settings: toml::Table,
    choice: &[(&str, &toml::Value)],
    backbone_path: &mut dyn FnMut(&str) -> Result<PathBuf, ExperimentError>,
) -> Result<PlannedRun, ExperimentError> {
    let choices: Vec<(String, String)> =
        choice.iter().map(|(axis, value)| ((*axis).to_owned(), label_of(value))).collect();
    let id = id_of(&choices, &settings)?;
    let refused = |err: toml::de::Error| ExperimentError::File(format!("{id}: {}", err.message()));
    let own: toml::Table = ["mode", "data", "backbone", "budget"]
        .into_iter()
        .filter_map(|key| settings.remove_entry(key))
        .collect();
    let given: Given = toml::Value::Table(own).try_into().map_err(refused)?;
    let missing = |what: &str| ExperimentError::File(format!("{id} has no {what}"));
    let mode = given.mode.ok_or_else(|| missing("mode: scratch, finetune, prompt"))?;
    let budget = given.budget.ok_or_else(|| missing("budget of steps, seconds or flops"))?;
    let data = match (given.data, file.data.keys().next()) {
        (Some(name), _) => name,
        (None, Some(only)) if file.data.len() == 1 => only.clone(),
        _ => return Err(missing("data")),
    };
    if !file.data.contains_key(&data) {
        return Err(unknown(&format!("data.{data}"), &file.data));
    }
    if settings.contains_key("steps") {
        return Err(ExperimentError::File(format!("{id}: steps are given by its budget: budget.steps")));
    }
    let backbone = given.backbone.filter(|name| name != "none");
    let path = backbone.as_deref().map(backbone_path).transpose()?;
    let kind = match settings.get("kind") {
        Some(kind) => kind.clone().try_into().map_err(refused)?,
        None => SignalKind::Image,
    };
    let text = toml::to_string(&settings).map_err(|err| ExperimentError::File(err.to_string()))?;
    let accepted = accept(&text, kind, mode, path.as_deref(), budget);
    let (config, outcome) = match accepted {
        Ok((config, size)) => (config, Outcome::Accepted(size)),
        Err(err) => (RunConfig::of(kind), Outcome::Refused(err.to_string())),
    };
    let seed = settings.get("seed").and_then(toml::Value::as_integer).map_or(config.seed, i64::unsigned_abs);
    Ok(PlannedRun { id, choices, kind, mode, data, backbone, seed, budget, outcome, config })
}

/// The settings of a run with its steps, as far as the budget gives them, and how large it is.
fn accept(
    text: &str,
    kind: SignalKind,
    mode: Mode,
    backbone: Option<&Path>,
    budget: Budget,
) -> Result<(RunConfig, Size), TrainError> {
    let mut config = RunConfig::from_toml(text, kind)?;
    let model = planned_model(&config, mode, backbone)?;
    let size = size_of(&config, &model);
    let refuse = |what: &str| Err(TrainError::Config(what.into()));
    config.steps = match budget {
        Budget::Steps(steps) => steps,
        Budget::Flops(flops) if flops < size.flops_per_step as f64 => {
            return refuse("its budget of flops is less than one step takes");
        }
        Budget::Flops(flops) => (flops / size.flops_per_step as f64) as u32,
        Budget::Seconds(seconds) if !(seconds > 0.0 && seconds <= 1e9) => {
            return refuse("its budget of seconds is not above 0");
        }
        // Known when some have been timed.
        Budget::Seconds(_) => config.steps,
    };
    config.validate()?;
    Ok((config, size))
}

impl Plan {
    /// Folders of data and files of backbones that are not there.
    #[must_use]
    pub fn missing(&self) -> Vec<&Path> {
        let named = self.folders.values().chain(self.backbones.values());
        named.map(PathBuf::as_path).filter(|path| !path.exists()).collect()
    }
}

/// How large a run's model is, and what its steps cost.
pub(super) fn size_of(config: &RunConfig, model: &ModelConfig) -> Size {
    let parameters = model.parameters();
    let trainable = parameters.trainable(model.mode);
    Size {
        trainable,
        frozen: parameters.total() - trainable,
        field: model.field.num_params(),
        weight_tokens: model.num_weight_tokens(),
        flops_per_step: flops_per_step(config, model),
    }
}

/// A folder's name: what a person tells runs apart by, and a hash of all that the file says of the run.
fn id_of(choices: &[(String, String)], settings: &toml::Table) -> Result<String, ExperimentError> {
    let text = toml::to_string(settings).map_err(|err| ExperimentError::File(err.to_string()))?;
    let symbol = |symbol: char| if symbol.is_ascii_alphanumeric() || symbol == '.' { symbol } else { '-' };
    let part = |(axis, label): &(String, String)| match axis.as_str() {
        "seed" => format!("seed{label}"),
        _ => label.to_ascii_lowercase(),
    };
    let slug = choices.iter().map(part).collect::<Vec<_>>().join("-");
    let slug: String = slug.chars().map(symbol).take(SLUG_MAX).collect();
    let hash = sha256_hex(text.as_bytes());
    Ok(format!("{slug}-{}", hash.get(..8).unwrap_or(&hash)).trim_start_matches(['-', '.']).to_owned())
}

/// Runs of the same data that are compared are given the same.
fn check_budgets(runs: &[PlannedRun]) -> Result<(), ExperimentError> {
    let mut budgets: BTreeMap<&str, &PlannedRun> = BTreeMap::new();
    for run in runs {
        let first = budgets.entry(&run.data).or_insert(run);
        if first.budget != run.budget {
            return Err(ExperimentError::File(format!(
                "{} and {} are compared, and have {} and {}: give runs of the same data the same budget",
                first.title(),
                run.title(),
                first.budget,
                run.budget
            )));
        }
    }
    Ok(())
}
