use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::super::arms::{Arm, Section};
use super::super::error::io_error;
use super::super::perform::ShownFiles;
use super::super::results::{Planned, RunResult};
use super::super::run_folder::{SHOWN, run_folder};
use super::super::{ExperimentError, Outcome};
use super::style::{CSS, color};
use super::tables::{self, Table};
use super::{curves, write};

/// Pictures up to this width are drawn larger, in pixels.
const SMALL_PX: u32 = 176;

/// The page: it needs nothing beside itself.
pub(super) fn page(
    planned: &Planned,
    sections: &[Section<'_>],
    results: &[RunResult],
    out: &Path,
) -> Result<String, ExperimentError> {
    let bodies = sections.iter().map(|own| section(own, planned, out)).collect::<Result<Vec<_>, _>>()?;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (planned.title) }
                style { (PreEscaped(CSS)) }
            }
            body {
                main {
                    h1 { (planned.title) }
                    @if !planned.about.is_empty() { p { (planned.about) } }
                    p.soft { (write::standing(results)) }
                    @for body in bodies { (body) }
                    (left(results))
                }
            }
        }
    };
    Ok(page.into_string())
}

fn section(own: &Section<'_>, planned: &Planned, out: &Path) -> Result<Markup, ExperimentError> {
    let charts = curves::learning(own)?;
    let sheet = sheet(own, out)?;
    let num_open = tables::num_open(own);
    Ok(html! {
        section {
            h2 { (write::heading(own)) }
            p.soft { (write::measured(own, planned)) }
            (table(&tables::figures(own, planned, false), ""))
            @if own.num_items(true) > 0 {
                h3 { "What training left out" }
                p.soft { (write::unseen(own)) }
                (table(&tables::figures(own, planned, true), ""))
            }
            @if num_open > 0 { p.soft { (write::left_open(num_open)) } }
            @if let Some([learned, held_out]) = charts {
                h3 { "Learning" }
                (legend(own))
                div.charts {
                    figure {
                        (PreEscaped(learned))
                        figcaption { "What was learned from: every step pale, the running mean over a fortieth of the run in front" }
                    }
                    figure {
                        (PreEscaped(held_out))
                        figcaption { "Held-out items during the run: each seed pale, their mean in front" }
                    }
                }
            }
            @if let Some(sheet) = sheet {
                h3 { "The same held-out items in each arm" }
                p.soft { (write::SHEET) }
                (sheet)
            }
            h3 { "What it cost" }
            (table(&tables::costs(own), ""))
            details { summary { "Each held-out item" } (table(&tables::items(own), "")) }
            details { summary { "Hashes (SHA-256)" } (table(&tables::hashes(own), "hashes")) }
            details {
                summary { "Settings of each arm" }
                @for arm in &own.arms {
                    @if let Some(text) = arm.runs.iter().find_map(|run| run.settings.as_ref()) {
                        h3 { (arm.name) }
                        pre { (text) }
                    }
                }
            }
        }
    })
}

fn table(own: &Table, class: &str) -> Markup {
    html! {
        div.scroll {
            table class=[(!class.is_empty()).then_some(class)] {
                thead { tr { @for text in &own.head { th { (text) } } } }
                tbody {
                    @for row in &own.rows {
                        tr { @for cell in row { td class=[cell.is_best.then_some("best")] { (cell.text) } } }
                    }
                }
            }
        }
    }
}

fn legend(own: &Section<'_>) -> Markup {
    html! {
        div.legend {
            @for (index, arm) in own.arms.iter().enumerate() {
                @let [r, g, b] = color(index);
                span { span.chip style=(format!("background:rgb({r},{g},{b})")) {} (arm.name) }
            }
        }
    }
}

/// Items below each other, what each arm gives for one beside the others; none if no run is done.
fn sheet(own: &Section<'_>, out: &Path) -> Result<Option<Markup>, ExperimentError> {
    let done: Vec<(&Arm<'_>, &RunResult, &[ShownFiles])> =
        own.arms.iter().filter_map(write::first_done).collect();
    let Some((_, first, shown)) = done.first() else { return Ok(None) };
    let mut rows = Vec::new();
    for files in *shown {
        let reference = media(first, &files.reference, "as it is", out)?;
        let mut cells = Vec::new();
        for (arm, run, shown) in &done {
            let Some(own) = shown.iter().find(|other| other.item == files.item) else { continue };
            let caption = write::caption(arm, run, &files.item);
            cells.push((media(run, &own.field, &caption, out)?, caption));
        }
        rows.push(html! {
            p.soft { (files.item) }
            div.sheet {
                figure { (reference) figcaption { "as it is" } }
                @for (cell, caption) in cells { figure { (cell) figcaption { (caption) } } }
            }
        });
    }
    Ok(Some(html! { @for row in rows { (row) } }))
}

/// A picture or a sound, in the page itself.
fn media(run: &RunResult, name: &str, about: &str, out: &Path) -> Result<Markup, ExperimentError> {
    let path = run_folder(out, &run.planned.id).join(SHOWN).join(name);
    let bytes = std::fs::read(&path).map_err(io_error(format!("{} cannot be read", path.display())))?;
    let data = STANDARD.encode(&bytes);
    if Path::new(name).extension().is_some_and(|own| own == "wav") {
        return Ok(html! {
            audio controls preload="none" aria-label=(about) src=(format!("data:audio/wav;base64,{data}")) {}
        });
    }
    // Width and height are the first of a PNG's header.
    let side = |at: usize| {
        bytes.get(at..at + 4).and_then(|own| own.first_chunk::<4>()).map(|own| u32::from_be_bytes(*own))
    };
    let (width, height) = (side(16).unwrap_or_default(), side(20).unwrap_or_default());
    let class = (width <= SMALL_PX).then_some("small");
    Ok(html! {
        img class=[class] width=(width) height=(height) alt=(about) src=(format!("data:image/png;base64,{data}"));
    })
}

/// What is refused, and what is not done.
fn left(results: &[RunResult]) -> Markup {
    let refused: Vec<(&RunResult, &str)> = results
        .iter()
        .filter_map(|run| match &run.planned.outcome {
            Outcome::Refused(why) => Some((run, why.as_str())),
            Outcome::Accepted(_) => None,
        })
        .collect();
    let waiting: Vec<&RunResult> = results.iter().filter(|run| write::is_waiting(run)).collect();
    html! {
        @if !refused.is_empty() {
            section {
                h2 { "Refused" }
                ul { @for (run, why) in refused { li { (run.planned.title()) ": " (why) } } }
            }
        }
        @if !waiting.is_empty() {
            section {
                h2 { "Not done yet" }
                ul { @for run in waiting { li { (run.planned.title()) } } }
            }
        }
    }
}
