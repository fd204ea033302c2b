use crate::field::{Cores, Matrix, product};

/// How much of the momentum is kept.
const MOMENTUM: f32 = 0.9;
/// `(a, b, c)` of each iteration `X <- a X + (b XXᵀ + c (XXᵀ)²) X`: the first of Polar Express (arXiv
/// 2505.16932, the published list), which bring singular values from far below one towards one fastest.
const ITERATIONS: [(f32, f32, f32); 4] = [
    (8.287_212, -23.595_886, 17.300_388),
    (4.107_059, -2.947_85, 0.544_843_1),
    (3.948_691, -2.908_902, 0.551_819_1),
    (3.318_419_7, -2.488_488, 0.510_048_9),
];
/// The first iteration diverges above a singular value of one: a margin for rounding.
const MARGIN: f32 = 1.01;
/// Of a matrix that still has a direction: its entries are ordinary numbers.
const NORM_MIN: f32 = 1e-30;

/// Muon (Jordan and others 2024, <https://kellerjordan.github.io/posts/muon>) for one weight matrix: a step
/// goes along the orthogonal matrix nearest to the gradient's running sum, so that the few directions in
/// which gradients are large do not crowd out the rest. Networks for pictures that are trained by it keep
/// a high rank, and with it their fine detail.
#[derive(Debug, Clone)]
pub(super) struct Muon {
    rows: usize,
    columns: usize,
    /// Root mean square of the singular values of the matrix at the start: a step is measured by it, so
    /// that one learning rate serves every scale of weights.
    size: f32,
}

impl Muon {
    /// For this matrix, `[rows, columns]`; one of zeros is measured as if it were orthogonal.
    pub(super) fn new(weight: &[f32], rows: usize, columns: usize) -> Self {
        let square: f64 = weight.iter().map(|value| f64::from(*value).powi(2)).sum();
        let size = (square / rows.min(columns) as f64).sqrt() as f32;
        Self { rows, columns, size: if size > 0.0 { size } else { 1.0 } }
    }

    /// One step down the gradient, which is taken `scale` times, after decay has left `kept` of the weight;
    /// `momentum` is handed from step to step.
    pub(super) fn step(
        &self,
        weight: &mut [f32],
        gradient: &[f32],
        momentum: &mut [f32],
        scale: f32,
        learning_rate: f32,
        kept: f32,
    ) {
        let ahead: Vec<f32> = momentum
            .iter_mut()
            .zip(gradient)
            .map(|(sum, g)| {
                let g = g * scale;
                *sum = MOMENTUM * *sum + g;
                g + MOMENTUM * *sum
            })
            .collect();
        let direction = orthogonalised(ahead, self.rows, self.columns);
        let rate = learning_rate * self.size;
        weight.iter_mut().zip(direction).for_each(|(weight, along)| *weight = *weight * kept - rate * along);
    }
}

/// About the orthogonal matrix nearest to `x`, `[rows, columns]`: `U Vᵀ` of `x = U S Vᵀ`. What is too small to
/// have a direction in f32 becomes zero.
fn orthogonalised(mut x: Vec<f32>, rows: usize, columns: usize) -> Vec<f32> {
    let norm = x.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt() as f32;
    if norm < NORM_MIN {
        x.fill(0.0);
        return x;
    }
    for value in &mut x {
        *value /= norm * MARGIN;
    }
    // The products are smallest on the shorter side: `(b XᵀX + c (XᵀX)²)` from the right where that is it.
    let is_wide = rows <= columns;
    let side = rows.min(columns);
    for (a, b, c) in ITERATIONS {
        let own = Matrix::new(&x, rows, columns);
        let (left, right) = if is_wide { (own, own.transposed()) } else { (own.transposed(), own) };
        let gram = product(left, right, Cores::One);
        let square = Matrix::new(&gram, side, side);
        let mut step = product(square, square, Cores::One);
        step.iter_mut().zip(&gram).for_each(|(step, gram)| *step = b * gram + c * *step);
        let factor = Matrix::new(&step, side, side);
        let (left, right) = if is_wide { (factor, own) } else { (own, factor) };
        let moved = product(left, right, Cores::One);
        x.iter_mut().zip(&moved).for_each(|(value, moved)| *value = a * *value + moved);
    }
    x
}

#[cfg(test)]
#[path = "muon_tests.rs"]
mod tests;
