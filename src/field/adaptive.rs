//! A picture from fewer rays than it has pixels, as Levoy, *Volume rendering by adaptive refinement*, 1990.

use rayon::prelude::*;

use super::volume::nothing_at;
use super::{Bake, CropBox, Sampling, Seen};

/// Pixels from one ray to the next, at most, where rays are the sparsest.
const SPARSEST: usize = 8;
/// A pixel is interpolated where the rays around it are on a line up to this: of colours and opacity, and of the depth as a
/// part of what is looked at. Half a step of a screen's 255.
const BEND_MAX: f32 = 2e-3;

/// A picture of which more and more pixels are known.
struct Picture<'a, R> {
    bake: &'a Bake,
    ray: &'a R,
    sampling: &'a Sampling,
    crop: &'a CropBox,
    size: [usize; 2],
    /// `[height, width]`
    seen: Vec<Seen>,
}

impl Bake {
    /// What is seen in the pixels of a picture, `[height, width]`: as [`draw`](Self::draw) of all its rays, by some of them
    /// where colours go evenly from one to the next. `ray` has the rays of columns and rows; they come from one point, and
    /// their directions are linear in both.
    #[must_use]
    pub fn draw_picture<R>(
        &self,
        ray: &R,
        [width, height]: [usize; 2],
        sampling: &Sampling,
        crop: &CropBox,
    ) -> Vec<Seen>
    where
        R: Fn(usize, usize) -> [f32; 6] + Sync,
    {
        let seen = vec![nothing_at(sampling.far); width * height];
        let mut picture = Picture { bake: self, ray, sampling, crop, size: [width, height], seen };
        let mut step = self.sparsest(ray, sampling, crop);
        let lattice = (0..height).step_by(step).flat_map(|y| (0..width).step_by(step).map(move |x| [x, y]));
        picture.trace(&lattice.collect::<Vec<_>>());
        while step > 1 {
            let half = step / 2;
            picture.fill(0, half, [step, step]);
            picture.fill(1, half, [half, step]);
            step = half;
        }
        picture.seen
    }

    /// From one ray to the next, in pixels, so that nothing that the bake or the crop box can show gets lost between two:
    /// both are as thick as the way from ray to ray, along a diagonal, where rays end. A power of two.
    fn sparsest(
        &self,
        ray: &impl Fn(usize, usize) -> [f32; 6],
        sampling: &Sampling,
        crop: &CropBox,
    ) -> usize {
        let (one, other) = (ray(0, 0), ray(1, 1));
        let apart = (3..6).map(|axis| (one[axis] - other[axis]).powi(2)).sum::<f32>().sqrt() * sampling.far;
        let thinnest = (0..3).map(|axis| crop.high[axis] - crop.low[axis]).fold(self.voxel(), f32::min);
        let mut step = SPARSEST;
        while step > 1 && step as f32 * apart > thinnest {
            step /= 2;
        }
        step
    }
}

impl<R: Fn(usize, usize) -> [f32; 6] + Sync> Picture<'_, R> {
    /// Follow the rays of these pixels.
    fn trace(&mut self, pixels: &[[usize; 2]]) {
        let rays: Vec<[f32; 6]> = pixels.par_iter().map(|[x, y]| (self.ray)(*x, *y)).collect();
        let seen = self.bake.draw(&rays, self.sampling, self.crop);
        for ([x, y], seen) in pixels.iter().zip(seen) {
            self.seen[y * self.size[0] + x] = seen;
        }
    }

    /// Along an axis, the pixels half way between those that are known, which are `2 * half` apart. `steps`: from one of them
    /// to the next, along x and y.
    fn fill(&mut self, axis: usize, half: usize, steps: [usize; 2]) {
        let [width, height] = self.size;
        let mut first = [0; 2];
        first[axis] = half;
        let between: Vec<([usize; 2], Option<Seen>)> = (first[1]..height)
            .into_par_iter()
            .step_by(steps[1])
            .flat_map_iter(|y| {
                let columns = (first[0]..width).step_by(steps[0]);
                columns.map(move |x| [x, y]).map(|pixel| (pixel, self.between(pixel, axis, half)))
            })
            .collect();
        let mut untold = Vec::new();
        for ([x, y], seen) in between {
            match seen {
                Some(seen) => self.seen[y * width + x] = seen,
                None => untold.push([x, y]),
            }
        }
        self.trace(&untold);
    }

    /// By cubic interpolation between the four known pixels around this one along an axis, `b` and `c` being the nearer:
    /// `(b + c) / 2 - (second(b) + second(c)) / 16`, where `second(b) = a - 2 b + c`. A linear one would leave out the second
    /// differences. `None` where the part of one of them is too much, or the pixel is not between two.
    fn between(&self, [x, y]: [usize; 2], axis: usize, half: usize) -> Option<Seen> {
        let width = self.size[0];
        let (index, stride, at) = (y * width + x, [1, width][axis] * half, [x, y][axis]);
        if at + half >= self.size[axis] {
            return None;
        }
        let (b, c) = (index - stride, index + stride);
        let a = if at >= 3 * half { index - 3 * stride } else { b };
        let d = if at + 3 * half < self.size[axis] { index + 3 * stride } else { c };
        let Sampling { near, far, .. } = *self.sampling;
        let [a, b, c, d] = [a, b, c, d].map(|index| {
            let Seen { color: [red, green, blue], alpha, depth } = self.seen[index];
            [red, green, blue, alpha, depth / (far - near)]
        });
        let mut found = [0.0; 5];
        for (channel, found) in found.iter_mut().enumerate() {
            let [a, b, c, d] = [a, b, c, d].map(|seen| seen[channel]);
            let bends = [(a - 2.0 * b + c) / 16.0, (b - 2.0 * c + d) / 16.0];
            if bends.iter().any(|bend| bend.abs() > BEND_MAX) {
                return None;
            }
            *found = f32::midpoint(b, c) - bends[0] - bends[1];
        }
        let [red, green, blue, alpha, depth] = found;
        Some(Seen { color: [red, green, blue], alpha, depth: depth * (far - near) })
    }
}
