//! How long frames take.

use std::collections::VecDeque;

/// Frames that are looked at.
const FRAMES: usize = 240;
/// As many need not be faster than the figure that is shown.
const PERCENTILE: usize = 99;

/// How long the last frames took the processor, in seconds, what the compositor waited for left out.
#[derive(Default)]
pub(crate) struct FrameTimes {
    secs: VecDeque<f32>,
}

impl FrameTimes {
    pub(crate) fn add(&mut self, secs: f32) {
        if self.secs.len() == FRAMES {
            self.secs.pop_front();
        }
        self.secs.push_back(secs);
    }

    /// The median and the 99th percentile in milliseconds; `None` before the first frame.
    pub(crate) fn median_and_p99_ms(&self) -> Option<(f32, f32)> {
        let mut sorted: Vec<f32> = self.secs.iter().copied().collect();
        sorted.sort_by(f32::total_cmp);
        let at = |percent: usize| sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied();
        Some((at(50)? * 1e3, at(PERCENTILE)? * 1e3))
    }
}
