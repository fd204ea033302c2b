use rand::{Rng, RngExt};

use crate::media::{Picture, resize_part};

/// The smallest random crop, as a part of the picture's shorter side.
const LEAST_CROP: f64 = 0.3;

/// One picture of a folder.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its path inside the folder, written with `/`.
    pub relative: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// The picture, reduced if it was large.
    pub picture: Picture,
}

impl Entry {
    /// A square of it at any place, at `side_px` pixels, mirrored half of the time. The square's side is drawn
    /// log-uniformly between `max(side_px, 0.3 * shorter side)` and the shorter side; a picture smaller than
    /// `side_px` gives its shorter side, enlarged.
    #[must_use]
    pub fn random_crop(&self, side_px: u32, rng: &mut impl Rng) -> Picture {
        let (width, height) = self.size();
        let most = width.min(height);
        let least = f64::from(side_px).max(LEAST_CROP * most).min(most);
        let side = (least.ln() + rng.random::<f64>() * (most / least).ln()).exp().min(most);
        let x = rng.random::<f64>() * (width - side);
        let y = rng.random::<f64>() * (height - side);
        let crop = resize_part(&self.picture, x, y, side, side, side_px, side_px);
        if rng.random() { crop.mirrored() } else { crop }
    }

    /// The central square of it, at `side_px` pixels.
    #[must_use]
    pub fn centre(&self, side_px: u32) -> Picture {
        let (width, height) = self.size();
        let side = width.min(height);
        // Whole pixels, as in a reference that is cropped.
        let (x, y) = (((width - side) / 2.0).floor(), ((height - side) / 2.0).floor());
        resize_part(&self.picture, x, y, side, side, side_px, side_px)
    }

    fn size(&self) -> (f64, f64) {
        (self.picture.width().into(), self.picture.height().into())
    }
}
