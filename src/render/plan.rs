//! Which samples of a canvas are evaluated, and in which order: pure arithmetic.
//!
//! A canvas is refined as an interlaced picture is: first every eighth pixel of every eighth row, then what
//! is missing to every fourth, second, and every pixel. No sample is evaluated twice, so that the exact
//! picture costs no more for having been seen coarsely first.

/// Pixels of a side that share one entry of a [`StepMap`].
pub(super) const CELL_PX: u32 = 64;
/// Pixels between the samples of the first pass.
pub(super) const COARSEST_STEP: u32 = 8;

/// Pixels of a canvas: from `x0`, `y0` to before `x1`, `y1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PxRect {
    pub(super) x0: u32,
    pub(super) y0: u32,
    pub(super) x1: u32,
    pub(super) y1: u32,
}

impl PxRect {
    pub(super) fn width(self) -> u32 {
        self.x1.saturating_sub(self.x0)
    }

    pub(super) fn height(self) -> u32 {
        self.y1.saturating_sub(self.y0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.width() == 0 || self.height() == 0
    }

    /// Grown to multiples of the coarsest step, so that every pass begins at a corner, within `size`; what is
    /// empty stays empty.
    pub(super) fn aligned(self, size: (u32, u32)) -> Self {
        if self.is_empty() {
            return self;
        }
        let down = |value: u32| value / COARSEST_STEP * COARSEST_STEP;
        let up = |value: u32| value.div_ceil(COARSEST_STEP) * COARSEST_STEP;
        Self {
            x0: down(self.x0),
            y0: down(self.y0),
            x1: up(self.x1).min(size.0),
            y1: up(self.y1).min(size.1),
        }
    }
}

/// Samples at `x + i * step_x`, `y + j * step_y`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) step_x: u32,
    pub(super) step_y: u32,
    pub(super) columns: u32,
    pub(super) rows: u32,
}

impl Grid {
    fn new(rect: PxRect, offset: (u32, u32), step: (u32, u32)) -> Self {
        let along = |from: u32, to: u32, step: u32| to.saturating_sub(from).div_ceil(step);
        let (x, y) = (rect.x0 + offset.0, rect.y0 + offset.1);
        let (columns, rows) = (along(x, rect.x1, step.0), along(y, rect.y1, step.1));
        Self { x, y, step_x: step.0, step_y: step.1, columns, rows }
    }

    pub(super) fn num_samples(&self) -> u64 {
        u64::from(self.columns) * u64::from(self.rows)
    }

    /// The part of it from row `first` on, `count` rows at most.
    pub(super) fn rows_from(&self, first: u32, count: u32) -> Self {
        let rows = self.rows.saturating_sub(first).min(count);
        Self { y: self.y + first * self.step_y, rows, ..*self }
    }
}

/// A rectangle whose samples become `step` pixels apart, from twice as far (or from nothing, for the
/// coarsest), by evaluating its grids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) rect: PxRect,
    pub(super) step: u32,
    /// Disjoint; none is empty.
    pub(super) grids: Vec<Grid>,
}

impl Block {
    fn new(rect: PxRect, step: u32) -> Self {
        let grids = if step == COARSEST_STEP {
            vec![Grid::new(rect, (0, 0), (step, step))]
        } else {
            // Even rows lack their odd columns, odd rows lack all.
            vec![
                Grid::new(rect, (step, 0), (2 * step, 2 * step)),
                Grid::new(rect, (0, step), (step, 2 * step)),
            ]
        };
        let grids = grids.into_iter().filter(|grid| grid.num_samples() > 0).collect();
        Self { rect, step, grids }
    }

    pub(super) fn num_samples(&self) -> u64 {
        self.grids.iter().map(Grid::num_samples).sum()
    }
}

/// Everything that makes `area` of a canvas exact: coarse passes before fine ones, each from the middle
/// outwards. `area` is [`aligned`](PxRect::aligned).
///
/// A block is 64 samples of its pass wide and high: enough to keep every core busy, few enough to drop.
pub(super) fn blocks(area: PxRect) -> Vec<Block> {
    let mut all = Vec::new();
    let mut step = COARSEST_STEP;
    while step > 0 && !area.is_empty() {
        let side = CELL_PX * step;
        let mut pass = Vec::new();
        for y in (area.y0 / side * side..area.y1).step_by(side as usize) {
            for x in (area.x0 / side * side..area.x1).step_by(side as usize) {
                let (x1, y1) = ((x + side).min(area.x1), (y + side).min(area.y1));
                let rect = PxRect { x0: x.max(area.x0), y0: y.max(area.y0), x1, y1 };
                pass.push(Block::new(rect, step));
            }
        }
        pass.sort_by_key(|block| distance_from_middle(block.rect, area));
        all.extend(pass.into_iter().filter(|block| !block.grids.is_empty()));
        step /= 2;
    }
    all
}

/// Twice the distance between the middles, squared.
fn distance_from_middle(rect: PxRect, area: PxRect) -> u64 {
    let apart = |a: (u32, u32), b: (u32, u32)| u64::from((a.0 + a.1).abs_diff(b.0 + b.1)).pow(2);
    apart((rect.x0, rect.x1), (area.x0, area.x1)) + apart((rect.y0, rect.y1), (area.y0, area.y1))
}

/// For each cell of a canvas, how many pixels apart its samples are: 1 where it is exact, 0 where nothing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StepMap {
    columns: u32,
    rows: u32,
    steps: Vec<u8>,
}

impl StepMap {
    /// Nothing evaluated yet, for a canvas of this size.
    pub(super) fn new(size: (u32, u32)) -> Self {
        let (columns, rows) = (size.0.div_ceil(CELL_PX).max(1), size.1.div_ceil(CELL_PX).max(1));
        Self { columns, rows, steps: vec![0; columns as usize * rows as usize] }
    }

    /// Note that the samples of a rectangle are `step` apart now.
    pub(super) fn set(&mut self, rect: PxRect, step: u32) {
        for row in rect.y0 / CELL_PX..rect.y1.div_ceil(CELL_PX).min(self.rows) {
            for column in rect.x0 / CELL_PX..rect.x1.div_ceil(CELL_PX).min(self.columns) {
                self.steps[(row * self.columns + column) as usize] = step as u8;
            }
        }
    }

    /// Cells in a row and rows of cells.
    pub(super) fn size(&self) -> (u32, u32) {
        (self.columns, self.rows)
    }

    /// Of one cell; 0 outside.
    pub(super) fn step(&self, column: u32, row: u32) -> u32 {
        if column >= self.columns {
            return 0;
        }
        self.steps.get((row * self.columns + column) as usize).map_or(0, |step| u32::from(*step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x0: u32, y0: u32, x1: u32, y1: u32) -> PxRect {
        PxRect { x0, y0, x1, y1 }
    }

    #[test]
    fn every_pixel_of_the_area_is_evaluated_once() {
        let size = (203, 150);
        let area = rect(13, 70, 203, 141).aligned(size);
        let mut hits = vec![0; (size.0 * size.1) as usize];
        for block in blocks(area) {
            for grid in &block.grids {
                for j in 0..grid.rows {
                    for i in 0..grid.columns {
                        let (x, y) = (grid.x + i * grid.step_x, grid.y + j * grid.step_y);
                        assert!(
                            x >= block.rect.x0
                                && x < block.rect.x1
                                && y >= block.rect.y0
                                && y < block.rect.y1
                        );
                        hits[(y * size.0 + x) as usize] += 1;
                    }
                }
            }
        }
        for (index, count) in hits.into_iter().enumerate() {
            let (x, y) = (index as u32 % size.0, index as u32 / size.0);
            let inside = x >= area.x0 && x < area.x1 && y >= area.y0 && y < area.y1;
            assert_eq!(count, u32::from(inside), "pixel {x}, {y}");
        }
    }

    #[test]
    fn after_each_block_its_lattice_is_complete() {
        let size = (130, 90);
        let mut present = vec![false; (size.0 * size.1) as usize];
        let mut step_before = COARSEST_STEP;
        for block in blocks(rect(0, 0, size.0, size.1)) {
            assert!(block.step <= step_before, "a coarse pass after a fine one");
            step_before = block.step;
            for grid in &block.grids {
                for index in 0..grid.num_samples() as u32 {
                    let x = grid.x + index % grid.columns * grid.step_x;
                    let y = grid.y + index / grid.columns * grid.step_y;
                    present[(y * size.0 + x) as usize] = true;
                }
            }
            let along = |from: u32, to: u32| {
                (from.div_ceil(block.step) * block.step..to).step_by(block.step as usize)
            };
            for y in along(block.rect.y0, block.rect.y1) {
                for x in along(block.rect.x0, block.rect.x1) {
                    assert!(present[(y * size.0 + x) as usize], "pixel {x}, {y} of step {}", block.step);
                }
            }
        }
    }

    #[test]
    fn a_grid_is_cut_into_bands_of_rows() {
        let grid = Grid { x: 4, y: 8, step_x: 8, step_y: 8, columns: 3, rows: 10 };
        assert_eq!(grid.rows_from(7, 5), Grid { y: 64, rows: 3, ..grid });
        assert_eq!(grid.rows_from(10, 5).num_samples(), 0);
    }

    #[test]
    fn the_map_of_steps_covers_what_was_set() {
        let mut map = StepMap::new((130, 64));
        map.set(rect(64, 0, 130, 64), 4);
        assert_eq!((map.size(), [0, 1, 2, 3].map(|column| map.step(column, 0))), ((3, 1), [0, 4, 4, 0]));
    }

    #[test]
    fn an_empty_area_has_no_blocks() {
        assert!(blocks(rect(5, 5, 5, 9)).is_empty());
    }
}
