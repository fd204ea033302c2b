use std::sync::Arc;

use moxcms::{CmsError, ColorProfile, DataColorSpace, Layout, Transform16BitExecutor, TransformOptions};

/// The way from a profile's colours to sRGB.
pub(super) struct ToSrgb {
    is_grey: bool,
    transform: Arc<Transform16BitExecutor>,
}

impl ToSrgb {
    /// `None`, with a warning, for a profile that is broken or for neither RGB nor grey: many a file carries
    /// one and is readable all the same.
    pub(super) fn from_icc(icc: &[u8]) -> Option<Self> {
        Self::build(icc)
            .inspect_err(|err| tracing::warn!("the picture's colour profile is ignored: {err}"))
            .ok()
            .flatten()
    }

    fn build(icc: &[u8]) -> Result<Option<Self>, CmsError> {
        let profile = ColorProfile::new_from_slice(icc)?;
        let (is_grey, layout) = match profile.color_space {
            DataColorSpace::Rgb => (false, Layout::Rgb),
            DataColorSpace::Gray => (true, Layout::Gray),
            // CMYK files are turned into RGB by their decoders.
            other => {
                tracing::warn!("the picture's colour profile is for {other:?} and is ignored");
                return Ok(None);
            }
        };
        let options = TransformOptions { prefer_fixed_point: false, ..TransformOptions::default() };
        let srgb = ColorProfile::new_srgb();
        let transform = profile.create_transform_16bit(layout, &srgb, Layout::Rgb, options)?;
        Ok(Some(Self { is_grey, transform }))
    }

    /// Whether it is for pictures of this many channels, alpha counted.
    pub(super) fn fits(&self, channels: usize) -> bool {
        let fits = !self.is_grey || channels <= 2;
        if !fits {
            tracing::warn!("the picture's colour profile is for grey and the picture is not: ignored");
        }
        fits
    }

    /// # Shapes
    /// - `rgb`: `[pixels, 3]`, of which a grey profile reads the first channel
    pub(super) fn apply(&self, rgb: &mut [u16]) {
        let source: Vec<u16> =
            if self.is_grey { rgb.iter().step_by(3).copied().collect() } else { rgb.to_vec() };
        if let Err(err) = self.transform.transform(&source, rgb) {
            tracing::warn!("the picture's colour profile could not be applied: {err}");
        }
    }
}
