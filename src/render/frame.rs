use std::sync::Arc;

use glam::{DVec2, dvec2};

use super::plan::PxRect;
use crate::camera::ImageView;
use crate::field::FieldRecord;

/// What of a picture is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ViewMode {
    /// The field, evaluated at every screen pixel.
    #[default]
    Field,
    /// The source picture: its own pixels where magnified, averaged where made smaller.
    Source,
    /// The source to the left of the split, the field to the right of it.
    Split,
    /// The difference of field and source, as colours ([`error_color`](super::error_color)).
    Error,
    /// The source, magnified by repeating pixels.
    Nearest,
    /// The source, magnified by Catmull-Rom interpolation.
    Bicubic,
}

impl ViewMode {
    /// Whether the field is seen.
    #[must_use]
    pub fn needs_field(self) -> bool {
        matches!(self, Self::Field | Self::Split | Self::Error)
    }

    /// Whether the source is seen.
    #[must_use]
    pub fn needs_source(self) -> bool {
        self != Self::Field
    }
}

/// What is to be seen in one frame.
///
/// A mode that needs the source shows the field where there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImageFrame {
    /// Pan and zoom.
    pub view: ImageView,
    /// The viewport, in physical pixels.
    pub viewport_px: (u32, u32),
    /// The picture's own size, which `view` speaks of.
    pub picture_px: (u32, u32),
    /// What is shown.
    pub mode: ViewMode,
    /// For [`ViewMode::Split`]: where the divider is, from 0 to 1 across the viewport.
    pub split: f32,
    /// For [`ViewMode::Error`]: what a difference is multiplied by before it becomes a colour.
    pub error_scale: f32,
    /// Around the picture, sRGB-encoded.
    pub background: [f32; 3],
    /// Whether the view is in motion: then only the coarse pass is evaluated.
    pub is_moving: bool,
}

/// How far the picture is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameState {
    /// Whether every screen pixel shows the field at its own centre, and nothing is left to be done.
    pub is_exact: bool,
    /// Samples evaluated, from 0 to 1.
    pub fraction: f32,
    /// Whether another frame is wanted at once. False while a worker is evaluating: it calls `wake`.
    pub needs_repaint: bool,
}

impl FrameState {
    /// Nothing is left to be done.
    pub(super) const EXACT: Self = Self { is_exact: true, fraction: 1.0, needs_repaint: false };
}

/// What a canvas is a picture of: a field through a view.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) field: Arc<FieldRecord>,
    pub(super) view: ImageView,
    /// Pixels of the canvas, which fills the viewport.
    pub(super) size_px: (u32, u32),
    pub(super) picture_px: (u32, u32),
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        self.is_field_of(other)
            && (self.view, self.size_px, self.picture_px) == (other.view, other.size_px, other.picture_px)
    }
}

pub(super) fn size(px: (u32, u32)) -> DVec2 {
    dvec2(f64::from(px.0), f64::from(px.1))
}

impl Target {
    /// Side of the overview, in samples: coarse, and there at once.
    const OVERVIEW_PX: f64 = 128.0;

    /// The whole picture at a small size, which stands in where no other canvas has been.
    pub(super) fn overview(&self) -> Self {
        let picture = size(self.picture_px).max(DVec2::ONE);
        let zoom = Self::OVERVIEW_PX / picture.max_element();
        let px = (picture * zoom).ceil().max(DVec2::ONE);
        let view = ImageView { center_px: picture / 2.0, zoom };
        Self { view, size_px: (px.x as u32, px.y as u32), ..self.clone() }
    }

    /// Whether the very same field is seen.
    pub(super) fn is_field_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.field, &other.field)
    }

    /// Field coordinates of the rows' and the columns' pixel centres: f64 mathematics, rounded once.
    pub(super) fn coordinates(&self) -> (Vec<f32>, Vec<f32>) {
        let (viewport, picture) = (size(self.size_px), size(self.picture_px));
        let at = |px: DVec2| {
            ImageView::field_from_picture(self.view.picture_from_screen(px, viewport), picture).as_vec2()
        };
        let rows = (0..self.size_px.1).map(|y| at(dvec2(0.5, f64::from(y) + 0.5)).x).collect();
        let columns = (0..self.size_px.0).map(|x| at(dvec2(f64::from(x) + 0.5, 0.5)).y).collect();
        (rows, columns)
    }

    /// The canvas pixels where the picture is.
    pub(super) fn visible(&self) -> PxRect {
        let viewport = size(self.size_px);
        let from = self.view.screen_from_picture(DVec2::ZERO, viewport).floor();
        let to = self.view.screen_from_picture(size(self.picture_px), viewport).ceil();
        let (from, to) = (from.clamp(DVec2::ZERO, viewport), to.clamp(DVec2::ZERO, viewport));
        PxRect { x0: from.x as u32, y0: from.y as u32, x1: to.x as u32, y1: to.y as u32 }
            .aligned(self.size_px)
    }

    /// How canvas pixels follow from screen pixels of another view: `screen * scale + offset`.
    pub(super) fn place_in(&self, view: &ImageView, viewport_px: (u32, u32)) -> (f64, DVec2) {
        let scale = self.view.zoom / view.zoom;
        let shift = (view.center_px - self.view.center_px) * self.view.zoom;
        (scale, size(self.size_px) / 2.0 + shift - size(viewport_px) / 2.0 * scale)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::field::{Architecture, Field, FieldKind, Layer};

    fn target(view: ImageView, size_px: (u32, u32)) -> Target {
        let architecture = Architecture::siren_image();
        let layers = architecture
            .layer_shapes()
            .into_iter()
            .map(|shape| Layer { weight: vec![0.0; shape.d_in * shape.d_out], bias: vec![0.0; shape.d_out] })
            .collect();
        let field = Arc::new(FieldRecord {
            field: Field::new(architecture, layers).unwrap(),
            others: Vec::new(),
            kind: FieldKind::Image { width: 64, height: 48 },
            source: None,
            model: None,
            extra: BTreeMap::new(),
        });
        Target { field, view, size_px, picture_px: (64, 48) }
    }

    #[test]
    fn coordinates_at_one_to_one_are_pixel_centres() {
        let whole = target(ImageView { center_px: dvec2(32.0, 24.0), zoom: 1.0 }, (64, 48));
        let (rows, columns) = whole.coordinates();
        assert_eq!(rows, crate::field::pixel_centres(48, 0.0, 1.0));
        assert_eq!(columns, crate::field::pixel_centres(64, 0.0, 1.0));
    }

    #[test]
    fn what_lies_outside_the_picture_is_not_evaluated() {
        let small = target(ImageView { center_px: dvec2(32.0, 24.0), zoom: 0.5 }, (100, 100));
        assert_eq!(small.visible(), PxRect { x0: 32, y0: 32, x1: 72, y1: 64 });
        let away = target(ImageView { center_px: dvec2(-900.0, 24.0), zoom: 1.0 }, (100, 100));
        assert!(away.visible().is_empty());
    }

    #[test]
    fn a_canvas_is_found_again_through_another_view() {
        let old = target(ImageView { center_px: dvec2(20.0, 20.0), zoom: 3.0 }, (100, 80));
        let view = ImageView { center_px: dvec2(21.0, 18.5), zoom: 4.5 };
        let (scale, offset) = old.place_in(&view, (90, 60));
        let picture = dvec2(17.25, 22.0);
        let screen = view.screen_from_picture(picture, dvec2(90.0, 60.0));
        let canvas = old.view.screen_from_picture(picture, dvec2(100.0, 80.0));
        assert!((screen * scale + offset - canvas).length() < 1e-9);
    }
}
