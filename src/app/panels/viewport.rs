use eframe::egui::{
    Align, Color32, CursorIcon, Layout, PointerButton, Pos2, Rect, Response, RichText, Role, Sense, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

use super::layout::Panels;
use super::object_view::Motion;
use super::{object_view, overlay, sound_view, toolbar};
use crate::app::action::{Action, ViewChange};
use crate::app::bridge::{Bridge, Drawing};
use crate::app::files::FilePurpose;
use crate::app::item::Item;
use crate::app::state::State;
use crate::app::theme::{palette, size, space};
use crate::media::Signal;
use crate::render::{ImageFrame, ViewMode};

/// Zoom by one point of the wheel.
const ZOOM_PER_POINT: f64 = 0.005;
/// A view that has not moved for this long is at rest, in seconds.
const REST_SECS: f64 = 0.15;

/// The view: the toolbar, and below it the picture.
pub(crate) fn show(
    ui: &mut Ui,
    state: &State,
    panels: &mut Panels,
    bridge: Option<&mut Bridge>,
    actions: &mut Vec<Action>,
) {
    ui.spacing_mut().item_spacing.y = 0.0;
    toolbar::show(ui, state, actions);
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    let rect = on_pixels(ui, rect);
    let viewport_px = pixels(ui, rect);
    if state.viewport_px != (f64::from(viewport_px.0), f64::from(viewport_px.1)) {
        actions.push(Action::View(ViewChange::Viewport(f64::from(viewport_px.0), f64::from(viewport_px.1))));
    }
    let is_object = state.current().is_some_and(Item::is_object);
    if !is_object && panels.volume.take().is_some() {
        panels.motion = Motion::default();
        if let Some(bridge) = bridge.as_deref() {
            bridge.hide_object();
        }
    }
    let Some(item) = state.current() else {
        panels.frame = None;
        ui.painter().rect_filled(rect, 0.0, palette(ui).canvas);
        invite(ui, rect, actions);
        return;
    };
    if is_object {
        object_view::show(ui, state, item, panels, bridge, rect, &response, actions);
        return;
    }
    if item.is_sound() {
        (panels.frame, panels.inexact_since) = (None, None);
        sound_view::show(ui, state, item, panels, rect, &response, actions);
        return;
    }
    name(&response, state, item);
    steer(ui, rect, &response, actions);
    draw(ui, state, item, panels, bridge, rect, viewport_px);
    overlay::show(ui, state, item, panels, rect, actions);
}

/// The rectangle whose edges lie on pixels.
fn on_pixels(ui: &Ui, rect: Rect) -> Rect {
    let scale = ui.pixels_per_point();
    let snap = |at: Pos2| pos2((at.x * scale).round() / scale, (at.y * scale).round() / scale);
    Rect::from_min_max(snap(rect.min), snap(rect.max))
}

fn pixels(ui: &Ui, rect: Rect) -> (u32, u32) {
    let size = rect.size() * ui.pixels_per_point();
    (size.x.round().max(1.0) as u32, size.y.round().max(1.0) as u32)
}

fn name(response: &Response, state: &State, item: &Item) {
    let what = match state.shown_mode() {
        ViewMode::Field => "Field of",
        ViewMode::Source => "Source of",
        ViewMode::Split => "Source and field of",
        ViewMode::Error => "Error of",
        ViewMode::Nearest => "Nearest pixels of",
        ViewMode::Bicubic => "Bicubic interpolation of",
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{what} {}", item.name)));
}

/// Wheel, pinch, drag and double-click.
fn steer(ui: &Ui, rect: Rect, response: &Response, actions: &mut Vec<Action>) {
    let scale = f64::from(ui.pixels_per_point());
    if response.double_clicked() {
        actions.push(Action::View(ViewChange::Fit));
    }
    if response.dragged_by(PointerButton::Primary) || response.dragged_by(PointerButton::Middle) {
        let delta = response.drag_delta();
        if delta.x != 0.0 || delta.y != 0.0 {
            actions
                .push(Action::View(ViewChange::Pan(f64::from(delta.x) * scale, f64::from(delta.y) * scale)));
        }
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    }
    let Some(pointer) = response.hover_pos() else { return };
    let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
    let factor = (f64::from(scroll) * ZOOM_PER_POINT).exp() * f64::from(pinch);
    if (factor - 1.0).abs() > f64::EPSILON {
        let anchor = pointer - rect.min;
        let anchor = (f64::from(anchor.x) * scale, f64::from(anchor.y) * scale);
        actions.push(Action::View(ViewChange::Zoom(factor, anchor)));
    }
}

fn draw(
    ui: &Ui,
    state: &State,
    item: &Item,
    panels: &mut Panels,
    bridge: Option<&mut Bridge>,
    rect: Rect,
    viewport_px: (u32, u32),
) {
    let (Some(bridge), Some(view)) = (bridge, state.view()) else {
        panels.frame = None;
        ui.painter().rect_filled(rect, 0.0, palette(ui).canvas);
        return;
    };
    let now = ui.ctx().time();
    if panels.view.is_some_and(|before| before != view) {
        panels.moved_at = now;
    }
    panels.view = Some(view);
    let since = now - panels.moved_at;
    let is_moving = since < REST_SECS;
    if is_moving {
        ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(REST_SECS - since));
    }
    let frame = ImageFrame {
        view,
        viewport_px,
        picture_px: item.size_px(),
        mode: state.shown_mode(),
        split: state.look.split,
        error_scale: 1.0 / state.look.error_scale,
        background: components(palette(ui).canvas),
        // A field that is being refined is another one in a moment: the cores are worth more to the refining.
        is_moving: is_moving || item.refinement.is_some(),
    };
    let source = item.signal.as_ref().and_then(Signal::picture);
    panels.frame = bridge.frame(item.record(), source, &frame);
    if panels.frame.is_some_and(|frame| frame.needs_repaint) {
        ui.ctx().request_repaint();
    }
    // The pass paints its own background.
    match bridge.paint(rect, Drawing::Image) {
        Some(paint) => ui.painter().add(paint),
        None => ui.painter().rect_filled(rect, 0.0, palette(ui).canvas),
    };
    // While a field is refined its view is meant to be coarse, and a sign that turns would draw without end.
    let is_behind = item.refinement.is_none() && panels.frame.is_none_or(|frame| !frame.is_exact);
    panels.inexact_since = if is_behind { panels.inexact_since.or(Some(now)) } else { None };
}

pub(crate) fn components(color: Color32) -> [f32; 3] {
    [color.r(), color.g(), color.b()].map(|value| f32::from(value) / f32::from(u8::MAX))
}

/// Nothing is open: say what to do.
fn invite(ui: &mut Ui, rect: Rect, actions: &mut Vec<Action>) {
    let width = size::EMPTY_WIDTH.min(rect.width());
    let room = Rect::from_center_size(rect.center(), vec2(width, rect.height() / 2.0));
    let builder = UiBuilder::new().max_rect(room).layout(Layout::top_down(Align::Center));
    ui.scope_builder(builder, |ui| {
        let palette = palette(ui);
        ui.add_space(room.height() / 2.0 - size::CONTROL_HEIGHT * 2.0);
        ui.label(
            RichText::new("Drop a photo, a picture of an object or a sound here")
                .heading()
                .color(palette.text_strong),
        );
        ui.add_space(space::XS);
        let text = "A network writes a small network for it, and you look into that one, or listen to it.";
        ui.label(RichText::new(text).color(palette.text_weak));
        ui.add_space(space::M);
        if ui.button("Open files…").on_hover_text("Open pictures, fields or a model").clicked() {
            actions.push(Action::AskFile(FilePurpose::Open));
        }
        ui.add_space(space::XS);
        ui.label(RichText::new("or choose a sample at the left").small().color(palette.text_weak));
    });
}
