use rayon::prelude::*;

use super::march::{EMPTY, Marches};
use super::occupancy::{HALF, spread};
use super::volume::{Seen, nothing_at};
use super::{Evaluator, FieldRecord, Occupancy, Sampling};

/// Nodes of a bake, at most: 16 bytes each.
const NODES_MAX: usize = 6_000_000;
/// Points that are evaluated together.
const POINTS: usize = 4_096;
/// Rays that are followed together.
const RAYS: usize = 256;
/// A cell whose nodes are all below this density, in opacity per unit of depth, is haze.
const HAZE: f32 = 0.13;
/// One whose nodes are all below this has nothing that can be seen.
const CLEAR: f32 = 6e-3;
/// Voxels along a cell, at most: few enough for [`march`](super::march) to find the cell of a voxel exactly.
pub(super) const FINER_MAX: usize = 22;
/// The longest step through haze, in voxels.
const HAZE_STEP: usize = 3;

/// An object's field at the nodes of a grid, to be drawn while anything moves: a field has no view direction, so the
/// grid is exact up to its resolution. Only the cells that [`Occupancy`] found are evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct Bake {
    occupancy: Occupancy,
    /// Voxels along the side of a cell.
    finer: usize,
    /// First cell of the box that the nodes are in.
    first: [usize; 3],
    /// Nodes along each axis of the box.
    size: [usize; 3],
    /// The place of the first node.
    corner: [f32; 3],
    /// Voxels to a unit of length.
    scale: f32,
    /// Of the box's cells: see [`Bake::reaches`].
    reaches: Vec<u8>,
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
    /// Voxels along a cell that a bake has which is asked for `finer`: fewer if there would be too many.
    pub(crate) fn finest(occupancy: &Occupancy, finer: usize) -> usize {
        let [low, high] = occupancy.bounds().unwrap_or([[0; 3]; 2]);
        let count = |finer: usize| (0..3).map(|axis| (high[axis] - low[axis]) * finer + 1).product::<usize>();
        let mut finer = finer.clamp(1, FINER_MAX);
        while finer > 1 && count(finer) > NODES_MAX {
            finer -= 1;
        }
        finer
    }

    /// Evaluate a field with `finer` voxels along a cell of its occupancy; with fewer if there would be too many.
    #[must_use]
    pub fn of(record: &FieldRecord, occupancy: Occupancy, finer: usize) -> Self {
        let mut bake = Self::empty(occupancy, finer);
        bake.fill(record, &mut |_| true);
        bake
    }

    /// As [`of`](Self::of); `None` as soon as `goes_on` says no, which is often told which part is done, and asked.
    #[must_use]
    pub fn of_while(
        record: &FieldRecord,
        occupancy: Occupancy,
        finer: usize,
        goes_on: &mut dyn FnMut(f32) -> bool,
    ) -> Option<Self> {
        let mut bake = Self::empty(occupancy, finer);
        bake.fill(record, goes_on).then_some(bake)
    }

    /// Without a field.
    fn empty(occupancy: Occupancy, finer: usize) -> Self {
        let finer = Self::finest(&occupancy, finer);
        let [low, high] = occupancy.bounds().unwrap_or([[0; 3]; 2]);
        let cells = [0, 1, 2].map(|axis| high[axis] - low[axis]);
        let size = cells.map(|cells| cells * finer + 1);
        let nodes = vec![[0.0; 4]; size.iter().product()];
        let corner = low.map(|cell| occupancy.place(cell));
        let scale = finer as f32 / occupancy.cell();
        Self { occupancy, finer, first: low, size, corner, scale, reaches: Vec::new(), nodes }
    }

    /// Evaluate a field at the nodes of occupied cells; whether that was finished.
    fn fill(&mut self, record: &FieldRecord, goes_on: &mut dyn FnMut(f32) -> bool) -> bool {
        let mut is_wanted = vec![false; self.nodes.len()];
        for cell in self.occupied_cells() {
            for node in self.nodes_of(cell) {
                is_wanted[node] = true;
            }
        }
        let wanted: Vec<usize> =
            is_wanted.iter().enumerate().filter(|(_, is_wanted)| **is_wanted).map(|(node, _)| node).collect();
        let evaluator = Evaluator::new(&record.field);
        let gain = record.field.architecture().density_gain.unwrap_or(1.0);
        let voxel = self.voxel();
        for (chunk, some) in wanted.chunks(POINTS).enumerate() {
            if !goes_on((chunk * POINTS) as f32 / wanted.len() as f32) {
                return false;
            }
            let points: Vec<f32> = some.iter().flat_map(|node| self.place(*node)).collect();
            let logits = evaluator.evaluate(&points);
            for (node, &[r, g, b, density]) in some.iter().zip(logits.as_chunks::<4>().0) {
                let [r, g, b] = [r, g, b].map(|logit| 1.0 / (1.0 + (-logit).exp()));
                self.nodes[*node] = [r, g, b, 1.0 - (-(gain * density).max(0.0) * voxel).exp()];
            }
        }
        self.reaches = self.find_reaches();
        true
    }

    fn find_reaches(&self) -> Vec<u8> {
        let [width, height, _] = self.cells();
        let hidden_by = |density: f32| 1.0 - (-density * self.voxel()).exp();
        let (clear, haze) = (hidden_by(CLEAR), hidden_by(HAZE));
        // Cells to the nearest where there is anything to be seen, and to the nearest with more than haze.
        let most = u8::MAX;
        let mut to_seen = vec![most; self.cells().iter().product()];
        let mut to_dense = to_seen.clone();
        for cell in self.occupied_cells() {
            let hidden = self.nodes_of(cell).map(|node| self.nodes[node][3]).fold(0.0, f32::max);
            let [x, y, z] = [0, 1, 2].map(|axis| cell[axis] - self.first[axis]);
            let index = (z * height + y) * width + x;
            if hidden >= clear {
                to_seen[index] = 0;
            }
            if hidden >= haze {
                to_dense[index] = 0;
            }
        }
        spread(&mut to_seen, self.cells());
        spread(&mut to_dense, self.cells());
        // From any voxel of a cell, those of the cells up to one before the nearest are as empty.
        let voxels = |cells: u8| (usize::from(cells).saturating_sub(1) * self.finer + 1).min(0x7f);
        let reach = |(to_seen, to_dense): (&u8, &u8)| match (to_seen, to_dense) {
            (_, 0) => 1,
            (0, cells) => voxels(*cells).min(HAZE_STEP) as u8,
            (cells, _) => EMPTY | voxels(*cells) as u8,
        };
        to_seen.iter().zip(&to_dense).map(reach).collect()
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

    /// Of each cell, its reach: the voxels along the axis that a ray goes along fastest before it may miss something. Of a
    /// cell with nothing to be seen the highest bit is set; in haze a sample stands for the steps within the reach;
    /// elsewhere it is one. `[z, y, x]`
    #[must_use]
    pub fn reaches(&self) -> &[u8] {
        &self.reaches
    }

    /// Of each cell, how many cells away the nearest is that [`Occupancy`] found occupied, a diagonal step counting as
    /// one. `[z, y, x]`
    #[must_use]
    pub fn leaps(&self) -> Vec<u8> {
        let [width, height, _] = self.cells();
        let mut leaps = vec![u8::MAX; self.cells().iter().product()];
        for cell in self.occupied_cells() {
            let [x, y, z] = [0, 1, 2].map(|axis| cell[axis] - self.first[axis]);
            leaps[(z * height + y) * width + x] = 0;
        }
        spread(&mut leaps, self.cells());
        leaps
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
        self.corner
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
    fn at(&self, place: [f32; 3], [x, y, z]: [usize; 3]) -> [f32; 4] {
        let [width, height, _] = self.size;
        let shares = [place[0] - x as f32, place[1] - y as f32, place[2] - z as f32];
        self.between((z * height + y) * width + x, shares)
    }

    /// Between the nodes of the voxel whose lowest node is `first`, by trilinear interpolation.
    #[inline(always)]
    pub(super) fn between(&self, first: usize, [sx, sy, sz]: [f32; 3]) -> [f32; 4] {
        let [width, height, _] = self.size;
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

    /// The node nearest to a place, which is in voxels from the first node.
    #[inline]
    pub(super) fn node_near(&self, place: [f32; 3]) -> usize {
        let [x, y, z] = [0, 1, 2].map(|axis| ((place[axis] + 0.5) as usize).min(self.size[axis] - 1));
        (z * self.size[1] + y) * self.size[0] + x
    }

    /// A point in voxels from the first node.
    #[inline]
    pub(super) fn in_voxels(&self, point: [f32; 3]) -> [f32; 3] {
        [0, 1, 2].map(|axis| (point[axis] - self.corner[axis]) * self.scale)
    }

    /// A length in voxels.
    #[inline]
    pub(super) fn voxels_of(&self, length: f32) -> f32 {
        length * self.scale
    }

    /// Colour at a place of an occupied cell, in voxels from the first node, and how much a way through so many voxels lets
    /// through there.
    #[inline]
    pub(super) fn sample(&self, place: [f32; 3], voxels: f32) -> ([f32; 3], f32) {
        let [r, g, b, hidden] = self.at(place, self.voxel_of(place));
        let clear = if hidden > 0.0 { ((1.0 - hidden).max(f32::EPSILON).ln() * voxels).exp() } else { 1.0 };
        ([r, g, b], clear)
    }

    /// How much is hidden there; nothing in cells with nothing to be seen.
    fn density(&self, point: [f32; 3]) -> f32 {
        let [width, height, _] = self.cells();
        let cell = self.occupancy.cell_of(point).filter(|cell| self.occupancy.is_occupied(*cell));
        cell.map_or(0.0, |cell| {
            let [x, y, z] = [0, 1, 2].map(|axis| cell[axis] - self.first[axis]);
            if self.reaches[(z * height + y) * width + x] & EMPTY != 0 {
                return 0.0;
            }
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

    /// What is seen along rays, a step as long as a voxel, longer in haze: as [`FieldRecord::trace`] would, up to the
    /// grid's resolution.
    #[must_use]
    pub fn draw(&self, rays: &[[f32; 6]], sampling: &Sampling, crop: &CropBox) -> Vec<Seen> {
        let mut seen = vec![nothing_at(sampling.far); rays.len()];
        let Some([low, high]) = self.occupancy.bounds() else { return seen };
        let place = |cell: [usize; 3]| cell.map(|at| self.occupancy.place(at));
        let bounds = CropBox { low: place(low), high: place(high) };
        seen.par_chunks_mut(RAYS).zip(rays.par_chunks(RAYS)).for_each(|(seen, rays)| {
            pulp::Arch::new().dispatch(Marches { bake: self, rays, boxes: [bounds, *crop], sampling, seen });
        });
        seen
    }
}
