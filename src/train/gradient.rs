//! The gradient of one field's squared error in its own weights, by hand and by matrix products: a step
//! of refining is small, and a tensor library's own work would be most of it.

use rayon::prelude::*;

use crate::field::{
    Architecture, Encoder, Field, Layer, Matrix, activate, add_matmul, layer, through_activation,
};
use crate::media::Picture;

/// Points of one piece of a batch. A fixed number, so that sums do not depend on how many cores there are.
const PIECE_POINTS: usize = 256;

/// A reference picture as points and targets.
pub(super) struct PixelGrid {
    width: usize,
    targets: Vec<f32>,
    rows: Vec<f32>,
    columns: Vec<f32>,
    axis_width: usize,
    is_encoded: bool,
}

impl PixelGrid {
    pub(super) fn new(architecture: &Architecture, reference: &Picture) -> Self {
        let encoder = Encoder::new(architecture);
        let centres = |count: u32| crate::field::pixel_centres(count, 0.0, 1.0);
        Self {
            width: reference.width() as usize,
            targets: reference.to_f32(),
            rows: encoder.encode_axis(&centres(reference.height())),
            columns: encoder.encode_axis(&centres(reference.width())),
            axis_width: encoder.axis_width(),
            is_encoded: architecture.encoding != crate::field::Encoding::Identity,
        }
    }

    pub(super) fn num_pixels(&self) -> usize {
        self.targets.len() / 3
    }

    /// The field's input at these pixels, `[n, encoding width]`, and what it should say, `[n, 3]`.
    fn gather(&self, pixels: &[usize]) -> (Vec<f32>, Vec<f32>) {
        let own = self.axis_width;
        let mut features = Vec::with_capacity(pixels.len() * 2 * own);
        let mut targets = Vec::with_capacity(pixels.len() * 3);
        for pixel in pixels {
            let row = &self.rows[pixel / self.width * own..][..own];
            let column = &self.columns[pixel % self.width * own..][..own];
            // All cosines, then all sines; rows before columns in each.
            let half = if self.is_encoded { own / 2 } else { own };
            for part in [&row[..half], &column[..half], &row[half..], &column[half..]] {
                features.extend_from_slice(part);
            }
            targets.extend_from_slice(&self.targets[pixel * 3..][..3]);
        }
        (features, targets)
    }
}

/// Mean squared error at these pixels, and its gradient: every layer's weight and then its bias, first
/// layer to last.
pub(super) fn loss_and_gradient(field: &Field, grid: &PixelGrid, pixels: &[usize]) -> (f64, Vec<f32>) {
    let pieces: Vec<(f64, Vec<f32>)> = pixels
        .par_chunks(PIECE_POINTS)
        .map(|piece| {
            let (features, targets) = grid.gather(piece);
            piece_gradient(field, features, &targets, pixels.len())
        })
        .collect();
    let mut gradient = vec![0.0; field.architecture().num_params()];
    let mut loss = 0.0;
    for (piece_loss, piece) in pieces {
        loss += piece_loss;
        gradient.iter_mut().zip(piece).for_each(|(sum, value)| *sum += value);
    }
    (loss, gradient)
}

/// A piece's share of the loss and of the gradient of a batch of `batch` points.
fn piece_gradient(field: &Field, features: Vec<f32>, targets: &[f32], batch: usize) -> (f64, Vec<f32>) {
    let architecture = field.architecture();
    let num_points = targets.len() / 3;
    let Forward { inputs, before } = forward(field, features, num_points);
    // dL/dy = 2 (y - t) / (3 n); a standard deviation's channel has no part in it.
    let width = architecture.output_width();
    let scale = 1.0 / (3 * batch) as f32;
    let mut slope = vec![0.0f32; num_points * width];
    let mut loss = 0.0;
    let outputs = before.last().map_or(&[][..], Vec::as_slice);
    for ((slope, y), target) in
        slope.chunks_exact_mut(width).zip(outputs.chunks_exact(width)).zip(targets.chunks_exact(3))
    {
        for ((slope, y), target) in slope.iter_mut().zip(y).zip(target) {
            let error = y + architecture.output_offset - target;
            loss += f64::from(error * error * scale);
            *slope = 2.0 * error * scale;
        }
    }
    (loss, backward(field, &inputs, &before, slope, num_points))
}

/// What a forward pass leaves behind for the backward one.
struct Forward {
    /// Each layer's input, `[n, d_in]`.
    inputs: Vec<Vec<f32>>,
    /// Each layer's output before its activation, `[n, d_out]`.
    before: Vec<Vec<f32>>,
}

fn forward(field: &Field, features: Vec<f32>, num_points: usize) -> Forward {
    let last = field.layers().len() - 1;
    let (mut inputs, mut before): (Vec<Vec<f32>>, Vec<Vec<f32>>) = (Vec::new(), Vec::new());
    let mut x = features;
    for (index, own) in field.layers().iter().enumerate() {
        let mut z = Vec::new();
        layer(own, &x, num_points, &mut z);
        inputs.push(x);
        x = Vec::new();
        x.clone_from(&z);
        if index != last {
            activate(field.architecture().activation, index, &mut x);
        }
        before.push(z);
    }
    Forward { inputs, before }
}

fn backward(
    field: &Field,
    inputs: &[Vec<f32>],
    before: &[Vec<f32>],
    mut slope: Vec<f32>,
    num_points: usize,
) -> Vec<f32> {
    let mut gradient = vec![0.0; field.architecture().num_params()];
    let mut end = gradient.len();
    for (index, Layer { weight, bias }) in field.layers().iter().enumerate().rev() {
        let (d_in, d_out) = (weight.len() / bias.len(), bias.len());
        let own = &mut gradient[end - weight.len() - d_out..end];
        end -= own.len();
        let (of_weight, of_bias) = own.split_at_mut(weight.len());
        let dz = Matrix::new(&slope, num_points, d_out);
        add_matmul(of_weight, Matrix::new(&inputs[index], num_points, d_in).transposed(), dz);
        for row in slope.chunks_exact(d_out) {
            of_bias.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        if index == 0 {
            break;
        }
        let mut dx = vec![0.0; num_points * d_in];
        add_matmul(&mut dx, dz, Matrix::new(weight, d_in, d_out).transposed());
        through_activation(field.architecture().activation, index - 1, &before[index - 1], &mut dx);
        slope = dx;
    }
    gradient
}

#[cfg(test)]
#[path = "gradient_tests.rs"]
mod tests;
