use std::path::Path;

use serde::{Deserialize, Serialize};

use super::perform::Evaluation;
use super::run_folder::{self, EVALUATION, EXPERIMENT, run_folder};
use super::{ExperimentError, Measure, Plan, PlannedRun};
use crate::train::{History, LoggedHeldOut, LoggedStep, db_of_mse};

/// What an experiment's folder says of it: `experiment.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Planned {
    /// What it is called.
    pub title: String,
    /// Sentences for the report.
    pub about: String,
    /// What is measured.
    pub measure: Measure,
    /// All runs, the refused ones too.
    pub runs: Vec<PlannedRun>,
}

/// A run as far as it is done.
#[derive(Debug, Clone)]
pub struct RunResult {
    /// What was planned.
    pub planned: PlannedRun,
    /// What was measured; none before it is done.
    pub evaluation: Option<Evaluation>,
    /// Its settings, as its folder has them.
    pub settings: Option<String>,
    /// What it was like on the way.
    pub curve: Curve,
}

/// What a run's steps and its evaluations on the way said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curve {
    /// Of every step.
    pub steps: Vec<Point>,
    /// Of held-out items.
    pub held_out: Vec<Point>,
    /// Seconds of all steps together, as if each took as long as the median: without evaluations and checkpoints.
    pub step_secs: f64,
}

/// A place on a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Steps done.
    pub step: u32,
    /// Seconds since the run began.
    pub seconds: f64,
    /// Mean PSNR in dB.
    pub psnr_db: f64,
}

/// Keep what was planned, for the report.
pub(super) fn write_plan(plan: &Plan, out: &Path) -> Result<(), ExperimentError> {
    let Plan { title, about, measure, runs, .. } = plan;
    let planned =
        Planned { title: title.clone(), about: about.clone(), measure: measure.clone(), runs: runs.clone() };
    run_folder::write_json(&out.join(EXPERIMENT), &planned)
}

/// Read what was planned and what became of it.
///
/// # Errors
/// [`ExperimentError`] if the folder is not that of an experiment, or a file in it is damaged.
pub fn read_results(out: &Path) -> Result<(Planned, Vec<RunResult>), ExperimentError> {
    let path = out.join(EXPERIMENT);
    let missing = || {
        ExperimentError::File(format!(
            "there is no {}: name the folder that `hyperscope experiment` was given by --out",
            path.display()
        ))
    };
    let planned: Planned = run_folder::read_json(&path)?.ok_or_else(missing)?;
    let results = planned.runs.iter().map(|run| read_run(run, out)).collect::<Result<Vec<_>, _>>()?;
    Ok((planned, results))
}

fn read_run(run: &PlannedRun, out: &Path) -> Result<RunResult, ExperimentError> {
    let folder = run_folder(out, &run.id);
    let curve = if folder.join("metrics.jsonl").exists() {
        Curve::of(&History::read(&folder, 0)?)
    } else {
        Curve::default()
    };
    Ok(RunResult {
        planned: run.clone(),
        evaluation: run_folder::read_json(&folder.join(EVALUATION))?,
        settings: run_folder::read_text(&folder.join("run.toml"))?,
        curve,
    })
}

impl Curve {
    fn of(History { steps, held_out, .. }: &History) -> Self {
        let mut between: Vec<f64> = steps.windows(2).map(|pair| pair[1].seconds - pair[0].seconds).collect();
        between.sort_by(f64::total_cmp);
        let median = between.get(between.len() / 2).copied().unwrap_or(0.0);
        let of_step = |line: &LoggedStep| Point {
            step: line.step,
            seconds: line.seconds,
            psnr_db: db_of_mse(line.loss),
        };
        let of_held_out =
            |line: &LoggedHeldOut| Point { step: line.step, seconds: line.seconds, psnr_db: line.psnr_db };
        Self {
            steps: steps.iter().map(of_step).collect(),
            held_out: held_out.iter().map(of_held_out).collect(),
            step_secs: median * steps.len() as f64,
        }
    }
}
