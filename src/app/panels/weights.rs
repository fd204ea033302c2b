//! The numbers of a field, as pictures that change while it is refined.

use std::sync::Arc;

use eframe::egui::{
    Color32, ColorImage, Rect, Role, Sense, TextureHandle, TextureOptions, Ui, WidgetInfo, pos2, vec2,
};

use super::widgets::{Choice, segments};
use crate::app::item::Item;
use crate::app::state::State;
use crate::app::theme::{palette, size};
use crate::field::{Field, FieldRecord};

/// Of all weights of a layer, the part that has less than the full colour.
const WITHIN: f64 = 0.99;

/// What the weights are shown of, and their textures: one for each layer.
pub(crate) struct Shown {
    record: Arc<FieldRecord>,
    written: Option<Arc<FieldRecord>>,
    network: usize,
    is_change: bool,
    is_dark: bool,
    layers: Vec<Shade>,
}

/// A layer's picture: `d_in` wide and `d_out` high.
struct Shade {
    texture: TextureHandle,
    d_in: usize,
    d_out: usize,
    /// What has the full colour.
    largest: f32,
}

/// Whether the weights are shown themselves, or how far they are from what was written.
#[derive(Default)]
pub(crate) struct Weights {
    is_change: bool,
    shown: Option<Shown>,
}

/// Every layer's weight matrix, of a sound those of the window that is heard.
pub(crate) fn show(ui: &mut Ui, state: &State, item: &Item, weights: &mut Weights) {
    let Some(record) = item.record() else { return };
    let is_refined = item.written.as_ref().is_some_and(|written| !Arc::ptr_eq(written, record));
    let layout = record.sound();
    let network = layout.map_or(0, |layout| layout.place(state.player.position_secs).0);
    ui.horizontal(|ui| {
        let why_not = "The field is as it was written";
        let choices = [
            (false, "Weights", "A row for each neuron of a layer, a column for each of its inputs", true),
            (
                true,
                "Change",
                if is_refined { "How far refining has moved each" } else { why_not },
                is_refined,
            ),
        ]
        .map(|(value, name, tip, is_possible)| Choice { value, name, tip: tip.into(), is_possible });
        if let Some(is_change) = segments(ui, weights.is_change, &choices) {
            weights.is_change = is_change;
        }
        if let Some(layout) = layout {
            ui.label(format!("window {} of {}", network + 1, layout.num_windows()))
                .on_hover_text("The network of the window under the play head");
        }
    });
    let is_change = weights.is_change && is_refined;
    let is_dark = ui.visuals().dark_mode;
    let is_same = weights.shown.as_ref().is_some_and(|own| {
        let same = |one: &Option<Arc<FieldRecord>>| match (one, &item.written) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        Arc::ptr_eq(&own.record, record)
            && same(&own.written)
            && (own.network, own.is_change, own.is_dark) == (network, is_change, is_dark)
    });
    if !is_same {
        let before = if is_change { item.written.as_ref() } else { None };
        weights.shown = record.fields().nth(network).map(|field| Shown {
            layers: shades(ui, field, before.and_then(|before| before.fields().nth(network))),
            record: Arc::clone(record),
            written: item.written.clone(),
            network,
            is_change,
            is_dark,
        });
    }
    let Some(shown) = &weights.shown else { return };
    for (index, shade) in shown.layers.iter().enumerate() {
        draw(ui, index, shade, is_change);
    }
}

fn draw(ui: &mut Ui, index: usize, shade: &Shade, is_change: bool) {
    let height = (shade.d_out as f32 * size::WEIGHT_ROW).min(size::WEIGHTS_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    ui.painter().image(shade.texture.id(), rect, whole, Color32::WHITE);
    let what = if is_change { "change of the weights" } else { "weights" };
    let text = format!(
        "Layer {}: {what}, {} inputs to {} outputs, full colour at {:.3}",
        index + 1,
        shade.d_in,
        shade.d_out,
        shade.largest
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &text));
    response.on_hover_text(text);
}

/// A texture for each layer of a field, or of how far it is from another.
fn shades(ui: &Ui, field: &Field, before: Option<&Field>) -> Vec<Shade> {
    let palette = palette(ui);
    let shade = |index: usize| -> Option<Shade> {
        let layer = field.layers().get(index)?;
        let d_out = layer.bias.len();
        let d_in = layer.weight.len() / d_out.max(1);
        let own = before.and_then(|before| before.layers().get(index));
        let value = |at: usize| layer.weight[at] - own.map_or(0.0, |own| own.weight[at]);
        let mut sizes: Vec<f32> = (0..layer.weight.len()).map(|at| value(at).abs()).collect();
        let place = (sizes.len().checked_sub(1)? as f64 * WITHIN) as usize;
        let largest = *sizes.select_nth_unstable_by(place, f32::total_cmp).1;
        let scale = if largest > 0.0 { largest.recip() } else { 0.0 };
        let color = |value: f32| {
            let full = if value < 0.0 { palette.warning } else { palette.accent };
            palette.canvas.lerp_to_gamma(full, (value.abs() * scale).min(1.0))
        };
        let pixels = (0..d_out).flat_map(|row| (0..d_in).map(move |column| column * d_out + row));
        let image = ColorImage::new([d_in, d_out], pixels.map(|at| color(value(at))).collect());
        let texture = ui.ctx().load_texture("weights", image, TextureOptions::LINEAR);
        Some(Shade { texture, d_in, d_out, largest })
    };
    (0..field.layers().len()).filter_map(shade).collect()
}
