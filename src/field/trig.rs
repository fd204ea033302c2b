//! Sines of many values at once, vectorised for the instructions that the machine has.

use std::f64::consts::{FRAC_PI_2, PI};

use pulp::{Simd, WithSimd};

/// Beyond this, 32 bits are not enough to reduce an argument.
const ARGUMENT_MAX: f32 = 39_000.0;
/// π in four parts of few bits each, so that their products with a whole number are exact (Cody and
/// Waite's reduction).
const PI_PARTS: [f32; 4] = [3.140_625, 9.670_257_6e-4, 6.277_114e-7, 1.215_420_1e-10];
/// Adding it rounds an f32 to a whole number, which is then in the low bits.
const ROUND_F32: f32 = 12_582_912.0;
/// Of the odd minimax polynomial of degree 9 for `sin(x) / x - 1` on [-π/2, π/2], highest power first.
const SINE_TERMS: [f32; 4] = [2.608_316e-6, -1.981_069e-4, 8.333_079e-3, -0.166_666_6];
/// Of the series of `sin(x) / x - 1`, highest power first: within 1e-9 on [-π/2, π/2].
const TAYLOR_TERMS: [f64; 6] =
    [1.0 / 6_227_020_800.0, -1.0 / 39_916_800.0, 1.0 / 362_880.0, -1.0 / 5_040.0, 1.0 / 120.0, -1.0 / 6.0];
/// Values whose size is looked at together.
const BLOCK: usize = 256;
/// As [`ROUND_F32`], of an f64.
const ROUND_F64: f64 = 6_755_399_441_055_744.0;

/// `sin(scale * x)` in place of every `x`, to about 2e-7.
pub(crate) fn sine_in_place(values: &mut [f32], scale: f32) {
    pulp::Arch::new().dispatch(Sine { values, scale });
}

struct Sine<'a> {
    values: &'a mut [f32],
    scale: f32,
}

impl WithSimd for Sine<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let scale = simd.splat_f32s(self.scale);
        for block in self.values.chunks_mut(BLOCK) {
            let (whole, rest) = S::as_mut_simd_f32s(block);
            let mut largest = simd.abs_f32s(simd.mul_f32s(simd.partial_load_f32s(rest), scale));
            for value in whole.iter() {
                largest = simd.max_f32s(largest, simd.abs_f32s(simd.mul_f32s(*value, scale)));
            }
            if simd.reduce_max_f32s(largest) < ARGUMENT_MAX {
                for value in whole {
                    *value = sine(simd, simd.mul_f32s(*value, scale));
                }
                let last = simd.mul_f32s(simd.partial_load_f32s(rest), scale);
                simd.partial_store_f32s(rest, sine(simd, last));
            } else {
                for value in block {
                    *value = f64::from(*value * self.scale).sin() as f32;
                }
            }
        }
    }
}

/// The cosines and the sines of angles up to 2^28 radians, to 1e-7; the angles are f64, because an
/// f32 angle of thousands of radians is off by 1e-4.
pub(crate) fn cosines_and_sines(angles: &[f64], cosines: &mut [f32], sines: &mut [f32]) {
    pulp::Arch::new().dispatch(|| {
        for ((angle, cosine), sine) in angles.iter().zip(cosines.iter_mut()).zip(sines.iter_mut()) {
            *cosine = sine_of_f64(*angle + FRAC_PI_2);
            *sine = sine_of_f64(*angle);
        }
    });
}

#[inline(always)]
fn sine<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let number = |value: f32| simd.splat_f32s(value);
    let rounded = simd.mul_add_e_f32s(x, number(std::f32::consts::FRAC_1_PI), number(ROUND_F32));
    let turns = simd.sub_f32s(rounded, number(ROUND_F32));
    let reduced = PI_PARTS.iter().fold(x, |x, part| simd.mul_add_e_f32s(turns, number(-part), x));
    let square = simd.mul_f32s(reduced, reduced);
    let [first, others @ ..] = SINE_TERMS.map(number);
    let series = others.into_iter().fold(first, |sum, term| simd.mul_add_e_f32s(sum, square, term));
    let sine = simd.mul_add_e_f32s(reduced, simd.mul_f32s(square, series), reduced);
    // An odd number of half turns changes the sign.
    let odd = simd.wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(rounded), simd.splat_u32s(31));
    simd.transmute_f32s_u32s(simd.xor_u32s(simd.transmute_u32s_f32s(sine), odd))
}

#[inline(always)]
fn sine_of_f64(x: f64) -> f32 {
    let rounded = x * std::f64::consts::FRAC_1_PI + ROUND_F64;
    let reduced = x - (rounded - ROUND_F64) * PI;
    let square = reduced * reduced;
    let [first, others @ ..] = TAYLOR_TERMS;
    let series = others.into_iter().fold(first, |sum, term| sum * square + term);
    let sine = (reduced + reduced * square * series) as f32;
    f32::from_bits(sine.to_bits() ^ ((rounded.to_bits() as u32) << 31))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both against the libm of f64, whose own reduction is exact.
    #[test]
    fn sines_agree_with_libm_far_from_zero() {
        let values: Vec<f32> = (0..200_003).map(|index| (index as f32 - 100_000.0) * 0.389).collect();
        for (scale, chunk) in [(1.0, &values[..]), (100.0, &values[..])] {
            let mut found = chunk.to_vec();
            sine_in_place(&mut found, scale);
            for (x, y) in chunk.iter().zip(&found) {
                let expected = f64::from(x * scale).sin();
                assert!((f64::from(*y) - expected).abs() < 4e-7, "sin({}) is {expected}, not {y}", x * scale);
            }
        }
        let angles: Vec<f64> = values.iter().map(|value| f64::from(*value) * 1.000_123).collect();
        let (mut cosines, mut sines) = (vec![0.0; angles.len()], vec![0.0; angles.len()]);
        cosines_and_sines(&angles, &mut cosines, &mut sines);
        for ((angle, cosine), sine) in angles.iter().zip(cosines).zip(sines) {
            assert!((f64::from(cosine) - angle.cos()).abs() < 1e-7);
            assert!((f64::from(sine) - angle.sin()).abs() < 1e-7);
        }
    }
}
