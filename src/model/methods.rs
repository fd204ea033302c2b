use std::fmt;

use serde::{Deserialize, Serialize};

/// Which weights learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Everything, from random weights.
    Scratch,
    /// Everything, from a pretrained backbone.
    Finetune,
    /// Weight tokens, heads and base; the pretrained backbone is frozen.
    Prompt,
    /// As `Prompt`, and updates of low rank of the frozen backbone's blocks (arXiv 2106.09685).
    Lora,
}

/// How tokens become weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Composer {
    /// `W[:, j] = normalise(B[:, j] * m_{j mod g})` (Trans-INR, arXiv 2208.02801).
    TransInr,
    /// `W[:, j] = B[:, j] * (1 + m_{j mod g})`, with heads that start at zero (in the spirit of
    /// arXiv 2504.16580).
    Residual,
    /// `W = normalise(U V)` for the second layer, `U` from the weight tokens and `V` shared; the other layers are
    /// shared, their columns normalised too (instance pattern composers, arXiv 2211.13223).
    Ipc,
}

/// What training minimises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Objective {
    /// The mean squared error.
    Mse,
    /// The Gaussian negative log-likelihood; the field has a spread.
    Nll,
}

/// The updates of low rank of a frozen backbone: of each block the queries, keys, values and what they come to, and both
/// layers of the MLP.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoraConfig {
    /// Rank of an update.
    pub rank: usize,
    /// An update is taken `alpha / rank` times.
    pub alpha: f32,
}

/// The layer of a field that `ipc` writes, from 0.
pub(super) const IPC_LAYER: usize = 1;

impl Default for LoraConfig {
    fn default() -> Self {
        Self { rank: 8, alpha: 16.0 }
    }
}

impl LoraConfig {
    /// What an update is multiplied with.
    #[must_use]
    pub fn scale(self) -> f32 {
        self.alpha / self.rank as f32
    }
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Scratch, Self::Finetune, Self::Prompt, Self::Lora];

    /// Whether the backbone's own weights stay as they are.
    #[must_use]
    pub fn freezes_backbone(self) -> bool {
        matches!(self, Self::Prompt | Self::Lora)
    }
}

impl Composer {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::TransInr, Self::Residual, Self::Ipc];

    /// Whether the columns of its weights have length one.
    #[must_use]
    pub fn has_unit_columns(self) -> bool {
        matches!(self, Self::TransInr | Self::Ipc)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scratch => "scratch",
            Self::Finetune => "finetune",
            Self::Prompt => "prompt",
            Self::Lora => "lora",
        })
    }
}

impl fmt::Display for Composer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TransInr => "trans-inr",
            Self::Residual => "residual",
            Self::Ipc => "ipc",
        })
    }
}
