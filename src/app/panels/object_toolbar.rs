use eframe::egui::{Align, Button, Layout, Ui};

use super::widgets::{Choice, segments};
use crate::app::action::Action;
use crate::app::item::Item;
use crate::app::object_look::{Behind, ObjectLook, OrbitChange};
use crate::app::shortcuts::{KEEP_PLACE, hint};
use crate::app::state::State;
use crate::camera::NamedView;
use crate::render::VolumeMode;

/// Every way of looking at an object: its name, and what is seen.
const MODES: [(VolumeMode, &str, &str); 5] = [
    (VolumeMode::Color, "Colour", "The object's colours"),
    (VolumeMode::Depth, "Depth", "How far it is: near is bright"),
    (VolumeMode::Normal, "Normals", "Which way its surface faces"),
    (VolumeMode::Opacity, "Opacity", "How much it hides"),
    (VolumeMode::Samples, "Samples", "At how many of a ray's samples the field was evaluated"),
];

/// The strip above an object: the ways of looking, the places, and what moves.
pub(crate) fn show(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let look = state.look.object;
    let choices = MODES.map(|(value, name, meaning)| Choice {
        value,
        name,
        tip: hint(ui.ctx(), meaning, name),
        is_possible: true,
    });
    if let Some(mode) = segments(ui, look.mode, &choices) {
        actions.push(Action::LookAtObjects(ObjectLook { mode, ..look }));
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let mut toggle = |ui: &mut Ui, is_on: bool, name: &str, tip: String, look: ObjectLook| {
            let button = Button::new(name).selected(is_on).frame_when_inactive(is_on);
            if ui.add(button).on_hover_text(tip).clicked() {
                actions.push(Action::LookAtObjects(look));
            }
        };
        let tip = hint(ui.ctx(), "Let it turn by itself", "Turn by itself");
        toggle(ui, look.is_spinning, "Spin", tip, ObjectLook { is_spinning: !look.is_spinning, ..look });
        let tip = hint(ui.ctx(), "Look around with the mouse, move by W, A, S, D, Q and E", "Fly");
        toggle(ui, look.is_flying, "Fly", tip, ObjectLook { is_flying: !look.is_flying, ..look });
        let tip = hint(ui.ctx(), "Squares of two greys behind it", "Checker behind objects");
        toggle(ui, look.behind == Behind::Checker, "Checker", tip, look.with_checker_toggled());
        ui.menu_button("View", |ui| {
            for view in NamedView::ALL {
                let tip = hint(ui.ctx(), "Look from there", view.name());
                if ui.button(view.name()).on_hover_text(tip).clicked() {
                    actions.extend(state.current().map(|item| go_to(item, view)));
                    ui.close();
                }
            }
            ui.separator();
            places(ui, state, actions);
        })
        .response
        .on_hover_text("Places with names, and those that you keep");
    });
}

/// The places that were kept.
fn places(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let Some(item) = state.current() else { return };
    let mut chosen = None;
    for (index, place) in item.places.iter().enumerate() {
        if ui.button(format!("Place {}", index + 1)).on_hover_text("Look from there").clicked() {
            chosen = Some(OrbitChange::Goal(*place));
        }
    }
    let tip = hint(ui.ctx(), "A film can go from one kept place to the next", KEEP_PLACE);
    if ui.button(KEEP_PLACE).on_hover_text(tip).clicked() {
        chosen = Some(OrbitChange::Keep);
    }
    let forget = ui.add_enabled(!item.places.is_empty(), Button::new("Forget kept places"));
    if forget.on_hover_text("They are of this object alone").clicked() {
        chosen = Some(OrbitChange::Forget);
    }
    if let Some(change) = chosen {
        actions.push(Action::Orbit(change));
        ui.close();
    }
}

/// Go to a named place, as far away and as wide as the input camera.
pub(crate) fn go_to(item: &Item, view: NamedView) -> Action {
    let (azimuth, elevation) = view.angles();
    Action::Orbit(OrbitChange::Goal(item.home().seen_from(azimuth, elevation)))
}
