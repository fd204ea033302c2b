use std::sync::Arc;

use rayon::prelude::*;

use super::doubt::{Doubt, doubts};
use super::volume::{Light, Seen, nothing_at, point_at, spacings};
use super::{Bake, CropBox, Evaluator, FieldRecord, Occupancy, Sampling};

/// Rays that are followed together.
const RAYS: usize = 64;
/// A ray that lets through less is not followed further.
pub(crate) const OPAQUE: f32 = 1e-3;
/// By how much the bake may put a ray wrong at one sample and is believed there, where a ray has 64; where it has more, by
/// less. That is a bound, and over a ray the errors are of both signs: together they stay below a hundredth, as tests
/// hold.
const DOUBT_MAX: f32 = 3e-4;
const SAMPLES_OF_DOUBT: f32 = 64.0;

/// Of a ray with so many samples, the doubt of one up to which the bake is believed.
pub(crate) fn doubt_max(samples: usize) -> f32 {
    DOUBT_MAX * (SAMPLES_OF_DOUBT / samples as f32).min(1.0)
}

/// What is seen along a ray, and at how many samples the field was evaluated for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traced {
    /// What is seen.
    pub seen: Seen,
    /// Evaluations of the field.
    pub evaluated: u32,
}

/// A sample on the way of a ray.
struct Sample {
    /// Which of the ray's samples.
    index: usize,
    /// Colour and how much is let through, as the bake has them; `None` where the field is evaluated.
    baked: Option<([f32; 3], f32)>,
}

/// Draws an object at the samples of [`FieldRecord::trace`]. A bake tells beforehand what each of them adds to its ray,
/// and how wrong that may be: the field is evaluated where it matters, and not in empty cells nor behind what is opaque.
#[derive(Debug, Clone)]
pub struct Tracer {
    evaluator: Evaluator,
    bake: Arc<Bake>,
    doubts: Arc<[Doubt]>,
    gain: f32,
    is_object: bool,
}

impl Tracer {
    /// Voxels along a cell of the bake that a tracer makes for itself.
    pub const FINER: usize = 3;

    /// Ready to draw a field; nothing is seen in one that is not of an object.
    #[must_use]
    pub fn of(record: &FieldRecord) -> Self {
        Self::new(record, Arc::new(Bake::of(record, Occupancy::of(record), Self::FINER)))
    }

    /// As [`of`](Self::of), by a bake of the field that there is already.
    #[must_use]
    pub fn new(record: &FieldRecord, bake: Arc<Bake>) -> Self {
        let architecture = record.field.architecture();
        Self {
            evaluator: Evaluator::new(&record.field),
            doubts: doubts(&bake).into(),
            bake,
            gain: architecture.density_gain.unwrap_or(1.0),
            is_object: (architecture.inputs, architecture.outputs) == (3, 4),
        }
    }

    /// How wrong its bake may be, at each node: see [`doubts`].
    pub(crate) fn doubts(&self) -> &[Doubt] {
        &self.doubts
    }

    /// What is seen along rays.
    ///
    /// # Shapes
    /// - `rays`: `[n, 6]`, as in [`FieldRecord::trace`]
    #[must_use]
    pub fn trace(&self, rays: &[[f32; 6]], sampling: &Sampling, crop: &CropBox) -> Vec<Traced> {
        let depths = sampling.depths();
        let spacings = spacings(&depths);
        let mut traced = vec![Traced { seen: nothing_at(sampling.far), evaluated: 0 }; rays.len()];
        if self.is_object {
            traced.par_chunks_mut(RAYS).zip(rays.par_chunks(RAYS)).for_each(|(traced, rays)| {
                self.piece(rays, &depths, &spacings, crop, traced);
            });
        }
        traced
    }

    fn piece(
        &self,
        rays: &[[f32; 6]],
        depths: &[f32],
        spacings: &[f32],
        crop: &CropBox,
        traced: &mut [Traced],
    ) {
        let (mut samples, mut ends, mut points) = (Vec::new(), Vec::new(), Vec::new());
        for ray in rays {
            let before = samples.len();
            self.find_samples(ray, depths, spacings, crop, &mut samples);
            for sample in samples[before..].iter().filter(|sample| sample.baked.is_none()) {
                points.extend(point_at(ray, depths[sample.index]));
            }
            ends.push(samples.len());
        }
        let logits = self.evaluator.evaluate(&points);
        let mut logits = logits.as_chunks::<4>().0.iter();
        let far = depths.last().copied().unwrap_or(0.0);
        let mut samples = samples.into_iter();
        let mut before = 0;
        for (traced, end) in traced.iter_mut().zip(ends) {
            let (mut light, mut evaluated) = (Light::new(), 0);
            for Sample { index, baked } in samples.by_ref().take(end - before) {
                let depth = depths[index];
                if let Some((color, clear)) = baked {
                    light.pass(color, clear, depth);
                    continue;
                }
                let Some(logits) = logits.next() else { break };
                light.pass_logits(logits, depth, spacings[index], self.gain);
                evaluated += 1;
            }
            before = end;
            *traced = Traced { seen: light.ended(far), evaluated };
        }
    }

    /// The samples of a ray that lie in cells which may hold something, as far as light gets by the bake's account.
    fn find_samples(
        &self,
        ray: &[f32; 6],
        depths: &[f32],
        spacings: &[f32],
        crop: &CropBox,
        samples: &mut Vec<Sample>,
    ) {
        let (enter, leave) = crop.depths(ray);
        let mut index = depths.partition_point(|depth| *depth < enter);
        let end = depths.partition_point(|depth| *depth <= leave);
        let occupancy = self.bake.occupancy();
        let doubt_max = doubt_max(depths.len());
        let mut left = 1.0;
        while index < end && left >= OPAQUE {
            let point = point_at(ray, depths[index]);
            match occupancy.cell_of(point) {
                // Nothing is known of what lies outside.
                None => samples.push(Sample { index, baked: None }),
                Some(cell) if occupancy.is_occupied(cell) => {
                    let (place, voxels) = (self.bake.in_voxels(point), self.bake.voxels_of(spacings[index]));
                    let (color, clear) = self.bake.sample(place, voxels);
                    let doubt = self.doubts[self.bake.node_near(place)].of_sample(voxels, clear, left);
                    left *= clear;
                    samples.push(Sample { index, baked: (doubt < doubt_max).then_some((color, clear)) });
                }
                Some(cell) => {
                    let exit = occupancy.exit(ray, cell);
                    index += depths[index + 1..end].iter().take_while(|depth| **depth <= exit).count();
                }
            }
            index += 1;
        }
    }
}
