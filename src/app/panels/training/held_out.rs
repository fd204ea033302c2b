//! Held-out items over their fields, as they were at any step.

use eframe::egui::{
    Image, Label, Rect, RichText, Role, ScrollArea, Slider, TextureHandle, Ui, Vec2, WidgetInfo, pos2, vec2,
};

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
        let text = "Pictures of held-out items, of sounds their waveforms, over what their fields give appear here with every evaluation.";
        ui.add(Label::new(RichText::new(text).color(palette(ui).text_weak)).wrap());
        return;
    };
    scrubber(ui, state, &steps, last, actions);
    ui.add_space(space::XS);
    let seen: Vec<Seen> = runs.iter().filter_map(|run| Seen::of(state, panels, ui, run)).collect();
    ScrollArea::both().id_salt("held out").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::XXS;
        let rows = (seen.len() + 1) as f32;
        let height = (ui.available_height() / rows - space::XXS).clamp(size::SAMPLE_MIN, size::SAMPLE_MAX);
        // They are the same items for all that learn from the same data.
        if let Some(first) = seen.first() {
            first.row(ui, Half::HeldOut, height);
        }
        for one in &seen {
            one.row(ui, Half::Fields, height);
        }
    });
}

/// The picture of a run at a step.
struct Seen<'a> {
    run: &'a RunEntry,
    step: u32,
    texture: TextureHandle,
    size_px: Vec2,
}

/// Held-out items are above, their fields below.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    HeldOut,
    Fields,
}

impl<'a> Seen<'a> {
    fn of(state: &State, panels: &mut Panels, ui: &Ui, run: &'a RunEntry) -> Option<Self> {
        let (step, path) = run.sample(state.training.step)?;
        let picture = state.training.sheets.get(path)?;
        let texture = panels.textures.of(ui.ctx(), picture);
        let size_px = vec2(picture.width() as f32, picture.height() as f32);
        Some(Self { run, step: *step, texture, size_px })
    }

    /// A half of the picture, and what it is.
    fn row(&self, ui: &mut Ui, half: Half, height: f32) {
        let run = self.run;
        ui.horizontal(|ui| {
            let (text, ink, top) = match half {
                Half::HeldOut => ("Held out".to_owned(), palette(ui).text_weak, 0.0),
                Half::Fields => {
                    let found = run.curves.held_out.iter().find(|found| found.step == self.step);
                    let psnr =
                        found.map_or(String::new(), |found| format!("\n{}", format::decibel(found.psnr_db)));
                    let step = format::count(self.step.into());
                    (format!("{}\nstep {step}{psnr}", run.name), color(ui, run), 0.5)
                }
            };
            ui.allocate_ui(vec2(size::SAMPLE_NAME, height), |ui| {
                ui.set_min_width(size::SAMPLE_NAME);
                ui.add(Label::new(RichText::new(text).small().color(ink)).wrap());
            });
            let width = self.size_px.x / (self.size_px.y / 2.0) * height;
            let part = Rect::from_min_max(pos2(0.0, top), pos2(1.0, top + 0.5));
            let response = ui.add(Image::new((self.texture.id(), vec2(width, height))).uv(part));
            let name = match half {
                Half::HeldOut => "Held-out items".to_owned(),
                Half::Fields => format!("Fields of {} for them at step {}", run.name, self.step),
            };
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
            response.on_hover_text(name);
        });
    }
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
