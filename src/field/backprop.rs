//! The way through a field's layers and back, for a few points that take it together: what they leave behind is
//! still in the processor's cache when the next layer needs it.

use super::Activation;
use super::activate::{activate, through_activation};
use super::matmul::{Cores, Matrix, add_matmul, product};

/// Points that take the way together.
pub(crate) const TRACE_POINTS: usize = 256;

/// One layer's numbers, wherever they are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LayerView<'a> {
    /// `[d_in, d_out]`
    pub(crate) weight: &'a [f32],
    /// `[d_out]`
    pub(crate) bias: &'a [f32],
}

/// What points leave behind, so that the way back can be found.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    /// What each layer but the first was given, `[n, d_in]`.
    inputs: Vec<Vec<f32>>,
    /// What that was before its activation, where the slope of one cannot be told from what comes after.
    before: Vec<Vec<f32>>,
}

impl LayerView<'_> {
    fn matrix(&self) -> Matrix<'_> {
        let d_out = self.bias.len();
        Matrix::new(self.weight, self.weight.len() / d_out, d_out)
    }

    /// `x W + b`: `[n, d_in]` to `[n, d_out]`.
    pub(crate) fn apply(&self, x: &[f32]) -> Vec<f32> {
        let d_out = self.bias.len();
        let d_in = self.weight.len() / d_out;
        let mut out = product(Matrix::new(x, x.len() / d_in, d_in), self.matrix(), Cores::One);
        pulp::Arch::new().dispatch(|| {
            for row in out.chunks_exact_mut(d_out) {
                row.iter_mut().zip(self.bias).for_each(|(out, bias)| *out += bias);
            }
        });
        out
    }

    /// From the slope of the output, `[n, d_out]`, to what is added to the weight's and the bias's gradients.
    pub(crate) fn add_gradient(&self, x: &[f32], slope: &[f32], of_weight: &mut [f32], of_bias: &mut [f32]) {
        let d_out = self.bias.len();
        let n = slope.len() / d_out;
        let x = Matrix::new(x, n, self.weight.len() / d_out).transposed();
        add_matmul(of_weight, x, Matrix::new(slope, n, d_out));
        add_rows(of_bias, slope);
    }
}

/// Add every row of `[n, d]` to `sums`, `[d]`.
fn add_rows(sums: &mut [f32], rows: &[f32]) {
    pulp::Arch::new().dispatch(|| {
        for row in rows.chunks_exact(sums.len()) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
    });
}

/// On from `first`, what the first layer gives before its activation, through the `rest` of the layers.
///
/// # Shapes
/// - `first`: `[n, d]`
/// - result: `[n, d_out]` of the last layer, without an activation
pub(crate) fn trace_forward(
    activation: Activation,
    rest: &[LayerView],
    first: Vec<f32>,
) -> (Vec<f32>, Trace) {
    let mut trace = Trace { inputs: Vec::with_capacity(rest.len()), before: Vec::new() };
    let mut x = first;
    for (index, layer) in rest.iter().enumerate() {
        if matches!(activation, Activation::Sine { .. }) {
            trace.before.push(x.clone());
        }
        activate(activation, index, &mut x);
        let next = layer.apply(&x);
        trace.inputs.push(x);
        x = next;
    }
    (x, trace)
}

/// Back from the slope of the outputs to that of what the first layer gives before its activation. The gradients
/// of the `rest` of the layers, each one's weight and then its bias, are added to `gradient`.
pub(crate) fn trace_backward(
    activation: Activation,
    rest: &[LayerView],
    trace: &Trace,
    mut slope: Vec<f32>,
    gradient: &mut [f32],
) -> Vec<f32> {
    let mut end = gradient.len();
    for (index, (layer, x)) in rest.iter().zip(&trace.inputs).enumerate().rev() {
        let begin = end - layer.weight.len() - layer.bias.len();
        let (of_weight, of_bias) = gradient[begin..end].split_at_mut(layer.weight.len());
        end = begin;
        layer.add_gradient(x, &slope, of_weight, of_bias);
        let d_out = layer.bias.len();
        let dz = Matrix::new(&slope, slope.len() / d_out, d_out);
        let mut dx = product(dz, layer.matrix().transposed(), Cores::One);
        through_activation(activation, index, trace.before.get(index).unwrap_or(x), &mut dx);
        slope = dx;
    }
    slope
}
