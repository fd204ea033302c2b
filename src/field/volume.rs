use rayon::prelude::*;

use super::{Evaluator, FieldKind, FieldRecord};

/// How far the last sample of a ray reaches, as in Trans-INR.
pub(crate) const LAST_SPACING: f32 = 1e-3;
/// Added to what a sample lets through, as `NeRF`'s implementations do: light is never lost altogether, and a
/// gradient gets past an opaque sample.
pub(crate) const TRANSMITTANCE_FLOOR: f32 = 1e-10;
/// Rays that are evaluated together.
const RAYS: usize = 64;

/// What is seen along a ray.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// sRGB-encoded, multiplied by `alpha`: on white it is `color + 1 - alpha`.
    pub color: [f32; 3],
    /// How much of what is behind is hidden.
    pub alpha: f32,
    /// Mean depth of what is seen, far where there is nothing.
    pub depth: f32,
}

impl Seen {
    /// Laid on a colour.
    #[must_use]
    pub fn on(&self, background: [f32; 3]) -> [f32; 3] {
        [0, 1, 2].map(|channel| self.color[channel] + (1.0 - self.alpha) * background[channel])
    }
}

/// Depths of the samples of a ray: `samples` of them, evenly from `near` to `far`, both included.
#[must_use]
pub fn sample_depths(near: f32, far: f32, samples: usize) -> Vec<f32> {
    let last = samples.saturating_sub(1).max(1) as f32;
    (0..samples).map(|index| near + (far - near) * index as f32 / last).collect()
}

/// From each sample to the next; [`LAST_SPACING`] for the last.
pub(crate) fn spacings(depths: &[f32]) -> Vec<f32> {
    let next = depths.iter().skip(1).zip(depths).map(|(next, depth)| next - depth);
    next.chain((!depths.is_empty()).then_some(LAST_SPACING)).collect()
}

impl FieldRecord {
    /// What is seen of an object along rays (arXiv 2003.08934, equation 3; constants as in Trans-INR): the oracle
    /// that faster renderings are held against. With `rgb = sigmoid`, `density = relu(gain * logit)` and
    /// `alpha_i = 1 - exp(-density_i delta_i)`, `T_i = prod_{k<i} (1 - alpha_k + 1e-10)`: colour
    /// `sum T_i alpha_i rgb_i`. Nothing is seen in a field that is not of an object.
    ///
    /// # Shapes
    /// - `rays`: `[n, 6]`: origin and direction, the latter not normalised, so that depths are those along a camera's
    ///   axis
    #[must_use]
    pub fn trace(&self, rays: &[[f32; 6]], samples: usize) -> Vec<Seen> {
        let nothing = Seen { color: [0.0; 3], alpha: 0.0, depth: f32::INFINITY };
        let FieldKind::Object { near, far } = self.kind else { return vec![nothing; rays.len()] };
        let architecture = self.field.architecture();
        let gain = architecture.density_gain.unwrap_or(1.0);
        let evaluator = Evaluator::new(&self.field);
        let depths = sample_depths(near, far, samples);
        let spacings = spacings(&depths);
        let mut seen = vec![Seen { depth: far, ..nothing }; rays.len()];
        seen.par_chunks_mut(RAYS).zip(rays.par_chunks(RAYS)).for_each(|(seen, rays)| {
            let at = |ray: &[f32; 6], depth: f32| [0, 1, 2].map(|axis| ray[axis] + depth * ray[3 + axis]);
            let points: Vec<f32> =
                rays.iter().flat_map(|ray| depths.iter().flat_map(move |depth| at(ray, *depth))).collect();
            let logits = evaluator.evaluate(&points);
            let along = logits.chunks_exact((samples * architecture.outputs).max(1));
            for (seen, logits) in seen.iter_mut().zip(along) {
                *seen = composite(logits, &depths, &spacings, gain, far);
            }
        });
        seen
    }
}

/// One ray; `logits` is `[samples, 4]`.
fn composite(logits: &[f32], depths: &[f32], spacings: &[f32], gain: f32, far: f32) -> Seen {
    let mut left = 1.0f32;
    let mut seen = Seen { color: [0.0; 3], alpha: 0.0, depth: 0.0 };
    for ((logits, depth), spacing) in logits.as_chunks::<4>().0.iter().zip(depths).zip(spacings) {
        let clear = (-(gain * logits[3]).max(0.0) * spacing).exp();
        let weight = left * (1.0 - clear);
        for (color, logit) in seen.color.iter_mut().zip(logits) {
            *color += weight / (1.0 + (-logit).exp());
        }
        seen.alpha += weight;
        seen.depth += weight * depth;
        left *= clear + TRANSMITTANCE_FLOOR;
    }
    seen.depth += (1.0 - seen.alpha) * far;
    seen
}
