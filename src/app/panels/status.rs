use eframe::egui::{Align, Button, Frame, Label, Layout, Margin, Panel, RichText, Ui};

use super::layout::Panels;
use super::library::stage_name;
use super::widgets::{progress, sign_button};
use crate::app::action::Action;
use crate::app::format;
use crate::app::shortcuts::hint;
use crate::app::state::{Dialog, Job, ModelState, State, Work};
use crate::app::theme::{palette, size, space};
use crate::app::training::TrainingAction;
use crate::render::EvaluatorKind;

/// The line at the bottom: who draws, which model, what is running, how much memory.
pub(crate) fn show(ui: &mut Ui, state: &State, panels: &Panels, actions: &mut Vec<Action>) {
    let frame = Frame::new().fill(palette(ui).bar).inner_margin(Margin::symmetric(space::S as i8, 0));
    Panel::bottom("status").exact_size(size::STATUS_HEIGHT).resizable(false).frame(frame).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            adapter(ui, panels);
            model(ui, state);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                buttons(ui, state, actions);
                memory(ui, panels);
                running(ui, state, actions);
            });
        });
    });
}

fn weak(ui: &Ui, text: impl Into<String>) -> Label {
    Label::new(RichText::new(text).color(palette(ui).text_weak)).truncate().show_tooltip_when_elided(false)
}

fn adapter(ui: &mut Ui, panels: &Panels) {
    let (text, tip) = match &panels.adapter {
        Some((name, kind)) => {
            let short = name.split(" (").next().unwrap_or(name);
            let (evaluator, why) = match kind {
                EvaluatorKind::Cpu => (
                    "CPU evaluator",
                    "The field is evaluated on the processor's cores, and the adapter shows the result",
                ),
                EvaluatorKind::Gpu => ("GPU evaluator", "The field is evaluated by shaders on the adapter"),
            };
            (format!("{short}, {evaluator}"), format!("{name}\n{why}\nThe settings can override this"))
        }
        None => ("No graphics adapter yet".into(), "The view appears once there is one".into()),
    };
    let label = weak(ui, text);
    ui.add(label).on_hover_text(tip);
    ui.add_space(space::S);
}

fn model(ui: &mut Ui, state: &State) {
    let (text, tip) = match state.model(state.shown_kind()) {
        ModelState::Loading => ("Loading the model…".into(), "The hypernetwork is being read".into()),
        ModelState::Ready(info) => {
            let tip = format!(
                "{}\n{} parameters, reads {} × {} px\n{}",
                info.summary,
                format::count(info.num_params as u64),
                info.input_side_px,
                info.input_side_px,
                info.identity,
            );
            (info.identity.name.clone(), tip)
        }
        ModelState::Absent(why) => ("No model".into(), why.clone()),
    };
    let label = weak(ui, text);
    ui.add(label).on_hover_text(tip);
}

fn buttons(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let tip = hint(ui.ctx(), "Keys", "This cheat sheet");
    if sign_button(ui, "?", &tip).clicked() {
        actions.push(Action::Show(Dialog::CheatSheet));
    }
    let is_open = state.settings.layout.is_training_open;
    let tip = hint(ui.ctx(), "Train models of your own", "Show or hide training");
    let count = state.training.runs.iter().filter(|run| run.is_ours()).count();
    let text = if count > 0 { format!("Training ({count})") } else { "Training".into() };
    let button = ui.add(Button::new(text).selected(is_open).frame_when_inactive(is_open));
    if button.on_hover_text(tip).clicked() {
        actions.push(Action::Training(TrainingAction::Toggle));
    }
    let tip = hint(ui.ctx(), "Settings", "Settings");
    let button = ui.add(Button::new("Settings").frame_when_inactive(false));
    if button.on_hover_text(tip).clicked() {
        actions.push(Action::Show(Dialog::Settings));
    }
}

fn memory(ui: &mut Ui, panels: &Panels) {
    if let Some(bytes) = panels.resident_bytes {
        let label = weak(ui, format::bytes(bytes));
        ui.add(label).on_hover_text("Memory that the program holds");
    }
}

/// The job that was begun last among those at work; how many there are besides.
fn running(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let is_at_work = |job: &&Job| job.stage != crate::engine::Stage::Queued;
    let Some(job) = state.jobs.iter().rev().find(is_at_work).or(state.jobs.last()) else { return };
    let (text, tip) = if job.is_cancelled {
        ("Stopping…", "It ends with the step that it is at")
    } else if job.work == Work::Refine {
        ("Stop", "Stop and keep the best")
    } else {
        ("Cancel", "Stop this, and leave things as they were")
    };
    let cancel = ui.add_enabled(!job.is_cancelled, Button::new(text));
    if cancel.on_hover_text(tip).on_disabled_hover_text(tip).clicked() {
        actions.push(Action::Cancel(job.id));
    }
    let title = title(state, job);
    progress(ui, job.fraction, &title);
    let more = state.jobs.len() - 1;
    let text = if more > 0 { format!("{title}, and {more} more") } else { title };
    let label = Label::new(RichText::new(&text).color(palette(ui).text)).truncate();
    ui.add(label).on_hover_text(text);
}

fn title(state: &State, job: &Job) -> String {
    let name = job.item.and_then(|id| state.item(id)).map_or("", |item| &item.name);
    match job.work {
        Work::LoadModel => "Loading the model".into(),
        _ => format!("{} {name}", stage_name(job.stage)).trim_end().to_owned(),
    }
}
