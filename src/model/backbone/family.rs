use serde::{Deserialize, Serialize};

use super::{NORM_EPSILON, PixelScale};
use crate::model::cpu::Gelu;

/// The backbone's family, with the normalisation and the parts that it implies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Vision transformers by "How to train your `ViT`?" (arXiv 2106.10270).
    AugregVit,
    /// "Emerging Properties in Self-Supervised Vision Transformers" (arXiv 2104.14294).
    Dino,
    /// "`DINOv2`" (arXiv 2304.07193): the output of each half of a block is scaled.
    Dinov2,
    /// "Vision Transformers Need Registers" (arXiv 2309.16588): `DINOv2` with four more tokens.
    Dinov2Registers,
    /// The vision tower of CLIP (arXiv 2103.00020): a norm before the blocks, and a GELU of another shape.
    Clip,
    /// The encoder of "Masked Autoencoders" (arXiv 2111.06377), whose positions are sines and cosines.
    Mae,
    /// "Training data-efficient image transformers" (arXiv 2012.12877), without its distillation token.
    Deit,
    /// Encoders of speech by "Robust Speech Recognition via Large-Scale Weak Supervision" (arXiv 2212.04356).
    Whisper,
}

/// What `ImageNet`'s pictures are normalised with, as torchvision has it.
const IMAGENET: PixelScale = PixelScale { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };
/// To [-1, 1].
const HALVES: PixelScale = PixelScale { mean: [0.5; 3], deviation: [0.5; 3] };
/// As in `OpenAI`'s `clip.py`.
const CLIP: PixelScale = PixelScale {
    mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
    deviation: [0.268_629_54, 0.261_302_6, 0.275_777_1],
};

impl Family {
    /// Every family.
    pub const ALL: [Self; 8] = [
        Self::AugregVit,
        Self::Dino,
        Self::Dinov2,
        Self::Dinov2Registers,
        Self::Clip,
        Self::Mae,
        Self::Deit,
        Self::Whisper,
    ];
    /// Those whose tensors have the same names and shapes, so that no file tells which it is.
    pub(crate) const ALIKE: [Self; 4] = [Self::AugregVit, Self::Dino, Self::Mae, Self::Deit];

    /// What people call it, its size left out: `ViT`, `DINO`.
    #[must_use]
    pub fn short_name(self) -> &'static str {
        match self {
            Self::AugregVit => "ViT",
            Self::Dino => "DINO",
            Self::Dinov2 | Self::Dinov2Registers => "DINOv2",
            Self::Clip => "CLIP",
            Self::Mae => "MAE",
            Self::Deit => "DeiT",
            Self::Whisper => "Whisper",
        }
    }

    /// Whether a file of one may be one of the other: only how pixels are normalised tells them apart.
    #[must_use]
    pub fn is_alike(self, other: Self) -> bool {
        self == other || (Self::ALIKE.contains(&self) && Self::ALIKE.contains(&other))
    }

    /// Epsilon of every layer norm.
    #[must_use]
    pub fn norm_epsilon(self) -> f64 {
        match self {
            Self::Clip | Self::Whisper => 1e-5,
            _ => NORM_EPSILON,
        }
    }

    /// How pixels are normalised; of Whisper, which reads none, as if by nobody.
    #[must_use]
    pub fn pixel_scale(self) -> PixelScale {
        match self {
            Self::AugregVit | Self::Whisper => HALVES,
            Self::Clip => CLIP,
            _ => IMAGENET,
        }
    }

    /// Tokens beside the class token that come from no patch and have no position.
    #[must_use]
    pub fn registers(self) -> usize {
        if self == Self::Dinov2Registers { 4 } else { 0 }
    }

    pub(crate) fn has_layer_scale(self) -> bool {
        matches!(self, Self::Dinov2 | Self::Dinov2Registers)
    }

    pub(crate) fn has_pre_norm(self) -> bool {
        self == Self::Clip
    }

    pub(crate) fn has_patch_bias(self) -> bool {
        self != Self::Clip
    }

    pub(crate) fn gelu(self) -> Gelu {
        if self == Self::Clip { Gelu::Quick } else { Gelu::Exact }
    }
}
