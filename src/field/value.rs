use std::collections::BTreeMap;

use super::backprop::LayerView;
use super::{Architecture, FieldError, SoundLayout};
use crate::storage::Identity;

/// One layer's numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// `[d_in, d_out]`, row-major.
    pub weight: Vec<f32>,
    /// `[d_out]`.
    pub bias: Vec<f32>,
}

impl Layer {
    pub(crate) fn view(&self) -> LayerView<'_> {
        LayerView { weight: &self.weight, bias: &self.bias }
    }
}

/// A neural field: an architecture and its weights, nothing else.
///
/// Always consistent: shapes agree with the architecture and every number is finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    architecture: Architecture,
    layers: Vec<Layer>,
}

impl Field {
    /// Put an architecture and its weights together.
    ///
    /// # Errors
    /// [`FieldError`] if the architecture is refused, a length disagrees with it, or a number is not
    /// finite.
    pub fn new(architecture: Architecture, layers: Vec<Layer>) -> Result<Self, FieldError> {
        architecture.validate()?;
        let shapes = architecture.layer_shapes();
        if shapes.len() != layers.len() {
            return Err(FieldError::LayerCount { expected: shapes.len(), found: layers.len() });
        }
        for (index, (shape, layer)) in shapes.iter().zip(&layers).enumerate() {
            if layer.weight.len() != shape.d_in * shape.d_out || layer.bias.len() != shape.d_out {
                return Err(FieldError::LayerShape { index, expected: *shape });
            }
            if !layer.weight.iter().chain(&layer.bias).all(|value| value.is_finite()) {
                return Err(FieldError::NotFinite { index });
            }
        }
        Ok(Self { architecture, layers })
    }

    /// The shape.
    #[must_use]
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// The numbers, first layer to last.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }
}

/// What a field is a field of, with what that kind needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldKind {
    /// A picture that was this many pixels wide and high.
    Image {
        /// Pixels in a row.
        width: u32,
        /// Pixels in a column.
        height: u32,
    },
    /// An object around the origin, seen by a camera at a distance of 4 on the z axis, y being up.
    Object {
        /// Depths along a camera's axis between which the object lies.
        near: f32,
        /// The farther one.
        far: f32,
    },
    /// A sound.
    Sound(SoundLayout),
}

/// A field with its kind and its history: what a field file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldRecord {
    /// The network.
    pub field: Field,
    /// Of a sound, the networks of its later windows and of its second channel, of the same architecture: see
    /// [`SoundLayout`].
    pub others: Vec<Field>,
    /// What it represents.
    pub kind: FieldKind,
    /// The input it was written for.
    pub source: Option<Identity>,
    /// The checkpoint that wrote it.
    pub model: Option<Identity>,
    /// Every other entry of the file's metadata, kept as it was: settings, refine steps, and what
    /// programs of a later day wrote.
    pub extra: BTreeMap<String, String>,
}

impl FieldRecord {
    /// All of its networks: one, or those of a sound's windows.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        std::iter::once(&self.field).chain(&self.others)
    }

    /// Where its fields lie in time; `None` if it is not of a sound.
    #[must_use]
    pub fn sound(&self) -> Option<&SoundLayout> {
        match &self.kind {
            FieldKind::Sound(layout) => Some(layout),
            FieldKind::Image { .. } | FieldKind::Object { .. } => None,
        }
    }
}
