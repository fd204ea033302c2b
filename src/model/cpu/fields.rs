//! Many fields of one architecture at once, each item with weights of its own. A few points go through all layers
//! together, so that what passes between layers stays in the cache.

use rayon::prelude::*;

use super::rows::add_up;
use crate::field::{Architecture, LayerShape, LayerView, TRACE_POINTS, Trace, trace_backward, trace_forward};

/// Pieces of [`TRACE_POINTS`] whose gradients are summed by one core. A fixed number, so that sums do not depend on
/// how many cores there are.
const PIECES: usize = 8;

/// A batch of fields.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) architecture: &'a Architecture,
    pub(super) batch: usize,
    /// Of every item, layer by layer: `[batch, all weights]`.
    pub(super) weights: &'a [f32],
    /// Layer by layer, shared: `[all biases]`.
    pub(super) biases: &'a [f32],
}

/// The gradients, in the layout of what they are of.
pub(super) struct FieldsGradients {
    /// `[batch, all weights]`
    pub(super) weights: Vec<f32>,
    /// `[all biases]`
    pub(super) biases: Vec<f32>,
}

impl Fields<'_> {
    /// Weights of an item.
    fn num_weights(&self) -> usize {
        self.weights.len() / self.batch
    }

    fn layers(&self, item: usize) -> Vec<LayerView<'_>> {
        let mut weights = &self.weights[item * self.num_weights()..];
        let mut biases = self.biases;
        let view = |LayerShape { d_in, d_out }: LayerShape| {
            let (weight, bias);
            (weight, weights) = weights.split_at(d_in * d_out);
            (bias, biases) = biases.split_at(d_out);
            LayerView { weight, bias }
        };
        self.architecture.layer_shapes().into_iter().map(view).collect()
    }

    /// What the fields give, and of each piece of points what `keep` makes of its trace, item by item.
    ///
    /// # Shapes
    /// - `features`: `[batch, n, encoding width]`
    /// - result: `[batch, n, output width]`, the output offset not added
    pub(super) fn forward<T: Send>(
        &self,
        features: &[f32],
        keep: impl Fn(Trace) -> T + Sync,
    ) -> (Vec<f32>, Vec<T>) {
        let (d_in, d_out) = (self.width(), self.architecture.output_width());
        let n = features.len() / self.batch / d_in;
        let mut out = vec![0.0; self.batch * n * d_out];
        if n == 0 {
            return (out, Vec::new());
        }
        let kept = out
            .par_chunks_mut(n * d_out)
            .zip(features.par_chunks(n * d_in))
            .enumerate()
            .flat_map(|(item, (out, features))| {
                let pieces = out.par_chunks_mut(TRACE_POINTS * d_out);
                let pieces = pieces.zip(features.par_chunks(TRACE_POINTS * d_in));
                pieces.map_init(
                    move || self.layers(item),
                    |layers, (out, features)| {
                        let [first, rest @ ..] = &**layers else { return None };
                        let (values, trace) =
                            trace_forward(self.architecture.activation, rest, first.apply(features));
                        out.copy_from_slice(&values);
                        Some(keep(trace))
                    },
                )
            })
            .flatten()
            .collect();
        (out, kept)
    }

    /// From the slope of the output, `[batch, n, output width]`, and the traces that
    /// [`forward`](Self::forward) left.
    pub(super) fn backward(&self, features: &[f32], traces: &[Trace], slope: &[f32]) -> FieldsGradients {
        let mut found =
            FieldsGradients { weights: vec![0.0; self.weights.len()], biases: vec![0.0; self.biases.len()] };
        let (d_in, d_out) = (self.width(), self.architecture.output_width());
        let n = features.len() / self.batch / d_in;
        if n == 0 {
            return found;
        }
        let sums: Vec<Vec<Vec<f32>>> = features
            .par_chunks(n * d_in)
            .zip(slope.par_chunks(n * d_out))
            .zip(traces.par_chunks(n.div_ceil(TRACE_POINTS)))
            .enumerate()
            .map(|(item, ((features, slope), traces))| {
                let parts = features.par_chunks(PIECES * TRACE_POINTS * d_in);
                let parts = parts.zip(slope.par_chunks(PIECES * TRACE_POINTS * d_out));
                let parts = parts.zip(traces.par_chunks(PIECES));
                parts.map(|((features, slope), traces)| self.part(item, features, slope, traces)).collect()
            })
            .collect();
        let len = self.num_weights() + self.biases.len();
        for (parts, mut of_weights) in
            sums.into_iter().zip(found.weights.chunks_exact_mut(self.num_weights()))
        {
            let sums = add_up(parts, len);
            let (mut rest, mut of_biases) = (&*sums, &mut *found.biases);
            for LayerShape { d_in, d_out } in self.architecture.layer_shapes() {
                let (weight, bias);
                (weight, rest) = rest.split_at(d_in * d_out);
                (bias, rest) = rest.split_at(d_out);
                let (own, others) = of_weights.split_at_mut(weight.len());
                own.copy_from_slice(weight);
                of_weights = others;
                let (own, others) = of_biases.split_at_mut(d_out);
                own.iter_mut().zip(bias).for_each(|(sum, value)| *sum += value);
                of_biases = others;
            }
        }
        found
    }

    /// Gradients of some pieces of one item: every layer's weight and then its bias.
    fn part(&self, item: usize, features: &[f32], slope: &[f32], traces: &[Trace]) -> Vec<f32> {
        let layers = self.layers(item);
        let mut sums = vec![0.0; self.num_weights() + self.biases.len()];
        let Some((first, rest)) = layers.split_first() else { return sums };
        let (of_first, of_rest) = sums.split_at_mut(first.weight.len() + first.bias.len());
        let (of_weight, of_bias) = of_first.split_at_mut(first.weight.len());
        let pieces = features.chunks(TRACE_POINTS * self.width());
        let pieces = pieces.zip(slope.chunks(TRACE_POINTS * self.architecture.output_width()));
        for ((features, slope), trace) in pieces.zip(traces) {
            let slope = trace_backward(self.architecture.activation, rest, trace, slope.to_vec(), of_rest);
            first.add_gradient(features, &slope, of_weight, of_bias);
        }
        sums
    }

    /// Of the features.
    fn width(&self) -> usize {
        self.architecture.encoding.width(self.architecture.inputs)
    }
}
