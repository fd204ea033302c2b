//! What follows the first Linear of an MLP, each value alone.

use rayon::prelude::*;

use super::rows::VALUES;
use super::simd::{dispatch, exp, normal};

/// The factor of [`Gelu::Quick`].
pub(crate) const QUICK: f32 = 1.702;

/// A smooth rectifier (arXiv 1606.08415).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gelu {
    /// `x Φ(x)`
    Exact,
    /// `x σ(1.702 x)`, which is near it and which CLIP was trained with.
    Quick,
}

impl Gelu {
    pub(super) fn forward(self, x: &[f32]) -> Vec<f32> {
        match self {
            Self::Exact => mapped(x, |x| x * normal(x).0),
            Self::Quick => mapped(x, |x| x * logistic(QUICK * x)),
        }
    }

    /// The way back, in place of `slope`: `d/dx x Φ(x) = Φ(x) + x φ(x)`, `d/dx x σ(k x) = σ + k x σ (1 - σ)`.
    pub(super) fn backward(self, x: &[f32], slope: &mut [f32]) {
        match self {
            Self::Exact => scaled(x, slope, |x| {
                let (probability, density) = normal(x);
                probability + x * density
            }),
            Self::Quick => scaled(x, slope, |x| {
                let share = logistic(QUICK * x);
                share + QUICK * x * share * (1.0 - share)
            }),
        }
    }
}

/// `1 / (1 + e^-x)`
#[inline(always)]
fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
fn mapped(x: &[f32], value: impl Fn(f32) -> f32 + Sync) -> Vec<f32> {
    let mut out = vec![0.0; x.len()];
    out.par_chunks_mut(VALUES).zip(x.par_chunks(VALUES)).for_each(|(out, x)| {
        dispatch(|| {
            for (out, x) in out.iter_mut().zip(x) {
                *out = value(*x);
            }
        });
    });
    out
}

#[inline(always)]
fn scaled(x: &[f32], slope: &mut [f32], factor: impl Fn(f32) -> f32 + Sync) {
    slope.par_chunks_mut(VALUES).zip(x.par_chunks(VALUES)).for_each(|(slope, x)| {
        dispatch(|| {
            for (slope, x) in slope.iter_mut().zip(x) {
                *slope *= factor(*x);
            }
        });
    });
}
