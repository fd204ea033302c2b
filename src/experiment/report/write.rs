use std::path::{Path, PathBuf};

use super::super::arms::{Arm, Section, sections};
use super::super::perform::ShownFiles;
use super::super::results::{Planned, RunResult, read_results};
use super::super::{ExperimentError, run_folder};
use super::{html, markdown};
use crate::model::SignalKind;

/// What is said of the pictures and sounds of the report.
pub(super) const SHEET: &str = "Of each arm the first seed that is done. Of an object the view that was read, then views \
     that were not.";

/// Where a report is, and how much of the experiment it is of.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Written {
    /// The page.
    pub html: PathBuf,
    /// The same as Markdown.
    pub markdown: PathBuf,
    /// Runs that are done.
    pub done: usize,
    /// Runs that are not.
    pub waiting: usize,
    /// Runs that a model refuses.
    pub refused: usize,
}

/// Write the report of an experiment's folder, as far as it is done, into that folder.
///
/// # Errors
/// [`ExperimentError`] if the folder is not that of an experiment, a file in it is damaged, or a file cannot be written.
pub fn write_report(out: &Path) -> Result<Written, ExperimentError> {
    let (planned, results) = read_results(out)?;
    let sections = sections(&results);
    let written = Written {
        html: out.join("report.html"),
        markdown: out.join("report.md"),
        done: results.iter().filter(|run| run.evaluation.is_some()).count(),
        waiting: results.iter().filter(|run| is_waiting(run)).count(),
        refused: results.iter().filter(|run| run.planned.size().is_none()).count(),
    };
    let page = html::page(&planned, &sections, &results, out)?;
    run_folder::write(&written.html, page.as_bytes())?;
    run_folder::write(&written.markdown, markdown::text(&planned, &sections, &results).as_bytes())?;
    Ok(written)
}

/// Whether a run could be done and is not.
pub(super) fn is_waiting(run: &RunResult) -> bool {
    run.evaluation.is_none() && run.planned.size().is_some()
}

/// How much of the experiment is done.
pub(super) fn standing(results: &[RunResult]) -> String {
    let done = results.iter().filter(|run| run.evaluation.is_some()).count();
    let refused = results.iter().filter(|run| run.planned.size().is_none()).count();
    let possible = results.len() - refused;
    let refused = if refused == 0 { String::new() } else { format!(", {refused} refused") };
    format!("{done} of {possible} runs done{refused}. hyperscope {}.", env!("CARGO_PKG_VERSION"))
}

/// What a section is about.
pub(super) fn heading(own: &Section<'_>) -> String {
    let kind = match own.kind {
        SignalKind::Image => "Pictures",
        SignalKind::Object => "Objects",
        SignalKind::Sound => "Sounds",
    };
    format!("{kind}: {}", own.data)
}

/// What the figures of a section are.
pub(super) fn measured(own: &Section<'_>, planned: &Planned) -> String {
    let budget = own.arms.first().and_then(|arm| arm.runs.first()).map(|run| run.planned.budget.to_string());
    let what = match own.kind {
        SignalKind::Image => "pictures, as written from the picture itself".to_owned(),
        SignalKind::Object => {
            format!("objects, written from one view and compared at up to {} others", planned.measure.views)
        }
        SignalKind::Sound => "whole sounds, as written".to_owned(),
    };
    format!(
        "{} for each run. Mean over {} held-out {what}; then over seeds, with the standard deviation (n - 1) of the seeds.",
        budget.unwrap_or_default(),
        own.num_items(false)
    )
}

/// What the figures of what was left out are.
pub(super) fn unseen(own: &Section<'_>) -> String {
    format!("The same for {} items of the classes or speakers that training left out.", own.num_items(true))
}

/// What is said of figures that are not finite.
pub(super) fn left_open(count: usize) -> String {
    format!("{count} figures of single items were not finite numbers, and are left out of the means.")
}

/// Of an arm the first run that is done, with what it shows.
pub(super) fn first_done<'a, 'b>(arm: &'b Arm<'a>) -> Option<(&'b Arm<'a>, &'a RunResult, &'a [ShownFiles])> {
    let run = arm.runs.iter().copied().find(|run| run.evaluation.is_some())?;
    Some((arm, run, &run.evaluation.as_ref()?.shown))
}

/// An arm's name, with its figure for an item if it was measured.
pub(super) fn caption(arm: &Arm<'_>, run: &RunResult, item: &str) -> String {
    let own = run.evaluation.iter().flat_map(|own| &own.items).find(|own| own.item == item);
    match own.and_then(|own| own.figures.get("psnr_db").copied().flatten()) {
        Some(psnr_db) => format!("{}: {psnr_db:.2} dB", arm.name),
        None => arm.name.clone(),
    }
}
