//! A spectrogram, as a texture that is made once for what it shows.

use std::sync::Arc;

use eframe::egui::{Align2, Color32, ColorImage, Rect, TextureHandle, TextureOptions, Ui, pos2};

use super::overlay::chip;
use crate::app::listening::{Levels, Seen};
use crate::app::sound_look::{SoundLook, SpectrumOf};
use crate::app::theme::palette;
use crate::render::error_color;

/// Rows of the texture.
const ROWS: usize = 256;
/// What is brightest, in dB of a full-scale sine.
const BRIGHTEST_DB: f32 = -10.0;
/// Of the levels' difference, what is brightest, in dB.
const FARTHEST_DB: f32 = 30.0;

/// What is shown, and the texture of it.
pub(crate) struct Shown {
    seen: Arc<Seen>,
    look: SoundLook,
    texture: TextureHandle,
}

/// Draw the part between two instants.
pub(crate) fn draw(
    ui: &Ui,
    seen: &Arc<Seen>,
    look: SoundLook,
    shown: &mut Option<Shown>,
    (begin, end): (f64, f64),
    rect: Rect,
) {
    ui.painter().rect_filled(rect, 0.0, Color32::BLACK);
    let is_same = shown.as_ref().is_some_and(|own| {
        Arc::ptr_eq(&own.seen, seen)
            && (own.look.spectrum, own.look.scale, own.look.range_db)
                == (look.spectrum, look.scale, look.range_db)
    });
    if !is_same {
        *shown = image(seen, &look).map(|image| Shown {
            seen: Arc::clone(seen),
            look,
            texture: ui.ctx().load_texture("spectrogram", image, TextureOptions::LINEAR),
        });
    }
    let Some(shown) = shown else {
        ui.painter().text(
            rect.center(),
            Align2::CENTER_CENTER,
            "There is nothing to show yet",
            eframe::egui::FontId::default(),
            palette(ui).text_weak,
        );
        return;
    };
    let part = |secs: f64| (secs / seen.duration_secs) as f32;
    let uv = Rect::from_min_max(pos2(part(begin), 0.0), pos2(part(end), 1.0));
    ui.painter().image(shown.texture.id(), rect, uv, Color32::WHITE);
    let highest = f64::from(seen.rate_hz) / 2.0;
    for step in 1..4 {
        let height = f64::from(step) / 4.0;
        let hz = look.scale.frequency_hz(height, highest);
        let text = if hz < 1_000.0 { format!("{hz:.0} Hz") } else { format!("{:.1} kHz", hz / 1e3) };
        chip(
            ui,
            pos2(rect.left(), rect.bottom() - height as f32 * rect.height()),
            Align2::LEFT_CENTER,
            &text,
        );
    }
}

/// The texture's pixels; `None` if what it would show is not there.
fn image(seen: &Seen, look: &SoundLook) -> Option<ColorImage> {
    let (first, second) = match look.spectrum {
        SpectrumOf::Field => (seen.field_levels.as_ref()?, None),
        SpectrumOf::Source => (seen.source_levels.as_ref()?, None),
        SpectrumOf::Difference => (seen.source_levels.as_ref()?, Some(seen.field_levels.as_ref()?)),
    };
    let frames = first.frames.min(second.map_or(usize::MAX, |own| own.frames));
    let highest = f64::from(seen.rate_hz) / 2.0;
    let mut pixels = Vec::with_capacity(frames * ROWS);
    for row in 0..ROWS {
        let height = 1.0 - (row as f64 + 0.5) / ROWS as f64;
        let bin = look.scale.frequency_hz(height, highest) / highest * (first.bins - 1) as f64;
        for frame in 0..frames {
            let own = first.at(frame, bin);
            let value = match second {
                None => 1.0 - (BRIGHTEST_DB - own) / look.range_db,
                Some(other) => {
                    // What lies below the darkest of both is not heard.
                    let darkest = BRIGHTEST_DB - look.range_db;
                    (own.max(darkest) - other.at(frame, bin).max(darkest)).abs() / FARTHEST_DB
                }
            };
            let [red, green, blue] = error_color(value);
            pixels.push(Color32::from_rgb(red, green, blue));
        }
    }
    Some(ColorImage::new([frames, ROWS], pixels))
}

impl Levels {
    /// Between two bins.
    fn at(&self, frame: usize, bin: f64) -> f32 {
        let below = (bin as usize).min(self.bins - 2);
        let part = (bin - below as f64).clamp(0.0, 1.0) as f32;
        let own = &self.db[frame * self.bins..][..self.bins];
        own[below] + part * (own[below + 1] - own[below])
    }
}
