//! The settings of all runs, and where they differ.

use std::collections::BTreeMap;

use eframe::egui::{Grid, Label, RichText, ScrollArea, Ui};

use super::list::color;
use crate::app::format;
use crate::app::state::State;
use crate::app::theme::{palette, size, space};
use crate::app::training::RunEntry;

/// A row for each setting, a column for each run that is drawn; the rows that differ come first.
pub(super) fn show(ui: &mut Ui, state: &State) {
    let runs: Vec<&RunEntry> = state.training.shown().collect();
    if runs.is_empty() {
        let text =
            RichText::new("Tick the runs whose settings are to be compared").color(palette(ui).text_weak);
        ui.add(Label::new(text).wrap());
        return;
    }
    let columns: Vec<BTreeMap<String, String>> = runs.iter().map(|run| settings(run)).collect();
    let mut names: Vec<&String> = columns.iter().flat_map(BTreeMap::keys).collect();
    names.sort();
    names.dedup();
    let differs = |name: &str| {
        let mut values = columns.iter().map(|column| column.get(name));
        let first = values.next();
        values.any(|value| Some(value) != first)
    };
    names.sort_by_key(|name| !differs(name));
    ScrollArea::both().id_salt("settings").auto_shrink(false).show(ui, |ui| {
        let grid = Grid::new("settings of runs").striped(true).spacing([space::L, space::XXS]);
        grid.min_col_width(size::SETTINGS_VALUE).show(ui, |ui| {
            ui.label("");
            for run in &runs {
                ui.label(RichText::new(&run.name).strong().color(color(ui, run)));
            }
            ui.end_row();
            for name in names {
                let (text, is_other) = (RichText::new(name), differs(name));
                let palette = palette(ui);
                ui.label(text.color(if is_other { palette.accent } else { palette.text_weak }));
                for column in &columns {
                    let value = column.get(name).map_or("", String::as_str);
                    let color = if is_other { palette.text_strong } else { palette.text_weak };
                    let label = ui.label(RichText::new(shortened(value)).color(color));
                    label.on_hover_text(value);
                }
                ui.end_row();
            }
        });
    });
}

/// Letters of a value that are shown.
const SHOWN: usize = 26;

fn shortened(value: &str) -> String {
    if value.chars().count() <= SHOWN {
        return value.to_owned();
    }
    value.chars().take(SHOWN - 1).chain(['…']).collect()
}

/// Every setting with its value, as `run.toml` has them, and what else tells runs apart.
fn settings(run: &RunEntry) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    if let Ok(table) = toml::Table::try_from(&run.config) {
        flatten("", &table, &mut found);
    }
    if let Some(sources) = &run.sources {
        let name =
            |path: &std::path::Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        found.insert("mode".into(), sources.mode.to_string());
        found.insert("data".into(), name(&sources.data));
        found.insert("backbone".into(), sources.backbone.as_deref().map_or("none".into(), name));
        if let Some(from) = &sources.from {
            found.insert("from".into(), from.display().to_string());
        }
    }
    if let Some([learning, all]) = run.parameters() {
        found.insert("parameters that learn".into(), format::count(learning as u64));
        found.insert("parameters".into(), format::count(all as u64));
    }
    found
}

fn flatten(prefix: &str, table: &toml::Table, found: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) => flatten(&name, inner, found),
            toml::Value::Float(number) => {
                found.insert(name, format::short(*number));
            }
            toml::Value::String(text) => {
                found.insert(name, text.clone());
            }
            other => {
                found.insert(name, other.to_string());
            }
        }
    }
}
