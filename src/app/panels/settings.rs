use eframe::egui::{Align, Context, DragValue, Id, Label, Layout, RichText, Ui};

use super::widgets::{Choice, modal, name_cell, segments};
use crate::app::action::{Action, Change};
use crate::app::settings::{EvaluatorChoice, MIN_REFERENCE_SIDE_PX, ThemeChoice};
use crate::app::state::State;
use crate::app::theme::{palette, size, space};
use crate::limits;
use crate::media::Framing;

/// The settings, over the window; every one takes effect at once.
pub(crate) fn show(ctx: &Context, state: &State, actions: &mut Vec<Action>) {
    modal(ctx, "settings", size::DIALOG_WIDTH, actions, |ui, actions| {
        ui.label(RichText::new("Settings").heading().color(palette(ui).text_strong));
        ui.add_space(space::M);
        ui.spacing_mut().item_spacing.y = space::S;
        let settings = &state.settings;
        let theme = [
            (ThemeChoice::System, "System", "As the system has it"),
            (ThemeChoice::Light, "Light", "Dark on light"),
            (ThemeChoice::Dark, "Dark", "Light on dark"),
        ];
        actions.extend(
            choose(ui, "Theme", settings.theme, theme).map(|theme| Action::Change(Change::Theme(theme))),
        );
        let framing = [
            (Framing::Crop, "Crop", "The central square"),
            (Framing::Fit, "Fit", "The whole picture inside a square, the rest filled with the background"),
            (Framing::Stretch, "Stretch", "The whole picture, pressed into the backbone's square"),
        ];
        let framing = choose(ui, "Framing", settings.framing, framing);
        actions.extend(framing.map(|framing| Action::Change(Change::Framing(framing))));
        reference_side(ui, state, actions);
        background(ui, state, actions);
        let evaluator = [
            (
                EvaluatorChoice::Auto,
                "Automatic",
                "By the graphics adapter: shaders on a real one, the processor where it is software",
            ),
            (EvaluatorChoice::Cpu, "CPU", "The processor's cores evaluate the field"),
            (EvaluatorChoice::Gpu, "GPU", "Shaders evaluate the field; slow on a software adapter"),
        ];
        let evaluator = choose(ui, "Evaluator", settings.evaluator, evaluator);
        actions.extend(evaluator.map(|evaluator| Action::Change(Change::Evaluator(evaluator))));
        let momentum = [
            (true, "Momentum", "An object that was turned goes on turning for a moment"),
            (false, "None", "An object stands still as soon as it is let go"),
        ];
        let momentum = choose(ui, "Objects", settings.has_momentum, momentum);
        actions.extend(momentum.map(|has_momentum| Action::Change(Change::Momentum(has_momentum))));
        ui.add_space(space::S);
        let text =
            "Framing, reference and background apply to what is selected and to what is opened from now on.";
        ui.add(Label::new(RichText::new(text).small().color(palette(ui).text_weak)).wrap());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button("Close").on_hover_text("Close the settings (Esc)").clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
}

fn choose<T: Copy + PartialEq, const N: usize>(
    ui: &mut Ui,
    name: &str,
    present: T,
    choices: [(T, &'static str, &str); N],
) -> Option<T> {
    let choices =
        choices.map(|(value, name, tip)| Choice { value, name, tip: tip.into(), is_possible: true });
    ui.horizontal(|ui| {
        name_cell(ui, name, size::DIALOG_NAME);
        segments(ui, present, &choices)
    })
    .inner
}

/// A number that is still being dragged would encode again and again: it counts once it is let go.
fn reference_side(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let id = Id::unique("reference side in progress");
    let present = state.settings.reference_side_px;
    let mut side_px = ui.data(|data| data.get_temp(id)).unwrap_or(present);
    ui.horizontal(|ui| {
        let label = name_cell(ui, "Reference side", size::DIALOG_NAME);
        let drag = DragValue::new(&mut side_px)
            .range(MIN_REFERENCE_SIDE_PX..=limits::REFERENCE_SIDE_PX)
            .speed(1.0)
            .suffix(" px");
        let tip = "Longest side of the framed picture that a field is compared with and refined towards";
        let response = ui.add_sized([size::NUMBER_WIDTH, size::CONTROL_HEIGHT], drag);
        let response = response.labelled_by(label.id).on_hover_text(tip);
        if response.drag_stopped() || response.lost_focus() {
            ui.data_mut(|data| data.remove::<u32>(id));
            actions.push(Action::Change(Change::ReferenceSide(side_px)));
        } else if response.changed() {
            ui.data_mut(|data| data.insert_temp(id, side_px));
        }
    });
}

fn background(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let id = Id::unique("background in progress");
    let present = state.settings.background;
    let mut color = ui.data(|data| data.get_temp(id)).unwrap_or(present);
    ui.horizontal(|ui| {
        let label = name_cell(ui, "Background", size::DIALOG_NAME);
        let tip = "What transparent pixels are laid on, and what fills a fitted picture";
        let response = ui.color_edit_button_srgb(&mut color).labelled_by(label.id).on_hover_text(tip);
        if response.changed() {
            ui.data_mut(|data| data.insert_temp(id, color));
        }
        let is_picking = ui.ctx().any_popup_open() || ui.input(|input| input.pointer.any_down());
        if color != present && !is_picking {
            ui.data_mut(|data| data.remove::<[u8; 3]>(id));
            actions.push(Action::Change(Change::Background(color)));
        }
    });
}
