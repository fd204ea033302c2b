use serde::{Deserialize, Serialize};

use crate::model::{BackboneConfig, Family};

/// Vision transformers with patches of 16 px, by their size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RandomBackbone {
    /// `ViT-Ti/16`, 192 wide.
    VitTiny,
    /// `ViT-S/16`, 384 wide.
    VitSmall,
    /// `ViT-B/16`, 768 wide.
    VitBase,
}

impl RandomBackbone {
    /// Its size.
    #[must_use]
    pub fn config(self) -> BackboneConfig {
        let heads = match self {
            Self::VitTiny => 3,
            Self::VitSmall => 6,
            Self::VitBase => 12,
        };
        BackboneConfig { dim: 64 * heads, heads, mlp: 256 * heads, ..vit_tiny() }
    }
}

/// `ViT-Ti/16`.
#[must_use]
pub fn vit_tiny() -> BackboneConfig {
    BackboneConfig {
        family: Family::AugregVit,
        dim: 192,
        depth: 12,
        heads: 3,
        mlp: 768,
        patch: 16,
        grid: 14,
        pixels: None,
    }
}
