use rayon::prelude::*;

use super::occupancy::HALF;
use super::volume::{Seen, nothing_at};
use super::{Evaluator, FieldRecord, Occupancy, Sampling};

/// Nodes of a bake, at most: 16 bytes each.
const NODES_MAX: usize = 6_000_000;
/// Points that are evaluated together.
const POINTS: usize = 4_096;
/// Rays that are followed together.
const RAYS: usize = 256;
/// A ray that lets through less is not followed further.
const OPAQUE: f32 = 5e-3;

/// An object's field at the nodes of a grid, to be drawn while anything moves: a field has no view direction, so the
/// grid is exact up to its resolution. Only the cells that [`Occupancy`] found are evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct Bake {
    occupancy: Occupancy,
    /// Voxels along the side of a cell: a power of two.
    finer: usize,
    /// First cell of the box that the nodes are in.
    first: [usize; 3],
    /// Nodes along each axis of the box.
    size: [usize; 3],
    /// Of the box's cells, whether they may hold something. `[z, y, x]`
    is_occupied: Vec<bool>,
    /// Red, green, blue, sRGB-encoded, not multiplied; and how much a voxel hides. `[z, y, x]`
    nodes: Vec<[f32; 4]>,
}

/// A box that alone is drawn, by its corners.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CropBox {
    /// The lowest coordinates.
    pub low: [f32; 3],
    /// The highest.
    pub high: [f32; 3],
}

impl CropBox {
    /// All there is.
    pub const ALL: Self = Self { low: [f32::NEG_INFINITY; 3], high: [f32::INFINITY; 3] };

    /// The cube that bakes are made in.
    #[must_use]
    pub fn of_bake() -> Self {
        Self { low: [-HALF; 3], high: [HALF; 3] }
    }

    /// What lies in both.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        Self {
            low: [0, 1, 2].map(|axis| self.low[axis].max(other.low[axis])),
            high: [0, 1, 2].map(|axis| self.high[axis].min(other.high[axis])),
        }
    }

    /// The depths between which a ray is in the box; the first is not below the second where it is never.
    #[must_use]
    pub fn depths(&self, ray: &[f32; 6]) -> (f32, f32) {
        let (mut enter, mut leave) = (f32::NEG_INFINITY, f32::INFINITY);
        for axis in 0..3 {
            let (origin, direction) = (ray[axis], ray[3 + axis]);
            if direction == 0.0 {
                if !(self.low[axis]..=self.high[axis]).contains(&origin) {
                    return (f32::INFINITY, f32::NEG_INFINITY);
                }
                continue;
            }
            let (one, other) =
                ((self.low[axis] - origin) / direction, (self.high[axis] - origin) / direction);
            enter = enter.max(one.min(other));
            leave = leave.min(one.max(other));
        }
        (enter, leave)
    }
}

impl Bake {
    /// Voxels along a cell that a bake has which is asked for `finer`: the next power of two, or fewer if there would be
    /// too many.
    pub(crate) fn finest(occupancy: &Occupancy, finer: usize) -> usize {
        let [low, high] = occupancy.bounds().unwrap_or([[0; 3]; 2]);
        let count = |finer: usize| (0..3).map(|axis| (high[axis] - low[axis]) * finer + 1).product::<usize>();
        let mut finer = finer.clamp(1, 1 << 8).next_power_of_two();
        while finer > 1 && count(finer) > NODES_MAX {
            finer /= 2;
        }
        finer
    }

    /// Evaluate a field with at least `finer` voxels along a cell of its occupancy, the next power of two; with fewer
    /// if there would be too many.
    #[must_use]
    pub fn of(record: &FieldRecord, occupancy: Occupancy, finer: usize) -> Self {
        let finer = Self::finest(&occupancy, finer);
        let [low, high] = occupancy.bounds().unwrap_or([[0; 3]; 2]);
        let cells = [0, 1, 2].map(|axis| high[axis] - low[axis]);
        let size = cells.map(|cells| cells * finer + 1);
        let mut bake = Self {
            occupancy,
            finer,
            first: low,
            size,
            is_occupied: Vec::with_capacity(cells.iter().product()),
            nodes: vec![[0.0; 4]; size.iter().product()],
        };
        for (z, y) in (low[2]..high[2]).flat_map(|z| (low[1]..high[1]).map(move |y| (z, y))) {
            bake.is_occupied.extend((low[0]..high[0]).map(|x| bake.occupancy.is_occupied([x, y, z])));
        }
        let mut is_wanted = vec![false; bake.nodes.len()];
        for cell in bake.occupied_cells() {
            for node in bake.nodes_of(cell) {
                is_wanted[node] = true;
            }
        }
        let wanted: Vec<usize> =
            is_wanted.iter().enumerate().filter(|(_, is_wanted)| **is_wanted).map(|(node, _)| node).collect();
        let evaluator = Evaluator::new(&record.field);
        let gain = record.field.architecture().density_gain.unwrap_or(1.0);
        let voxel = bake.voxel();
        for some in wanted.chunks(POINTS) {
            let points: Vec<f32> = some.iter().flat_map(|node| bake.place(*node)).collect();
            let logits = evaluator.evaluate(&points);
            for (node, &[r, g, b, density]) in some.iter().zip(logits.as_chunks::<4>().0) {
                let [r, g, b] = [r, g, b].map(|logit| 1.0 / (1.0 + (-logit).exp()));
                bake.nodes[*node] = [r, g, b, 1.0 - (-(gain * density).max(0.0) * voxel).exp()];
            }
        }
        bake
    }

    /// Where the field is empty.
    #[must_use]
    pub fn occupancy(&self) -> &Occupancy {
        &self.occupancy
    }

    /// Voxels along the side of a cell.
    #[must_use]
    pub fn finer(&self) -> usize {
        self.finer
    }

    /// Cells along each axis, x first.
    #[must_use]
    pub fn cells(&self) -> [usize; 3] {
        self.size.map(|nodes| (nodes - 1) / self.finer)
    }

    /// Of each cell, whether it may hold something; what lies in others is not evaluated. `[z, y, x]`
    #[must_use]
    pub fn occupied(&self) -> &[bool] {
        &self.is_occupied
    }

    /// Nodes along each axis, x first.
    #[must_use]
    pub fn size(&self) -> [usize; 3] {
        self.size
    }

    /// Red, green, blue, sRGB-encoded, not multiplied, and how much is hidden by a [`voxel`](Self::voxel)'s depth;
    /// zero where nothing was evaluated. `[z, y, x]`
    #[must_use]
    pub fn nodes(&self) -> &[[f32; 4]] {
        &self.nodes
    }

    /// From one node to the next.
    #[must_use]
    pub fn voxel(&self) -> f32 {
        self.occupancy.cell() / self.finer as f32
    }

    /// The place of the first node.
    #[must_use]
    pub fn corner(&self) -> [f32; 3] {
        self.first.map(|cell| self.occupancy.place(cell))
    }

    /// The occupied cells.
    fn occupied_cells(&self) -> Vec<[usize; 3]> {
        let Some([low, high]) = self.occupancy.bounds() else { return Vec::new() };
        let all = (low[2]..high[2]).flat_map(move |z| {
            (low[1]..high[1]).flat_map(move |y| (low[0]..high[0]).map(move |x| [x, y, z]))
        });
        all.filter(|cell| self.occupancy.is_occupied(*cell)).collect()
    }

    /// The nodes of a cell, those on its walls included.
    fn nodes_of(&self, cell: [usize; 3]) -> impl Iterator<Item = usize> + use<> {
        let [x0, y0, z0] = [0, 1, 2].map(|axis| (cell[axis] - self.first[axis]) * self.finer);
        let (finer, [width, height, _]) = (self.finer, self.size);
        (z0..=z0 + finer).flat_map(move |z| {
            (y0..=y0 + finer).flat_map(move |y| (x0..=x0 + finer).map(move |x| (z * height + y) * width + x))
        })
    }

    fn place(&self, node: usize) -> [f32; 3] {
        let [width, height, _] = self.size;
        let at = [node % width, node / width % height, node / width / height];
        let (corner, voxel) = (self.corner(), self.voxel());
        [0, 1, 2].map(|axis| corner[axis] + voxel * at[axis] as f32)
    }

    /// The voxel of a place, which is in voxels from the first node. A point on the last wall belongs to the voxel
    /// before it.
    #[inline(always)]
    fn voxel_of(&self, place: [f32; 3]) -> [usize; 3] {
        let low = |axis: usize| (place[axis] as i32).clamp(0, self.size[axis] as i32 - 2) as usize;
        [low(0), low(1), low(2)]
    }

    /// Between the nodes, by trilinear interpolation, at a place in a voxel.
    #[inline(always)]
    fn at(&self, place: [f32; 3], [x, y, z]: [usize; 3]) -> [f32; 4] {
        let [width, height, _] = self.size;
        let (sx, sy, sz) = (place[0] - x as f32, place[1] - y as f32, place[2] - z as f32);
        let first = (z * height + y) * width + x;
        let mut sum = [0.0; 4];
        let rows = [
            (first, (1.0 - sy) * (1.0 - sz)),
            (first + width, sy * (1.0 - sz)),
            (first + width * height, (1.0 - sy) * sz),
            (first + width * height + width, sy * sz),
        ];
        for (start, share) in rows {
            let [before, after] = &self.nodes[start..start + 2] else { continue };
            for channel in 0..4 {
                sum[channel] += share * (before[channel] + sx * (after[channel] - before[channel]));
            }
        }
        sum
    }

    /// A point in voxels from the first node.
    fn in_voxels(&self, point: [f32; 3]) -> [f32; 3] {
        let (corner, scale) = (self.corner(), self.voxel().recip());
        [0, 1, 2].map(|axis| (point[axis] - corner[axis]) * scale)
    }

    /// How much is hidden there; nothing in empty cells.
    fn density(&self, point: [f32; 3]) -> f32 {
        let cell = self.occupancy.cell_of(point).filter(|cell| self.occupancy.is_occupied(*cell));
        cell.map_or(0.0, |_| {
            let place = self.in_voxels(point);
            self.at(place, self.voxel_of(place))[3]
        })
    }

    /// The direction in which the density falls fastest, of unit length; zero where it does not.
    #[must_use]
    pub fn normal(&self, point: [f32; 3]) -> [f32; 3] {
        let step = self.voxel();
        let slope = [0, 1, 2].map(|axis| {
            let beside = |by: f32| {
                let mut point = point;
                point[axis] += by;
                self.density(point)
            };
            beside(-step) - beside(step)
        });
        let length = slope.iter().map(|slope| slope * slope).sum::<f32>().sqrt();
        if length > 0.0 { slope.map(|slope| slope / length) } else { [0.0; 3] }
    }

    /// What is seen along rays, a step as long as a voxel: as [`FieldRecord::trace`] would, up to the grid's
    /// resolution.
    #[must_use]
    pub fn draw(&self, rays: &[[f32; 6]], sampling: &Sampling, crop: &CropBox) -> Vec<Seen> {
        let mut seen = vec![nothing_at(sampling.far); rays.len()];
        let Some([low, high]) = self.occupancy.bounds() else { return seen };
        let place = |cell: [usize; 3]| cell.map(|at| self.occupancy.place(at));
        let bounds = CropBox { low: place(low), high: place(high) };
        seen.par_chunks_mut(RAYS).zip(rays.par_chunks(RAYS)).for_each(|(seen, rays)| {
            pulp::Arch::new().dispatch(|| {
                for (seen, ray) in seen.iter_mut().zip(rays) {
                    let (enter, leave) = bounds.depths(ray);
                    let (crop_enter, crop_leave) = crop.depths(ray);
                    let depths =
                        (sampling.near.max(enter).max(crop_enter), sampling.far.min(leave).min(crop_leave));
                    *seen = self.march(ray, depths, sampling);
                }
            });
        });
        seen
    }

    /// One ray, between these depths. Steps and places are counted in voxels.
    #[inline(always)]
    fn march(&self, ray: &[f32; 6], (near, far): (f32, f32), sampling: &Sampling) -> Seen {
        let voxel = self.voxel();
        let (finer, shift) = (self.finer as f32, self.finer.trailing_zeros());
        let cells = self.cells();
        let start = self.in_voxels([0, 1, 2].map(|axis| ray[axis] + sampling.near * ray[3 + axis]));
        let along = [ray[3], ray[4], ray[5]];
        let mut left = 1.0f32;
        let mut seen = nothing_at(0.0);
        // The samples lie at the same depths of all rays, so that neighbours agree.
        let mut step = ((near - sampling.near) / voxel).ceil().max(0.0);
        let last = (far - sampling.near) / voxel;
        while step < last && left >= OPAQUE {
            let place = [start[0] + step * along[0], start[1] + step * along[1], start[2] + step * along[2]];
            let in_voxel = self.voxel_of(place);
            let [x, y, z] = [in_voxel[0] >> shift, in_voxel[1] >> shift, in_voxel[2] >> shift];
            if !self.is_occupied[(z * cells[1] + y) * cells[0] + x] {
                let mut exit = f32::INFINITY;
                for (axis, cell) in [x, y, z].into_iter().enumerate() {
                    if along[axis] != 0.0 {
                        let wall = (cell + usize::from(along[axis] > 0.0)) as f32 * finer;
                        exit = exit.min((wall - place[axis]) / along[axis]);
                    }
                }
                step += exit.ceil().max(1.0);
                continue;
            }
            let [r, g, b, hidden] = self.at(place, in_voxel);
            let weight = left * hidden;
            seen.color[0] += weight * r;
            seen.color[1] += weight * g;
            seen.color[2] += weight * b;
            seen.alpha += weight;
            seen.depth += weight * (sampling.near + step * voxel);
            left -= weight;
            step += 1.0;
        }
        seen.depth += (1.0 - seen.alpha) * sampling.far;
        seen
    }
}
