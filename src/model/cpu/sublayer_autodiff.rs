//! A half of a block for autodiff over flex: what it leaves behind, and its way back. Of weights that do not learn
//! nothing is kept that only their gradients would need.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};

use super::autodiff::register;
use super::ops::{SublayerWeights, UpdateWeights, tensor, values, whole, with_tokens};
use super::sublayer::{Kept, Middle, SublayerGradients, Wanted};

/// Everything that the way back needs.
#[derive(Clone)]
struct State {
    x: FlexTensor,
    weights: SublayerWeights<Flex>,
    updates: UpdateWeights<Flex>,
    kept_inner: FlexTensor,
    kept_middle: Option<FlexTensor>,
    middle: Middle,
    epsilon: f32,
    wanted: Wanted,
}

/// Without updates.
#[derive(Debug)]
struct PlainBackward;

/// With them.
#[derive(Debug)]
struct UpdatedBackward;

/// See [`CpuOps::sublayer`](super::ops::CpuOps::sublayer).
pub(super) fn sublayer<C: CheckpointStrategy>(
    x: FloatTensor<Autodiff<Flex, C>>,
    weights: SublayerWeights<Autodiff<Flex, C>>,
    updates: UpdateWeights<Autodiff<Flex, C>>,
    middle: Middle,
    epsilon: f32,
) -> FloatTensor<Autodiff<Flex, C>> {
    let wanted = Wanted {
        norm: weights.norm_weight.is_tracked() || weights.norm_bias.is_tracked(),
        inner_weight: weights.inner_weight.is_tracked(),
        inner_bias: weights.inner_bias.is_tracked(),
        outer_weight: weights.outer_weight.is_tracked(),
        outer_bias: weights.outer_bias.is_tracked(),
    };
    let (x, of_x) = x.into_parts();
    let (norm_weight, of_norm_weight) = weights.norm_weight.into_parts();
    let (norm_bias, of_norm_bias) = weights.norm_bias.into_parts();
    let (inner_weight, of_inner_weight) = weights.inner_weight.into_parts();
    let (inner_bias, of_inner_bias) = weights.inner_bias.into_parts();
    let (outer_weight, of_outer_weight) = weights.outer_weight.into_parts();
    let (outer_bias, of_outer_bias) = weights.outer_bias.into_parts();
    let weights = SublayerWeights::<Flex> {
        norm_weight,
        norm_bias,
        inner_weight,
        inner_bias,
        outer_weight,
        outer_bias,
    };
    let x = whole(&x);
    macro_rules! finish {
        ($backward:expr, $updates:expr, $nodes:expr) => {{
            let (out, state) = forward(x, weights.whole(), $updates.whole(), middle, epsilon, wanted);
            match $backward.prepare::<C>($nodes).compute_bound().stateful() {
                OpsKind::Tracked(prep) => prep.finish(state, out),
                OpsKind::UnTracked(prep) => prep.finish(out),
            }
        }};
    }
    let [a, b, c, d, e, f] =
        [of_norm_weight, of_norm_bias, of_inner_weight, of_inner_bias, of_outer_weight, of_outer_bias];
    match updates {
        UpdateWeights::Absent => {
            finish!(PlainBackward, UpdateWeights::<Flex>::Absent, [of_x, a, b, c, d, e, f])
        }
        UpdateWeights::Present { inner_down, inner_up, outer_down, outer_up } => {
            let (inner_down, g) = inner_down.into_parts();
            let (inner_up, h) = inner_up.into_parts();
            let (outer_down, i) = outer_down.into_parts();
            let (outer_up, j) = outer_up.into_parts();
            let updates = UpdateWeights::<Flex>::Present { inner_down, inner_up, outer_down, outer_up };
            finish!(UpdatedBackward, updates, [of_x, a, b, c, d, e, f, g, h, i, j])
        }
    }
}

/// The result, and what is left behind.
fn forward(
    x: FlexTensor,
    weights: SublayerWeights<Flex>,
    updates: UpdateWeights<Flex>,
    middle: Middle,
    epsilon: f32,
    wanted: Wanted,
) -> (FlexTensor, State) {
    let sublayer = weights.sublayer(&updates, &x, middle, epsilon);
    let (out, Kept { inner, middle: kept_middle }) = sublayer.forward(values(&x));
    let out = tensor(out, with_tokens(&x, sublayer.outputs()));
    let keep = |values: Vec<f32>| {
        let len = values.len();
        tensor(values, [len])
    };
    let kept_middle = kept_middle.filter(|_| sublayer.looks_at_middle(wanted)).map(keep);
    (out, State { kept_inner: keep(inner), kept_middle, x, weights, updates, middle, epsilon, wanted })
}

impl Backward<Flex, 7> for PlainBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 7>, grads: &mut Gradients, _: &mut Checkpointer) {
        let slope = whole(&grads.consume::<Flex>(&ops.node));
        ops.state.backward(&slope, grads, &ops.parents.map(|parent| parent.map(|node| node.id)));
    }
}

impl Backward<Flex, 11> for UpdatedBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 11>, grads: &mut Gradients, _: &mut Checkpointer) {
        let slope = whole(&grads.consume::<Flex>(&ops.node));
        ops.state.backward(&slope, grads, &ops.parents.map(|parent| parent.map(|node| node.id)));
    }
}

impl State {
    /// Hand on the gradients of what learns among `nodes`: of the input, of the weights, and of the updates if there are
    /// any.
    fn backward(self, slope: &FlexTensor, grads: &mut Gradients, nodes: &[Option<NodeId>]) {
        let Self { x, weights, updates, kept_inner, kept_middle, middle, epsilon, wanted } = self;
        let found = weights.sublayer(&updates, &x, middle, epsilon).backward(
            values(&x),
            values(&kept_inner),
            kept_middle.as_ref().map(values),
            values(slope),
            wanted,
        );
        let SublayerGradients { x: of_x, norm, inner_weight, inner_bias, outer_weight, outer_bias, .. } =
            found;
        let (norm_weight, norm_bias) = norm.map(|norm| (norm.weight, norm.bias)).unzip();
        let mut all = vec![
            (Some(of_x), &x),
            (norm_weight, &weights.norm_weight),
            (norm_bias, &weights.norm_bias),
            (inner_weight, &weights.inner_weight),
            (inner_bias, &weights.inner_bias),
            (outer_weight, &weights.outer_weight),
            (outer_bias, &weights.outer_bias),
        ];
        if let UpdateWeights::Present { inner_down, inner_up, outer_down, outer_up } = &updates {
            let (of_inner_down, of_inner_up) = found.inner_update.map(|own| (own.down, own.up)).unzip();
            let (of_outer_down, of_outer_up) = found.outer_update.map(|own| (own.down, own.up)).unzip();
            all.extend([
                (of_inner_down, inner_down),
                (of_inner_up, inner_up),
                (of_outer_down, outer_down),
                (of_outer_up, outer_up),
            ]);
        }
        for (node, (gradient, like)) in nodes.iter().zip(all) {
            register(grads, *node, gradient, like);
        }
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("x", &self.x).field("middle", &self.middle).finish_non_exhaustive()
    }
}

impl Clone for SublayerWeights<Flex> {
    fn clone(&self) -> Self {
        Self {
            norm_weight: self.norm_weight.clone(),
            norm_bias: self.norm_bias.clone(),
            inner_weight: self.inner_weight.clone(),
            inner_bias: self.inner_bias.clone(),
            outer_weight: self.outer_weight.clone(),
            outer_bias: self.outer_bias.clone(),
        }
    }
}

impl Clone for UpdateWeights<Flex> {
    fn clone(&self) -> Self {
        match self {
            Self::Absent => Self::Absent,
            Self::Present { inner_down, inner_up, outer_down, outer_up } => Self::Present {
                inner_down: inner_down.clone(),
                inner_up: inner_up.clone(),
                outer_down: outer_down.clone(),
                outer_up: outer_up.clone(),
            },
        }
    }
}
