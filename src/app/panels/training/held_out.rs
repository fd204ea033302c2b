//! Held-out items over their fields, as they were at any step.

use std::path::PathBuf;
use std::time::Duration;

use eframe::egui::{
    Image, Label, Rect, Response, RichText, Role, ScrollArea, Sense, Slider, Stroke, StrokeKind,
    TextureHandle, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::list::color;
use super::panel::act;
use crate::app::action::Action;
use crate::app::format;
use crate::app::panels::layout::Panels;
use crate::app::state::State;
use crate::app::theme::{palette, size, space};
use crate::app::training::{RunEntry, TrainingAction};
use crate::model::SignalKind;
use crate::train::Sheet;

/// An object that is pointed at shows its next view after so long.
const VIEW_SECS: f64 = 0.25;

/// The held-out pictures of the runs that are drawn, at one step.
pub(super) fn show(ui: &mut Ui, state: &State, panels: &mut Panels, actions: &mut Vec<Action>) {
    let training = &state.training;
    let is_looked_at = |run: &&RunEntry| run.is_shown || training.selected == Some(run.id);
    let runs: Vec<&RunEntry> = training.runs.iter().filter(is_looked_at).collect();
    let mut steps: Vec<u32> = runs.iter().flat_map(|run| &run.samples).map(|sheet| sheet.step).collect();
    steps.sort_unstable();
    steps.dedup();
    let Some(last) = steps.last().copied() else {
        let text = "Held-out items over what their fields give appear here with every evaluation: pictures, objects that turn, sounds to be played.";
        ui.add(Label::new(RichText::new(text).color(palette(ui).text_weak)).wrap());
        return;
    };
    scrubber(ui, state, &steps, last, actions);
    ui.add_space(space::XS);
    let seen: Vec<Seen> = runs.iter().filter_map(|run| Seen::of(state, panels, ui, run)).collect();
    let is_turning = seen.iter().any(|one| one.sheet.views > 1)
        && ui.rect_contains_pointer(ui.available_rect_before_wrap());
    let view = if is_turning { (ui.input(|input| input.time) / VIEW_SECS) as usize } else { 0 };
    if is_turning {
        ui.ctx().request_repaint_after(Duration::from_secs_f64(VIEW_SECS));
    }
    let heard = state.training.heard.as_ref();
    ScrollArea::both().id_salt("held out").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::XXS;
        // They are the same items for all that learn from the same data.
        let groups: Vec<&[Seen]> = seen.chunk_by(Seen::has_same_items).collect();
        let rows = (seen.len() + groups.len()) as f32;
        let height = (ui.available_height() / rows - space::XXS).clamp(size::SAMPLE_MIN, size::SAMPLE_MAX);
        let look = Look { view, height, heard };
        for group in groups {
            for (index, one) in group.iter().enumerate() {
                if index == 0 {
                    one.row(ui, Half::HeldOut, look, actions);
                }
                one.row(ui, Half::Fields, look, actions);
            }
        }
    });
}

/// The picture of a run at a step.
struct Seen<'a> {
    run: &'a RunEntry,
    sheet: &'a Sheet,
    texture: TextureHandle,
    size_px: Vec2,
}

/// Held-out items are above, their fields below.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    HeldOut,
    Fields,
}

/// How a row is looked at.
#[derive(Clone, Copy)]
struct Look<'a> {
    /// Of objects, counted on and on.
    view: usize,
    height: f32,
    /// The sound that is played.
    heard: Option<&'a PathBuf>,
}

impl<'a> Seen<'a> {
    fn of(state: &State, panels: &mut Panels, ui: &Ui, run: &'a RunEntry) -> Option<Self> {
        let sheet = run.sample(state.training.step)?;
        let picture = state.training.sheets.get(&sheet.path)?;
        let texture = panels.textures.of(ui.ctx(), picture);
        let size_px = vec2(picture.width() as f32, picture.height() as f32);
        Some(Self { run, sheet, texture, size_px })
    }

    fn has_same_items(&self, other: &Self) -> bool {
        let data = |run: &'a RunEntry| run.sources.as_ref().map(|sources| &sources.data);
        self.run.config.kind == other.run.config.kind && data(self.run) == data(other.run)
    }

    /// A half of the picture, and what it is.
    fn row(&self, ui: &mut Ui, half: Half, look: Look<'_>, actions: &mut Vec<Action>) {
        let (run, step) = (self.run, self.sheet.step);
        ui.horizontal(|ui| {
            let (text, ink, top) = match half {
                Half::HeldOut => ("Held out".to_owned(), palette(ui).text_weak, 0.0),
                Half::Fields => {
                    let found = run.curves.held_out.iter().find(|found| found.step == step);
                    let psnr =
                        found.map_or(String::new(), |found| format!("\n{}", format::decibel(found.psnr_db)));
                    let at = format::count(step.into());
                    (format!("{}\nstep {at}{psnr}", run.name), color(ui, run), 0.5)
                }
            };
            ui.allocate_ui(vec2(size::SAMPLE_NAME, look.height), |ui| {
                ui.set_min_width(size::SAMPLE_NAME);
                ui.add(Label::new(RichText::new(text).small().color(ink)).wrap());
            });
            // Either half has a row of squares for each view.
            let views = self.sheet.views.max(1);
            let part = 0.5 / views as f32;
            let num_items = (self.size_px.x / (self.size_px.y * part)).round().max(1.0);
            let top = top + (look.view % views) as f32 * part;
            let uv = Rect::from_min_max(pos2(0.0, top), pos2(1.0, top + part));
            let size = vec2(num_items * look.height, look.height);
            let response = ui.add(Image::new((self.texture.id(), size)).uv(uv));
            let name = match half {
                Half::HeldOut => "Held-out items".to_owned(),
                Half::Fields => format!("Fields of {} for them at step {step}", run.name),
            };
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
            if run.config.kind == SignalKind::Sound {
                for index in 0..num_items as usize {
                    self.sound(ui, half, index, &response, look, actions);
                }
            } else {
                response.on_hover_text(name);
            }
        });
    }

    /// A sound of the row, which is played where it is clicked.
    fn sound(
        &self,
        ui: &Ui,
        half: Half,
        index: usize,
        row: &Response,
        look: Look<'_>,
        actions: &mut Vec<Action>,
    ) {
        let left_top = row.rect.left_top() + vec2(index as f32 * look.height, 0.0);
        let rect = Rect::from_min_size(left_top, Vec2::splat(look.height));
        let (name, path) = match half {
            Half::HeldOut => (format!("held-out sound {}", index + 1), self.sheet.held_out_sound(index)),
            Half::Fields => {
                let name = format!("field {} of {} at step {}", index + 1, self.run.name, self.sheet.step);
                (name, self.sheet.field_sound(index))
            }
        };
        let is_heard = look.heard == Some(&path);
        let name = format!("{} {name}", if is_heard { "Stop" } else { "Play" });
        let id = row.id.with(index);
        let response = ui.interact(rect, id, Sense::click()).on_hover_text(&name);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        if is_heard || response.hovered() || response.has_focus() {
            let ink = if is_heard { palette(ui).accent } else { palette(ui).text_weak };
            let stroke = Stroke::new(size::CURVE_LINE, ink);
            ui.painter().rect_stroke(rect, 0.0, stroke, StrokeKind::Inside);
        }
        if response.clicked() {
            act(actions, TrainingAction::Listen(path));
        }
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
