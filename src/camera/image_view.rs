use glam::{DVec2, dvec2};

/// Pan and zoom over a picture.
///
/// Picture space: pixels of the reference, x right, y down, the picture covering
/// `[0, width] x [0, height]`. Screen space: physical pixels of the viewport, origin at its top left.
/// f64, because zoom goes far beyond the picture's own pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImageView {
    /// The picture point at the viewport's centre.
    pub center_px: DVec2,
    /// Screen pixels for one picture pixel.
    pub zoom: f64,
}

impl ImageView {
    /// Screen pixels for one picture pixel, at most.
    pub const MAX_ZOOM: f64 = 65_536.0;
    /// Screen pixels for one picture pixel, at least.
    pub const MIN_ZOOM: f64 = 1.0 / 64.0;

    /// The whole picture, centred, as large as fits.
    #[must_use]
    pub fn fit(picture_px: DVec2, viewport_px: DVec2) -> Self {
        let ratio = viewport_px / picture_px.max(DVec2::ONE);
        Self { center_px: picture_px / 2.0, zoom: ratio.min_element().clamp(Self::MIN_ZOOM, Self::MAX_ZOOM) }
    }

    /// The picture point under a screen point.
    #[must_use]
    pub fn picture_from_screen(&self, screen_px: DVec2, viewport_px: DVec2) -> DVec2 {
        self.center_px + (screen_px - viewport_px / 2.0) / self.zoom
    }

    /// The screen point of a picture point.
    #[must_use]
    pub fn screen_from_picture(&self, picture_px: DVec2, viewport_px: DVec2) -> DVec2 {
        (picture_px - self.center_px) * self.zoom + viewport_px / 2.0
    }

    /// Zoom by a factor, the picture point under `anchor_px` staying where it is.
    #[must_use]
    pub fn zoomed(&self, factor: f64, anchor_px: DVec2, viewport_px: DVec2) -> Self {
        let fixed = self.picture_from_screen(anchor_px, viewport_px);
        let zoom = (self.zoom * factor).clamp(Self::MIN_ZOOM, Self::MAX_ZOOM);
        Self { center_px: fixed - (anchor_px - viewport_px / 2.0) / zoom, zoom }
    }

    /// Move with a drag of this many screen pixels.
    #[must_use]
    pub fn panned(&self, delta_px: DVec2) -> Self {
        Self { center_px: self.center_px - delta_px / self.zoom, zoom: self.zoom }
    }

    /// Keep the centre inside the picture, so that it cannot be lost.
    #[must_use]
    pub fn kept_inside(&self, picture_px: DVec2) -> Self {
        Self { center_px: self.center_px.clamp(DVec2::ZERO, picture_px), zoom: self.zoom }
    }

    /// The field coordinate `(row, column)` of a picture point: the picture covers [-1, 1] squared.
    #[must_use]
    pub fn field_from_picture(picture_px: DVec2, size_px: DVec2) -> DVec2 {
        dvec2(2.0 * picture_px.y / size_px.y - 1.0, 2.0 * picture_px.x / size_px.x - 1.0)
    }
}
