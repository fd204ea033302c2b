//! Small parts that several panels use.

use eframe::egui::{
    Align, Button, Color32, Context, CornerRadius, Frame, Id, Label, Layout, Margin, Modal, Rect, Response,
    RichText, Role, Sense, Stroke, TextStyle, Ui, WidgetInfo, pos2, vec2,
};

use crate::app::action::Action;
use crate::app::theme::{letter, palette, palette_of, radius, size, space};

/// A part of a pane, under its title.
pub(crate) fn section<R>(ui: &mut Ui, title: &str, content: impl FnOnce(&mut Ui) -> R) -> R {
    ui.add_space(space::M);
    ui.add(Label::new(RichText::new(title).strong().color(palette(ui).text_strong)));
    ui.add_space(space::XS);
    let result = content(ui);
    ui.add_space(space::M);
    line(ui);
    result
}

/// A line across a pane.
pub(crate) fn line(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::LINE), Sense::hover());
    ui.painter().rect_filled(rect, 0.0, palette(ui).line);
}

/// A name and what it has: one line, the whole of it in the tooltip.
pub(crate) fn row(ui: &mut Ui, name: &str, value: &str, meaning: &str) -> Response {
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = ui.text_style_height(&TextStyle::Body);
        name_cell(ui, name, size::ROW_NAME);
        let text = RichText::new(value).color(palette(ui).text);
        let response = ui.add(Label::new(text).truncate().show_tooltip_when_elided(false));
        let spoken = format!("{name} {value}");
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
        let tip = if meaning.is_empty() { spoken.clone() } else { format!("{value}\n{meaning}") };
        response.on_hover_text(tip)
    })
    .inner
}

/// The left cell of a row.
pub(crate) fn name_cell(ui: &mut Ui, name: &str, width: f32) -> Response {
    let height = ui.spacing().interact_size.y;
    let layout = Layout::left_to_right(Align::Center);
    ui.allocate_ui_with_layout(vec2(width, height), layout, |ui| {
        ui.set_min_width(width);
        ui.label(RichText::new(name).color(palette(ui).text_weak))
    })
    .inner
}

/// A figure to be seen from afar, with its name above it.
pub(crate) fn figure(ui: &mut Ui, name: &str, value: &str, meaning: &str) -> Response {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.label(RichText::new(name).small().color(palette(ui).text_weak));
        let text = RichText::new(value).size(letter::FIGURE).color(palette(ui).text_strong);
        let response = ui.label(text);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name} {value}")));
        response.on_hover_text(meaning)
    })
    .inner
}

/// The button that matters most.
pub(crate) fn primary_button(ui: &mut Ui, text: &str) -> Response {
    let palette = palette(ui);
    let text = RichText::new(text).color(palette.on_accent).strong();
    let width = ui.available_width();
    let is_hovered = ui.rect_contains_pointer(Rect::from_min_size(
        ui.next_widget_position(),
        vec2(width, size::CONTROL_HEIGHT),
    ));
    let fill = if is_hovered { palette.accent_hovered } else { palette.accent };
    ui.add_sized(vec2(width, size::CONTROL_HEIGHT), Button::new(text).fill(fill))
}

/// A button across the pane.
pub(crate) fn wide_button(ui: &mut Ui, text: &str) -> Response {
    let width = ui.available_width();
    ui.add_sized(vec2(width, size::CONTROL_HEIGHT), Button::new(text))
}

/// A button that is only a sign; its tooltip is its name.
pub(crate) fn sign_button(ui: &mut Ui, sign: &str, name: &str) -> Response {
    let response = ui.add(Button::new(sign).min_size(vec2(size::CONTROL_HEIGHT, size::CONTROL_HEIGHT)));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    response.on_hover_text(name)
}

/// A choice between a few things, side by side: what was chosen, if something was.
pub(crate) fn segments<T: Copy + PartialEq>(ui: &mut Ui, present: T, choices: &[Choice<T>]) -> Option<T> {
    let palette = palette(ui);
    let mut chosen = None;
    let frame = Frame::new()
        .fill(palette.sunken)
        .corner_radius(CornerRadius::same(radius::MEDIUM))
        .inner_margin(Margin::same(space::XXS as i8));
    frame.show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XXS;
            ui.spacing_mut().interact_size.y = size::CONTROL_HEIGHT - space::XS;
            for choice in choices {
                let is_on = choice.value == present;
                let text = RichText::new(choice.name);
                let (fill, text) = if is_on {
                    (palette.raised, text.color(palette.text_strong))
                } else {
                    (Color32::TRANSPARENT, text.color(palette.text_weak))
                };
                let button = Button::new(text)
                    .fill(fill)
                    .stroke(Stroke::NONE)
                    .corner_radius(CornerRadius::same(radius::SMALL));
                let response = ui.add_enabled(choice.is_possible, button);
                response.widget_info(|| {
                    WidgetInfo::selected(Role::Button, choice.is_possible, is_on, choice.name)
                });
                let response = response.on_hover_text(&choice.tip).on_disabled_hover_text(&choice.tip);
                if response.clicked() {
                    chosen = Some(choice.value);
                }
            }
        });
    });
    chosen
}

/// One of the things of [`segments`].
pub(crate) struct Choice<T> {
    pub(crate) value: T,
    pub(crate) name: &'static str,
    pub(crate) tip: String,
    pub(crate) is_possible: bool,
}

/// How much is done, as a thin bar; with nothing known, a groove.
pub(crate) fn progress(ui: &mut Ui, fraction: Option<f32>, name: &str) {
    let size = vec2(size::PROGRESS_WIDTH, size::PROGRESS_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    paint_progress(ui, rect, fraction);
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, name);
        info.value = fraction.map(f64::from);
        info
    });
}

/// Draw a bar.
pub(crate) fn paint_progress(ui: &Ui, rect: Rect, fraction: Option<f32>) {
    let (palette, corner) = (palette(ui), rect.height() / 2.0);
    ui.painter().rect_filled(rect, corner, palette.control);
    if let Some(fraction) = fraction {
        let right = rect.left() + rect.width() * fraction.clamp(0.0, 1.0);
        ui.painter().rect_filled(
            Rect::from_min_max(rect.min, pos2(right, rect.bottom())),
            corner,
            palette.accent,
        );
    }
}

/// A dialog over the window: closed by Escape, or by a click beside it.
pub(crate) fn modal(
    ctx: &Context,
    id: &str,
    width: f32,
    actions: &mut Vec<Action>,
    content: impl FnOnce(&mut Ui, &mut Vec<Action>),
) {
    let palette = palette_of(ctx.global_style().visuals.dark_mode);
    let frame = Frame::new()
        .fill(palette.raised)
        .stroke(Stroke::new(size::LINE, palette.line))
        .corner_radius(CornerRadius::same(radius::LARGE))
        .shadow(ctx.global_style().visuals.window_shadow)
        .inner_margin(Margin::same(space::L as i8));
    let response = Modal::new(Id::unique(id)).backdrop_color(palette.scrim).frame(frame).show(ctx, |ui| {
        ui.set_width(width);
        content(ui, actions);
    });
    if response.should_close() {
        actions.push(Action::CloseDialog);
    }
}
