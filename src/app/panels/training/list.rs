use eframe::egui::{
    Button, Checkbox, Color32, CornerRadius, Label, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2,
};

use super::panel::act;
use crate::app::action::Action;
use crate::app::format;
use crate::app::panels::widgets::paint_progress;
use crate::app::state::State;
use crate::app::theme::{palette, radius, size, space};
use crate::app::training::{RunEntry, RunStatus, TrainingAction};
use crate::engine::WhyPaused;

/// The runs, one below the other.
pub(super) fn show(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    ScrollArea::vertical().id_salt("runs").auto_shrink(false).show(ui, |ui| {
        for run in &state.training.runs {
            entry(ui, state, run, actions);
        }
    });
}

fn entry(ui: &mut Ui, state: &State, run: &RunEntry, actions: &mut Vec<Action>) {
    let is_selected = state.training.selected == Some(run.id);
    let fill = if is_selected { palette(ui).accent_soft } else { Color32::TRANSPARENT };
    let frame = eframe::egui::Frame::new()
        .fill(fill)
        .corner_radius(CornerRadius::same(radius::MEDIUM))
        .inner_margin(space::XS);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            let mut is_shown = run.is_shown;
            let shown = ui.add(Checkbox::without_text(&mut is_shown));
            let name = format!("Draw {}", run.name);
            shown.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_shown, &name));
            if shown.on_hover_text(name).changed() {
                act(actions, TrainingAction::Show(run.id, is_shown));
            }
            swatch(ui, run, actions);
            let text = RichText::new(&run.name).color(palette(ui).text_strong);
            let response = ui.add(Button::new(text).truncate().frame(false));
            if response.on_hover_text(run.folder.display().to_string()).clicked() {
                act(actions, TrainingAction::Select(run.id));
            }
        });
        let psnr = run.psnr_db().map_or(String::new(), |psnr_db| format!(", {}", format::decibel(psnr_db)));
        let text = format!("{}{psnr}", status(run));
        let color = match run.status {
            RunStatus::Failed(_) | RunStatus::Paused(WhyPaused::Diverged(_)) => palette(ui).error,
            _ => palette(ui).text_weak,
        };
        ui.add(Label::new(RichText::new(text).small().color(color)).truncate());
        if run.is_ours() {
            let size = vec2(ui.available_width(), size::PROGRESS_STRIPE);
            let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
            let done = run.steps_done() as f32 / run.config.steps.max(1) as f32;
            paint_progress(ui, rect, Some(done));
            response.widget_info(|| {
                WidgetInfo::labeled(Role::ProgressIndicator, true, format!("{} done", run.name))
            });
        }
    });
}

/// The colour of a run's curves; a click gives it the next one.
fn swatch(ui: &mut Ui, run: &RunEntry, actions: &mut Vec<Action>) {
    let (rect, response) = ui.allocate_exact_size(vec2(space::L, size::CONTROL_HEIGHT), Sense::click());
    ui.painter().circle_filled(rect.center(), space::XS + 1.0, color(ui, run));
    let name = format!("Another colour for {}", run.name);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    if response.on_hover_text(name).clicked() {
        act(actions, TrainingAction::Recolor(run.id));
    }
}

/// The colour of a run's curves.
pub(super) fn color(ui: &Ui, run: &RunEntry) -> Color32 {
    let colors = palette(ui).series;
    colors[run.color % colors.len()]
}

/// What a run does, and how far it is.
pub(super) fn status(run: &RunEntry) -> String {
    let steps = || {
        let (done, all) = (format::count(run.steps_done().into()), format::count(run.config.steps.into()));
        format!("{done} of {all} steps")
    };
    match &run.status {
        RunStatus::Preparing(what) => format!("{what}…"),
        RunStatus::Training => steps(),
        RunStatus::Paused(WhyPaused::Asked) => format!("Paused, {}", steps()),
        RunStatus::Paused(WhyPaused::Diverged(_)) => format!("Diverged, back at {}", steps()),
        RunStatus::Stopped => format!("Stopped, {}", steps()),
        RunStatus::Finished => format!("Done, {} steps", format::count(run.steps_done().into())),
        RunStatus::Elsewhere => format!("In another program, {}", steps()),
        RunStatus::Failed(_) => format!("Failed, {}", steps()),
    }
}
