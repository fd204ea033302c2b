//! What lies on the picture: the split, the error map's legend, and small labels.

use eframe::egui::{
    Align, Align2, Color32, CornerRadius, CursorIcon, DragValue, FontId, Frame, Id, Layout, Margin, Pos2,
    Rect, RichText, Role, Sense, Spinner, Stroke, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};

use super::layout::Panels;
use super::library::stage_name;
use crate::app::action::Action;
use crate::app::format;
use crate::app::item::Item;
use crate::app::state::State;
use crate::app::theme::{letter, palette, radius, size, space};
use crate::render::{ViewMode, error_color};

/// Pieces that the legend is drawn of.
const LEGEND_PIECES: u16 = 60;
/// A view that is not exact for less long is not worth a word, in seconds.
const PATIENCE_SECS: f64 = 0.35;

pub(crate) fn show(
    ui: &mut Ui,
    state: &State,
    item: &Item,
    panels: &Panels,
    rect: Rect,
    actions: &mut Vec<Action>,
) {
    match state.shown_mode() {
        ViewMode::Split => split(ui, state, rect, actions),
        ViewMode::Error => legend(ui, state, rect, actions),
        _ => {}
    }
    activity(ui, state, item, panels, rect);
    position(ui, state, item, rect);
}

/// A label on the picture.
pub(crate) fn chip(ui: &Ui, at: Pos2, anchor: Align2, text: &str) -> Rect {
    let palette = palette(ui);
    let galley =
        ui.painter().layout_no_wrap(text.into(), FontId::proportional(letter::SMALL), palette.on_chip);
    let room = galley.size() + Vec2::new(space::S, space::XS) * 2.0;
    let frame = anchor.anchor_size(at, room);
    ui.painter().rect_filled(frame, CornerRadius::same(radius::SMALL), palette.chip);
    ui.painter().galley(frame.min + vec2(space::S, space::XS), galley, palette.on_chip);
    frame
}

/// The line between source and field, to be dragged.
fn split(ui: &mut Ui, state: &State, rect: Rect, actions: &mut Vec<Action>) {
    let palette = palette(ui);
    let x = rect.left() + rect.width() * state.look.split;
    let grab = Rect::from_center_size(pos2(x, rect.center().y), vec2(size::SPLIT_GRAB, rect.height()));
    let response = ui.interact(grab.intersect(rect), Id::unique("split"), Sense::drag());
    response.widget_info(|| {
        WidgetInfo::slider(true, f64::from(state.look.split), "Split between source and field")
    });
    let is_held = response.dragged() || response.hovered() || response.has_focus();
    if response.dragged()
        && let Some(pointer) = response.interact_pointer_pos()
    {
        actions.push(Action::SetSplit((pointer.x - rect.left()) / rect.width()));
    }
    let stroke = Stroke::new(size::SPLIT_LINE, if is_held { palette.accent } else { Color32::WHITE });
    ui.painter().vline(x, rect.y_range(), Stroke::new(size::SPLIT_LINE * 2.0, palette.chip));
    ui.painter().vline(x, rect.y_range(), stroke);
    let knob = pos2(x, rect.center().y);
    ui.painter().circle(knob, size::SPLIT_KNOB, palette.chip, stroke);
    for side in [-1.0, 1.0] {
        let tip = knob + vec2(side * (size::SPLIT_KNOB - space::XS), 0.0);
        let back = vec2(-side * space::XS, space::XS);
        ui.painter().line_segment([tip, tip + back], stroke);
        ui.painter().line_segment([tip, tip + vec2(back.x, -back.y)], stroke);
    }
    let top = rect.top() + space::M;
    let painter_clip = ui.clip_rect();
    ui.set_clip_rect(painter_clip.intersect(rect));
    chip(ui, pos2(x - space::M, top), Align2::RIGHT_TOP, "Source");
    chip(ui, pos2(x + space::M, top), Align2::LEFT_TOP, "Field");
    ui.set_clip_rect(painter_clip);
    response
        .on_hover_and_drag_cursor(CursorIcon::ResizeHorizontal)
        .on_hover_text_at_pointer("Drag to compare the source at the left with the field at the right");
}

/// What the colours of the error map mean, and the difference that has the last of them.
fn legend(ui: &mut Ui, state: &State, rect: Rect, actions: &mut Vec<Action>) {
    let palette = palette(ui);
    let size = vec2(size::LEGEND_WIDTH + 2.0 * space::M, size::CONTROL_HEIGHT * 2.0 + size::LEGEND_HEIGHT);
    let frame = Rect::from_min_size(pos2(rect.left() + space::M, rect.bottom() - space::M - size.y), size);
    ui.painter().rect_filled(frame, CornerRadius::same(radius::MEDIUM), palette.raised);
    let content = frame.shrink2(vec2(space::M, space::S));
    ui.scope_builder(UiBuilder::new().max_rect(content), |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        ui.horizontal(|ui| {
            let label = ui.label(RichText::new("Difference").small().color(palette.text_weak));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let mut percent = state.look.error_scale * 100.0;
                let drag =
                    DragValue::new(&mut percent).range(1.0..=100.0).speed(0.2).max_decimals(0).suffix(" %");
                let response = ui.add(drag).labelled_by(label.id);
                if response
                    .on_hover_text(
                        "The difference that has the last colour, of the whole range from black to white",
                    )
                    .changed()
                {
                    actions.push(Action::SetErrorScale(percent / 100.0));
                }
            });
        });
        let (bar, response) =
            ui.allocate_exact_size(vec2(content.width(), self::size::LEGEND_HEIGHT), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Colours of the error map"));
        let width = bar.width() / f32::from(LEGEND_PIECES);
        for piece in 0..LEGEND_PIECES {
            let value = (f32::from(piece) + 0.5) / f32::from(LEGEND_PIECES);
            let [red, green, blue] = error_color(value);
            let left = bar.left() + width * f32::from(piece);
            let part = Rect::from_min_size(pos2(left, bar.top()), vec2(width + 0.5, bar.height()));
            ui.painter().rect_filled(part, 0.0, Color32::from_rgb(red, green, blue));
        }
    });
}

/// What is being done for this item, or that the view is still being drawn.
pub(crate) fn activity(ui: &mut Ui, state: &State, item: &Item, panels: &Panels, rect: Rect) {
    let below = pos2(rect.center().x, rect.bottom() - space::M);
    if let Some(job) = item.opening.and_then(|id| state.job(id)) {
        busy(ui, below, &format!("{}…", stage_name(job.stage)));
        return;
    }
    if let (None, Some(failure)) = (item.record(), &item.failure) {
        chip(ui, below, Align2::CENTER_BOTTOM, failure);
        return;
    }
    let now = ui.ctx().time();
    let is_late = panels.inexact_since.is_some_and(|since| now - since > PATIENCE_SECS);
    match panels.frame {
        Some(frame) if is_late && frame.fraction < 1.0 && item.refinement.is_none() => {
            let text = format!("Drawing {:.0} %", frame.fraction * 100.0);
            chip(ui, pos2(rect.right() - space::M, rect.bottom() - space::M), Align2::RIGHT_BOTTOM, &text);
        }
        None if panels.adapter.is_some() && panels.volume.is_none() => busy(ui, below, "Preparing the view…"),
        _ => {}
    }
}

fn busy(ui: &mut Ui, at: Pos2, text: &str) {
    let palette = palette(ui);
    let frame = Frame::new()
        .fill(palette.chip)
        .corner_radius(CornerRadius::same(radius::MEDIUM))
        .inner_margin(Margin::symmetric(space::M as i8, space::S as i8));
    let room = vec2(size::EMPTY_WIDTH / 2.0, size::CONTROL_HEIGHT);
    let place = Align2::CENTER_BOTTOM.anchor_size(at, room);
    ui.scope_builder(UiBuilder::new().max_rect(place).layout(Layout::bottom_up(Align::Center)), |ui| {
        frame.show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.add(Spinner::new().size(letter::BODY).color(palette.on_chip));
                ui.label(RichText::new(text).color(palette.on_chip));
            });
        });
    });
}

/// Which pixel of the picture the pointer is on.
fn position(ui: &Ui, state: &State, item: &Item, rect: Rect) {
    let Some((pointer, view)) = ui.ctx().pointer_hover_pos().zip(state.view()) else { return };
    if !rect.contains(pointer) || !ui.rect_contains_pointer(rect) || state.shown_mode() == ViewMode::Error {
        return;
    }
    let scale = f64::from(ui.pixels_per_point());
    let at = pointer - rect.min;
    let screen = (f64::from(at.x) * scale, f64::from(at.y) * scale).into();
    let (width, height) = state.viewport_px;
    let point = view.picture_from_screen(screen, (width, height).into());
    let (picture_width, picture_height) = item.size_px();
    let is_on = (0.0..f64::from(picture_width)).contains(&point.x)
        && (0.0..f64::from(picture_height)).contains(&point.y);
    if is_on {
        let decimals = if view.zoom > 16.0 { 2 } else { 0 };
        let text =
            format!("{:.decimals$}, {:.decimals$} px, zoom {}", point.x, point.y, format::percent(view.zoom));
        chip(ui, pos2(rect.left() + space::M, rect.bottom() - space::M), Align2::LEFT_BOTTOM, &text);
    }
}
