use super::{Evaluator, FieldRecord};

/// A rectangle of a picture, in fractions of its width and height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// Left.
    pub x0: f64,
    /// Top.
    pub y0: f64,
    /// Right.
    pub x1: f64,
    /// Bottom.
    pub y1: f64,
}

impl Region {
    /// All of the picture.
    pub const WHOLE: Self = Self { x0: 0.0, y0: 0.0, x1: 1.0, y1: 1.0 };
}

/// The centres of `count` pixels that share the stretch from `from` to `to`, in fractions of the picture,
/// as field coordinates: the picture is [-1, 1].
#[must_use]
pub fn pixel_centres(count: u32, from: f64, to: f64) -> Vec<f32> {
    let step = (to - from) / f64::from(count.max(1));
    (0..count).map(|index| (2.0 * (from + (f64::from(index) + 0.5) * step) - 1.0) as f32).collect()
}

impl FieldRecord {
    /// An image field as a picture of any size, of the whole or of a part of it.
    ///
    /// # Shapes
    /// - result: `[height, width, 3]`, sRGB-encoded, in [0, 1]
    #[must_use]
    pub fn render(&self, width: u32, height: u32, region: Region) -> Vec<f32> {
        let rows = pixel_centres(height, region.y0, region.y1);
        let columns = pixel_centres(width, region.x0, region.x1);
        let mut values = Evaluator::new(&self.field).evaluate_grid(&rows, &columns);
        for value in &mut values {
            *value = value.clamp(0.0, 1.0);
        }
        values
    }
}
