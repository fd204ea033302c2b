use std::collections::BTreeSet;

use super::results::RunResult;
use crate::model::SignalKind;

/// Runs of the same data, which can be compared.
#[derive(Debug)]
pub struct Section<'a> {
    /// The name of the data.
    pub data: &'a str,
    /// What is learned from it.
    pub kind: SignalKind,
    /// In the order of the experiment's file.
    pub arms: Vec<Arm<'a>>,
}

/// Runs that differ in nothing but the seed.
#[derive(Debug)]
pub struct Arm<'a> {
    /// What it has that others have not.
    pub name: String,
    /// One for each seed.
    pub runs: Vec<&'a RunResult>,
}

/// Of one figure, over seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// The standard deviation, by one less than the count; none of a single one.
    pub deviation: Option<f64>,
    /// Seeds.
    pub count: usize,
}

/// The runs of an experiment, those that are not refused, by their data and then by all but the seed.
#[must_use]
pub fn sections(results: &[RunResult]) -> Vec<Section<'_>> {
    let accepted: Vec<&RunResult> = results.iter().filter(|run| run.planned.size().is_some()).collect();
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut seen = BTreeSet::new();
    for run in &accepted {
        let (data, kind) = (run.planned.data.as_str(), run.planned.kind);
        if !seen.insert(data) {
            continue;
        }
        let own: Vec<&RunResult> =
            accepted.iter().copied().filter(|other| other.planned.data == data).collect();
        sections.push(Section { data, kind, arms: arms(&own) });
    }
    sections
}

fn arms<'a>(runs: &[&'a RunResult]) -> Vec<Arm<'a>> {
    let differs = |axis: &str| {
        let labels: BTreeSet<&str> = runs.iter().filter_map(|run| label(run, axis)).collect();
        axis != "seed" && labels.len() > 1
    };
    let name = |run: &RunResult| {
        let own = run.planned.choices.iter().filter(|(axis, _)| differs(axis));
        let parts: Vec<String> = own.map(|(axis, label)| described(axis, label)).collect();
        if parts.is_empty() { "all runs".to_owned() } else { parts.join(", ") }
    };
    let mut arms: Vec<Arm<'a>> = Vec::new();
    for run in runs {
        let name = name(run);
        match arms.iter_mut().find(|arm| arm.name == name) {
            Some(arm) => arm.runs.push(run),
            None => arms.push(Arm { name, runs: vec![run] }),
        }
    }
    arms
}

fn label<'a>(run: &'a RunResult, axis: &str) -> Option<&'a str> {
    run.planned.choices.iter().find(|(own, _)| own == axis).map(|(_, label)| label.as_str())
}

/// A number says nothing without what it is of.
fn described(axis: &str, label: &str) -> String {
    let axis = axis.rsplit('.').next().unwrap_or(axis).replace('_', " ");
    match label.parse::<f64>() {
        Ok(_) => format!("{axis} {label}"),
        Err(_) if label == "true" || label == "false" => format!("{axis} {label}"),
        Err(_) => label.to_owned(),
    }
}

impl Spread {
    /// Of these values; none of none.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        if count == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count as f64;
        let square: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = (count > 1).then(|| (square / (count - 1) as f64).sqrt());
        Some(Self { mean, deviation, count })
    }
}

impl Arm<'_> {
    /// A figure of held-out items, or of those that are like nothing that was learned from: of each run the mean over
    /// its items, and over the runs that are done the mean and the spread. None if no run has it.
    #[must_use]
    pub fn figure(&self, name: &str, is_unseen: bool) -> Option<Spread> {
        let of_run = |run: &&RunResult| {
            let items = run.evaluation.iter().flat_map(|own| &own.items);
            let values: Vec<f64> = items
                .filter(|item| item.is_unseen == is_unseen)
                .filter_map(|item| item.figures.get(name).copied().flatten())
                .collect();
            Spread::of(&values).map(|own| own.mean)
        };
        Spread::of(&self.runs.iter().filter_map(of_run).collect::<Vec<_>>())
    }

    /// Runs that are done.
    #[must_use]
    pub fn num_done(&self) -> usize {
        self.runs.iter().filter(|run| run.evaluation.is_some()).count()
    }
}

impl Section<'_> {
    /// The names of the figures that some run has.
    #[must_use]
    pub fn figures(&self, is_unseen: bool) -> BTreeSet<&str> {
        let runs = self.arms.iter().flat_map(|arm| &arm.runs);
        let items = runs.filter_map(|run| run.evaluation.as_ref()).flat_map(|own| &own.items);
        let own = items.filter(|item| item.is_unseen == is_unseen);
        own.flat_map(|item| item.figures.keys().map(String::as_str)).collect()
    }

    /// How many held-out items, or unseen ones, were measured: the most of any run.
    #[must_use]
    pub fn num_items(&self, is_unseen: bool) -> usize {
        let runs = self.arms.iter().flat_map(|arm| &arm.runs);
        let items = runs.filter_map(|run| run.evaluation.as_ref()).map(|own| &own.items);
        items.map(|all| all.iter().filter(|item| item.is_unseen == is_unseen).count()).max().unwrap_or(0)
    }
}
