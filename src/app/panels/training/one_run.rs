//! The selected run: what it does, and what can be done with it.

use eframe::egui::{Button, DragValue, Id, Label, RichText, ScrollArea, TextEdit, TextStyle, Ui};

use super::list::status;
use super::panel::act;
use crate::app::action::Action;
use crate::app::files::FilePurpose;
use crate::app::format;
use crate::app::panels::widgets::{name_cell, row};
use crate::app::state::State;
use crate::app::theme::{palette, size, space};
use crate::app::training::{RunEntry, RunStatus, TrainingAction, TrainingFile};
use crate::engine::{RunOrder, WhyPaused};
use crate::train::RunChange;

/// Most steps that can be typed.
const MAX_STEPS: u32 = 100_000_000;

/// The selected run.
pub(super) fn show(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let Some(run) = state.training.current() else { return };
    ScrollArea::vertical().id_salt("run").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        name(ui, run, actions);
        match &run.status {
            RunStatus::Failed(why) | RunStatus::Paused(WhyPaused::Diverged(why)) => {
                ui.add(Label::new(RichText::new(why).color(palette(ui).error)).wrap());
            }
            _ => {}
        }
        controls(ui, run, actions);
        ui.scope(|ui| {
            // They are read together: no higher than their letters.
            ui.spacing_mut().interact_size.y = ui.text_style_height(&TextStyle::Body);
            numbers(ui, run);
        });
        changes(ui, run, actions);
        uses(ui, state, run, actions);
        note(ui, run, actions);
    });
}

fn name(ui: &mut Ui, run: &RunEntry, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let label = name_cell(ui, "Name", size::RUN_NAME);
        let mut text = run.name.clone();
        let edit = ui.add(TextEdit::singleline(&mut text).desired_width(f32::INFINITY)).labelled_by(label.id);
        if edit.on_hover_text(run.folder.display().to_string()).changed() {
            act(actions, TrainingAction::Rename(run.id, text));
        }
    });
}

fn controls(ui: &mut Ui, run: &RunEntry, actions: &mut Vec<Action>) {
    ui.horizontal_wrapped(|ui| {
        let mut button = |name: &str, is_possible: bool, tip: &str, action: TrainingAction| {
            let response = ui.add_enabled(is_possible, Button::new(name));
            if response.on_hover_text(tip).on_disabled_hover_text(tip).clicked() {
                act(actions, action);
            }
        };
        let id = run.id;
        match &run.status {
            RunStatus::Training => {
                let tip = "Wait after the present step, and keep everything";
                button("Pause", true, tip, TrainingAction::Order(id, RunOrder::Pause));
            }
            RunStatus::Paused(_) => {
                let tip = "Go on from where it is";
                button("Go on", true, tip, TrainingAction::Order(id, RunOrder::Resume));
            }
            _ => {
                button("Resume", run.can_resume(), resume_tip(run), TrainingAction::Resume(id));
            }
        }
        if run.is_ours() {
            let tip = "Checkpoint and end; it can be resumed";
            button("Stop", true, tip, TrainingAction::Order(id, RunOrder::Stop));
            let is_ready = !matches!(run.status, RunStatus::Preparing(_));
            let tip = "Write the model and the state now";
            button("Checkpoint", is_ready, tip, TrainingAction::Order(id, RunOrder::Checkpoint));
        }
        let tip = "A new run that starts from what this one has learned";
        button("Fork…", run.steps_done() > 0, tip, TrainingAction::Fork(id));
    });
}

fn resume_tip(run: &RunEntry) -> &'static str {
    match &run.status {
        _ if run.can_resume() => "Go on from the last checkpoint, as if it had never stopped",
        RunStatus::Elsewhere => "Another program trains it",
        RunStatus::Finished => "All its steps are done: give it more steps first",
        _ if run.sources.is_none() => {
            "Its folder does not say which data it learned from: go on by `hyperscope train --resume`"
        }
        _ => "It is getting ready",
    }
}

fn numbers(ui: &mut Ui, run: &RunEntry) {
    row(ui, "Steps", &status(run), "");
    if let Some(line) = run.curves.steps.last() {
        let speed = run.curves.speed().map_or(String::new(), |speed| format!(", {}/s", format::short(speed)));
        let secs = format::duration(std::time::Duration::from_secs_f64(line.seconds));
        row(ui, "Time", &format!("{secs}{speed}"), "Seconds of work, and steps in a second");
        let left = run.seconds_left().filter(|_| run.is_ours());
        if let Some(left) = left.filter(|secs| secs.is_finite()) {
            let text = format::duration(std::time::Duration::from_secs_f64(left.min(1e9)));
            row(ui, "Left", &text, "At the present speed");
        }
        let text = format!("{}, gradient {}", format::short(line.loss), format::short(line.gradient_norm));
        row(ui, "Loss", &text, "Of the last step, and the Euclidean norm of its gradient before clipping");
    }
    if let Some(psnr_db) = run.psnr_db() {
        row(ui, "Held out", &format::decibel(psnr_db), "Mean PSNR of what is not learned from");
    }
    if let Some([learning, all]) = run.parameters() {
        let text = format!("{} of {}", format::count(learning as u64), format::count(all as u64));
        row(ui, "Learning", &text, "Parameters that learn, of all parameters");
    }
}

/// Budget and learning rate, which may be changed at any time.
fn changes(ui: &mut Ui, run: &RunEntry, actions: &mut Vec<Action>) {
    let is_possible = run.status != RunStatus::Elsewhere && !matches!(run.status, RunStatus::Preparing(_));
    ui.add_enabled_ui(is_possible, |ui| {
        ui.horizontal(|ui| {
            let label = name_cell(ui, "Budget", size::RUN_NAME);
            let tip = "Steps in all; the schedule of the learning rate goes by them";
            let steps = f64::from(run.config.steps);
            let range = f64::from(run.steps_done().max(1))..=f64::from(MAX_STEPS);
            let settled = settled(ui, ("budget", run.id.0), steps, (label.id, tip), |number| {
                number.range(range).speed(10.0).max_decimals(0).suffix(" steps")
            });
            if let Some(steps) = settled {
                let change = RunChange { steps: Some(steps as u32), rate_times: None };
                act(actions, TrainingAction::Change(run.id, change));
            }
        });
        ui.horizontal(|ui| {
            let label = name_cell(ui, "Peak rate", size::RUN_NAME);
            let tip =
                "Peak learning rate of weight tokens, heads and base; that of the backbone goes with it";
            let rate = run.config.learning_rate_new;
            let settled = settled(ui, ("rate", run.id.0), rate, (label.id, tip), |number| {
                number.range(1e-9..=1.0).speed(rate * 0.01).max_decimals(8)
            });
            if let Some(wanted) = settled {
                let change = RunChange { steps: None, rate_times: Some(wanted / rate) };
                act(actions, TrainingAction::Change(run.id, change));
            }
            for (name, times, tip) in
                [("÷ 2", 0.5, "Half the learning rates"), ("× 2", 2.0, "Twice the learning rates")]
            {
                if ui.button(name).on_hover_text(tip).clicked() {
                    let change = RunChange { steps: None, rate_times: Some(times) };
                    act(actions, TrainingAction::Change(run.id, change));
                }
            }
        });
    });
}

/// A number that counts once it is let go; `None` while it stays, or is still being dragged.
fn settled(
    ui: &mut Ui,
    salt: (&str, u64),
    present: f64,
    (label, tip): (Id, &str),
    limit: impl FnOnce(DragValue<'_>) -> DragValue<'_>,
) -> Option<f64> {
    let id = Id::unique(salt);
    let mut value = ui.data(|data| data.get_temp(id)).unwrap_or(present);
    let response = ui.add(limit(DragValue::new(&mut value))).labelled_by(label).on_hover_text(tip);
    if response.drag_stopped() || response.lost_focus() {
        ui.data_mut(|data| data.remove::<f64>(id));
        return (value.to_bits() != present.to_bits()).then_some(value);
    }
    if response.changed() {
        ui.data_mut(|data| data.insert_temp(id, value));
    }
    None
}

/// What the model is good for.
fn uses(ui: &mut Ui, state: &State, run: &RunEntry, actions: &mut Vec<Action>) {
    ui.horizontal_wrapped(|ui| {
        let is_serving = state.training.serving == Some(run.id);
        let is_possible = matches!(run.status, RunStatus::Training | RunStatus::Paused(_));
        let tip = "The model being trained writes the field of what is looked at, anew every few seconds";
        let serve = ui.add_enabled(is_possible, Button::new("Use it now").selected(is_serving));
        if serve.on_hover_text(tip).on_disabled_hover_text("For a run that is being trained").clicked() {
            act(actions, TrainingAction::Serve(run.id, !is_serving));
        }
        let tip = "Make its last checkpoint the model of this window";
        let load = ui.add_enabled(run.steps_done() > 0, Button::new("Use its model"));
        if load.on_hover_text(tip).clicked() {
            act(actions, TrainingAction::UseModel(run.id));
        }
        let tip = "Its log as CSV, as JSON lines or as TensorBoard events";
        if ui.button("Export log…").on_hover_text(tip).clicked() {
            actions.push(Action::AskFile(FilePurpose::Training(TrainingFile::ExportLog)));
        }
        let tip = "Take it off the list; its folder stays";
        if ui.button("Forget").on_hover_text(tip).clicked() {
            act(actions, TrainingAction::Forget(run.id));
        }
    });
}

fn note(ui: &mut Ui, run: &RunEntry, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let label = name_cell(ui, "Note", size::RUN_NAME);
        let mut text = run.note.clone();
        let edit = TextEdit::singleline(&mut text).desired_width(f32::INFINITY);
        if ui.add(edit).labelled_by(label.id).on_hover_text("For yourself").changed() {
            act(actions, TrainingAction::Annotate(run.id, text));
        }
    });
}
