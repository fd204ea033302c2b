//! What a new training run is to be.

use std::time::Duration;

use eframe::egui::{Align, Button, Context, DragValue, Label, Layout, RichText, ScrollArea, Ui};

use super::form_parts::{backbone, cost, data, path};
use super::panel::act;
use crate::app::action::Action;
use crate::app::files::FilePurpose;
use crate::app::panels::layout::Panels;
use crate::app::panels::widgets::{Choice, modal, name_cell, segments};
use crate::app::state::State;
use crate::app::theme::{palette, size, space};
use crate::app::training::{Answer, Budget, Preset, TrainForm, TrainingAction, TrainingFile};
use crate::model::{Composer, Mode, Objective, SignalKind};

/// Time that is suggested for a budget.
const TIME: Duration = Duration::from_mins(10);
/// Longest budget, in minutes.
const MAX_MINUTES: f64 = 60.0 * 24.0 * 30.0;

/// The form, over the window.
pub(crate) fn show(ctx: &Context, state: &State, panels: &mut Panels, actions: &mut Vec<Action>) {
    modal(ctx, "training form", size::TRAINING_FORM, actions, |ui, actions| {
        ui.label(RichText::new("New training run").heading().color(palette(ui).text_strong));
        ui.add_space(space::S);
        let mut form = state.training.form.clone();
        let height = (ui.ctx().content_rect().height() - size::FORM_REST).max(size::TRAINING_HEIGHT_MIN);
        ScrollArea::vertical().max_height(height.min(size::TRAINING_FORM_HEIGHT)).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::S;
            // Beside the bar.
            ui.set_max_width(ui.available_width() - space::M);
            content(ui, state, panels, &mut form, actions);
        });
        ui.add_space(space::S);
        footer(ui, state, actions);
        if form != state.training.form {
            act(actions, TrainingAction::Edit(Box::new(form)));
        }
    });
}

fn content(ui: &mut Ui, state: &State, panels: &mut Panels, form: &mut TrainForm, actions: &mut Vec<Action>) {
    kind(ui, form);
    path(ui, state, ("Data", "A folder to learn from"), &mut form.data, TrainingFile::Data, actions);
    data(ui, form, panels);
    mode(ui, form);
    let named = ("Backbone", "The weights file of a foundation model; scratch takes only its size");
    path(ui, state, named, &mut form.backbone, TrainingFile::Backbone, actions);
    backbone(ui, form);
    let named = ("Start from", "A trained model to go on from, of the same settings; blank for none");
    path(ui, state, named, &mut form.from, TrainingFile::StartingModel, actions);
    composer(ui, form);
    objective(ui, form);
    preset(ui, form);
    budget(ui, form);
    settings(ui, form);
    let before = form.out.clone();
    let named = ("Folder", "Where the run is kept: settings, log, samples, model, state");
    path(ui, state, named, &mut form.out, TrainingFile::RunFolder, actions);
    if form.out != before {
        form.is_out_suggested = false;
    }
    cost(ui, form, actions);
}

fn choose<T: Copy + PartialEq>(ui: &mut Ui, name: &str, present: &mut T, choices: &[Choice<T>]) -> bool {
    let chosen = ui
        .horizontal(|ui| {
            name_cell(ui, name, size::DIALOG_NAME);
            segments(ui, *present, choices)
        })
        .inner;
    let is_other = chosen.is_some_and(|chosen| chosen != *present);
    if let Some(chosen) = chosen {
        *present = chosen;
    }
    is_other
}

fn kind(ui: &mut Ui, form: &mut TrainForm) {
    let kinds = [
        (SignalKind::Image, "Pictures", "A field for a picture"),
        (SignalKind::Object, "Objects", "A field of an object, from one or more views of it"),
        (SignalKind::Sound, "Sounds", "A field for every stretch of a sound"),
    ]
    .map(|(value, name, tip)| Choice { value, name, tip: tip.into(), is_possible: true });
    let mut kind = form.config.kind;
    if choose(ui, "Task", &mut kind, &kinds) {
        form.config = form.preset.config(kind);
    }
}

fn mode(ui: &mut Ui, form: &mut TrainForm) {
    let modes = Mode::ALL.map(|value| {
        let (name, tip) = mode_name(value);
        Choice { value, name, tip: tip.into(), is_possible: true }
    });
    choose(ui, "Tuning", &mut form.mode, &modes);
}

fn mode_name(mode: Mode) -> (&'static str, &'static str) {
    match mode {
        Mode::Scratch => ("Scratch", "Everything learns, from random weights"),
        Mode::Finetune => ("Fine-tune", "Everything learns, from a pretrained backbone"),
        Mode::Prompt => ("Prompt", "Weight tokens, heads and base learn; the pretrained backbone is frozen"),
        Mode::Lora => ("LoRA", "As Prompt, and updates of low rank of the frozen backbone"),
    }
}

fn composer(ui: &mut Ui, form: &mut TrainForm) {
    let composers = Composer::ALL.map(|value| {
        let (name, tip) = match value {
            Composer::TransInr => ("Trans-INR", "Base times modulation, its columns normalised"),
            Composer::Residual => {
                ("Residual", "Base times one plus modulation, with heads that start at zero")
            }
            Composer::Ipc => {
                ("IPC", "The second layer alone is written, as a product; the others are shared")
            }
        };
        Choice { value, name, tip: tip.into(), is_possible: true }
    });
    choose(ui, "Composer", &mut form.config.composer, &composers);
}

fn objective(ui: &mut Ui, form: &mut TrainForm) {
    let objectives = [
        (Objective::Mse, "Squared error", "The mean squared error"),
        (Objective::Nll, "Likelihood", "The Gaussian likelihood; the field also gives a standard deviation"),
    ]
    .map(|(value, name, tip)| Choice { value, name, tip: tip.into(), is_possible: true });
    choose(ui, "Objective", &mut form.config.objective, &objectives);
}

fn preset(ui: &mut Ui, form: &mut TrainForm) {
    let presets =
        Preset::ALL.map(|(value, name, tip)| Choice { value, name, tip: tip.into(), is_possible: true });
    if choose(ui, "Preset", &mut form.preset, &presets) {
        let seed = form.config.seed;
        form.config = form.preset.config(form.config.kind);
        form.config.seed = seed;
    }
}

fn budget(ui: &mut Ui, form: &mut TrainForm) {
    ui.horizontal(|ui| {
        let label = name_cell(ui, "Budget", size::DIALOG_NAME);
        let is_time = form.budget != Budget::Steps;
        let choices = [
            (false, "Steps", "So many gradient steps"),
            (true, "Time", "As many steps as fit into so long, measured before the first"),
        ]
        .map(|(value, name, tip)| Choice { value, name, tip: tip.into(), is_possible: true });
        if let Some(is_time) = segments(ui, is_time, &choices) {
            form.budget = if is_time { Budget::Time(TIME) } else { Budget::Steps };
        }
        let size = [size::NUMBER_WIDTH, size::CONTROL_HEIGHT];
        match &mut form.budget {
            Budget::Steps => {
                let number = DragValue::new(&mut form.config.steps).range(1..=100_000_000).speed(10.0);
                ui.add_sized(size, number).labelled_by(label.id).on_hover_text("Gradient steps");
            }
            Budget::Time(time) => {
                let mut minutes = time.as_secs_f64() / 60.0;
                let number = DragValue::new(&mut minutes)
                    .range(0.1..=MAX_MINUTES)
                    .speed(0.5)
                    .max_decimals(1)
                    .suffix(" min");
                let response = ui.add_sized(size, number).labelled_by(label.id);
                if response.on_hover_text("Minutes of work").changed() {
                    *time = Duration::from_secs_f64(minutes * 60.0);
                }
            }
        }
    });
}

/// Settings that are changed often; the others are in the file.
fn settings(ui: &mut Ui, form: &mut TrainForm) {
    let config = &mut form.config;
    let rows = |ui: &mut Ui, cells: [(&str, &str, DragValue<'_>); 3]| {
        ui.horizontal(|ui| {
            for (index, (name, tip, number)) in cells.into_iter().enumerate() {
                let width = if index == 0 { size::DIALOG_NAME } else { size::FORM_NAME };
                let label = name_cell(ui, name, width);
                ui.add_sized([size::NUMBER_WIDTH, size::CONTROL_HEIGHT], number)
                    .labelled_by(label.id)
                    .on_hover_text(tip);
            }
        });
    };
    rows(
        ui,
        [
            ("Seed", "Of the initial weights and of every random draw", DragValue::new(&mut config.seed)),
            ("Batch", "Items in a step", DragValue::new(&mut config.batch_size).range(1..=4_096)),
            ("Blocks", "Blocks of the backbone in use", DragValue::new(&mut config.depth).range(1..=1_024)),
        ],
    );
    let rate = |value| DragValue::new(value).range(1e-9..=1.0).speed(1e-5).max_decimals(8);
    rows(
        ui,
        [
            (
                "Rate, new",
                "Peak learning rate of weight tokens, heads and base",
                rate(&mut config.learning_rate_new),
            ),
            (
                "Rate, backbone",
                "Peak learning rate of the backbone",
                rate(&mut config.learning_rate_backbone),
            ),
            (
                "Look every",
                "Steps between evaluations on held-out items",
                DragValue::new(&mut config.evaluate_every).range(1..=1_000_000),
            ),
        ],
    );
    let text = RichText::new("All other settings are in the file: save it, change it, open it.").small();
    ui.add(Label::new(text.color(palette(ui).text_weak)).wrap());
}

fn footer(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let form = &state.training.form;
    let obstacle = form.sources().and_then(|_| form.target()).err();
    let obstacle = obstacle.or_else(|| form.config.validate().err().map(|err| err.to_string()));
    ui.horizontal(|ui| {
        let ask = |file| Action::AskFile(FilePurpose::Training(file));
        let tip = "Settings from a file, as `hyperscope train --config` reads it";
        if ui.button("Open settings…").on_hover_text(tip).clicked() {
            actions.push(ask(TrainingFile::OpenSettings));
        }
        let tip = "Keep these settings in a file that `hyperscope train --config` reads";
        if ui.button("Save settings…").on_hover_text(tip).clicked() {
            actions.push(ask(TrainingFile::SaveSettings));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let palette = palette(ui);
            let text = RichText::new("Start").strong().color(palette.on_accent);
            let is_ready = obstacle.is_none() && !matches!(form.data_look, Answer::Waiting(_));
            let start = ui.add_enabled(is_ready, Button::new(text).fill(palette.accent));
            let why = obstacle.clone().unwrap_or_else(|| "The data is being read".into());
            if start.on_hover_text("Train this").on_disabled_hover_text(&why).clicked() {
                act(actions, TrainingAction::Start);
            }
            let modes = form.racing_modes();
            let names = modes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let race = ui.add_enabled(is_ready && modes.len() > 1, Button::new("Race"));
            let tip = format!("Train {names} with the same data, seed and budget, in turn, and compare them");
            let why = if is_ready { "A race needs a backbone's weights file".into() } else { why };
            if race.on_hover_text(tip).on_disabled_hover_text(why).clicked() {
                act(actions, TrainingAction::Race);
            }
            if ui.button("Cancel").on_hover_text("Close; the form stays as it is (Esc)").clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
    if let Some(obstacle) = obstacle {
        ui.add(Label::new(RichText::new(obstacle).small().color(palette(ui).error)).wrap());
    }
}
