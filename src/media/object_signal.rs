use std::sync::Arc;

use super::foreground::{centred, object_of};
use super::{Cutout, Foreground, MediaError, Picture, resize};
use crate::limits;
use crate::storage::Identity;

/// How the picture of an object is laid before a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ObjectFraming {
    /// Whether a plain background is taken away; alpha always counts.
    pub cuts_background: bool,
    /// Larger than it was found, by a factor.
    pub scale: f64,
    /// To the right and down, in parts of the square.
    pub shift: [f64; 2],
    /// What is behind the object, sRGB; models are trained on white.
    pub background: [u8; 3],
}

impl Default for ObjectFraming {
    fn default() -> Self {
        Self { cuts_background: true, scale: 1.0, shift: [0.0; 2], background: [255; 3] }
    }
}

impl ObjectFraming {
    /// The least and the most that an object is enlarged.
    pub const SCALES: (f64, f64) = (0.25, 4.0);
}

/// The picture of an object, ready to be encoded.
#[derive(Debug, Clone)]
pub struct ObjectSignal {
    /// The file it came from.
    pub identity: Identity,
    /// The object in its square, on nothing.
    pub cutout: Cutout,
    /// How it was told from what is behind it.
    pub foreground: Foreground,
    /// How it was framed.
    pub framing: ObjectFraming,
    /// Width and height of the file's own picture.
    pub original_size: (u32, u32),
    /// As a model of [`limits::OBJECT_SIDE_PX`] a side reads it; for others see [`input`](Self::input).
    pub reference: Arc<Picture>,
}

impl ObjectSignal {
    /// Decode a file's bytes, and find the object in it.
    ///
    /// # Errors
    /// As [`decode`](super::decode).
    pub fn load(identity_name: &str, bytes: &[u8], framing: &ObjectFraming) -> Result<Self, MediaError> {
        let picture = Cutout::decode(bytes)?;
        let (square, foreground) = object_of(&picture, framing.cuts_background);
        let (least, most) = ObjectFraming::SCALES;
        let scale = framing.scale.clamp(least, most);
        let cutout = if (scale, framing.shift) == (1.0, [0.0; 2]) {
            square
        } else {
            let (width, height) = (i64::from(square.width()), i64::from(square.height()));
            let [right, down] = framing.shift.map(|part| (part / scale * width as f64).round() as i64);
            centred(&square, [-right, -down, width - right, height - down], scale)
        };
        let reference = on_square(&cutout, framing.background, limits::OBJECT_SIDE_PX);
        Ok(Self {
            identity: Identity::of(identity_name, bytes),
            foreground,
            framing: *framing,
            original_size: (picture.width(), picture.height()),
            reference: Arc::new(reference),
            cutout,
        })
    }

    /// What a model reads that wants pictures of this side.
    #[must_use]
    pub fn input(&self, side_px: u32) -> Picture {
        self.on(self.framing.background, side_px)
    }

    /// The object in its square, laid on a colour.
    #[must_use]
    pub fn on(&self, background: [u8; 3], side_px: u32) -> Picture {
        on_square(&self.cutout, background, side_px)
    }
}

fn on_square(cutout: &Cutout, background: [u8; 3], side_px: u32) -> Picture {
    resize(&cutout.on(background), side_px, side_px)
}
