//! The view of an object: turned, dollied and flown around.

use std::time::Duration;

use eframe::egui::{
    Color32, CursorIcon, Key, PointerButton, Pos2, Rect, Response, Role, Ui, WidgetInfo, vec2,
};
use glam::{DVec2, DVec3, dvec2, dvec3};

use super::layout::Panels;
use super::viewport::components;
use super::{object_overlay, overlay};
use crate::app::action::Action;
use crate::app::bridge::{Bridge, Drawing};
use crate::app::item::Item;
use crate::app::object_look::{Behind, ObjectLook, OrbitChange, SAMPLES};
use crate::app::state::State;
use crate::app::theme::palette;
use crate::camera::{Camera, Orbit, momentum_after};
use crate::engine::ItemId;
use crate::render::{Backdrop, Drawn, VolumeFrame, VolumeMode};

/// A drag across the viewport's smaller side turns by so many radians.
const TURN: f64 = std::f64::consts::PI;
/// Nearer by one point of the wheel.
const DOLLY_PER_POINT: f64 = 0.004;
/// The angle of view by one point of the wheel, in degrees.
const FOV_PER_POINT: f64 = 0.1;
/// Turning by itself, in radians a second.
const SPIN: f64 = 0.6;
/// Flying, in units a second.
const FLIGHT: f64 = 1.5;
/// The way to a place is half done in this time, in seconds, and done where this little is left.
const HALF_WAY_SECS: f64 = 0.07;
const ARRIVED: f64 = 2e-3;
/// A view that has not moved for this long is at rest, in seconds.
const REST_SECS: f64 = 0.15;
/// The longest step of a movement, in seconds: a window that was hidden does not leap.
const STEP_SECS: f64 = 0.1;

/// How the view moves by itself.
#[derive(Debug, Default)]
pub(crate) struct Motion {
    /// Radians a second, to the right and down.
    velocity: DVec2,
    last: Option<Orbit>,
    /// What was looked at last.
    item: Option<ItemId>,
}

#[expect(clippy::too_many_arguments, reason = "what the viewport has of this frame")]
pub(crate) fn show(
    ui: &mut Ui,
    state: &State,
    item: &Item,
    panels: &mut Panels,
    bridge: Option<&mut Bridge>,
    rect: Rect,
    response: &Response,
    actions: &mut Vec<Action>,
) {
    panels.frame = None;
    let what = match state.look.object.mode {
        VolumeMode::Color => "Object",
        VolumeMode::Depth => "Depth of the object",
        VolumeMode::Normal => "Normals of the object",
        VolumeMode::Opacity => "Opacity of the object",
        VolumeMode::Samples => "Samples spent on the object",
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{what} in {}", item.name)));
    let mut bridge = bridge;
    if panels.motion.item != Some(item.id) {
        panels.motion = Motion { item: Some(item.id), ..Motion::default() };
        // What is still to be seen is of another object.
        if let Some(bridge) = bridge.as_deref_mut() {
            bridge.hide_object();
        }
    }
    let secs = f64::from(ui.input(|input| input.stable_dt)).min(STEP_SECS);
    let by_hand = steer(ui, state, item, &mut panels.motion, rect, response, secs);
    let is_animated = by_hand.is_none() && animate(state, item, &mut panels.motion, secs, actions);
    if let Some(orbit) = by_hand {
        actions.push(Action::Orbit(OrbitChange::Hand(orbit)));
    }
    if is_animated || by_hand.is_some() {
        ui.ctx().request_repaint();
    }
    draw(ui, state, item, panels, bridge, rect);
    object_overlay::show(ui, state, item, panels, rect, response, actions);
    overlay::activity(ui, state, item, panels, rect);
}

fn viewport_px(ui: &Ui, rect: Rect) -> DVec2 {
    let size = rect.size() * ui.pixels_per_point();
    dvec2(f64::from(size.x).round().max(1.0), f64::from(size.y).round().max(1.0))
}

/// Where a hand takes the view, if there is one at it.
fn steer(
    ui: &Ui,
    state: &State,
    item: &Item,
    motion: &mut Motion,
    rect: Rect,
    response: &Response,
    secs: f64,
) -> Option<Orbit> {
    let scale = f64::from(ui.pixels_per_point());
    let size = viewport_px(ui, rect);
    let look = state.look.object;
    let mut orbit = item.orbit;
    if response.double_clicked() {
        motion.velocity = DVec2::ZERO;
        return Some(item.home());
    }
    let delta = response.drag_delta();
    let delta = dvec2(f64::from(delta.x), f64::from(delta.y)) * scale;
    let has_shift = ui.input(|input| input.modifiers.shift);
    let is_primary = response.dragged_by(PointerButton::Primary);
    let is_other =
        response.dragged_by(PointerButton::Middle) || response.dragged_by(PointerButton::Secondary);
    let (is_panning, is_turning) = (is_other || (is_primary && has_shift), is_primary && !has_shift);
    if is_panning || is_turning {
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    }
    if is_panning {
        orbit = orbit.panned(delta, size);
    } else if is_turning {
        let angle = delta * TURN / size.min_element();
        orbit =
            if look.is_flying { orbit.looking(-angle.x, -angle.y) } else { orbit.turned(angle.x, angle.y) };
        motion.velocity = if secs > 0.0 && !look.is_flying { angle / secs } else { DVec2::ZERO };
    }
    if response.drag_stopped() && ui.input(|input| input.pointer.velocity().length() < 20.0) {
        motion.velocity = DVec2::ZERO;
    }
    if let Some(pointer) = response.hover_pos() {
        let (scroll, pinch, is_fov) =
            ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta(), input.modifiers.alt));
        let scroll = f64::from(scroll.y + scroll.x);
        if is_fov && scroll != 0.0 {
            orbit = orbit.with_fov(orbit.fov_deg - scroll * FOV_PER_POINT);
        } else {
            let factor = (scroll * DOLLY_PER_POINT).exp() * f64::from(pinch);
            let anchor = pointer - rect.min;
            let anchor = dvec2(f64::from(anchor.x), f64::from(anchor.y)) * scale;
            if (factor - 1.0).abs() > f64::EPSILON {
                orbit = orbit.dollied(factor, anchor, size);
            }
        }
    }
    if look.is_flying {
        let is_free = state.dialog.is_none();
        let flight = if is_free { flight(ui) * FLIGHT * secs } else { DVec3::ZERO };
        if flight != DVec3::ZERO {
            orbit = orbit.flown(flight);
        }
    }
    if orbit != item.orbit && !is_turning {
        motion.velocity = DVec2::ZERO;
    }
    (orbit != item.orbit).then_some(orbit)
}

/// Where the held keys go: right, up, back.
fn flight(ui: &Ui) -> DVec3 {
    if ui.ctx().text_edit_focused() {
        return DVec3::ZERO;
    }
    ui.input(|input| {
        if input.modifiers.command {
            return DVec3::ZERO;
        }
        let axis = |plus, minus| {
            f64::from(u8::from(input.key_down(plus))) - f64::from(u8::from(input.key_down(minus)))
        };
        dvec3(axis(Key::D, Key::A), axis(Key::E, Key::Q), axis(Key::S, Key::W))
    })
}

/// What moves by itself; whether anything does.
fn animate(state: &State, item: &Item, motion: &mut Motion, secs: f64, actions: &mut Vec<Action>) -> bool {
    if let Some(goal) = item.orbit_goal {
        motion.velocity = DVec2::ZERO;
        let share = 1.0 - (-secs / HALF_WAY_SECS * std::f64::consts::LN_2).exp();
        let next = item.orbit.towards(goal, share);
        let is_there = next.eye().distance(goal.eye()) < ARRIVED
            && next.rotation.angle_between(goal.rotation) < ARRIVED
            && (next.fov_deg - goal.fov_deg).abs() < 0.05;
        let change = if is_there { OrbitChange::Arrived } else { OrbitChange::Step(next) };
        actions.push(Action::Orbit(change));
        return true;
    }
    if state.look.object.is_spinning {
        motion.velocity = DVec2::ZERO;
        actions.push(Action::Orbit(OrbitChange::Step(item.orbit.carried(SPIN * secs))));
        return true;
    }
    if !state.settings.has_momentum {
        motion.velocity = DVec2::ZERO;
    }
    if motion.velocity == DVec2::ZERO {
        return false;
    }
    motion.velocity = momentum_after(motion.velocity, secs);
    let turn = motion.velocity * secs;
    if turn != DVec2::ZERO {
        actions.push(Action::Orbit(OrbitChange::Step(item.orbit.turned(turn.x, turn.y))));
    }
    turn != DVec2::ZERO
}

fn draw(ui: &Ui, state: &State, item: &Item, panels: &mut Panels, bridge: Option<&mut Bridge>, rect: Rect) {
    let Some(bridge) = bridge else {
        ui.painter().rect_filled(rect, 0.0, palette(ui).canvas);
        return;
    };
    let now = ui.ctx().time();
    if panels.motion.last.is_some_and(|before| before != item.orbit) {
        panels.moved_at = now;
    }
    panels.motion.last = Some(item.orbit);
    let since = now - panels.moved_at;
    let is_moving = since < REST_SECS;
    if is_moving {
        ui.ctx().request_repaint_after(Duration::from_secs_f64(REST_SECS - since));
    }
    let size = viewport_px(ui, rect);
    let look = state.look.object;
    let frame = VolumeFrame {
        place: item.orbit,
        viewport_px: (size.x as u32, size.y as u32),
        mode: look.mode,
        crop: look.crop,
        backdrop: backdrop(ui, &look),
        samples: SAMPLES,
        // A field that is being refined is another one in a moment.
        is_moving: is_moving || item.refinement.is_some(),
    };
    panels.volume = bridge.volume_frame(item.record(), &frame);
    let is_empty = panels.volume.is_none_or(|volume| volume.drawn == Drawn::Nothing);
    match bridge.paint(rect, Drawing::Volume).filter(|_| !is_empty) {
        Some(paint) => {
            ui.painter().add(paint);
        }
        None => {
            ui.painter().rect_filled(rect, 0.0, palette(ui).canvas);
        }
    }
}

fn backdrop(ui: &Ui, look: &ObjectLook) -> Backdrop {
    let [r, g, b] = look.color;
    // What is measured is read against black.
    let is_measured = matches!(look.mode, VolumeMode::Opacity | VolumeMode::Samples);
    let color = match look.behind {
        Behind::Checker => return Backdrop::Checker,
        _ if is_measured => Color32::BLACK,
        Behind::Window => palette(ui).canvas,
        Behind::Color => Color32::from_rgb(r, g, b),
    };
    Backdrop::Color(components(color))
}

/// From the world to the screen.
pub(crate) struct ScreenView {
    camera: Camera,
    from: Pos2,
    points_per_pixel: f64,
}

impl ScreenView {
    pub(crate) fn new(ui: &Ui, rect: Rect, orbit: &Orbit) -> Self {
        let size = viewport_px(ui, rect);
        let points_per_pixel = 1.0 / f64::from(ui.pixels_per_point());
        Self { camera: orbit.camera(size.x as u32, size.y as u32), from: rect.min, points_per_pixel }
    }

    /// A point of the world, and its depth; `None` behind the camera.
    pub(crate) fn on_screen(&self, world: DVec3) -> Option<(Pos2, f64)> {
        let (at, depth) = self.camera.project(world);
        let at = at * self.points_per_pixel;
        (depth > 0.01).then(|| (self.from + vec2(at.x as f32, at.y as f32), depth))
    }
}
