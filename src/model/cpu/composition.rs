//! A layer's weights from its base and the modulation of each item, normalised or not.

use rayon::prelude::*;

use super::rows::add_up;
use super::simd::dispatch;
use crate::model::Composer;
use crate::model::compose::LENGTH_MIN;

/// The inverse length of columns that are too short, as it comes out in f32.
const LONGEST_INVERSE: f32 = 0.999_999 / LENGTH_MIN as f32;

/// What a composer makes of a base.
#[derive(Debug, Clone, Copy)]
pub(super) struct Composition<'a> {
    pub(super) composer: Composer,
    /// `[d_in, d_out]`
    pub(super) base: &'a [f32],
    /// `[batch, g, d_in]`
    pub(super) modulation: &'a [f32],
    pub(super) batch: usize,
    pub(super) groups: usize,
    pub(super) d_in: usize,
}

/// The gradients of a composition.
pub(super) struct CompositionGradients {
    /// `[d_in, d_out]`
    pub(super) base: Vec<f32>,
    /// `[batch, g, d_in]`
    pub(super) modulation: Vec<f32>,
}

impl Composition<'_> {
    fn d_out(&self) -> usize {
        self.base.len() / self.d_in
    }

    /// What column `k` of a row is multiplied with, `[d_in, g]`: neighbours in a row of the base then are too.
    fn factors(&self, modulation: &[f32]) -> Vec<f32> {
        let constant = if self.composer == Composer::Residual { 1.0 } else { 0.0 };
        let mut factors = vec![0.0; modulation.len()];
        for (group, own) in modulation.chunks_exact(self.d_in).enumerate() {
            for (value, factors) in own.iter().zip(factors.chunks_exact_mut(self.groups)) {
                factors[group] = constant + value;
            }
        }
        factors
    }

    /// The base modulated, `[d_in, d_out]`.
    fn modulated(&self, factors: &[f32], out: &mut [f32]) {
        let (d_out, groups) = (self.d_out(), self.groups);
        dispatch(|| {
            let rows = out.chunks_exact_mut(d_out).zip(self.base.chunks_exact(d_out));
            for ((out, base), factors) in rows.zip(factors.chunks_exact(groups)) {
                for (out, base) in out.chunks_exact_mut(groups).zip(base.chunks_exact(groups)) {
                    for ((out, base), factor) in out.iter_mut().zip(base).zip(factors) {
                        *out = base * factor;
                    }
                }
            }
        });
    }

    /// The inverse length of each column of the modulated base, `1 / max(|v_j|, 1e-12)`.
    fn inverse_lengths(&self, modulated: &[f32]) -> Vec<f32> {
        let mut squares = vec![0.0; self.d_out()];
        dispatch(|| {
            for row in modulated.chunks_exact(self.d_out()) {
                squares.iter_mut().zip(row).for_each(|(square, value)| *square += value * value);
            }
        });
        let least = (LENGTH_MIN * LENGTH_MIN) as f32;
        squares.into_iter().map(|square: f32| 1.0 / square.max(least).sqrt()).collect()
    }

    /// The weights of every item, `[batch, d_in, d_out]`.
    pub(super) fn forward(&self) -> Vec<f32> {
        let mut out = vec![0.0; self.batch * self.base.len()];
        let modulations = self.modulation.par_chunks(self.groups * self.d_in);
        out.par_chunks_mut(self.base.len()).zip(modulations).for_each(|(out, modulation)| {
            self.modulated(&self.factors(modulation), out);
            if self.composer == Composer::TransInr {
                let inverse = self.inverse_lengths(out);
                dispatch(|| {
                    for row in out.chunks_exact_mut(self.d_out()) {
                        row.iter_mut().zip(&inverse).for_each(|(value, inverse)| *value *= inverse);
                    }
                });
            }
        });
        out
    }

    /// From the slope of the weights, `[batch, d_in, d_out]`. Of a normalised column `w = v / |v|`:
    /// `dv = (dw - w (w . dw)) / |v|`; one that was too short has no part in its length: `dv = dw / 1e-12`.
    pub(super) fn backward(&self, slope: &[f32]) -> CompositionGradients {
        let modulations = self.modulation.par_chunks(self.groups * self.d_in);
        let (bases, modulations): (Vec<_>, Vec<_>) = slope
            .par_chunks(self.base.len())
            .zip(modulations)
            .map(|(slope, modulation)| {
                let factors = self.factors(modulation);
                let mut slope = slope.to_vec();
                if self.composer == Composer::TransInr {
                    let mut modulated = vec![0.0; self.base.len()];
                    self.modulated(&factors, &mut modulated);
                    let inverse = self.inverse_lengths(&modulated);
                    dispatch(|| self.through_lengths(&modulated, &inverse, &mut slope));
                }
                let mut of_modulation = vec![0.0; modulation.len()];
                dispatch(|| self.item_backward(&factors, &mut slope, &mut of_modulation));
                (slope, of_modulation)
            })
            .unzip();
        CompositionGradients { base: add_up(bases, self.base.len()), modulation: modulations.concat() }
    }

    /// From the slope of normalised columns to that of the columns before, in place.
    #[inline(always)]
    fn through_lengths(&self, modulated: &[f32], inverse: &[f32], slope: &mut [f32]) {
        let d_out = self.d_out();
        let mut along = vec![0.0; d_out];
        for (modulated, slope) in modulated.chunks_exact(d_out).zip(slope.chunks_exact(d_out)) {
            for ((along, modulated), slope) in along.iter_mut().zip(modulated).zip(slope) {
                *along += modulated * slope;
            }
        }
        for (along, inverse) in along.iter_mut().zip(inverse) {
            let is_short = *inverse >= LONGEST_INVERSE;
            *along = if is_short { 0.0 } else { *along * inverse * inverse };
        }
        for (modulated, slope) in modulated.chunks_exact(d_out).zip(slope.chunks_exact_mut(d_out)) {
            let columns = along.iter().zip(inverse).zip(modulated);
            for (slope, ((along, inverse), modulated)) in slope.iter_mut().zip(columns) {
                *slope = (*slope - modulated * along) * inverse;
            }
        }
    }

    /// From the slope of the modulated base to that of the base, in place, and to that of the modulation,
    /// `[g, d_in]`.
    #[inline(always)]
    fn item_backward(&self, factors: &[f32], slope: &mut [f32], of_modulation: &mut [f32]) {
        let (d_out, groups) = (self.d_out(), self.groups);
        let mut sums = vec![0.0; groups];
        let rows = slope.chunks_exact_mut(d_out).zip(self.base.chunks_exact(d_out));
        for (row, ((slope, base), factors)) in rows.zip(factors.chunks_exact(groups)).enumerate() {
            sums.fill(0.0);
            for (slope, base) in slope.chunks_exact_mut(groups).zip(base.chunks_exact(groups)) {
                for (((slope, base), factor), sum) in slope.iter_mut().zip(base).zip(factors).zip(&mut sums) {
                    *sum += *slope * base;
                    *slope *= factor;
                }
            }
            for (group, sum) in sums.iter().enumerate() {
                of_modulation[group * self.d_in + row] = *sum;
            }
        }
    }
}
