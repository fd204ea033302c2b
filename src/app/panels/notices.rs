use std::time::Duration;

use eframe::egui::{
    Align, Align2, Area, Button, CollapsingHeader, Context, CornerRadius, Frame, Id, Label, Layout, Margin,
    Order, Pos2, Rect, RichText, Role, ScrollArea, Stroke, Ui, WidgetInfo, vec2,
};

use super::layout::Panels;
use crate::app::action::Action;
use crate::app::state::{Notice, NoticeKind, State};
use crate::app::theme::{palette, radius, size, space, time};

/// Notices that are shown at a time.
const SHOWN: usize = 4;

/// What a person should know, in this corner at the lower right.
pub(crate) fn show(
    ctx: &Context,
    state: &State,
    panels: &mut Panels,
    corner: Pos2,
    actions: &mut Vec<Action>,
) {
    retire(ctx, state, panels, actions);
    if state.notices.is_empty() {
        return;
    }
    let offset = corner - ctx.content_rect().max - vec2(space::L, space::L);
    let area = Area::new(Id::unique("notices")).anchor(Align2::RIGHT_BOTTOM, offset).order(Order::Foreground);
    area.show(ctx, |ui| {
        ui.set_width(size::NOTICE_WIDTH);
        ui.spacing_mut().item_spacing.y = space::S;
        let hidden = state.notices.len().saturating_sub(SHOWN);
        if hidden > 0 {
            more(ui, hidden, actions);
        }
        for notice in state.notices.iter().skip(hidden) {
            card(ui, notice, actions);
        }
    });
}

/// What only informs goes away by itself, unless there is more to read.
fn retire(ctx: &Context, state: &State, panels: &mut Panels, actions: &mut Vec<Action>) {
    let now = ctx.time();
    panels.seen.retain(|id, _| state.notices.iter().any(|notice| notice.id == *id));
    let is_brief = |notice: &&Notice| notice.kind == NoticeKind::Info && notice.details.is_empty();
    for notice in state.notices.iter().filter(is_brief) {
        let left = panels.seen.entry(notice.id).or_insert(now).max(now - time::NOTICE_SECS)
            + time::NOTICE_SECS
            - now;
        if left <= 0.0 {
            actions.push(Action::Dismiss(notice.id));
        } else {
            ctx.request_repaint_after(Duration::from_secs_f64(left));
        }
    }
}

fn more(ui: &mut Ui, hidden: usize, actions: &mut Vec<Action>) {
    let row = vec2(ui.available_width(), size::CONTROL_HEIGHT);
    ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
        let text = format!("{hidden} more, dismiss all");
        if ui.button(text).on_hover_text("Put all notices away").clicked() {
            actions.push(Action::DismissAll);
        }
    });
}

fn card(ui: &mut Ui, notice: &Notice, actions: &mut Vec<Action>) {
    let palette = palette(ui);
    let frame = Frame::new()
        .fill(palette.raised)
        .stroke(Stroke::new(size::LINE, palette.line))
        .corner_radius(CornerRadius::same(radius::MEDIUM))
        .shadow(ui.visuals().popup_shadow)
        .inner_margin(Margin { left: space::L as i8, ..Margin::same(space::S as i8) });
    let response = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            let close = ui.add(Button::new("×").frame_when_inactive(false));
            close.widget_info(|| {
                WidgetInfo::labeled(Role::Button, true, format!("Dismiss: {}", notice.message))
            });
            if close.on_hover_text("Dismiss").clicked() {
                actions.push(Action::Dismiss(notice.id));
            }
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                let count =
                    if notice.count > 1 { format!(" ({} times)", notice.count) } else { String::new() };
                let text = RichText::new(format!("{}{count}", notice.message)).color(palette.text_strong);
                ui.add(Label::new(text).wrap().selectable(true));
            });
        });
        if !notice.details.is_empty() {
            details(ui, notice);
        }
    });
    let rect = response.response.rect;
    let mark = Rect::from_min_size(rect.min, vec2(size::NOTICE_MARK, rect.height()));
    let color = match notice.kind {
        NoticeKind::Info => palette.accent,
        NoticeKind::Error => palette.error,
    };
    let corner = CornerRadius { nw: radius::MEDIUM, sw: radius::MEDIUM, ne: 0, se: 0 };
    ui.painter().rect_filled(mark, corner, color);
}

fn details(ui: &mut Ui, notice: &Notice) {
    CollapsingHeader::new("Details").id_salt(notice.id.0).show(ui, |ui| {
        ScrollArea::vertical().max_height(size::NOTICE_DETAILS_HEIGHT).show(ui, |ui| {
            let text = RichText::new(&notice.details).monospace();
            ui.add(Label::new(text).wrap().selectable(true));
        });
        if ui.button("Copy").on_hover_text("Copy the details").clicked() {
            ui.ctx().copy_text(format!("{}\n{}", notice.message, notice.details));
        }
    });
}
