//! One layer of many fields, each item with weights of its own: `act(x W + b)`.

use rayon::prelude::*;

use super::linear::column_sums;
use crate::field::{Activation, Cores, Matrix, Write, activate, matmul, through_activation};

/// A layer of a batch of fields.
#[derive(Debug, Clone, Copy)]
pub(super) struct FieldLayer<'a> {
    pub(super) batch: usize,
    /// `[batch, d_in, d_out]`
    pub(super) weight: &'a [f32],
    /// `[d_out]`, shared.
    pub(super) bias: &'a [f32],
    /// What follows: an activation with the layer's index, or nothing after the last layer.
    pub(super) activation: Option<(Activation, usize)>,
}

/// The gradients of a layer.
pub(super) struct FieldLayerGradients {
    /// `[batch, n, d_in]`, where it was wanted.
    pub(super) x: Option<Vec<f32>>,
    /// `[batch, d_in, d_out]`
    pub(super) weight: Vec<f32>,
    /// `[d_out]`
    pub(super) bias: Vec<f32>,
}

impl FieldLayer<'_> {
    fn d_out(&self) -> usize {
        self.bias.len()
    }

    fn d_in(&self) -> usize {
        self.weight.len() / self.batch / self.bias.len()
    }

    /// The output, and what came before the activation where its slope cannot be told from the output.
    ///
    /// # Shapes
    /// - `x`: `[batch, n, d_in]`
    /// - results: `[batch, n, d_out]`
    pub(super) fn forward(&self, x: &[f32]) -> (Vec<f32>, Option<Vec<f32>>) {
        if x.is_empty() {
            return (Vec::new(), None);
        }
        let (d_in, d_out) = (self.d_in(), self.d_out());
        let n = x.len() / self.batch / d_in;
        let mut out = vec![0.0; self.batch * n * d_out];
        out.par_chunks_mut(n * d_out)
            .zip(x.par_chunks(n * d_in))
            .zip(self.weight.par_chunks(d_in * d_out))
            .for_each(|((out, x), weight)| {
                out.chunks_exact_mut(d_out).for_each(|row| row.copy_from_slice(self.bias));
                let (x, weight) = (Matrix::new(x, n, d_in), Matrix::new(weight, d_in, d_out));
                matmul(out, x, weight, Write::Add, Cores::One);
            });
        let Some((activation, index)) = self.activation else { return (out, None) };
        let before = matches!(activation, Activation::Sine { .. }).then(|| out.clone());
        out.par_chunks_mut(n * d_out).for_each(|values| activate(activation, index, values));
        (out, before)
    }

    /// From the slope of the output, which is changed on the way. `kept` is what came before the activation; of a
    /// relu the output will do.
    pub(super) fn backward(
        &self,
        x: &[f32],
        kept: &[f32],
        mut slope: Vec<f32>,
        wants_x: bool,
    ) -> FieldLayerGradients {
        if x.is_empty() {
            let (weight, bias) = (vec![0.0; self.weight.len()], vec![0.0; self.bias.len()]);
            return FieldLayerGradients { x: wants_x.then(Vec::new), weight, bias };
        }
        let (d_in, d_out) = (self.d_in(), self.d_out());
        let n = x.len() / self.batch / d_in;
        if let Some((activation, index)) = self.activation {
            slope
                .par_chunks_mut(n * d_out)
                .zip(kept.par_chunks(n * d_out))
                .for_each(|(slope, kept)| through_activation(activation, index, kept, slope));
        }
        let mut weight = vec![0.0; self.weight.len()];
        weight
            .par_chunks_mut(d_in * d_out)
            .zip(x.par_chunks(n * d_in))
            .zip(slope.par_chunks(n * d_out))
            .for_each(|((out, x), slope)| {
                let (x, slope) = (Matrix::new(x, n, d_in), Matrix::new(slope, n, d_out));
                matmul(out, x.transposed(), slope, Write::Over, Cores::One);
            });
        let x = wants_x.then(|| {
            let mut of_x = vec![0.0; x.len()];
            of_x.par_chunks_mut(n * d_in)
                .zip(slope.par_chunks(n * d_out))
                .zip(self.weight.par_chunks(d_in * d_out))
                .for_each(|((out, slope), weight)| {
                    let (slope, weight) = (Matrix::new(slope, n, d_out), Matrix::new(weight, d_in, d_out));
                    matmul(out, slope, weight.transposed(), Write::Over, Cores::One);
                });
            of_x
        });
        FieldLayerGradients { x, weight, bias: column_sums(&slope, d_out) }
    }
}
