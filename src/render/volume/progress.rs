use std::time::Instant;

use super::tiles::tiles;
use super::{Drawn, VolumeFrame, VolumeState};

/// Side of a tile that the processor makes exact at once, in pixels.
const TILE_PX: u32 = 64;

/// How far a request is.
pub(super) struct Progress {
    pub(super) id: u64,
    /// Screen pixels to one of the baked picture that is seen.
    pub(super) baked: Option<u32>,
    pub(super) tiles: Vec<[u32; 4]>,
    pub(super) next_tile: usize,
    /// Whether the picture is exact to its last pixel.
    pub(super) is_exact: bool,
    /// Evaluations of the field so far, and what there would have been without skipping.
    pub(super) evaluated: (u64, u64),
    pub(super) last_wake: Instant,
}

impl Progress {
    /// Of a request for a picture of this size.
    pub(super) fn new(id: u64, viewport_px: (u32, u32)) -> Self {
        Self {
            id,
            baked: None,
            tiles: tiles(viewport_px, TILE_PX),
            next_tile: 0,
            is_exact: false,
            evaluated: (0, 0),
            last_wake: Instant::now(),
        }
    }

    /// A coarse picture is drawn again once the view rests, before the first exact tile.
    pub(super) fn needs_baked(&self, frame: &VolumeFrame) -> bool {
        self.baked.is_none() || (!frame.is_moving && self.next_tile == 0 && self.baked != Some(1))
    }

    /// Whether nothing is left to be done for this frame, of a field that is ready or not.
    pub(super) fn is_done(&self, frame: &VolumeFrame, is_ready: bool) -> bool {
        if frame.is_moving { self.baked.is_some() && is_ready } else { self.is_exact }
    }

    /// What is told of an exact picture of which this part is there.
    pub(super) fn exact_state(&self, fraction: f32) -> VolumeState {
        let (evaluated, all) = self.evaluated;
        VolumeState {
            drawn: Drawn::Exact { fraction },
            is_done: self.is_exact,
            spared: Some(1.0 - evaluated as f32 / all.max(1) as f32),
            baked_ms: None,
        }
    }
}
