//! A half of a pre-norm transformer block: `x + outer(middle(inner(norm(x))))`, the middle being the attention
//! of all heads or a GELU.

use std::borrow::Cow;

use super::attention::Attention;
use super::gelu::Gelu;
use super::linear::{Linear, column_sums};
use super::low_rank::LowRankGradients;
use super::norm::{Norm, NormGradients};

/// What stands between the two Linears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Middle {
    /// Self-attention; the inner Linear gives queries, keys and values.
    Attention {
        /// Heads side by side.
        heads: usize,
        /// The last tokens, which alone go on.
        num_last: usize,
    },
    /// A GELU.
    Gelu(Gelu),
}

/// A half of a block, with its weights.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sublayer<'a> {
    pub(super) norm: Norm<'a>,
    pub(super) inner: Linear<'a>,
    pub(super) outer: Linear<'a>,
    pub(super) middle: Middle,
    pub(super) batch: usize,
    pub(super) tokens: usize,
}

/// What a forward pass leaves for the backward one.
pub(super) struct Kept {
    /// What the inner Linear gave.
    pub(super) inner: Vec<f32>,
    /// What the attention gave; a GELU is computed anew.
    pub(super) middle: Option<Vec<f32>>,
}

/// The weights whose gradients are wanted.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "one for each tensor, and none excludes another")]
pub(super) struct Wanted {
    pub(super) norm: bool,
    pub(super) inner_weight: bool,
    pub(super) inner_bias: bool,
    pub(super) outer_weight: bool,
    pub(super) outer_bias: bool,
}

/// The gradients of a half of a block.
pub(super) struct SublayerGradients {
    /// `[batch, tokens, d]`
    pub(super) x: Vec<f32>,
    pub(super) norm: Option<NormGradients>,
    pub(super) inner_weight: Option<Vec<f32>>,
    pub(super) inner_bias: Option<Vec<f32>>,
    pub(super) outer_weight: Option<Vec<f32>>,
    pub(super) outer_bias: Option<Vec<f32>>,
    /// Of the updates of both Linears.
    pub(super) inner_update: Option<LowRankGradients>,
    pub(super) outer_update: Option<LowRankGradients>,
}

impl Sublayer<'_> {
    fn attention(&self, heads: usize, num_last: usize) -> Attention {
        Attention { batch: self.batch, tokens: self.tokens, num_last, heads, dim: self.outer.d_in() }
    }

    /// Tokens of the result.
    pub(super) fn outputs(&self) -> usize {
        match self.middle {
            Middle::Attention { num_last, .. } => num_last,
            Middle::Gelu(_) => self.tokens,
        }
    }

    /// The last tokens of each item, `[batch, outputs, d]`.
    fn last_tokens<'x>(&self, x: &'x [f32]) -> Cow<'x, [f32]> {
        let outputs = self.outputs();
        if outputs == self.tokens {
            return Cow::Borrowed(x);
        }
        let d = self.outer.d_out();
        let items = x.chunks_exact(self.tokens * d);
        Cow::Owned(items.flat_map(|item| &item[(self.tokens - outputs) * d..]).copied().collect())
    }

    /// The way back of [`last_tokens`](Self::last_tokens): zeros for the others.
    fn spread_last_tokens<'x>(&self, slope: &'x [f32]) -> Cow<'x, [f32]> {
        let outputs = self.outputs();
        if outputs == self.tokens {
            return Cow::Borrowed(slope);
        }
        let d = self.outer.d_out();
        let mut all = vec![0.0; self.batch * self.tokens * d];
        for (item, own) in all.chunks_exact_mut(self.tokens * d).zip(slope.chunks_exact(outputs * d)) {
            item[(self.tokens - outputs) * d..].copy_from_slice(own);
        }
        Cow::Owned(all)
    }

    /// # Shapes
    /// - `x`: `[batch, tokens, d]`
    /// - result: `[batch, outputs, d]`
    pub(super) fn forward(&self, x: &[f32]) -> (Vec<f32>, Kept) {
        let inner = self.inner.forward(&self.norm.forward(x));
        match self.middle {
            Middle::Attention { heads, num_last } => {
                let middle = self.attention(heads, num_last).forward(&inner);
                let out = self.outer.forward_onto(&middle, &self.last_tokens(x));
                (out, Kept { inner, middle: Some(middle) })
            }
            Middle::Gelu(gelu) => {
                let out = self.outer.forward_onto(&gelu.forward(&inner), x);
                (out, Kept { inner, middle: None })
            }
        }
    }

    /// Whether a gradient depends on what the outer Linear is given.
    pub(super) fn looks_at_middle(&self, wanted: Wanted) -> bool {
        wanted.outer_weight || self.outer.update.is_some()
    }

    /// # Shapes
    /// - `x`: `[batch, tokens, d]`
    /// - `slope`: `[batch, outputs, d]`
    pub(super) fn backward(
        &self,
        x: &[f32],
        kept_inner: &[f32],
        kept_middle: Option<&[f32]>,
        slope: &[f32],
        wanted: Wanted,
    ) -> SublayerGradients {
        let outer_bias = wanted.outer_bias.then(|| column_sums(slope, self.outer.d_out()));
        let through = self.outer.update.map(|update| update.through(slope));
        let (mut outer_weight, mut outer_update) = (None, None);
        if self.looks_at_middle(wanted) {
            let middle = match self.middle {
                Middle::Attention { .. } => Cow::Borrowed(kept_middle.unwrap_or_default()),
                Middle::Gelu(gelu) => Cow::Owned(gelu.forward(kept_inner)),
            };
            outer_weight = wanted.outer_weight.then(|| self.outer.gradient_of_weight(&middle, slope));
            let update = self.outer.update.zip(through.as_deref());
            outer_update = update.map(|(update, through)| update.gradients(&middle, slope, through));
        }
        let mut of_middle = self.outer.slope_of_input(slope, through.as_deref());
        let of_inner = match self.middle {
            Middle::Attention { heads, num_last } => {
                self.attention(heads, num_last).backward(kept_inner, &of_middle)
            }
            Middle::Gelu(gelu) => {
                gelu.backward(kept_inner, &mut of_middle);
                of_middle
            }
        };
        let inner_bias = wanted.inner_bias.then(|| column_sums(&of_inner, self.inner.d_out()));
        let through = self.inner.update.map(|update| update.through(&of_inner));
        let (mut inner_weight, mut inner_update) = (None, None);
        if wanted.inner_weight || self.inner.update.is_some() {
            let normed = self.norm.forward(x);
            inner_weight = wanted.inner_weight.then(|| self.inner.gradient_of_weight(&normed, &of_inner));
            let update = self.inner.update.zip(through.as_deref());
            inner_update = update.map(|(update, through)| update.gradients(&normed, &of_inner, through));
        }
        let mut of_x = self.inner.slope_of_input(&of_inner, through.as_deref());
        let norm = self.norm.backward(x, &mut of_x, Some(&self.spread_last_tokens(slope)), wanted.norm);
        SublayerGradients {
            x: of_x,
            norm,
            inner_weight,
            inner_bias,
            outer_weight,
            outer_bias,
            inner_update,
            outer_update,
        }
    }
}
