//! `y = x W + b` over rows.

use rayon::prelude::*;

use super::low_rank::LowRank;
use super::rows::{ROWS, add_up};
use super::simd::dispatch;
use crate::field::{Cores, Matrix, product};

/// What learns in a Linear.
#[derive(Debug, Clone, Copy)]
pub(super) struct Linear<'a> {
    /// `[d_in, d_out]`
    pub(super) weight: &'a [f32],
    /// `[d_out]`
    pub(super) bias: &'a [f32],
    /// What is added to the weight.
    pub(super) update: Option<LowRank<'a>>,
}

impl Linear<'_> {
    pub(super) fn d_out(&self) -> usize {
        self.bias.len()
    }

    pub(super) fn d_in(&self) -> usize {
        self.weight.len() / self.bias.len()
    }

    fn weight(&self) -> Matrix<'_> {
        Matrix::new(self.weight, self.d_in(), self.d_out())
    }

    /// `x W`, updated.
    fn weighted(&self, x: &[f32]) -> Vec<f32> {
        let n = x.len() / self.d_in();
        let mut out = product(Matrix::new(x, n, self.d_in()), self.weight(), Cores::All);
        if let Some(update) = &self.update {
            update.add_forward(x, &mut out);
        }
        out
    }

    /// # Shapes
    /// - `x`: `[n, d_in]`
    /// - result: `[n, d_out]`
    pub(super) fn forward(&self, x: &[f32]) -> Vec<f32> {
        let mut out = self.weighted(x);
        let d = self.d_out();
        out.par_chunks_mut(ROWS * d).for_each(|rows| {
            dispatch(|| {
                for row in rows.chunks_exact_mut(d) {
                    row.iter_mut().zip(self.bias).for_each(|(out, bias)| *out += bias);
                }
            });
        });
        out
    }

    /// As [`forward`](Self::forward), added to `carried`, `[n, d_out]`.
    pub(super) fn forward_onto(&self, x: &[f32], carried: &[f32]) -> Vec<f32> {
        let mut out = self.weighted(x);
        let d = self.d_out();
        out.par_chunks_mut(ROWS * d).zip(carried.par_chunks(ROWS * d)).for_each(|(rows, carried)| {
            dispatch(|| {
                for (row, carried) in rows.chunks_exact_mut(d).zip(carried.chunks_exact(d)) {
                    for ((out, carried), bias) in row.iter_mut().zip(carried).zip(self.bias) {
                        *out += carried + bias;
                    }
                }
            });
        });
        out
    }

    /// The slope of the input, `[n, d_in]`, from that of the output, `[n, d_out]`, and from what has come
    /// [through the update](LowRank::through) of it, if there is one.
    pub(super) fn slope_of_input(&self, slope: &[f32], through: Option<&[f32]>) -> Vec<f32> {
        let n = slope.len() / self.d_out();
        let mut out = product(Matrix::new(slope, n, self.d_out()), self.weight().transposed(), Cores::All);
        if let (Some(update), Some(through)) = (&self.update, through) {
            update.add_slope_of_input(through, &mut out);
        }
        out
    }

    /// The gradient of the weight, `[d_in, d_out]`: `x^T slope`.
    pub(super) fn gradient_of_weight(&self, x: &[f32], slope: &[f32]) -> Vec<f32> {
        let n = slope.len() / self.d_out();
        let x = Matrix::new(x, n, self.d_in()).transposed();
        product(x, Matrix::new(slope, n, self.d_out()), Cores::All)
    }
}

/// The sum over rows, `[d]`: the gradient of a bias.
pub(super) fn column_sums(slope: &[f32], d: usize) -> Vec<f32> {
    let parts: Vec<Vec<f32>> = slope
        .par_chunks(ROWS * d)
        .map(|slope| {
            let mut sums = vec![0.0; d];
            dispatch(|| {
                for row in slope.chunks_exact(d) {
                    sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
                }
            });
            sums
        })
        .collect();
    add_up(parts, d)
}
