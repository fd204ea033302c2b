//! The operations as burn knows them, and what they are on flex.

use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, ExtensionType, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Shape, TensorData};

use super::compositing::Compositing;
use super::composition::Composition;
use super::fields::Fields;
use super::linear::Linear;
use super::low_rank::LowRank;
use super::norm::Norm;
use super::sublayer::{Middle, Sublayer};
use crate::field::Architecture;
use crate::model::Composer;

/// The weights of a half of a block.
#[derive(ExtensionType)]
pub(crate) struct SublayerWeights<B: Backend> {
    pub(crate) norm_weight: FloatTensor<B>,
    pub(crate) norm_bias: FloatTensor<B>,
    pub(crate) inner_weight: FloatTensor<B>,
    pub(crate) inner_bias: FloatTensor<B>,
    pub(crate) outer_weight: FloatTensor<B>,
    pub(crate) outer_bias: FloatTensor<B>,
}

/// The updates of low rank of both Linears of a half of a block, if it has any; what they are multiplied with is in
/// `up`.
#[derive(ExtensionType)]
pub(crate) enum UpdateWeights<B: Backend> {
    Absent,
    Present {
        inner_down: FloatTensor<B>,
        inner_up: FloatTensor<B>,
        outer_down: FloatTensor<B>,
        outer_up: FloatTensor<B>,
    },
}

/// The weights of a norm with a Linear after it.
#[derive(ExtensionType)]
pub(crate) struct HeadWeights<B: Backend> {
    pub(crate) norm_weight: FloatTensor<B>,
    pub(crate) norm_bias: FloatTensor<B>,
    pub(crate) weight: FloatTensor<B>,
    pub(crate) bias: FloatTensor<B>,
}

/// What the CPU computes by kernels of its own.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait CpuOps: Backend {
    /// See [`Sublayer`].
    fn sublayer(
        x: FloatTensor<Self>,
        #[extension_type] weights: SublayerWeights<Self>,
        #[extension_type] updates: UpdateWeights<Self>,
        middle: Middle,
        epsilon: f32,
    ) -> FloatTensor<Self>;

    /// `norm(x) W + b`.
    fn norm_linear(
        x: FloatTensor<Self>,
        #[extension_type] weights: HeadWeights<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self>;

    /// See [`Norm`].
    fn norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self>;

    /// See [`Fields`].
    fn evaluate_fields(
        features: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        biases: FloatTensor<Self>,
        architecture: Architecture,
    ) -> FloatTensor<Self>;

    /// See [`Composition`].
    fn compose(
        base: FloatTensor<Self>,
        modulation: FloatTensor<Self>,
        composer: Composer,
    ) -> FloatTensor<Self>;

    /// See [`Compositing`].
    fn composite(
        logits: FloatTensor<Self>,
        spacings: FloatTensor<Self>,
        density_gain: f32,
    ) -> FloatTensor<Self>;
}

/// A tensor's numbers in one piece, row-major.
pub(super) fn whole(tensor: &FlexTensor) -> FlexTensor {
    tensor.to_contiguous()
}

/// The numbers of a tensor that went through [`whole`].
///
/// # Panics
/// If they are not f32: models are.
pub(super) fn values(tensor: &FlexTensor) -> &[f32] {
    let Some(values) = tensor.as_slice::<f32>() else {
        panic!("the CPU's own operations compute in f32, and were given {:?}", tensor.dtype());
    };
    values
}

pub(super) fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape.into()))
}

/// The sizes of a tensor that holds rows of its last axis for each item.
pub(super) fn batch_and_tokens(tensor: &FlexTensor) -> (usize, usize) {
    let shape = tensor.shape();
    match *shape.as_slice() {
        [batch, tokens, _] => (batch, tokens),
        _ => (1, shape.as_slice().iter().rev().skip(1).product()),
    }
}

impl SublayerWeights<Flex> {
    pub(super) fn whole(self) -> Self {
        Self {
            norm_weight: whole(&self.norm_weight),
            norm_bias: whole(&self.norm_bias),
            inner_weight: whole(&self.inner_weight),
            inner_bias: whole(&self.inner_bias),
            outer_weight: whole(&self.outer_weight),
            outer_bias: whole(&self.outer_bias),
        }
    }

    pub(super) fn sublayer<'a>(
        &'a self,
        updates: &'a UpdateWeights<Flex>,
        x: &FlexTensor,
        middle: Middle,
        epsilon: f32,
    ) -> Sublayer<'a> {
        let (batch, tokens) = batch_and_tokens(x);
        let [inner_update, outer_update] = updates.low_rank();
        Sublayer {
            norm: Norm { weight: values(&self.norm_weight), bias: values(&self.norm_bias), epsilon },
            inner: Linear {
                weight: values(&self.inner_weight),
                bias: values(&self.inner_bias),
                update: inner_update,
            },
            outer: Linear {
                weight: values(&self.outer_weight),
                bias: values(&self.outer_bias),
                update: outer_update,
            },
            middle,
            batch,
            tokens,
        }
    }
}

impl UpdateWeights<Flex> {
    pub(super) fn whole(self) -> Self {
        match self {
            Self::Absent => Self::Absent,
            Self::Present { inner_down, inner_up, outer_down, outer_up } => Self::Present {
                inner_down: whole(&inner_down),
                inner_up: whole(&inner_up),
                outer_down: whole(&outer_down),
                outer_up: whole(&outer_up),
            },
        }
    }

    /// Of the inner and of the outer Linear.
    fn low_rank(&self) -> [Option<LowRank<'_>>; 2] {
        match self {
            Self::Absent => [None; 2],
            Self::Present { inner_down, inner_up, outer_down, outer_up } => {
                [(inner_down, inner_up), (outer_down, outer_up)].map(|(down, up)| {
                    let rank = up.shape()[0];
                    let parts = down.shape()[1] / rank;
                    Some(LowRank { down: values(down), up: values(up), rank, parts })
                })
            }
        }
    }
}

impl HeadWeights<Flex> {
    pub(super) fn whole(self) -> Self {
        Self {
            norm_weight: whole(&self.norm_weight),
            norm_bias: whole(&self.norm_bias),
            weight: whole(&self.weight),
            bias: whole(&self.bias),
        }
    }

    pub(super) fn parts(&self, epsilon: f32) -> (Norm<'_>, Linear<'_>) {
        let norm = Norm { weight: values(&self.norm_weight), bias: values(&self.norm_bias), epsilon };
        (norm, Linear { weight: values(&self.weight), bias: values(&self.bias), update: None })
    }
}

/// The shape of `x` with another last axis.
pub(super) fn with_last_axis(x: &FlexTensor, len: usize) -> Vec<usize> {
    let mut shape = x.shape().as_slice().to_vec();
    if let Some(last) = shape.last_mut() {
        *last = len;
    }
    shape
}

/// The shape of `x` with another number of tokens.
pub(super) fn with_tokens(x: &FlexTensor, count: usize) -> Vec<usize> {
    let mut shape = x.shape().as_slice().to_vec();
    if let Some(tokens) = shape.iter_mut().rev().nth(1) {
        *tokens = count;
    }
    shape
}

impl CpuOps for Flex {
    fn sublayer(
        x: FlexTensor,
        weights: SublayerWeights<Self>,
        updates: UpdateWeights<Self>,
        middle: Middle,
        epsilon: f32,
    ) -> FlexTensor {
        let (x, weights, updates) = (whole(&x), weights.whole(), updates.whole());
        let sublayer = weights.sublayer(&updates, &x, middle, epsilon);
        let (out, _) = sublayer.forward(values(&x));
        tensor(out, with_tokens(&x, sublayer.outputs()))
    }

    fn norm_linear(x: FlexTensor, weights: HeadWeights<Self>, epsilon: f32) -> FlexTensor {
        let (x, weights) = (whole(&x), weights.whole());
        let (norm, linear) = weights.parts(epsilon);
        tensor(linear.forward(&norm.forward(values(&x))), with_last_axis(&x, linear.d_out()))
    }

    fn norm(x: FlexTensor, weight: FlexTensor, bias: FlexTensor, epsilon: f32) -> FlexTensor {
        let (x, weight, bias) = (whole(&x), whole(&weight), whole(&bias));
        let norm = Norm { weight: values(&weight), bias: values(&bias), epsilon };
        tensor(norm.forward(values(&x)), x.shape())
    }

    fn evaluate_fields(
        features: FlexTensor,
        weights: FlexTensor,
        biases: FlexTensor,
        architecture: Architecture,
    ) -> FlexTensor {
        let (features, weights, biases) = (whole(&features), whole(&weights), whole(&biases));
        let (out, _) = fields(&weights, &biases, &architecture).forward(values(&features), drop);
        tensor(out, with_last_axis(&features, architecture.output_width()))
    }

    fn compose(base: FlexTensor, modulation: FlexTensor, composer: Composer) -> FlexTensor {
        let (base, modulation) = (whole(&base), whole(&modulation));
        let composition = composition(&base, &modulation, composer);
        let shape = [composition.batch, composition.d_in, base.shape()[1]];
        tensor(composition.forward(), shape)
    }

    fn composite(logits: FlexTensor, spacings: FlexTensor, density_gain: f32) -> FlexTensor {
        let (logits, spacings) = (whole(&logits), whole(&spacings));
        let (rays, _) = batch_and_tokens(&logits);
        tensor(compositing(&logits, &spacings, density_gain).forward(), [rays, 4])
    }
}

/// `base` is `[d_in, d_out]`, `modulation` `[batch, g, d_in]`.
pub(super) fn composition<'a>(
    base: &'a FlexTensor,
    modulation: &'a FlexTensor,
    composer: Composer,
) -> Composition<'a> {
    let (batch, groups) = batch_and_tokens(modulation);
    let d_in = base.shape()[0];
    Composition { composer, base: values(base), modulation: values(modulation), batch, groups, d_in }
}

/// `logits` is `[rays, samples, 4]`, `spacings` `[rays, samples]`.
pub(super) fn compositing<'a>(
    logits: &'a FlexTensor,
    spacings: &'a FlexTensor,
    density_gain: f32,
) -> Compositing<'a> {
    let (_, samples) = batch_and_tokens(logits);
    Compositing { logits: values(logits), spacings: values(spacings), samples, density_gain }
}

/// `weights` is `[batch, all weights]`, `biases` `[all biases]`.
pub(super) fn fields<'a>(
    weights: &'a FlexTensor,
    biases: &'a FlexTensor,
    architecture: &'a Architecture,
) -> Fields<'a> {
    let batch = weights.shape()[0];
    Fields { architecture, batch, weights: values(weights), biases: values(biases) }
}
