//! The tables of both reports, as texts.

use super::super::arms::{Arm, Section, Spread};
use super::super::results::{Planned, RunResult};
use super::super::{Evaluation, Size};

/// A table of texts.
pub(super) struct Table {
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// A cell, and whether it is the best of its column.
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) is_best: bool,
}

/// A figure for people.
struct Kind {
    name: &'static str,
    title: &'static str,
    digits: usize,
    is_more_better: bool,
}

/// In the order in which they are shown.
const KINDS: [Kind; 4] = [
    Kind { name: "psnr_db", title: "PSNR, dB", digits: 2, is_more_better: true },
    Kind { name: "ssim", title: "SSIM", digits: 3, is_more_better: true },
    Kind { name: "si_sdr_db", title: "SI-SDR, dB", digits: 2, is_more_better: true },
    Kind { name: "lsd_db", title: "spectral distance, dB", digits: 2, is_more_better: false },
];

/// What is before a figure's name, and what it means.
const PREFIXES: [(&str, &str); 4] = [
    ("", ""),
    ("input_", "of what was read"),
    ("refined_", "refined"),
    ("refined_by_four_", "refined by four views"),
];

fn plain(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), is_best: false }
}

/// Mean and standard deviation.
pub(super) fn spread(own: Spread, digits: usize) -> String {
    match own.deviation {
        Some(deviation) => format!("{:.digits$} ± {deviation:.digits$}", own.mean),
        None => format!("{:.digits$}", own.mean),
    }
}

/// What is measured, arm by arm: of held-out items, or of those that are like nothing that was learned from.
pub(super) fn figures(section: &Section<'_>, planned: &Planned, is_unseen: bool) -> Table {
    let present = section.figures(is_unseen);
    let mut table = Table { head: vec!["arm".into(), "seeds".into()], rows: Vec::new() };
    for arm in &section.arms {
        table.rows.push(vec![plain(&arm.name), plain(format!("{} of {}", arm.num_done(), arm.runs.len()))]);
    }
    for (prefix, meaning) in PREFIXES {
        for Kind { name, title, digits, is_more_better } in &KINDS {
            let name = format!("{prefix}{name}");
            if !present.contains(name.as_str()) {
                continue;
            }
            let steps = planned.measure.refine_steps;
            table.head.push(match prefix {
                "" => (*title).to_owned(),
                "input_" => format!("{title}, {meaning}"),
                _ => format!("{title}, {meaning}, {steps} steps"),
            });
            let found: Vec<Option<Spread>> =
                section.arms.iter().map(|arm| arm.figure(&name, is_unseen)).collect();
            let best = best(&found, *is_more_better);
            for (index, (row, (arm, found))) in
                table.rows.iter_mut().zip(section.arms.iter().zip(&found)).enumerate()
            {
                let none = if arm.num_done() == 0 { "not yet" } else { "-" };
                let text = found.map_or(none.into(), |own| spread(own, *digits));
                row.push(Cell { text, is_best: best == Some(index) });
            }
        }
    }
    table
}

/// The best of several arms.
fn best(found: &[Option<Spread>], is_more_better: bool) -> Option<usize> {
    let sign = if is_more_better { 1.0 } else { -1.0 };
    let means = found.iter().enumerate().filter_map(|(index, own)| Some((index, sign * own.as_ref()?.mean)));
    let best = means.max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(index, _)| index);
    best.filter(|_| found.len() > 1)
}

/// What each arm costs.
pub(super) fn costs(section: &Section<'_>) -> Table {
    let head =
        ["arm", "learns", "frozen", "field", "learned from", "steps", "seconds of steps", "GFLOP a step"];
    let row = |arm: &Arm<'_>| {
        let first = arm.runs.first().and_then(|run| run.planned.size());
        let number = |pick: &dyn Fn(Size) -> usize| first.map_or("-".into(), |own| grouped(pick(own)));
        let seconds: Vec<f64> =
            done(arm).map(|run| run.curve.step_secs).filter(|seconds| *seconds > 0.0).collect();
        let counts = |pick: &dyn Fn(&Evaluation) -> usize| {
            range(done(arm).filter_map(|run| Some(pick(run.evaluation.as_ref()?))))
        };
        vec![
            plain(&arm.name),
            plain(number(&|own| own.trainable)),
            plain(number(&|own| own.frozen)),
            plain(number(&|own| own.field)),
            plain(counts(&|own| own.learned_from)),
            plain(counts(&|own| own.steps as usize)),
            plain(Spread::of(&seconds).map_or("-".into(), |own| spread(own, 0))),
            plain(first.map_or("-".into(), |own| format!("{:.1}", own.flops_per_step as f64 / 1e9))),
        ]
    };
    Table { head: head.map(Into::into).into(), rows: section.arms.iter().map(row).collect() }
}

fn done<'a>(arm: &'a Arm<'_>) -> impl Iterator<Item = &'a RunResult> {
    arm.runs.iter().copied().filter(|run| run.evaluation.is_some())
}

/// One number, or from the least to the most.
fn range(counts: impl Iterator<Item = usize>) -> String {
    let counts: Vec<usize> = counts.collect();
    match (counts.iter().min(), counts.iter().max()) {
        (Some(least), Some(most)) if least == most => grouped(*least),
        (Some(least), Some(most)) => format!("{} to {}", grouped(*least), grouped(*most)),
        _ => "-".into(),
    }
}

/// A number with commas between its thousands.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Each held-out item in each arm: the mean PSNR over seeds.
pub(super) fn items(section: &Section<'_>) -> Table {
    let mut names: Vec<(bool, &str)> = Vec::new();
    for item in section
        .arms
        .iter()
        .flat_map(|arm| done(arm))
        .filter_map(|run| run.evaluation.as_ref())
        .flat_map(|own| &own.items)
    {
        if !names.contains(&(item.is_unseen, item.item.as_str())) {
            names.push((item.is_unseen, item.item.as_str()));
        }
    }
    let row = |(is_unseen, name): &(bool, &str)| {
        let cell = |arm: &Arm<'_>| {
            let of_run = |run: &RunResult| {
                let own = run.evaluation.as_ref()?.items.iter().find(|item| item.item == *name)?;
                own.figures.get("psnr_db").copied().flatten()
            };
            let values: Vec<f64> = done(arm).filter_map(of_run).collect();
            plain(Spread::of(&values).map_or("-".into(), |own| spread(own, 2)))
        };
        let title = if *is_unseen { format!("{name} (left out)") } else { (*name).to_owned() };
        std::iter::once(plain(title)).chain(section.arms.iter().map(cell)).collect()
    };
    let arms = section.arms.iter().map(|arm| arm.name.clone());
    Table {
        head: std::iter::once("PSNR, dB".to_owned()).chain(arms).collect(),
        rows: names.iter().map(row).collect(),
    }
}

/// What every run came from, and what it came to.
pub(super) fn hashes(section: &Section<'_>) -> Table {
    let head = ["run", "data", "began from", "model"];
    let mut rows = Vec::new();
    for run in section.arms.iter().flat_map(|arm| done(arm)) {
        let Some(own) = &run.evaluation else { continue };
        rows.push(vec![
            plain(&run.planned.id),
            plain(&own.data_sha256),
            plain(own.started_from.clone().unwrap_or_else(|| "random weights".into())),
            plain(&own.model_sha256),
        ]);
    }
    Table { head: head.map(Into::into).into(), rows }
}

/// How many figures were not finite and are left out of the means.
pub(super) fn num_open(section: &Section<'_>) -> usize {
    let runs = section.arms.iter().flat_map(|arm| done(arm)).filter_map(|run| run.evaluation.as_ref());
    runs.flat_map(|own| &own.items).flat_map(|item| item.figures.values()).filter(|own| own.is_none()).count()
}
