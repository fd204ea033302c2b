//! The view of a sound: its waveform, how well each window is met, its spectrogram, and the play head.

use std::sync::Arc;
use std::time::Duration;

use eframe::egui::{
    Align2, Button, Color32, ComboBox, Painter, PointerButton, Rect, Response, RichText, Role, Sense, Stroke,
    Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::layout::Panels;
use super::overlay::chip;
use super::{overlay, sound_toolbar, spectrum};
use crate::app::action::Action;
use crate::app::item::Item;
use crate::app::listening::Seen;
use crate::app::sound_look::SoundChange;
use crate::app::state::State;
use crate::app::theme::{palette, size, space};
use crate::media::Overview;

/// Between two frames while something plays.
const FRAME: Duration = Duration::from_millis(33);
/// Zoom by one point of the wheel.
const ZOOM_PER_POINT: f64 = 0.005;
/// Of the view's height, what the waveform has.
const WAVE_PART: f32 = 0.48;
/// The ratio of signal to noise that is drawn as the best, in dB.
const BEST_DB: f32 = 40.0;

/// Seconds of the sound as places on the screen.
#[derive(Clone, Copy)]
struct Span {
    begin: f64,
    end: f64,
    left: f32,
    width: f32,
}

impl Span {
    fn x(self, secs: f64) -> f32 {
        self.left + ((secs - self.begin) / (self.end - self.begin)) as f32 * self.width
    }

    fn secs(self, x: f32) -> f64 {
        self.begin + f64::from((x - self.left) / self.width) * (self.end - self.begin)
    }
}

pub(crate) fn show(
    ui: &mut Ui,
    state: &State,
    item: &Item,
    panels: &mut Panels,
    rect: Rect,
    response: &Response,
    actions: &mut Vec<Action>,
) {
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Image, true, format!("Waveform and spectrogram of {}", item.name))
    });
    ui.painter().rect_filled(rect, 0.0, palette(ui).canvas);
    let seen = panels.seen_sound.clone().filter(|seen| seen.item == item.id && seen.duration_secs > 0.0);
    let Some(seen) = seen else {
        overlay::activity(ui, state, item, panels, rect);
        return;
    };
    let (begin, end) = item.sound.view_secs.unwrap_or((0.0, seen.duration_secs));
    let inner = rect.shrink2(vec2(space::M, 0.0));
    let span = Span { begin, end, left: inner.left(), width: inner.width() };
    steer(ui, span, item, &seen, response, actions);
    let bar = size::TOOLBAR_HEIGHT;
    let wave_height = (rect.height() - 2.0 * bar) * WAVE_PART;
    let wave = Rect::from_min_size(inner.min + vec2(0.0, space::S), vec2(inner.width(), wave_height));
    let strip = Rect::from_min_size(wave.left_bottom(), vec2(inner.width(), size::WINDOW_STRIP));
    let tools = Rect::from_min_size(strip.left_bottom(), vec2(inner.width(), bar));
    let below = Rect::from_min_max(tools.left_bottom(), inner.max - vec2(0.0, bar));
    waves(ui, &seen, span, wave);
    windows(ui, &seen, span, strip);
    let builder = UiBuilder::new().max_rect(tools);
    ui.scope_builder(builder, |ui| {
        ui.horizontal_centered(|ui| sound_toolbar::spectrum(ui, state.look.sound, actions));
    });
    spectrum::draw(ui, &seen, state.look.sound, &mut panels.spectrum, (span.begin, span.end), below);
    for rect in [Rect::from_min_max(wave.min, strip.max), below] {
        marks(ui, state, item, span, rect);
    }
    let bottom = Rect::from_min_max(pos2(inner.left(), inner.bottom() - bar), inner.max);
    let builder = UiBuilder::new().max_rect(bottom);
    ui.scope_builder(builder, |ui| {
        ui.horizontal_centered(|ui| transport(ui, state, &seen, actions));
    });
    if state.player.is_playing {
        ui.ctx().request_repaint_after(FRAME);
    }
    if item.opening.is_some() || item.record().is_none() {
        overlay::activity(ui, state, item, panels, rect);
    }
}

/// Wheel, click, drag and double-click.
fn steer(ui: &Ui, span: Span, item: &Item, seen: &Arc<Seen>, response: &Response, actions: &mut Vec<Action>) {
    let mut change = |change| actions.push(Action::Sound(change));
    if response.double_clicked() {
        change(SoundChange::View(None));
        change(SoundChange::Select(None));
        return;
    }
    let at = response.interact_pointer_pos().map(|at| span.secs(at.x));
    if let (true, Some(secs)) = (response.clicked(), at) {
        change(SoundChange::Seek(secs));
    }
    let has_shift = ui.input(|input| input.modifiers.shift);
    let is_panning = response.dragged_by(PointerButton::Middle)
        || (response.dragged_by(PointerButton::Primary) && has_shift);
    if is_panning {
        let moved = span.secs(span.left) - span.secs(span.left + response.drag_delta().x);
        change(SoundChange::View(Some((span.begin + moved, span.end + moved))));
    } else if response.dragged_by(PointerButton::Primary)
        && let (Some(secs), Some(origin)) = (at, ui.input(|input| input.pointer.press_origin()))
    {
        change(SoundChange::Select(Some((span.secs(origin.x), secs))));
    }
    let Some(pointer) = response.hover_pos() else { return };
    let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
    let factor = (f64::from(scroll.y) * ZOOM_PER_POINT).exp() * f64::from(pinch);
    if (factor - 1.0).abs() > f64::EPSILON {
        let middle = span.secs(pointer.x);
        let view = (middle - (middle - span.begin) / factor, middle + (span.end - middle) / factor);
        let is_whole = item.sound.view_secs.is_none() && view.1 - view.0 >= seen.duration_secs;
        if !is_whole {
            change(SoundChange::View(Some(view)));
        }
    }
}

/// Source and field, one over the other.
fn waves(ui: &Ui, seen: &Seen, span: Span, rect: Rect) {
    let palette = palette(ui);
    let loudest = [&seen.source, &seen.field]
        .into_iter()
        .flatten()
        .filter_map(|own| own.extent(0, own.samples().len()).map(|own| own.max.max(-own.min)));
    let scale = 1.0 / loudest.fold(1e-3f32, f32::max);
    let painter = ui.painter_at(rect);
    painter.hline(rect.x_range(), rect.center().y, Stroke::new(size::LINE, palette.line));
    let of_source = (palette.text_weak.gamma_multiply(0.55), palette.text_weak);
    let of_field = (palette.accent.gamma_multiply(0.6), palette.accent);
    for (overview, colors) in [(&seen.source, of_source), (&seen.field, of_field)] {
        if let Some(overview) = overview {
            wave(&painter, overview, seen.rate_hz, span, rect, scale, colors);
        }
    }
    chip(ui, rect.left_top(), Align2::LEFT_TOP, "Source grey, field blue");
}

fn wave(
    painter: &Painter,
    overview: &Overview,
    rate_hz: u32,
    span: Span,
    rect: Rect,
    scale: f32,
    (outer, inner): (Color32, Color32),
) {
    let y = |value: f32| rect.center().y - value * scale * rect.height() * 0.48;
    let rate = f64::from(rate_hz);
    let pixel = 1.0 / painter.pixels_per_point();
    let samples_per_pixel = (span.secs(span.left + pixel) - span.begin) * rate;
    if samples_per_pixel < 1.0 {
        let (first, last) = ((span.begin * rate) as usize, (span.end * rate).ceil() as usize + 1);
        let samples = overview.samples().iter().enumerate().take(last).skip(first);
        let points = samples.map(|(index, value)| pos2(span.x((index as f64 + 0.5) / rate), y(*value)));
        painter.line(points.collect(), Stroke::new(size::CURVE_THIN_LINE, inner));
        return;
    }
    let columns = (rect.width() / pixel) as usize;
    for column in 0..columns {
        let x = rect.left() + column as f32 * pixel;
        let at = |x: f32| (span.secs(x) * rate).max(0.0) as usize;
        let Some(own) = overview.extent(at(x), at(x + pixel).max(at(x) + 1)) else { continue };
        let line = |top: f32, bottom: f32, color| {
            painter.vline(x, y(top)..=y(bottom), Stroke::new(pixel, color));
        };
        line(own.max, own.min, outer);
        line(own.rms.min(own.max), (-own.rms).max(own.min), inner);
    }
}

/// How well each window is met: green is 40 dB and more.
fn windows(ui: &mut Ui, seen: &Seen, span: Span, rect: Rect) {
    let palette = palette(ui);
    let next = |index: usize| seen.windows.get(index + 1).map_or(seen.duration_secs, |(begin, _)| *begin);
    for (index, (begin, db)) in seen.windows.iter().enumerate() {
        let (left, right) = (span.x(*begin).max(rect.left()), span.x(next(index)).min(rect.right()));
        if right <= left {
            continue;
        }
        let part = (db / BEST_DB).clamp(0.0, 1.0);
        let color = palette.error.lerp_to_gamma(palette.accent, part);
        ui.painter().rect_filled(
            Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom())),
            0.0,
            color,
        );
    }
    let id = ui.scope_id().with("windows");
    let response = ui.interact(rect, id, Sense::hover());
    let Some(pointer) = response.hover_pos() else { return };
    let secs = span.secs(pointer.x);
    let index = seen.windows.partition_point(|(begin, _)| *begin <= secs).saturating_sub(1);
    if let Some((begin, db)) = seen.windows.get(index) {
        response.on_hover_text(format!(
            "Window {} of {}, from {begin:.3} s: signal to noise {db:.1} dB",
            index + 1,
            seen.windows.len()
        ));
    }
}

/// Selection, play head, and where the pointer is.
fn marks(ui: &Ui, state: &State, item: &Item, span: Span, rect: Rect) {
    let palette = palette(ui);
    if let Some((begin, end)) = item.sound.selection_secs {
        let (left, right) = (span.x(begin).max(rect.left()), span.x(end).min(rect.right()));
        if right > left {
            let selected = Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom()));
            ui.painter().rect_filled(selected, 0.0, palette.accent.gamma_multiply(0.16));
            ui.painter().rect_stroke(
                selected,
                0.0,
                Stroke::new(size::LINE, palette.accent),
                eframe::egui::StrokeKind::Inside,
            );
        }
    }
    let x = span.x(state.player.position_secs);
    if rect.x_range().contains(x) && state.player.duration_secs > 0.0 {
        ui.painter().vline(x, rect.y_range(), Stroke::new(size::SPLIT_LINE, palette.warning));
    }
}

/// Play, position, meter, and what plays it.
fn transport(ui: &mut Ui, state: &State, seen: &Seen, actions: &mut Vec<Action>) {
    let player = &state.player;
    let name = if player.is_playing { "Pause" } else { "Play" };
    let button = ui.add_sized([size::NUMBER_WIDTH, size::CONTROL_HEIGHT], Button::new(name));
    if button.on_hover_text("Play or pause (Space)").clicked() {
        actions.push(Action::Sound(SoundChange::TogglePlay));
    }
    let text = format!("{:.2} of {:.2} s", player.position_secs, seen.duration_secs);
    ui.label(RichText::new(text).monospace().color(palette(ui).text_strong));
    meter(ui, player.peak, player.clipped);
    if player.xruns > 0 {
        let text = if player.xruns == 1 { "1 gap".into() } else { format!("{} gaps", player.xruns) };
        let label = ui.label(RichText::new(text).color(palette(ui).warning));
        label.on_hover_text("How often the sound was not ready when the device wanted it");
    }
    ui.scope(|ui| {
        ui.set_max_width(size::OUTPUT_WIDTH);
        output(ui, state, actions);
    });
    let (text, color) = match (&player.notice, &player.device) {
        (Some(notice), _) => (notice.clone(), palette(ui).warning),
        (None, Some(_)) => (format!("{} Hz", player.sample_rate_hz), palette(ui).text_weak),
        (None, None) => (String::new(), palette(ui).text_weak),
    };
    let label = eframe::egui::Label::new(RichText::new(&text).small().color(color)).truncate();
    ui.add(label).on_hover_text(&text);
}

/// What plays it, to choose.
fn output(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let chosen = state.settings.sound_output.as_deref();
    let text = state.player.device.as_deref().or(chosen).unwrap_or("No output");
    let menu = ComboBox::from_id_salt("output").width(size::NUMBER_WIDTH).truncate().selected_text(text);
    let shown = menu.show_ui(ui, |ui| {
        let names = state.outputs.iter().map(|name| (Some(name.as_str()), name.as_str()));
        for (value, name) in std::iter::once((None, "The system's own choice")).chain(names) {
            if ui.selectable_label(value == chosen, name).clicked() {
                actions.push(Action::SetOutput(value.map(str::to_owned)));
            }
        }
    });
    if shown.response.clicked() {
        actions.push(Action::FindOutputs);
    }
    let tip = format!("{text}: the sound output; click to choose another");
    shown.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Sound output"));
    shown.response.on_hover_text(tip);
}

/// The loudest of the last frame, left and right, from -60 dB to full scale.
fn meter(ui: &mut Ui, peaks: [f32; 2], clipped: u64) {
    const LOWEST_DB: f32 = -60.0;
    let (rect, response) =
        ui.allocate_exact_size(vec2(size::PROGRESS_WIDTH / 2.0, size::CONTROL_HEIGHT / 2.0), Sense::hover());
    let palette = palette(ui);
    ui.painter().rect_filled(rect, 0.0, palette.sunken);
    let db = peaks.map(|peak| 20.0 * peak.max(1e-6).log10());
    for (index, db) in db.into_iter().enumerate() {
        let part = (1.0 - db / LOWEST_DB).clamp(0.0, 1.0);
        let height = rect.height() / 2.0;
        let own = Rect::from_min_size(
            rect.min + vec2(0.0, index as f32 * height),
            vec2(rect.width() * part, height - 1.0),
        );
        let color = if clipped > 0 { palette.error } else { palette.accent };
        ui.painter().rect_filled(own, 0.0, color);
    }
    let text = format!("Left {:.1} dB, right {:.1} dB of full scale", db[0], db[1]);
    response.widget_info(|| WidgetInfo::labeled(Role::Meter, true, &text));
    response.on_hover_text(if clipped > 0 {
        format!("{text}; {clipped} amplitudes were cut off: lower the volume")
    } else {
        text
    });
}
