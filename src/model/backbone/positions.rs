//! The position grid resampled to another size, as `PyTorch`'s `interpolate` does it: bicubic,
//! `align_corners=False`, no antialias.

use burn::tensor::{Device, Tensor, TensorData};

/// The cubic kernel's parameter, as `PyTorch` and most image libraries have it (Keys 1981).
const A: f64 = -0.75;

/// Keys' cubic convolution kernel at a distance.
fn cubic(distance: f64) -> f64 {
    let t = distance.abs();
    if t <= 1.0 {
        ((A + 2.0) * t - (A + 3.0)) * t * t + 1.0
    } else if t < 2.0 {
        ((A * t - 5.0 * A) * t + 8.0 * A) * t - 4.0 * A
    } else {
        0.0
    }
}

/// What each of `to` samples takes of each of `from`: `[to, from]`, row-major. Rows sum to one; what
/// falls outside is taken from the border.
pub(crate) fn cubic_weights(from: usize, to: usize) -> Vec<f32> {
    let mut weights = vec![0.0; to * from];
    let step = from as f64 / to as f64;
    for (row, out) in weights.chunks_exact_mut(from).enumerate() {
        let centre = (row as f64 + 0.5) * step - 0.5;
        let first = centre.floor() as i64 - 1;
        let mut exact = vec![0.0f64; from];
        for tap in first..first + 4 {
            let inside = tap.clamp(0, from as i64 - 1) as usize;
            exact[inside] += cubic(centre - tap as f64);
        }
        for (weight, value) in out.iter_mut().zip(exact) {
            *weight = value as f32;
        }
    }
    weights
}

/// The position embedding for another grid, by two small matrix products, so that it can learn.
///
/// # Shapes
/// - `embedding`: `[1, 1 + grid * grid, dim]`, the class token's position first
/// - result: `[1, 1 + rows * columns, dim]`
pub(crate) fn resample(embedding: Tensor<3>, grid: usize, rows: usize, columns: usize) -> Tensor<3> {
    if grid == rows && grid == columns {
        return embedding;
    }
    let [_, tokens, dim] = embedding.dims();
    let device = embedding.device();
    let class = embedding.clone().narrow(1, 0, 1);
    let square = embedding.narrow(1, 1, tokens - 1);
    // [rows, grid] x [grid, grid * dim]
    let tall = matrix(grid, rows, &device).matmul(square.reshape([grid, grid * dim]));
    // [1, columns, grid] x [rows, grid, dim], one product for each row
    let wide = matrix(grid, columns, &device).unsqueeze::<3>().matmul(tall.reshape([rows, grid, dim]));
    Tensor::cat(vec![class, wide.reshape([1, rows * columns, dim])], 1)
}

fn matrix(from: usize, to: usize, device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(cubic_weights(from, to), [to, from]), device)
}

/// The fixed positions of masked autoencoders (arXiv 2111.06377, its `pos_embed.py`): a quarter of the channels each has
/// the sines and the cosines of the column, then of the row, at frequencies from 1 to 1/10,000; the class token has none.
///
/// # Shapes
/// - result: `[1 + grid * grid, dim]`, row-major; `dim` a multiple of four
pub(crate) fn sinusoids(grid: usize, dim: usize) -> Vec<f32> {
    let quarter = dim / 4;
    let angle = |place: usize, index: usize| place as f64 * 1e4_f64.powf(-(index as f64) / quarter as f64);
    let mut positions = vec![0.0; dim];
    for patch in 0..grid * grid {
        for place in [patch % grid, patch / grid] {
            positions.extend((0..quarter).map(|index| angle(place, index).sin() as f32));
            positions.extend((0..quarter).map(|index| angle(place, index).cos() as f32));
        }
    }
    positions
}
