use rayon::prelude::*;

use super::Quality;
use crate::media::Picture;
use crate::model::Lpips;

/// SSIM's Gaussian window is this many pixels wide.
const WINDOW: usize = 11;
const SIGMA: f64 = 1.5;
/// SSIM's constants `(K L)^2` for values in [0, 1].
const C1: f64 = 0.01 * 0.01;
const C2: f64 = 0.03 * 0.03;

/// Peak signal-to-noise ratio of values in [0, 1], `-10 log10(MSE)`; infinite where they are equal. What
/// lies outside is clamped, as a screen would. NaN where there is nothing to compare.
#[must_use]
pub fn psnr_db(values: &[f32], reference: &[f32]) -> f64 {
    let square = |(a, b): (&f32, &f32)| (f64::from(a.clamp(0.0, 1.0)) - f64::from(*b)).powi(2);
    let sum: f64 = values.iter().zip(reference).map(square).sum();
    db_of_mse(sum / values.len().min(reference.len()) as f64)
}

/// `-10 log10(mse)`.
#[must_use]
pub fn db_of_mse(mse: f64) -> f64 {
    -10.0 * mse.log10()
}

/// Structural similarity (Wang et al. 2004): 11x11 Gaussian window of sigma 1.5, K = (0.01, 0.03), mean
/// over the channels and over the pixels whose window lies inside the picture. A picture smaller than the
/// window is averaged over all its pixels, with the window cut off at its edges.
///
/// # Shapes
/// - `values`, `reference`: `[height, width, 3]`, in [0, 1]
#[must_use]
pub fn ssim(values: &[f32], reference: &[f32], width: usize, height: usize) -> f64 {
    let channel = |source: &[f32], channel: usize| -> Vec<f64> {
        source.iter().skip(channel).step_by(3).map(|value| f64::from(value.clamp(0.0, 1.0))).collect()
    };
    let of_channel = |index: usize| {
        let (x, y) = (channel(values, index), channel(reference, index));
        let product = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a * b).collect() };
        let blur = |source: &[f64]| blurred(source, width, height);
        let (mean_x, mean_y) = (blur(&x), blur(&y));
        let (xx, yy, xy) = (blur(&product(&x, &x)), blur(&product(&y, &y)), blur(&product(&x, &y)));
        let map = |at: usize| {
            let (mx, my) = (mean_x[at], mean_y[at]);
            let (var_x, var_y, cov) = (xx[at] - mx * mx, yy[at] - my * my, xy[at] - mx * my);
            (2.0 * mx * my + C1) * (2.0 * cov + C2) / ((mx * mx + my * my + C1) * (var_x + var_y + C2))
        };
        let (rows, columns) = (inside(height), inside(width));
        let count = rows.len() * columns.len();
        let sum: f64 =
            rows.flat_map(|row| columns.clone().map(move |column| row * width + column)).map(map).sum();
        sum / count as f64
    };
    (0..3).into_par_iter().map(of_channel).sum::<f64>() / 3.0
}

/// Pixels of an axis whose window lies inside; all of them on a short axis.
fn inside(len: usize) -> std::ops::Range<usize> {
    if len < WINDOW { 0..len } else { WINDOW / 2..len - WINDOW / 2 }
}

/// Filtered along both axes with the Gaussian, cut off and weighted anew at the edges.
fn blurred(source: &[f64], width: usize, height: usize) -> Vec<f64> {
    let along_rows = filtered(source, width, height, 1, width);
    filtered(&along_rows, height, width, width, 1)
}

/// Filter lines of `len` values that lie `step` apart; the `lines` begin `stride` apart.
fn filtered(source: &[f64], len: usize, lines: usize, step: usize, stride: usize) -> Vec<f64> {
    let radius = WINDOW / 2;
    let kernel: Vec<f64> =
        (0..WINDOW).map(|tap| (-0.5 * ((tap as f64 - radius as f64) / SIGMA).powi(2)).exp()).collect();
    let mut out = vec![0.0; source.len()];
    for line in 0..lines {
        for at in 0..len {
            let (first, last) = (at.saturating_sub(radius), (at + radius).min(len - 1));
            let (mut sum, mut weight) = (0.0, 0.0);
            for from in first..=last {
                let tap = kernel[from + radius - at];
                sum += tap * source[line * stride + from * step];
                weight += tap;
            }
            out[line * stride + at * step] = sum / weight;
        }
    }
    out
}

/// How close values are to a picture of their size.
///
/// # Shapes
/// - `values`: `[height, width, 3]`, in [0, 1]
#[must_use]
pub fn quality(values: &[f32], reference: &Picture) -> Quality {
    quality_by(None, values, reference)
}

/// As [`quality`], with LPIPS by a network for it if there is one.
#[must_use]
pub fn quality_by(lpips: Option<&Lpips>, values: &[f32], reference: &Picture) -> Quality {
    let expected = reference.to_f32();
    let (width, height) = (reference.width(), reference.height());
    Quality {
        psnr_db: psnr_db(values, &expected),
        ssim: ssim(values, &expected, width as usize, height as usize),
        lpips: lpips.map(|lpips| lpips.distance(values, &expected, width, height)),
    }
}
