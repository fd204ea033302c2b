//! Layer norm over rows: `y = (x - mean) / sqrt(variance + epsilon) * weight + bias`.

use rayon::prelude::*;

use super::rows::{ROWS, add_up};
use super::simd::{dispatch, sum};

/// What learns in a layer norm, each `[d]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Norm<'a> {
    pub(super) weight: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) epsilon: f32,
}

/// The gradients of a layer norm.
pub(super) struct NormGradients {
    /// `[d]`
    pub(super) weight: Vec<f32>,
    /// `[d]`
    pub(super) bias: Vec<f32>,
}

/// Mean and inverse deviation of a row.
#[inline(always)]
fn moments(row: &[f32], epsilon: f32) -> (f32, f32) {
    let scale = 1.0 / row.len() as f32;
    let mean = sum(row, |x| x) * scale;
    let variance = sum(row, |x| (x - mean) * (x - mean)) * scale;
    (mean, 1.0 / (variance + epsilon).sqrt())
}

impl Norm<'_> {
    /// # Shapes
    /// - `x` and result: `[n, d]`
    pub(super) fn forward(&self, x: &[f32]) -> Vec<f32> {
        let d = self.weight.len();
        let mut out = vec![0.0; x.len()];
        out.par_chunks_mut(ROWS * d).zip(x.par_chunks(ROWS * d)).for_each(|(out, x)| {
            dispatch(|| {
                for (out, x) in out.chunks_exact_mut(d).zip(x.chunks_exact(d)) {
                    let (mean, inverse) = moments(x, self.epsilon);
                    for (((out, x), weight), bias) in out.iter_mut().zip(x).zip(self.weight).zip(self.bias) {
                        *out = (x - mean) * inverse * weight + bias;
                    }
                }
            });
        });
        out
    }

    /// From the slope of the output, which becomes the slope of the input in place; `carried` is added to it
    /// where the input also went on unchanged. The gradients are summed if they are wanted. With `h = (x - mean) / deviation` and `g = slope * weight`:
    /// `dx = (g - mean(g) - h mean(g h)) / deviation`.
    ///
    /// # Shapes
    /// - `x`, `slope` and `carried`: `[n, d]`
    pub(super) fn backward(
        &self,
        x: &[f32],
        slope: &mut [f32],
        carried: Option<&[f32]>,
        is_wanted: bool,
    ) -> Option<NormGradients> {
        let d = self.weight.len();
        let parts: Vec<Vec<f32>> = slope
            .par_chunks_mut(ROWS * d)
            .zip(x.par_chunks(ROWS * d))
            .enumerate()
            .map(|(piece, (slope, x))| {
                let carried = carried.map(|carried| &carried[piece * ROWS * d..][..slope.len()]);
                let mut sums = is_wanted.then(|| vec![0.0; 2 * d]);
                dispatch(|| self.backward_rows(x, slope, carried, sums.as_deref_mut()));
                sums.unwrap_or_default()
            })
            .collect();
        is_wanted.then(|| {
            let mut weight = add_up(parts, 2 * d);
            let bias = weight.split_off(d);
            NormGradients { weight, bias }
        })
    }

    #[inline(always)]
    fn backward_rows(
        &self,
        x: &[f32],
        slope: &mut [f32],
        carried: Option<&[f32]>,
        mut sums: Option<&mut [f32]>,
    ) {
        let d = self.weight.len();
        let scale = 1.0 / d as f32;
        let mut h = vec![0.0; d];
        for (index, (x, slope)) in x.chunks_exact(d).zip(slope.chunks_exact_mut(d)).enumerate() {
            let (mean, inverse) = moments(x, self.epsilon);
            for (h, x) in h.iter_mut().zip(x) {
                *h = (x - mean) * inverse;
            }
            if let Some(sums) = sums.as_deref_mut() {
                let (of_weight, of_bias) = sums.split_at_mut(d);
                for (((slope, h), weight), bias) in slope.iter().zip(&h).zip(of_weight).zip(of_bias) {
                    *weight += slope * h;
                    *bias += slope;
                }
            }
            for (slope, weight) in slope.iter_mut().zip(self.weight) {
                *slope *= weight;
            }
            let mean_g = sum(slope, |g| g) * scale;
            let mean_gh = super::simd::dot(slope, &h) * scale;
            for (slope, h) in slope.iter_mut().zip(&h) {
                *slope = (*slope - mean_g - h * mean_gh) * inverse;
            }
            if let Some(carried) = carried {
                for (slope, carried) in slope.iter_mut().zip(&carried[index * d..]) {
                    *slope += carried;
                }
            }
        }
    }
}
