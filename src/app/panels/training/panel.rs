use eframe::egui::{
    Align, Button, CentralPanel, DragValue, Frame, Label, Layout, Margin, Panel, Rect, RichText, Role, Ui,
    WidgetInfo,
};

use super::{chart, held_out, list, one_run, table};
use crate::app::action::Action;
use crate::app::panels::layout::Panels;
use crate::app::panels::widgets::{Choice, segments, sign_button};
use crate::app::settings::{MAX_SMOOTHING, TRAINING_HEIGHTS};
use crate::app::shortcuts::hint;
use crate::app::state::State;
use crate::app::theme::{palette, size, space};
use crate::app::training::{Axis, ChartLook, Shown, TrainingAction, TrainingFile, TrainingTab};

/// Heights that differ by less, in points, are the same.
const SAME_HEIGHT: f32 = 0.5;

/// The panel at the bottom, if it is open.
pub(crate) fn show(ui: &mut Ui, state: &State, panels: &mut Panels, actions: &mut Vec<Action>) {
    let layout = state.settings.layout;
    if !layout.is_training_open {
        return;
    }
    let frame = Frame::new().fill(palette(ui).panel).inner_margin(Margin::symmetric(space::S as i8, 0));
    let (least, most) = (*TRAINING_HEIGHTS.start(), *TRAINING_HEIGHTS.end());
    let room = (ui.available_height() - size::VIEWPORT_HEIGHT_MIN).clamp(least, most);
    let response = Panel::bottom("training")
        .resizable(true)
        .default_size(layout.training_height)
        .size_range(least..=room)
        .frame(frame)
        .show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            header(ui, state, panels, actions);
            if state.training.runs.is_empty() {
                return empty(ui, actions);
            }
            body(ui, state, panels, actions);
        });
    let height = response.response.rect.height();
    let is_dragged = ui.input(|input| input.pointer.any_down());
    if is_dragged && (height - layout.training_height).abs() > SAME_HEIGHT {
        act(actions, TrainingAction::Height(height));
    }
}

/// Say something of training.
pub(super) fn act(actions: &mut Vec<Action>, action: TrainingAction) {
    actions.push(Action::Training(action));
}

fn header(ui: &mut Ui, state: &State, panels: &Panels, actions: &mut Vec<Action>) {
    ui.allocate_ui_with_layout(
        eframe::egui::vec2(ui.available_width(), size::TOOLBAR_HEIGHT),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.label(RichText::new("Training").strong().color(palette(ui).text_strong));
            ui.add_space(space::S);
            let tabs = [
                (TrainingTab::Curves, "Curves", "Loss and other numbers as they go"),
                (TrainingTab::HeldOut, "Held out", "What the models give for what they do not learn from"),
                (TrainingTab::Settings, "Compare", "The settings of all runs, and where they differ"),
            ]
            .map(|(value, name, tip)| Choice { value, name, tip: tip.into(), is_possible: true });
            if let Some(tab) = segments(ui, state.settings.training_tab, &tabs) {
                act(actions, TrainingAction::Tab(tab));
            }
            if state.settings.training_tab == TrainingTab::Curves && !state.training.runs.is_empty() {
                ui.add_space(space::S);
                look(ui, state.settings.chart, actions);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let tip = hint(ui.ctx(), "Hide training", "Show or hide training");
                if sign_button(ui, "×", &tip).clicked() {
                    act(actions, TrainingAction::Toggle);
                }
                buttons(ui, actions);
                frames(ui, panels);
            });
        },
    );
}

fn buttons(ui: &mut Ui, actions: &mut Vec<Action>) {
    if ui.button("New run…").on_hover_text("Train a model on a folder of your own").clicked() {
        act(actions, TrainingAction::OpenForm);
    }
    let open = ui.button("Open runs…");
    if open.on_hover_text("Runs of the command line, or of another time: a folder, or one of them").clicked()
    {
        actions.push(Action::AskFile(crate::app::files::FilePurpose::Training(TrainingFile::OpenRuns)));
    }
}

fn frames(ui: &mut Ui, panels: &Panels) {
    let Some((median, p99)) = panels.frames.median_and_p99_ms() else { return };
    let text = RichText::new(format!("{median:.0} ms, p99 {p99:.0} ms")).small().color(palette(ui).text_weak);
    let tip = "What a frame of this window takes: the median of the last ones, and what 99 of 100 stay below";
    ui.add(Label::new(text).truncate()).on_hover_text(tip);
}

/// How curves are drawn.
fn look(ui: &mut Ui, look: ChartLook, actions: &mut Vec<Action>) {
    let mut changed = look;
    eframe::egui::ComboBox::from_id_salt("shown number")
        .selected_text(look.shown.name())
        .show_ui(ui, |ui| {
            for shown in Shown::ALL {
                ui.selectable_value(&mut changed.shown, shown, shown.name());
            }
        })
        .response
        .on_hover_text("Which number is drawn")
        .widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, format!("Number: {}", look.shown.name())));
    if changed.shown != look.shown {
        // Decibels and rates are not looked at by their logarithm.
        changed.is_log = matches!(changed.shown, Shown::Loss | Shown::GradientNorm);
    }
    let flops =
        "Over floating-point operations of the steps; of a run from the disk once it has a checkpoint";
    let axes = [
        (Axis::Steps, "Steps", "Over steps"),
        (Axis::Seconds, "Seconds", "Over seconds of work"),
        (Axis::Flops, "FLOP", flops),
    ]
    .map(|(value, name, tip)| Choice { value, name, tip: tip.into(), is_possible: true });
    if let Some(axis) = segments(ui, look.axis, &axes) {
        changed.axis = axis;
    }
    let toggle = |ui: &mut Ui, is_on: &mut bool, name: &str, tip: &str| {
        if ui.add(Button::new(name).selected(*is_on)).on_hover_text(tip).clicked() {
            *is_on = !*is_on;
        }
    };
    toggle(ui, &mut changed.is_log, "Log", "Draw the number by its logarithm");
    toggle(ui, &mut changed.is_log_axis, "Log axis", "Draw what it is drawn over by its logarithm");
    let smoothing =
        DragValue::new(&mut changed.smoothing).range(0.0..=MAX_SMOOTHING).speed(1.0).max_decimals(0);
    let label = ui.label(RichText::new("Smooth").color(palette(ui).text_weak));
    ui.add(smoothing)
        .labelled_by(label.id)
        .on_hover_text("Steps that the smoothed curve remembers; the numbers themselves are drawn behind it");
    if changed != look {
        act(actions, TrainingAction::Look(changed));
    }
}

fn empty(ui: &mut Ui, actions: &mut Vec<Action>) {
    ui.vertical_centered(|ui| {
        ui.set_max_width(size::EMPTY_WIDTH);
        ui.add_space(space::XL);
        ui.label(RichText::new("No runs yet").heading().color(palette(ui).text_strong));
        let text = "Train a model on a folder of your own pictures, objects or sounds, watch it learn, and use it while it does.";
        ui.add(Label::new(RichText::new(text).color(palette(ui).text_weak)).wrap());
        ui.add_space(space::M);
        if crate::app::panels::widgets::primary_button(ui, "New training run…").clicked() {
            act(actions, TrainingAction::OpenForm);
        }
    });
}

fn body(ui: &mut Ui, state: &State, panels: &mut Panels, actions: &mut Vec<Action>) {
    let side = |name: &'static str, width: f32| {
        let panel = if name == "runs" { Panel::left(name) } else { Panel::right(name) };
        panel.resizable(false).exact_size(width).show_separator_line(true)
    };
    let frame = Frame::new().inner_margin(Margin::symmetric(space::S as i8, space::XS as i8));
    side("runs", size::TRAINING_LIST).frame(frame).show(ui, |ui| list::show(ui, state, actions));
    if state.training.current().is_some() {
        side("run", size::TRAINING_RUN).frame(frame).show(ui, |ui| one_run::show(ui, state, actions));
    }
    CentralPanel::no_frame().frame(frame).show(ui, |ui| {
        verdict(ui, state);
        let room: Rect = ui.available_rect_before_wrap();
        ui.set_clip_rect(room.intersect(ui.clip_rect()));
        match state.settings.training_tab {
            TrainingTab::Curves => chart::show(ui, state),
            TrainingTab::HeldOut => held_out::show(ui, state, panels, actions),
            TrainingTab::Settings => table::show(ui, state),
        }
    });
}

/// How the race ended that the selected run was an arm of.
fn verdict(ui: &mut Ui, state: &State) {
    let race = state.training.current().and_then(|run| run.race.as_ref());
    let Some(verdict) = race.and_then(|race| state.training.verdicts.get(race)) else { return };
    let text = RichText::new(verdict.sentence()).color(palette(ui).text_strong);
    ui.add(Label::new(text).wrap()).on_hover_text(
        "Differences of the held-out PSNR, item by item, with the 95 % interval of their mean by Student's t",
    );
}
