use std::fmt::Write;
use std::path::Path;

use super::super::Outcome;
use super::super::arms::Section;
use super::super::results::{Planned, RunResult};
use super::super::run_folder::SHOWN;
use super::tables::{self, Table};
use super::write;

/// The same as the page, with links to the pictures and sounds of the runs' folders, and without the curves.
pub(super) fn text(planned: &Planned, sections: &[Section<'_>], results: &[RunResult]) -> String {
    // Writing to a String cannot fail.
    let mut text = format!("# {}\n\n", planned.title);
    if !planned.about.is_empty() {
        write!(text, "{}\n\n", planned.about.trim()).ok();
    }
    writeln!(text, "{}", write::standing(results)).ok();
    for own in sections {
        write!(text, "\n## {}\n\n{}\n\n", write::heading(own), write::measured(own, planned)).ok();
        text += &table(&tables::figures(own, planned, false));
        if own.num_items(true) > 0 {
            write!(text, "\n### What training left out\n\n{}\n\n", write::unseen(own)).ok();
            text += &table(&tables::figures(own, planned, true));
        }
        let num_open = tables::num_open(own);
        if num_open > 0 {
            writeln!(text, "\n{}", write::left_open(num_open)).ok();
        }
        text += "\n### What it cost\n\n";
        text += &table(&tables::costs(own));
        text += &sheet(own);
        text += "\n### Hashes (SHA-256)\n\n";
        text += &table(&tables::hashes(own));
    }
    text += &left(results);
    text
}

fn table(own: &Table) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let escaped = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    let mut text = line(&own.head.iter().map(|cell| escaped(cell)).collect::<Vec<_>>());
    text += &line(&vec!["---".to_owned(); own.head.len()]);
    for row in &own.rows {
        let cell = |cell: &tables::Cell| {
            let text = escaped(&cell.text);
            if cell.is_best { format!("**{text}**") } else { text }
        };
        text += &line(&row.iter().map(cell).collect::<Vec<_>>());
    }
    text
}

/// A table of links: items below each other, arms beside each other.
fn sheet(own: &Section<'_>) -> String {
    let done: Vec<_> = own.arms.iter().filter_map(write::first_done).collect();
    let Some((_, first, shown)) = done.first() else { return String::new() };
    let link = |run: &RunResult, name: &str, label: &str| {
        let sign = if Path::new(name).extension().is_some_and(|own| own == "png") { "!" } else { "" };
        format!("{sign}[{label}](runs/{}/{SHOWN}/{name})", run.planned.id)
    };
    let mut head = vec!["item".to_owned(), "as it is".to_owned()];
    head.extend(done.iter().map(|(arm, ..)| arm.name.clone()));
    let plain = |text: String| tables::Cell { text, is_best: false };
    let row = |files: &super::super::ShownFiles| {
        let mut row = vec![plain(files.item.clone()), plain(link(first, &files.reference, "as it is"))];
        for (arm, run, shown) in &done {
            let own = shown.iter().find(|other| other.item == files.item);
            let caption = write::caption(arm, run, &files.item);
            row.push(plain(own.map_or(String::new(), |own| link(run, &own.field, &caption))));
        }
        row
    };
    let rows = shown.iter().map(row).collect();
    format!(
        "\n### The same held-out items in each arm\n\n{}\n\n{}",
        write::SHEET,
        table(&Table { head, rows })
    )
}

/// What is refused, and what is not done.
fn left(results: &[RunResult]) -> String {
    let mut text = String::new();
    let refused = results.iter().filter_map(|run| match &run.planned.outcome {
        Outcome::Refused(why) => Some(format!("- {}: {why}\n", run.planned.title())),
        Outcome::Accepted(_) => None,
    });
    let refused: String = refused.collect();
    let waiting = results.iter().filter(|run| write::is_waiting(run));
    let waiting = waiting.map(|run| format!("- {}\n", run.planned.title())).collect::<Vec<_>>().concat();
    for (title, lines) in [("Refused", refused), ("Not done yet", waiting)] {
        if !lines.is_empty() {
            // Writing to a String cannot fail.
            write!(text, "\n## {title}\n\n{lines}").ok();
        }
    }
    text
}
