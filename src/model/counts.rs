use serde::Serialize;

use super::methods::IPC_LAYER;
use super::{Composer, Mode, ModelConfig, PLUECKER, SignalKind};
use crate::field::LayerShape;

/// How many parameters a hypernetwork has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ParameterCounts {
    /// The transformer.
    pub backbone: usize,
    /// The learned tokens whose outputs become weights.
    pub weight_tokens: usize,
    /// The heads, one for each layer that has weight tokens.
    pub heads: usize,
    /// The shared weights and biases.
    pub base: usize,
    /// What tells from where an object's pictures were seen, or what makes tokens of a sound's patches.
    pub embeddings: usize,
    /// The updates of low rank of a frozen backbone.
    pub lora: usize,
    /// The learned tokens of each block.
    pub deep_prompts: usize,
    /// Of a field, all of them.
    pub field: usize,
    /// Of a field, those that are written for it; the others it shares with every other field of the model.
    pub field_own: usize,
}

impl ParameterCounts {
    /// All of the hypernetwork's.
    #[must_use]
    pub fn total(self) -> usize {
        self.backbone + self.trainable(Mode::Lora)
    }

    /// Those that learn in this mode.
    #[must_use]
    pub fn trainable(self, mode: Mode) -> usize {
        let new = self.weight_tokens + self.heads + self.base + self.embeddings + self.deep_prompts;
        match mode {
            Mode::Scratch | Mode::Finetune => self.backbone + new,
            Mode::Prompt => new,
            Mode::Lora => self.lora + new,
        }
    }

    /// Those that do not learn in this mode.
    #[must_use]
    pub fn frozen(self, mode: Mode) -> usize {
        self.total() - self.trainable(mode)
    }
}

impl ModelConfig {
    /// Parameters by what they are for.
    #[must_use]
    pub fn parameters(&self) -> ParameterCounts {
        let dim = self.backbone.dim;
        let shapes = self.field.layer_shapes();
        let head = |shape: &LayerShape| 2 * dim + dim * shape.d_in + shape.d_in;
        let weights = |shape: &LayerShape| shape.d_in * shape.d_out;
        let with_tokens = shapes.iter().zip(self.layer_tokens()).filter(|(_, tokens)| *tokens > 0);
        ParameterCounts {
            backbone: match self.kind {
                SignalKind::Image | SignalKind::Object => self.backbone.num_params(),
                SignalKind::Sound => self.backbone.num_block_params(),
            },
            weight_tokens: self.num_weight_tokens() * dim,
            heads: with_tokens.map(|(shape, _)| head(shape)).sum(),
            base: self.base_shapes().into_iter().map(LayerShape::num_params).sum(),
            embeddings: match (self.kind, &self.sound) {
                (SignalKind::Object, _) => (PLUECKER + 1) * dim,
                (SignalKind::Sound, Some(sound)) => (sound.patch + 1 + self.num_data_tokens()) * dim,
                _ => 0,
            },
            // Queries, keys and values each have an update of their own.
            lora: self
                .lora
                .map_or(0, |lora| self.backbone.depth * lora.rank * (10 * dim + 2 * self.backbone.mlp)),
            deep_prompts: self.deep_prompts * self.backbone.depth * dim,
            field: self.field.num_params(),
            field_own: match self.composer {
                Composer::TransInr | Composer::Residual => shapes.iter().map(weights).sum(),
                Composer::Ipc => shapes.get(IPC_LAYER).map_or(0, weights),
            },
        }
    }
}
