use eframe::egui::{Align, Button, Frame, Layout, Margin, RichText, Ui};

use super::widgets::{Choice, segments};
use super::{object_toolbar, sound_toolbar};
use crate::app::action::{Action, ViewChange};
use crate::app::format;
use crate::app::item::Item;
use crate::app::shortcuts::hint;
use crate::app::state::State;
use crate::app::theme::{palette, size, space};
use crate::render::ViewMode;

/// Every way of looking: its name, and what is seen.
const MODES: [(ViewMode, &str, &str); 6] = [
    (ViewMode::Field, "Field", "The field, evaluated at every pixel of the screen"),
    (ViewMode::Source, "Source", "The framed picture that the field was written for"),
    (ViewMode::Split, "Split", "Source at the left, field at the right of a line to drag"),
    (ViewMode::Error, "Error", "How far the field is from the source, as colours"),
    (ViewMode::Nearest, "Nearest", "The source, magnified by repeating its pixels"),
    (ViewMode::Bicubic, "Bicubic", "The source, magnified by bicubic interpolation"),
];

/// The strip above the view: the ways of looking, and the zoom.
pub(crate) fn show(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let frame = Frame::new().inner_margin(Margin::symmetric(space::S as i8, 0));
    frame.show(ui, |ui| {
        ui.set_height(size::TOOLBAR_HEIGHT);
        ui.horizontal_centered(|ui| {
            let item = state.current();
            if item.is_some_and(Item::is_object) {
                object_toolbar::show(ui, state, actions);
                return;
            }
            if let Some(item) = item.filter(|item| item.is_sound()) {
                sound_toolbar::show(ui, state, item, actions);
                return;
            }
            let choices: Vec<_> = MODES.iter().map(|mode| choice(ui, item, *mode)).collect();
            if let Some(mode) = segments(ui, state.shown_mode(), &choices) {
                actions.push(Action::SetMode(mode));
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| zoom(ui, state, actions));
        });
    });
}

fn choice(
    ui: &Ui,
    item: Option<&Item>,
    (value, name, meaning): (ViewMode, &'static str, &str),
) -> Choice<ViewMode> {
    let (has_field, has_source) =
        item.map_or((false, false), |item| (item.record().is_some(), item.signal.is_some()));
    let (is_possible, tip) = match value {
        _ if item.is_none() => (false, "Open a picture first".into()),
        _ if value.needs_field() && !has_field => (false, "There is no field yet".into()),
        _ if value.needs_source() && !has_source => {
            (false, "A field file comes without its picture: there is nothing to compare with".into())
        }
        _ => (true, hint(ui.ctx(), meaning, name)),
    };
    Choice { value, name, tip, is_possible }
}

fn zoom(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let Some(view) = state.view() else { return };
    let is_fitted = state.current().is_some_and(|item| item.view.is_none());
    let tip = hint(ui.ctx(), "Show the whole picture", "The whole picture");
    let fit = ui.add(Button::new("Fit").selected(is_fitted).frame_when_inactive(is_fitted));
    if fit.on_hover_text(tip).clicked() {
        actions.push(Action::View(ViewChange::Fit));
    }
    let tip =
        hint(ui.ctx(), "Show one picture pixel on one screen pixel", "One picture pixel to one screen pixel");
    let actual = ui.add(Button::new("1:1").frame_when_inactive(false));
    if actual.on_hover_text(tip).clicked() {
        actions.push(Action::View(ViewChange::Actual));
    }
    let text = RichText::new(format::percent(view.zoom)).color(palette(ui).text_weak);
    ui.label(text).on_hover_text("Screen pixels for one pixel of the framed picture");
}
