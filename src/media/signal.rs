use std::sync::Arc;

use super::{Framing, MediaError, ObjectSignal, Picture, SoundSignal, ViewsSignal, decode, frame};
use crate::limits;
use crate::storage::Identity;

/// What a field is written for.
#[derive(Debug, Clone)]
pub enum Signal {
    /// A picture in itself.
    Image(Arc<ImageSignal>),
    /// A picture of an object.
    Object(Arc<ObjectSignal>),
    /// Pictures of an object from known places.
    Views(Arc<ViewsSignal>),
    /// A sound.
    Sound(Arc<SoundSignal>),
}

impl Signal {
    /// The picture that its field is compared with; `None` of a sound.
    #[must_use]
    pub fn picture(&self) -> Option<&Arc<Picture>> {
        match self {
            Self::Image(signal) => Some(&signal.reference),
            Self::Object(signal) => Some(&signal.reference),
            Self::Views(signal) => Some(&signal.reference),
            Self::Sound(_) => None,
        }
    }

    /// The file it came from.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        match self {
            Self::Image(signal) => &signal.identity,
            Self::Object(signal) => &signal.identity,
            Self::Views(signal) => &signal.identity,
            Self::Sound(signal) => &signal.identity,
        }
    }

    /// Width and height of the file's own picture; `None` of a sound.
    #[must_use]
    pub fn original_size(&self) -> Option<(u32, u32)> {
        match self {
            Self::Image(signal) => Some(signal.original_size),
            Self::Object(signal) => Some(signal.original_size),
            Self::Views(signal) => Some(signal.original_size),
            Self::Sound(_) => None,
        }
    }
}

/// A picture ready to be encoded: the reference that its field is compared with.
#[derive(Debug, Clone)]
pub struct ImageSignal {
    /// The file it came from.
    pub identity: Identity,
    /// The framed picture, at most the asked-for side.
    pub reference: Arc<Picture>,
    /// How it was framed.
    pub framing: Framing,
    /// Width and height of the file's own picture, after orientation.
    pub original_size: (u32, u32),
}

impl ImageSignal {
    /// The entry of a field file that says how its picture was framed.
    pub const FRAMING_NOTE: &str = "framing";

    /// Decode a file's bytes and frame the picture: its longer side is at most `side_px`, and never above
    /// [`limits::REFERENCE_SIDE_PX`]. `background` (sRGB) is what transparent pixels are laid on, and what
    /// [`Framing::Fit`] fills with.
    ///
    /// # Errors
    /// As [`decode`].
    pub fn load(
        identity_name: &str,
        bytes: &[u8],
        framing: Framing,
        side_px: u32,
        background: [u8; 3],
    ) -> Result<Self, MediaError> {
        let picture = decode(bytes, background)?;
        let identity = Identity::of(identity_name, bytes);
        Ok(Self::of(identity, &picture, framing, side_px, background))
    }

    /// Frame a picture that was decoded: see [`load`](Self::load).
    #[must_use]
    pub fn of(
        identity: Identity,
        picture: &Picture,
        framing: Framing,
        side_px: u32,
        background: [u8; 3],
    ) -> Self {
        let side_px = side_px.clamp(1, limits::REFERENCE_SIDE_PX);
        Self {
            identity,
            reference: Arc::new(frame(picture, framing, side_px, background)),
            framing,
            original_size: (picture.width(), picture.height()),
        }
    }
}
