//! The operations for autodiff over flex: what each leaves behind, and its way back.

use std::sync::Arc;

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex, TensorMetadata};

use super::linear::{Linear, column_sums};
use super::norm::Norm;
use super::ops::{
    CpuOps, HeadWeights, SublayerWeights, UpdateWeights, compositing, composition, fields, tensor, values,
    whole, with_last_axis,
};
use super::sublayer::Middle;
use super::sublayer_autodiff;
use crate::field::{Architecture, Trace};
use crate::model::Composer;

impl<C: CheckpointStrategy> CpuOps for Autodiff<Flex, C> {
    fn sublayer(
        x: FloatTensor<Self>,
        weights: SublayerWeights<Self>,
        updates: UpdateWeights<Self>,
        middle: Middle,
        epsilon: f32,
    ) -> FloatTensor<Self> {
        sublayer_autodiff::sublayer::<C>(x, weights, updates, middle, epsilon)
    }

    fn norm_linear(x: FloatTensor<Self>, weights: HeadWeights<Self>, epsilon: f32) -> FloatTensor<Self> {
        let (x, of_x) = x.into_parts();
        let (norm_weight, of_norm_weight) = weights.norm_weight.into_parts();
        let (norm_bias, of_norm_bias) = weights.norm_bias.into_parts();
        let (weight, of_weight) = weights.weight.into_parts();
        let (bias, of_bias) = weights.bias.into_parts();
        let x = whole(&x);
        let weights = HeadWeights::<Flex> { norm_weight, norm_bias, weight, bias }.whole();
        let (norm, linear) = weights.parts(epsilon);
        let out = linear.forward(&norm.forward(values(&x)));
        let out = tensor(out, with_last_axis(&x, linear.d_out()));
        let nodes = [of_x, of_norm_weight, of_norm_bias, of_weight, of_bias];
        match NormLinearBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let HeadWeights { norm_weight, norm_bias, weight, bias } = weights;
                prep.finish(([x, norm_weight, norm_bias, weight, bias], epsilon), out)
            }
            OpsKind::UnTracked(prep) => prep.finish(out),
        }
    }

    fn norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self> {
        let (x, of_x) = x.into_parts();
        let (weight, of_weight) = weight.into_parts();
        let (bias, of_bias) = bias.into_parts();
        let (x, weight, bias) = (whole(&x), whole(&weight), whole(&bias));
        let out = Flex::norm(x.clone(), weight.clone(), bias.clone(), epsilon);
        match NormBackward.prepare::<C>([of_x, of_weight, of_bias]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(([x, weight, bias], epsilon), out),
            OpsKind::UnTracked(prep) => prep.finish(out),
        }
    }

    fn evaluate_fields(
        features: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        biases: FloatTensor<Self>,
        architecture: Architecture,
    ) -> FloatTensor<Self> {
        let (features, _) = features.into_parts();
        let (weights, of_weights) = weights.into_parts();
        let (biases, of_biases) = biases.into_parts();
        let [features, weights, biases] = [whole(&features), whole(&weights), whole(&biases)];
        match FieldsBackward.prepare::<C>([of_weights, of_biases]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (out, traces) = fields(&weights, &biases, &architecture)
                    .forward(values(&features), std::convert::identity);
                let out = tensor(out, with_last_axis(&features, architecture.output_width()));
                let tensors = [features, weights, biases];
                prep.finish(FieldsState { tensors, traces: Arc::new(traces), architecture }, out)
            }
            OpsKind::UnTracked(prep) => {
                prep.finish(Flex::evaluate_fields(features, weights, biases, architecture))
            }
        }
    }

    fn compose(
        base: FloatTensor<Self>,
        modulation: FloatTensor<Self>,
        composer: Composer,
    ) -> FloatTensor<Self> {
        let (base, of_base) = base.into_parts();
        let (modulation, of_modulation) = modulation.into_parts();
        let (base, modulation) = (whole(&base), whole(&modulation));
        let out = Flex::compose(base.clone(), modulation.clone(), composer);
        match ComposeBackward.prepare::<C>([of_base, of_modulation]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(([base, modulation], composer), out),
            OpsKind::UnTracked(prep) => prep.finish(out),
        }
    }

    fn composite(
        logits: FloatTensor<Self>,
        spacings: FloatTensor<Self>,
        density_gain: f32,
    ) -> FloatTensor<Self> {
        let (logits, of_logits) = logits.into_parts();
        let (spacings, _) = spacings.into_parts();
        let (logits, spacings) = (whole(&logits), whole(&spacings));
        let out = Flex::composite(logits.clone(), spacings.clone(), density_gain);
        match CompositeBackward.prepare::<C>([of_logits]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(([logits, spacings], density_gain), out),
            OpsKind::UnTracked(prep) => prep.finish(out),
        }
    }
}

#[derive(Debug)]
struct ComposeBackward;

impl Backward<Flex, 2> for ComposeBackward {
    type State = ([FlexTensor; 2], Composer);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let slope = whole(&grads.consume::<Flex>(&ops.node));
        let ([base, modulation], composer) = ops.state;
        let found = composition(&base, &modulation, composer).backward(values(&slope));
        let [of_base, of_modulation] = ops.parents.map(|parent| parent.map(|node| node.id));
        register(grads, of_base, Some(found.base), &base);
        register(grads, of_modulation, Some(found.modulation), &modulation);
    }
}

#[derive(Debug)]
struct CompositeBackward;

impl Backward<Flex, 1> for CompositeBackward {
    type State = ([FlexTensor; 2], f32);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let slope = whole(&grads.consume::<Flex>(&ops.node));
        let ([logits, spacings], density_gain) = ops.state;
        let found = compositing(&logits, &spacings, density_gain).backward(values(&slope));
        let [of_logits] = ops.parents.map(|parent| parent.map(|node| node.id));
        register(grads, of_logits, Some(found), &logits);
    }
}

#[derive(Debug)]
struct NormLinearBackward;

impl Backward<Flex, 5> for NormLinearBackward {
    type State = ([FlexTensor; 5], f32);

    fn backward(self, ops: Ops<Self::State, 5>, grads: &mut Gradients, _: &mut Checkpointer) {
        let slope = whole(&grads.consume::<Flex>(&ops.node));
        let ([x, norm_weight, norm_bias, weight, bias], epsilon) = ops.state;
        let norm = Norm { weight: values(&norm_weight), bias: values(&norm_bias), epsilon };
        let linear = Linear { weight: values(&weight), bias: values(&bias), update: None };
        let [of_x, of_norm_weight, of_norm_bias, of_weight, of_bias] =
            ops.parents.map(|parent| parent.map(|node| node.id));
        let gradient =
            of_weight.is_some().then(|| linear.gradient_of_weight(&norm.forward(values(&x)), values(&slope)));
        register(grads, of_weight, gradient, &weight);
        let gradient = of_bias.is_some().then(|| column_sums(values(&slope), linear.d_out()));
        register(grads, of_bias, gradient, &bias);
        let mut slope = linear.slope_of_input(values(&slope), None);
        let is_wanted = of_norm_weight.is_some() || of_norm_bias.is_some();
        let found = norm.backward(values(&x), &mut slope, None, is_wanted);
        let (found_weight, found_bias) = found.map(|norm| (norm.weight, norm.bias)).unzip();
        register(grads, of_x, Some(slope), &x);
        register(grads, of_norm_weight, found_weight, &norm_weight);
        register(grads, of_norm_bias, found_bias, &norm_bias);
    }
}

#[derive(Debug)]
struct NormBackward;

impl Backward<Flex, 3> for NormBackward {
    type State = ([FlexTensor; 3], f32);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let slope = whole(&grads.consume::<Flex>(&ops.node));
        let ([x, weight, bias], epsilon) = ops.state;
        let norm = Norm { weight: values(&weight), bias: values(&bias), epsilon };
        let mut of_x = values(&slope).to_vec();
        let [x_node, weight_node, bias_node] = ops.parents.map(|parent| parent.map(|node| node.id));
        let is_wanted = weight_node.is_some() || bias_node.is_some();
        let found = norm.backward(values(&x), &mut of_x, None, is_wanted);
        let (found_weight, found_bias) = found.map(|norm| (norm.weight, norm.bias)).unzip();
        register(grads, x_node, Some(of_x), &x);
        register(grads, weight_node, found_weight, &weight);
        register(grads, bias_node, found_bias, &bias);
    }
}

#[derive(Debug)]
struct FieldsBackward;

#[derive(Debug, Clone)]
struct FieldsState {
    /// Features, weights, biases.
    tensors: [FlexTensor; 3],
    traces: Arc<Vec<Trace>>,
    architecture: Architecture,
}

impl Backward<Flex, 2> for FieldsBackward {
    type State = FieldsState;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let slope = whole(&grads.consume::<Flex>(&ops.node));
        let FieldsState { tensors: [features, weights, biases], traces, architecture } = ops.state;
        let fields = fields(&weights, &biases, &architecture);
        let found = fields.backward(values(&features), &traces, values(&slope));
        let [of_weights, of_biases] = ops.parents.map(|parent| parent.map(|node| node.id));
        register(grads, of_weights, Some(found.weights), &weights);
        register(grads, of_biases, Some(found.biases), &biases);
    }
}

/// Hand a gradient on to where its tensor came from, if that learns.
pub(super) fn register(
    grads: &mut Gradients,
    node: Option<NodeId>,
    gradient: Option<Vec<f32>>,
    like: &FlexTensor,
) {
    if let (Some(node), Some(gradient)) = (node, gradient) {
        grads.register::<Flex>(node, tensor(gradient, like.shape()));
    }
}
