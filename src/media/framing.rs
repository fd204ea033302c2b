use super::Picture;
use super::resize::{resize, resize_part, shrunk};

/// How a picture of any shape becomes the one that the field is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Framing {
    /// The central square.
    #[default]
    Crop,
    /// The whole picture inside a square, the rest filled with the background.
    Fit,
    /// The whole picture, its own shape kept for the field and pressed into the backbone's square.
    Stretch,
}

impl Framing {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Crop, Self::Fit, Self::Stretch];

    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Crop => "crop",
            Self::Fit => "fit",
            Self::Stretch => "stretch",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|framing| framing.name() == name)
    }
}

/// A picture framed, its longer side at most `side_px` pixels; never enlarged. `background` (sRGB) fills what
/// [`Framing::Fit`] leaves free.
#[must_use]
pub fn frame(picture: &Picture, framing: Framing, side_px: u32, background: [u8; 3]) -> Picture {
    match framing {
        Framing::Crop => {
            let square = picture.width().min(picture.height());
            let side = square.min(side_px).max(1);
            // Whole pixels, so that a picture that need not shrink is copied exactly.
            let (x, y) = ((picture.width() - square) / 2, (picture.height() - square) / 2);
            resize_part(picture, x.into(), y.into(), square.into(), square.into(), side, side)
        }
        Framing::Fit => fit(picture, side_px, background),
        Framing::Stretch => {
            let (width, height) = shrunk(picture.width(), picture.height(), side_px);
            resize(picture, width, height)
        }
    }
}

fn fit(picture: &Picture, side_px: u32, background: [u8; 3]) -> Picture {
    let (width, height) = shrunk(picture.width(), picture.height(), side_px);
    let side = width.max(height);
    centred(resize(picture, width, height), side, side, background)
}

/// A picture made smaller, in the middle of one of its old size.
#[must_use]
pub fn inset(picture: &Picture, width: u32, height: u32, background: [u8; 3]) -> Picture {
    let inner = resize(picture, width.min(picture.width()), height.min(picture.height()));
    centred(inner, picture.width(), picture.height(), background)
}

/// In the middle of a picture that is no smaller.
fn centred(inner: Picture, width: u32, height: u32, background: [u8; 3]) -> Picture {
    let behind = background.map(|value| u16::from(value) * 257);
    let mut rgb = behind.repeat(width as usize * height as usize);
    let (x, y) = ((width - inner.width()) as usize / 2, (height - inner.height()) as usize / 2);
    let rows = rgb.chunks_exact_mut(width as usize * 3).skip(y);
    for (row, from) in rows.zip(inner.rgb().chunks_exact(inner.width() as usize * 3)) {
        row[x * 3..][..from.len()].copy_from_slice(from);
    }
    Picture::new(width, height, rgb).unwrap_or(inner)
}
