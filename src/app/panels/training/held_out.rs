//! Held-out items over their fields, as they were at any step.

use eframe::egui::{Image, Label, RichText, Role, ScrollArea, Slider, Ui, WidgetInfo, vec2};

use super::list::color;
use super::panel::act;
use crate::app::action::Action;
use crate::app::format;
use crate::app::panels::layout::Panels;
use crate::app::state::State;
use crate::app::theme::{palette, size, space};
use crate::app::training::{RunEntry, TrainingAction};

/// The held-out pictures of the runs that are drawn, at one step.
pub(super) fn show(ui: &mut Ui, state: &State, panels: &mut Panels, actions: &mut Vec<Action>) {
    let training = &state.training;
    let is_looked_at = |run: &&RunEntry| run.is_shown || training.selected == Some(run.id);
    let runs: Vec<&RunEntry> = training.runs.iter().filter(is_looked_at).collect();
    let mut steps: Vec<u32> = runs.iter().flat_map(|run| &run.samples).map(|(step, _)| *step).collect();
    steps.sort_unstable();
    steps.dedup();
    let Some(last) = steps.last().copied() else {
        let text = "Pictures of held-out items over their fields appear here with every evaluation. Sounds have numbers alone.";
        ui.add(Label::new(RichText::new(text).color(palette(ui).text_weak)).wrap());
        return;
    };
    scrubber(ui, state, &steps, last, actions);
    ui.add_space(space::XS);
    ScrollArea::both().id_salt("held out").auto_shrink(false).show(ui, |ui| {
        let height = ui.available_height();
        ui.horizontal_top(|ui| {
            for run in runs.iter().filter(|run| !run.samples.is_empty()) {
                sheet(ui, state, panels, run, height);
            }
        });
    });
}

/// Back and forth through training.
fn scrubber(ui: &mut Ui, state: &State, steps: &[u32], last: u32, actions: &mut Vec<Action>) {
    let at = state.training.step.unwrap_or(last);
    let mut index = steps.partition_point(|step| *step < at).min(steps.len() - 1);
    ui.horizontal(|ui| {
        let label = ui.label(RichText::new("Step").color(palette(ui).text_weak));
        ui.spacing_mut().slider_width =
            (ui.available_width() - size::SCRUBBER_REST).max(size::SCRUBBER_LEAST);
        let names = steps.to_vec();
        let slider = Slider::new(&mut index, 0..=steps.len() - 1).custom_formatter(move |value, _| {
            names.get(value as usize).map_or(String::new(), |step| format::count((*step).into()))
        });
        let response = ui.add_enabled(steps.len() > 1, slider).labelled_by(label.id);
        let is_moved = response.on_hover_text("Held-out items as they were at this step").changed();
        if is_moved {
            let step = steps.get(index).copied().filter(|step| *step != last);
            act(actions, TrainingAction::Scrub(step));
        }
        let is_latest = state.training.step.is_none();
        let latest = ui.add_enabled(!is_latest, eframe::egui::Button::new("Latest"));
        if latest.on_hover_text("Follow the training").clicked() {
            act(actions, TrainingAction::Scrub(None));
        }
    });
}

fn sheet(ui: &mut Ui, state: &State, panels: &mut Panels, run: &RunEntry, height: f32) {
    let Some((step, path)) = run.sample(state.training.step) else { return };
    ui.vertical(|ui| {
        let found = run.curves.held_out.iter().find(|found| found.step == *step);
        let psnr = found.map_or(String::new(), |found| format!(", {}", format::decibel(found.psnr_db)));
        let text = format!("{}, step {}{psnr}", run.name, format::count((*step).into()));
        ui.label(RichText::new(text).small().color(color(ui, run)));
        let Some(picture) = state.training.sheets.get(path) else {
            ui.label(RichText::new("…").color(palette(ui).text_weak));
            return;
        };
        let texture = panels.textures.of(ui.ctx(), picture);
        let scale = ((height - space::XL) / picture.height() as f32).max(0.2);
        let size = vec2(picture.width() as f32 * scale, picture.height() as f32 * scale);
        let response = ui.add(Image::new((texture.id(), size)));
        let name = format!("Held-out items of {} over their fields at step {step}", run.name);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
        response.on_hover_text("Above: what was held out. Below: its field");
    });
}
