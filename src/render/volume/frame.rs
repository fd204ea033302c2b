use crate::camera::Orbit;
use crate::field::CropBox;

/// What of an object is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum VolumeMode {
    /// Its colours.
    #[default]
    Color,
    /// How far it is: near is bright.
    Depth,
    /// Which way its surface faces, in the camera's axes: right is red, up is green, towards the eye is blue.
    Normal,
    /// How much it hides.
    Opacity,
    /// At how many of a ray's samples the field was evaluated; the baked grid needs none.
    Samples,
}

/// What is behind an object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Backdrop {
    /// sRGB-encoded.
    Color([f32; 3]),
    /// Squares of two greys, as where a picture is transparent.
    Checker,
}

/// What is to be seen in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VolumeFrame {
    /// Where from.
    pub place: Orbit,
    /// The viewport, in physical pixels.
    pub viewport_px: (u32, u32),
    /// What is shown.
    pub mode: VolumeMode,
    /// What alone is drawn.
    pub crop: CropBox,
    /// Behind it.
    pub backdrop: Backdrop,
    /// Of a ray, in the exact picture.
    pub samples: usize,
    /// Whether the view or the field is in motion: then the baked grid will do.
    pub is_moving: bool,
}

impl VolumeFrame {
    /// Whether the same picture is wanted, whatever is behind it and whether or not it rests.
    pub(super) fn is_picture_of(&self, other: &Self) -> bool {
        Self { backdrop: other.backdrop, is_moving: other.is_moving, ..*self } == *other
    }
}

/// What the picture was drawn from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Drawn {
    /// Nothing yet.
    Nothing,
    /// The baked grid, so many voxels along the unit cube; `coarser` screen pixels to one of the picture.
    Baked {
        /// Voxels along a side of the cube [-1, 1]^3.
        voxels: u32,
        /// 1 for all of the screen's pixels.
        coarser: u32,
    },
    /// The field itself, this part of the picture so far.
    Exact {
        /// From 0 to 1.
        fraction: f32,
    },
}

/// How far a frame is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VolumeState {
    /// What is seen now.
    pub drawn: Drawn,
    /// Whether there is nothing left to be done for this frame.
    pub is_done: bool,
    /// Part of the samples that the exact picture has been spared so far, by skipping what is empty and what is
    /// behind what is opaque.
    pub spared: Option<f32>,
    /// Milliseconds that the last baked frame took.
    pub baked_ms: Option<f32>,
}
