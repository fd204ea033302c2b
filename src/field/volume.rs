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

/// The part of rays that is looked at, in depths along the camera's axis, and how closely.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Where samples begin.
    pub near: f32,
    /// Where they end.
    pub far: f32,
    /// How many of them a ray has.
    pub samples: usize,
}

impl Sampling {
    /// Of a field that is not of an object there is nothing to look at: `None`.
    #[must_use]
    pub fn of(record: &FieldRecord, samples: usize) -> Option<Self> {
        match record.kind {
            FieldKind::Object { near, far } => Some(Self { near, far, samples }),
            FieldKind::Image { .. } | FieldKind::Sound(_) => None,
        }
    }

    /// For a camera that stands farther from the object by so much than the canonical one, or nearer.
    #[must_use]
    pub fn moved(self, by: f32) -> Self {
        let near = (self.near + by).max(NEAR_MIN);
        Self { near, far: (self.far + by).max(near + LAST_SPACING), ..self }
    }

    /// Where the samples lie: see [`sample_depths`].
    #[must_use]
    pub fn depths(&self) -> Vec<f32> {
        sample_depths(self.near, self.far, self.samples)
    }
}

/// The nearest that anything is looked at.
const NEAR_MIN: f32 = 0.05;

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
        match Sampling::of(self, samples) {
            Some(sampling) => self.trace_between(rays, &sampling),
            None => vec![nothing_at(f32::INFINITY); rays.len()],
        }
    }

    /// As [`trace`](Self::trace), between depths of one's own.
    #[must_use]
    pub fn trace_between(&self, rays: &[[f32; 6]], sampling: &Sampling) -> Vec<Seen> {
        let architecture = self.field.architecture();
        let gain = architecture.density_gain.unwrap_or(1.0);
        let evaluator = Evaluator::new(&self.field);
        let depths = sampling.depths();
        let spacings = spacings(&depths);
        let mut seen = vec![nothing_at(sampling.far); rays.len()];
        if (architecture.inputs, architecture.outputs) != (3, 4) {
            return seen;
        }
        seen.par_chunks_mut(RAYS).zip(rays.par_chunks(RAYS)).for_each(|(seen, rays)| {
            let points: Vec<f32> = rays
                .iter()
                .flat_map(|ray| depths.iter().flat_map(move |depth| point_at(ray, *depth)))
                .collect();
            let logits = evaluator.evaluate(&points);
            for (seen, logits) in seen.iter_mut().zip(logits.chunks_exact((depths.len() * 4).max(1))) {
                let mut light = Light::new();
                for ((logits, depth), spacing) in logits.as_chunks::<4>().0.iter().zip(&depths).zip(&spacings)
                {
                    light.pass_logits(logits, *depth, *spacing, gain);
                }
                *seen = light.ended(sampling.far);
            }
        });
        seen
    }
}

/// Nothing, on the way to this depth.
pub(super) fn nothing_at(far: f32) -> Seen {
    Seen { color: [0.0; 3], alpha: 0.0, depth: far }
}

/// The point of a ray at a depth.
#[inline]
pub(super) fn point_at(ray: &[f32; 6], depth: f32) -> [f32; 3] {
    [0, 1, 2].map(|axis| ray[axis] + depth * ray[3 + axis])
}

/// What a ray has met so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Light {
    seen: Seen,
    /// How much is still let through.
    left: f32,
}

impl Light {
    pub(super) fn new() -> Self {
        Self { seen: nothing_at(0.0), left: 1.0 }
    }

    /// One sample further; `logits`: red, green, blue, density.
    pub(super) fn pass_logits(&mut self, logits: &[f32; 4], depth: f32, spacing: f32, gain: f32) {
        let clear = (-(gain * logits[3]).max(0.0) * spacing).exp();
        self.pass([0, 1, 2].map(|channel| 1.0 / (1.0 + (-logits[channel]).exp())), clear, depth);
    }

    /// One sample further, of this colour, that lets through `clear` of the light.
    pub(super) fn pass(&mut self, color: [f32; 3], clear: f32, depth: f32) {
        let weight = self.left * (1.0 - clear);
        for (sum, color) in self.seen.color.iter_mut().zip(color) {
            *sum += weight * color;
        }
        self.seen.alpha += weight;
        self.seen.depth += weight * depth;
        self.left *= clear + TRANSMITTANCE_FLOOR;
    }

    /// What is seen if nothing follows.
    pub(super) fn ended(self, far: f32) -> Seen {
        Seen { depth: self.seen.depth + (1.0 - self.seen.alpha) * far, ..self.seen }
    }
}
