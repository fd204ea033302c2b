use rayon::prelude::*;

use super::volume::{Light, Seen, nothing_at, point_at, spacings};
use super::{CropBox, Evaluator, FieldRecord, Occupancy, Sampling};

/// Rays that are followed together.
const RAYS: usize = 64;
/// Samples that a ray is given at a time: between two looks at whether it still lets anything through.
const AHEAD: usize = 8;
/// A ray that lets through less is not followed further.
const OPAQUE: f32 = 1e-3;

/// What is seen along a ray, and at how many samples the field was evaluated for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traced {
    /// What is seen.
    pub seen: Seen,
    /// Evaluations of the field.
    pub evaluated: u32,
}

/// A ray on its way.
struct Way {
    /// Its place among those of the piece.
    ray: usize,
    /// The next of its samples.
    next: usize,
    /// The one after its last.
    end: usize,
    light: Light,
    evaluated: u32,
}

/// Draws an object exactly, at the samples of [`FieldRecord::trace`], but for those in cells that are empty and those
/// behind what is opaque.
#[derive(Debug, Clone)]
pub struct Tracer {
    evaluator: Evaluator,
    occupancy: Occupancy,
    gain: f32,
    is_object: bool,
}

impl Tracer {
    /// Ready to draw a field; nothing is seen in one that is not of an object.
    #[must_use]
    pub fn new(record: &FieldRecord, occupancy: Occupancy) -> Self {
        let architecture = record.field.architecture();
        Self {
            evaluator: Evaluator::new(&record.field),
            occupancy,
            gain: architecture.density_gain.unwrap_or(1.0),
            is_object: (architecture.inputs, architecture.outputs) == (3, 4),
        }
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
        let mut ways: Vec<Way> = rays
            .iter()
            .enumerate()
            .map(|(ray, direction)| {
                let (enter, leave) = crop.depths(direction);
                let next = depths.partition_point(|depth| *depth < enter);
                let end = depths.partition_point(|depth| *depth <= leave);
                Way { ray, next, end, light: Light::new(), evaluated: 0 }
            })
            .collect();
        let far = depths.last().copied().unwrap_or(0.0);
        let (mut points, mut samples, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        while !ways.is_empty() {
            points.clear();
            samples.clear();
            counts.clear();
            for way in &mut ways {
                let before = samples.len();
                while samples.len() - before < AHEAD
                    && let Some(sample) = self.next_sample(&rays[way.ray], depths, way)
                {
                    points.extend(point_at(&rays[way.ray], depths[sample]));
                    samples.push(sample);
                }
                counts.push(samples.len() - before);
            }
            let logits = self.evaluator.evaluate(&points);
            let mut found = logits.as_chunks::<4>().0.iter().zip(&samples);
            for (way, count) in ways.iter_mut().zip(&counts) {
                for (logits, sample) in found.by_ref().take(*count) {
                    way.light.pass(logits, depths[*sample], spacings[*sample], self.gain);
                }
                way.evaluated += *count as u32;
            }
            let mut counts = counts.iter();
            ways.retain(|way| {
                let is_over = counts.next().is_none_or(|count| *count < AHEAD) || way.light.left < OPAQUE;
                if is_over {
                    traced[way.ray] = Traced { seen: way.light.ended(far), evaluated: way.evaluated };
                }
                !is_over
            });
        }
    }

    /// The next sample of a ray that lies in a cell which may hold something.
    fn next_sample(&self, ray: &[f32; 6], depths: &[f32], way: &mut Way) -> Option<usize> {
        while way.next < way.end {
            let sample = way.next;
            let cell = self.occupancy.cell_of(point_at(ray, depths[sample]));
            way.next += 1;
            match cell {
                Some(cell) if !self.occupancy.is_occupied(cell) => {
                    let exit = self.occupancy.exit(ray, cell);
                    way.next += depths[way.next..way.end].iter().take_while(|depth| **depth <= exit).count();
                }
                _ => return Some(sample),
            }
        }
        None
    }
}
