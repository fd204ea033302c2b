//! The way of rays through a bake; `shaders/pass/volume_baked.wgsl` is its twin.

use super::volume::Seen;
use super::{Bake, CropBox, Sampling};

/// A ray that lets through less is not followed further.
const OPAQUE: f32 = 1e-2;
/// Marks a cell where there is nothing to be seen, beside its reach: see [`Bake::reaches`].
pub(super) const EMPTY: u8 = 0x80;
/// Places are counted in so many parts of a voxel.
const PART_BITS: u32 = 16;
const PARTS: f32 = (1 << PART_BITS) as f32;

/// Some rays, to be followed by the instructions that the machine has.
pub(super) struct Marches<'a> {
    pub(super) bake: &'a Bake,
    pub(super) rays: &'a [[f32; 6]],
    /// Outside of these there is nothing.
    pub(super) boxes: [CropBox; 2],
    pub(super) sampling: &'a Sampling,
    pub(super) seen: &'a mut [Seen],
}

impl pulp::NullaryFnOnce for Marches<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (seen, ray) in self.seen.iter_mut().zip(self.rays) {
            let [(enter, leave), (crop_enter, crop_leave)] = self.boxes.map(|own| own.depths(ray));
            let near = self.sampling.near.max(enter).max(crop_enter);
            let far = self.sampling.far.min(leave).min(crop_leave);
            if near < far {
                *seen = march(self.bake, ray, (near, far), self.sampling);
            }
        }
    }
}

/// One ray, between these depths. Steps are as long in depth as a voxel, and places are whole numbers, so that finding
/// a voxel costs no conversion.
#[inline(always)]
fn march(bake: &Bake, ray: &[f32; 6], (near, far): (f32, f32), sampling: &Sampling) -> Seen {
    let voxel = bake.voxel();
    let along = [ray[3], ray[4], ray[5]];
    // The samples lie at the same depths of all rays, so that neighbours agree.
    let mut step = ((near - sampling.near) / voxel).ceil().max(0.0) as i32;
    let last = ((far - sampling.near) / voxel).ceil() as i32;
    let start = bake.in_voxels([0, 1, 2].map(|axis| ray[axis] + sampling.near * along[axis]));
    let first = step as f32;
    let mut place = [0, 1, 2].map(|axis| ((start[axis] + first * along[axis]) * PARTS) as i32);
    let stride = along.map(|along| (along * PARTS) as i32);
    // Steps to a voxel along the axis that the ray goes along fastest.
    let steps_per_voxel = along.iter().fold(0.0f32, |most, along| most.max(along.abs())).recip();
    let [width, height, depth] = bake.size().map(|nodes| nodes as i32);
    let [cells_x, cells_y, _] = bake.cells().map(|cells| cells as i32);
    let cells_per_voxel = cells_per_voxel(bake.finer());
    let reaches = bake.reaches();
    let mut left = 1.0f32;
    let (mut sum, mut depth_sum) = ([0.0f32; 4], 0.0f32);
    while step < last && left >= OPAQUE {
        let x = (place[0] >> PART_BITS).clamp(0, width - 2);
        let y = (place[1] >> PART_BITS).clamp(0, height - 2);
        let z = (place[2] >> PART_BITS).clamp(0, depth - 2);
        let cell = |voxel: i32| (voxel * cells_per_voxel) >> PART_BITS;
        let reach = reaches[((cell(z) * cells_y + cell(y)) * cells_x + cell(x)) as usize];
        let within = (f32::from((reach & !EMPTY) - 1) * steps_per_voxel) as i32;
        let steps = within.min(last - step - 1) + 1;
        if reach & EMPTY == 0 {
            let share = |place: i32, voxel: i32| (place - (voxel << PART_BITS)) as f32 / PARTS;
            let shares = [share(place[0], x), share(place[1], y), share(place[2], z)];
            let mut node = bake.between(((z * height + y) * width + x) as usize, shares);
            let weight = left * (steps as f32 * node[3]).min(1.0);
            node[3] = 1.0;
            for (sum, value) in sum.iter_mut().zip(node) {
                *sum += weight * value;
            }
            depth_sum += weight * step as f32;
            left -= weight;
        }
        step += steps;
        for (place, stride) in place.iter_mut().zip(stride) {
            *place += steps * stride;
        }
    }
    let [r, g, b, alpha] = sum;
    let depth = sampling.near * alpha + voxel * depth_sum + (1.0 - alpha) * sampling.far;
    Seen { color: [r, g, b], alpha, depth }
}

/// By how many parts of a cell a voxel is on: rounded up, so that whole quotients stay whole.
#[inline(always)]
fn cells_per_voxel(finer: usize) -> i32 {
    (1 << PART_BITS) / finer as i32 + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::bake::FINER_MAX;
    use crate::field::occupancy::SIDE_MAX;

    /// Without a division, the cell of every voxel that a bake can have.
    #[test]
    fn a_voxel_is_in_its_cell() {
        for finer in 1..=FINER_MAX as i32 {
            for voxel in 0..finer * SIDE_MAX as i32 {
                let cell = (voxel * cells_per_voxel(finer as usize)) >> PART_BITS;
                assert_eq!(cell, voxel / finer, "voxel {voxel} at {finer} a cell");
            }
        }
    }
}
