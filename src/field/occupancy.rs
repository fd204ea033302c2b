use super::{Encoding, Evaluator, FieldRecord};

/// Half the side of the cube that is looked at: the unit ball, that objects lie in, with room for its frustum.
pub(super) const HALF: f32 = 1.5;
/// Cells along a side of the cube, at least and at most.
const SIDE_MIN: usize = 48;
pub(super) const SIDE_MAX: usize = 128;
/// Cells in the shortest wave of an encoding, where that is possible.
const CELLS_PER_WAVE: f32 = 3.0;
/// A cell whose corners are all below this density, in opacity per unit of depth, is empty.
const DENSITY_FLOOR: f32 = 1e-2;

/// Where an object's field is empty, as a grid of cells: a cell is taken to be empty if its own corners and those of
/// all cells around it are. Nothing is said of what lies outside the grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Occupancy {
    /// Cells along each axis.
    side: usize,
    /// Side of a cell.
    cell: f32,
    /// `[side, side, side]`, x innermost.
    is_occupied: Vec<bool>,
    /// First cell and the one after the last, of those that are occupied; `None` if all are empty.
    bounds: Option<[[usize; 3]; 2]>,
}

impl Occupancy {
    /// Look at a field at the corners of all cells. Everything is empty in a field that is not of an object.
    #[must_use]
    pub fn of(record: &FieldRecord) -> Self {
        let (side, is_dense) = Self::look(record, &mut |_| true);
        Self::from_corners(side, is_dense)
    }

    /// As [`of`](Self::of); `None` as soon as `goes_on` says no, which is often told which part is done, and asked.
    #[must_use]
    pub fn of_while(record: &FieldRecord, goes_on: &mut dyn FnMut(f32) -> bool) -> Option<Self> {
        let (side, is_dense) = Self::look(record, goes_on);
        (is_dense.len() == (side + 1).pow(3)).then(|| Self::from_corners(side, is_dense))
    }

    /// Cells along a side, and which corners are dense: as many as were looked at before it was to stop.
    fn look(record: &FieldRecord, goes_on: &mut dyn FnMut(f32) -> bool) -> (usize, Vec<bool>) {
        let architecture = record.field.architecture();
        let finest = match architecture.encoding {
            Encoding::Fourier { max, .. } => CELLS_PER_WAVE * max * 2.0 * HALF / (2.0 * std::f32::consts::PI),
            Encoding::Identity => 0.0,
        };
        let side = (finest as usize).clamp(SIDE_MIN, SIDE_MAX);
        let corners = side + 1;
        if architecture.inputs != 3 || architecture.outputs != 4 {
            return (side, vec![false; corners.pow(3)]);
        }
        let gain = architecture.density_gain.unwrap_or(1.0);
        let evaluator = Evaluator::new(&record.field);
        let place = |index: usize| 2.0 * HALF * index as f32 / side as f32 - HALF;
        let mut is_dense = Vec::with_capacity(corners.pow(3));
        for z in (0..corners).take_while(|z| goes_on(*z as f32 / corners as f32)) {
            let layer = (0..corners).flat_map(|y| (0..corners).map(move |x| (x, y)));
            let points: Vec<f32> = layer.flat_map(|(x, y)| [place(x), place(y), place(z)]).collect();
            let logits = evaluator.evaluate(&points);
            is_dense.extend(logits.as_chunks::<4>().0.iter().map(|logits| gain * logits[3] > DENSITY_FLOOR));
        }
        (side, is_dense)
    }

    /// A cell is occupied if any corner of it or of a cell around it is dense: of the four corners in a row.
    fn from_corners(side: usize, is_dense: Vec<bool>) -> Self {
        let corners = side + 1;
        // Along one axis after the other, so that 64 corners cost 12 looks.
        let mut lens = [corners; 3];
        let mut grid = is_dense;
        for axis in 0..3 {
            let stride: usize = lens[..axis].iter().product();
            let (len, outer) = (lens[axis], lens[axis + 1..].iter().product::<usize>());
            let mut next = Vec::with_capacity(grid.len());
            for block in 0..outer {
                for cell in 0..side {
                    let (from, to) = (cell.saturating_sub(1), (cell + 2).min(len - 1));
                    for inner in 0..stride {
                        next.push((from..=to).any(|at| grid[(block * len + at) * stride + inner]));
                    }
                }
            }
            lens[axis] = side;
            grid = next;
        }
        let mut bounds: Option<[[usize; 3]; 2]> = None;
        for (index, _) in grid.iter().enumerate().filter(|(_, is_occupied)| **is_occupied) {
            let cell = [index % side, index / side % side, index / side / side];
            let [low, high] = bounds.get_or_insert([cell, cell.map(|at| at + 1)]);
            for axis in 0..3 {
                low[axis] = low[axis].min(cell[axis]);
                high[axis] = high[axis].max(cell[axis] + 1);
            }
        }
        Self { side, cell: 2.0 * HALF / side as f32, is_occupied: grid, bounds }
    }

    /// Cells along each axis of the cube.
    #[must_use]
    pub fn side(&self) -> usize {
        self.side
    }

    /// Cells along the side of the cube [-1, 1]^3.
    #[must_use]
    pub fn cells_of_unit_cube(&self) -> usize {
        (2.0 / self.cell()).ceil() as usize
    }

    /// The part of the cells that is occupied.
    #[must_use]
    pub fn filled(&self) -> f64 {
        self.is_occupied.iter().filter(|is_occupied| **is_occupied).count() as f64
            / self.is_occupied.len().max(1) as f64
    }

    /// First cell and the one after the last, along each axis.
    pub(super) fn bounds(&self) -> Option<[[usize; 3]; 2]> {
        self.bounds
    }

    /// Side of a cell.
    pub(super) fn cell(&self) -> f32 {
        self.cell
    }

    pub(super) fn is_occupied(&self, [x, y, z]: [usize; 3]) -> bool {
        self.is_occupied[(z * self.side + y) * self.side + x]
    }

    /// A corner of a cell, along one axis.
    pub(super) fn place(&self, corner: usize) -> f32 {
        corner as f32 * self.cell - HALF
    }

    /// The cell of a point; `None` outside the cube.
    #[inline]
    pub(super) fn cell_of(&self, point: [f32; 3]) -> Option<[usize; 3]> {
        let scale = self.cell.recip();
        let at = point.map(|place| (place + HALF) * scale);
        let is_inside = at.iter().all(|at| *at >= 0.0 && *at < self.side as f32);
        is_inside.then(|| at.map(|at| at as usize))
    }

    /// The depth at which a ray leaves a cell.
    #[inline]
    pub(super) fn exit(&self, ray: &[f32; 6], cell: [usize; 3]) -> f32 {
        let mut exit = f32::INFINITY;
        for axis in 0..3 {
            let (origin, direction) = (ray[axis], ray[3 + axis]);
            if direction != 0.0 {
                let wall = self.place(cell[axis] + usize::from(direction > 0.0));
                exit = exit.min((wall - origin) / direction);
            }
        }
        exit
    }
}

/// In each cell, the number of cells to the nearest that holds 0, a diagonal step counting as one: by two sweeps, there
/// and back.
pub(super) fn spread(cells: &mut [u8], [width, height, depth]: [usize; 3]) {
    let at = |x: usize, y: usize, z: usize| (z * height + y) * width + x;
    for is_back in [false, true] {
        let turned = |count: usize, index: usize| if is_back { count - 1 - index } else { index };
        for (z, y) in (0..depth).flat_map(|z| (0..height).map(move |y| (z, y))) {
            for x in 0..width {
                // The 13 neighbours that the sweep has been at.
                let before = (0..9).map(|index| (index % 3, index / 3, 0)).chain([
                    (0, 0, 1),
                    (1, 0, 1),
                    (2, 0, 1),
                    (0, 1, 1),
                ]);
                let neighbours = before.filter_map(|(dx, dy, dz)| {
                    let [x, y, z] =
                        [(x + dx, width), (y + dy, height), (z + dz, depth)].map(|(at, count)| {
                            at.checked_sub(1).filter(|at| *at < count).map(|at| turned(count, at))
                        });
                    Some(at(x?, y?, z?))
                });
                let near = neighbours.map(|index| cells[index]).min().unwrap_or(u8::MAX);
                let own = at(turned(width, x), turned(height, y), turned(depth, z));
                cells[own] = cells[own].min(near.saturating_add(1));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One dense corner fills the cells whose own or whose neighbours' corner it is.
    #[test]
    fn a_dense_corner_fills_the_cells_around_it() {
        let side = 6;
        let mut is_dense = vec![false; 7 * 7 * 7];
        is_dense[(2 * 7 + 3) * 7 + 6] = true;
        let occupancy = Occupancy::from_corners(side, is_dense);
        for (index, found) in occupancy.is_occupied.iter().enumerate() {
            let [x, y, z] = [index % side, index / side % side, index / side / side];
            let near = |cell: usize, corner: usize| cell + 2 >= corner && cell <= corner + 1;
            assert_eq!(*found, near(x, 6) && near(y, 3) && near(z, 2), "{x} {y} {z}");
        }
        assert_eq!(occupancy.bounds(), Some([[4, 1, 0], [6, 5, 4]]));
    }

    /// By two sweeps as by looking at every pair of cells.
    #[test]
    fn distances_are_those_to_the_nearest_cell() {
        let size = [5, 4, 6];
        let marked = [[0, 0, 0], [4, 3, 2], [1, 2, 5]];
        let cell = |index: usize| [index % size[0], index / size[0] % size[1], index / size[0] / size[1]];
        let mut found: Vec<u8> =
            (0..5 * 4 * 6).map(|index| if marked.contains(&cell(index)) { 0 } else { u8::MAX }).collect();
        spread(&mut found, size);
        for (index, found) in found.into_iter().enumerate() {
            let own = cell(index);
            let away = |other: [usize; 3]| (0..3).map(|axis| own[axis].abs_diff(other[axis])).max();
            assert_eq!(
                Some(usize::from(found)),
                marked.iter().filter_map(|other| away(*other)).min(),
                "{own:?}"
            );
        }
        let mut nothing = vec![u8::MAX; 8];
        spread(&mut nothing, [2; 3]);
        assert_eq!(nothing, [u8::MAX; 8]);
    }
}
