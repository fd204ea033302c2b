use eframe::egui::{DragValue, RichText, Role, Stroke, Ui, WidgetInfo, vec2};
use egui_plot::{Line, Plot, PlotPoints};

use super::widgets::{name_cell, primary_button, row, wide_button};
use crate::app::action::{Action, Change};
use crate::app::format;
use crate::app::item::{Curve, Item};
use crate::app::settings::{Goal, LEARNING_RATES, MAX_REFINE_STEPS};
use crate::app::shortcuts::hint;
use crate::app::state::State;
use crate::app::theme::{palette, size, space};

/// What refining is set to, the button, and the curve.
pub(crate) fn show(ui: &mut Ui, state: &State, item: &Item, actions: &mut Vec<Action>) {
    let is_running = item.refinement.is_some();
    ui.add_enabled_ui(!is_running, |ui| settings(ui, state, item, actions));
    ui.add_space(space::XS);
    button(ui, item, actions);
    if let Some(refinement) = &item.refinement
        && let Some(progress) = refinement.progress
    {
        let text = format!(
            "{} of {} steps",
            format::count(progress.step.into()),
            format::count(progress.steps.into())
        );
        row(ui, "Done", &text, "");
    } else if item.steps_done > 0 {
        row(
            ui,
            "Refined",
            &format!("{} steps", format::count(item.steps_done.into())),
            "Since the field was written",
        );
    }
    if let (Some(direct), Some(now)) = (item.direct, item.psnr_db()) {
        let gain = now - direct.psnr_db();
        if item.steps_done > 0 || is_running {
            let text = format!("{gain:+.2} dB over the {} as written", format::decibel(direct.psnr_db()));
            row(ui, "Gain", &text, "");
        }
    }
    if item.curve.batch.len() > 1 || item.curve.measured.len() > 1 {
        ui.add_space(space::XS);
        let names = match item.goal() {
            Goal::Picture => ["Whole picture", "Pixels of a step"],
            Goal::Object => ["Whole picture", "Rays of a step"],
            Goal::Views => ["All views", "Rays of a step"],
            Goal::Sound => ["Whole sound", "Windows of a step"],
        };
        curve(ui, &item.curve, names);
    }
}

fn settings(ui: &mut Ui, state: &State, item: &Item, actions: &mut Vec<Action>) {
    let goal = item.goal();
    let present = state.settings.refine_towards(goal);
    let mut refine = present;
    ui.horizontal(|ui| {
        let label = name_cell(ui, "Steps", size::ROW_NAME);
        let steps = DragValue::new(&mut refine.steps).range(1..=MAX_REFINE_STEPS).speed(5.0);
        let tip = "Gradient steps on the field's own weights; press again for more";
        ui.add_sized([size::NUMBER_WIDTH, size::CONTROL_HEIGHT], steps)
            .labelled_by(label.id)
            .on_hover_text(tip);
    });
    ui.horizontal(|ui| {
        let label = name_cell(ui, "Learning rate", size::ROW_NAME);
        let speed = 0.01 * refine.learning_rate;
        let rate =
            DragValue::new(&mut refine.learning_rate).range(LEARNING_RATES).speed(speed).max_decimals(6);
        let tip = "How far a step goes; too far, and the picture breaks up";
        ui.add_sized([size::NUMBER_WIDTH, size::CONTROL_HEIGHT], rate)
            .labelled_by(label.id)
            .on_hover_text(tip);
    });
    if refine != present {
        actions.push(Action::Change(Change::Refine(goal, refine)));
    }
}

fn button(ui: &mut Ui, item: &Item, actions: &mut Vec<Action>) {
    let what = "Refine, or stop and keep the best";
    if item.refinement.is_some() {
        let tip = hint(ui.ctx(), "Stop and keep the best field so far", what);
        if wide_button(ui, "Stop").on_hover_text(tip).clicked() {
            actions.push(Action::ToggleRefine);
        }
        return;
    }
    let is_possible = item.can_refine() && item.opening.is_none();
    let tip = hint(ui.ctx(), "Gradient steps on this field's own weights, towards the source", what);
    let why_not = match (item.signal.is_some(), item.encoded.is_some()) {
        (false, _) => "A field file comes without its source: there is nothing to refine towards",
        _ => "There is no field yet",
    };
    let response = ui.add_enabled_ui(is_possible, |ui| primary_button(ui, "Refine")).inner;
    if response.on_hover_text(tip).on_disabled_hover_text(why_not).clicked() {
        actions.push(Action::ToggleRefine);
    }
    // A field that was refined already would have a start that nobody gave to its rivals.
    let is_fair = is_possible && item.steps_done == 0;
    let tip = if item.is_sound() {
        "The same steps from the model's weights and, at 50 times the rate, from random ones, side by side"
    } else {
        "The same steps from the model's weights and from random ones, side by side"
    };
    let why_not = if is_possible { "It was refined already: encode it again first" } else { why_not };
    let response = ui.add_enabled_ui(is_fair, |ui| wide_button(ui, "Race random weights")).inner;
    if response.on_hover_text(tip).on_disabled_hover_text(why_not).clicked() {
        actions.push(Action::RaceRefine);
    }
}

/// What is said of the fields that began with random weights.
const RIVALS: &str = "Random weights";

/// PSNR over steps.
fn curve(ui: &mut Ui, curve: &Curve, [whole, of_step]: [&'static str; 2]) {
    let palette = palette(ui);
    let line = |name: &str, points: &[[f64; 2]], width, color| {
        Line::new(name, PlotPoints::from(points.to_vec()))
            .stroke(Stroke::new(width, color))
            .allow_hover(false)
    };
    let batch = line(of_step, &curve.batch, size::CURVE_THIN_LINE, palette.text_weak);
    let measured = line(whole, &curve.measured, size::CURVE_LINE, palette.accent);
    let rival = |points: &Vec<[f64; 2]>| line(RIVALS, points, size::CURVE_THIN_LINE, palette.warning);
    let rivals: Vec<Line> = curve.rivals.iter().map(rival).collect();
    let response = Plot::new("psnr")
        .height(size::CURVE_HEIGHT)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_axis_zoom_drag(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .show_crosshair(false)
        .show_background(false)
        .set_margin_fraction(vec2(0.02, 0.08))
        .y_axis_formatter(|mark, _| format!("{:.0} dB", mark.value))
        .x_axis_formatter(|mark, _| format::count(mark.value.max(0.0) as u64))
        .show(ui, |plot| {
            plot.line(batch);
            for rival in rivals {
                plot.line(rival);
            }
            plot.line(measured);
        });
    response.response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "PSNR over refine steps"));
    ui.horizontal_wrapped(|ui| {
        let mut legend = vec![(whole, palette.accent), (of_step, palette.text_weak)];
        if !curve.rivals.is_empty() {
            legend.push((RIVALS, palette.warning));
        }
        for (name, color) in legend {
            let (dot, _) = ui.allocate_exact_size(vec2(space::S, space::S), eframe::egui::Sense::hover());
            ui.painter().circle_filled(dot.center(), space::S / 2.0 - 1.0, color);
            ui.label(RichText::new(name).small().color(palette.text_weak));
        }
    });
}
