use super::frame::Target;
use super::plan::{Block, COARSEST_STEP, PxRect, blocks};

/// The evaluation of one canvas: what both evaluators are given.
#[derive(Debug)]
pub(super) struct Work {
    /// Never used twice: answers carry it, and stale ones are dropped by it.
    pub(super) id: u64,
    /// Pixels of the canvas.
    pub(super) size_px: (u32, u32),
    /// Field coordinate of each canvas row.
    pub(super) rows: Vec<f32>,
    /// Field coordinate of each canvas column.
    pub(super) columns: Vec<f32>,
    /// The canvas pixels that are evaluated.
    pub(super) area: PxRect,
    /// In order.
    pub(super) blocks: Vec<Block>,
    /// Of the first so many blocks, the samples.
    samples_before: Vec<u64>,
}

impl Work {
    /// All that makes `target`'s canvas exact.
    pub(super) fn of_target(id: u64, target: &Target) -> Self {
        let (rows, columns) = target.coordinates();
        Self::new(id, rows, columns, target.visible())
    }

    /// All that makes `area` of a canvas with these coordinates exact.
    pub(super) fn new(id: u64, rows: Vec<f32>, columns: Vec<f32>, area: PxRect) -> Self {
        let blocks = blocks(area);
        let mut samples_before = vec![0];
        let mut sum = 0;
        for block in &blocks {
            sum += block.num_samples();
            samples_before.push(sum);
        }
        let size_px = (columns.len() as u32, rows.len() as u32);
        Self { id, size_px, rows, columns, area, blocks, samples_before }
    }

    /// How many blocks, from the first, make every sample at most `step` pixels from the next.
    pub(super) fn blocks_to(&self, step: u32) -> usize {
        self.blocks.partition_point(|block| block.step >= step)
    }

    /// Blocks of the coarsest pass.
    pub(super) fn coarse_blocks(&self) -> usize {
        self.blocks_to(COARSEST_STEP)
    }

    /// The share of the samples that the first `num_blocks` blocks have.
    pub(super) fn fraction(&self, num_blocks: usize) -> f32 {
        let total = self.samples_before.last().copied().unwrap_or(0);
        let done = self.samples_before.get(num_blocks).copied().unwrap_or(total);
        if total == 0 { 1.0 } else { (done as f64 / total as f64) as f32 }
    }
}

/// How far to go with a work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Goal {
    /// To the end of so many blocks.
    pub(super) num_blocks: usize,
    /// Nothing is seen of the canvas before so many are done.
    pub(super) unseen_blocks: usize,
}
