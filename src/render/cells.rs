//! Which cells of which canvases are drawn, and in which order: pure arithmetic.

use std::cmp::Ordering;

use glam::{DVec2, dvec2};

use super::plan::{CELL_PX, PxRect, StepMap};

/// Two mappings of one point may disagree by rounding errors, but not by more.
const SLACK_PX: f64 = 1e-6;

/// A rectangle of screen pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ScreenRect {
    pub(super) from: DVec2,
    pub(super) to: DVec2,
}

impl ScreenRect {
    /// What both have; empty rectangles have `to` before `from`.
    pub(super) fn common(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }

    pub(super) fn is_empty(self) -> bool {
        self.to.cmple(self.from).any()
    }
}

/// A canvas as it lies on the screen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layer<'a> {
    pub(super) steps: &'a StepMap,
    /// The canvas pixels that are ever evaluated.
    pub(super) area: PxRect,
    /// Canvas pixels = screen pixels * scale + offset.
    pub(super) scale: f64,
    pub(super) offset: DVec2,
    /// Above 1 for a canvas of another field: its coarseness counts that many times.
    pub(super) penalty: f64,
}

/// A cell to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    /// Place of its canvas among the layers.
    pub(super) layer: usize,
    /// Canvas pixels.
    pub(super) rect: PxRect,
    /// Pixels between its samples.
    pub(super) step: u32,
    /// The last sample that may be read to its right and below, in canvas pixels.
    pub(super) last: (u32, u32),
    /// Screen pixels between its samples.
    coarseness: f64,
}

impl Layer<'_> {
    /// Whether each of its pixels is one of the screen's.
    pub(super) fn is_aligned(&self) -> bool {
        let shift = (self.offset - self.offset.round()).abs();
        (self.scale - 1.0).abs() < SLACK_PX && shift.max_element() < SLACK_PX
    }

    fn on_screen(&self, rect: PxRect) -> ScreenRect {
        let at = |x: u32, y: u32| (dvec2(f64::from(x), f64::from(y)) - self.offset) / self.scale;
        ScreenRect { from: at(rect.x0, rect.y0), to: at(rect.x1, rect.y1) }
    }

    /// Samples closer than a pixel are no better than one for each.
    fn coarseness(&self, step: u32) -> f64 {
        (f64::from(step) / self.scale).max(1.0) * self.penalty
    }

    fn cell_rect(&self, column: u32, row: u32) -> PxRect {
        let (x, y) = (column * CELL_PX, row * CELL_PX);
        PxRect {
            x0: x.max(self.area.x0),
            y0: y.max(self.area.y0),
            x1: (x + CELL_PX).min(self.area.x1),
            y1: (y + CELL_PX).min(self.area.y1),
        }
    }

    /// The coarsest that it is in a rectangle; `None` where something is missing.
    fn worst_in(&self, rect: ScreenRect) -> Option<f64> {
        let (from, to) = (rect.from * self.scale + self.offset, rect.to * self.scale + self.offset);
        let start = dvec2(f64::from(self.area.x0), f64::from(self.area.y0)) - SLACK_PX;
        let end = dvec2(f64::from(self.area.x1), f64::from(self.area.y1)) + SLACK_PX;
        if from.cmplt(start).any() || to.cmpgt(end).any() {
            return None;
        }
        let cell = |px: f64| (px.max(0.0) as u32) / CELL_PX;
        let (columns, rows) = self.steps.size();
        let mut worst = 0.0_f64;
        for row in cell(from.y + SLACK_PX)..=cell(to.y - SLACK_PX).min(rows - 1) {
            for column in cell(from.x + SLACK_PX)..=cell(to.x - SLACK_PX).min(columns - 1) {
                match self.steps.step(column, row) {
                    0 => return None,
                    step => worst = worst.max(self.coarseness(step)),
                }
            }
        }
        Some(worst)
    }

    /// The last sample of a cell's step that may be read: one in the next cell, if it is there.
    fn last_sample(&self, (column, row): (u32, u32), rect: PxRect, step: u32) -> (u32, u32) {
        let has = |column: u32, row: u32| {
            let rect = self.cell_rect(column, row);
            let found = self.steps.step(column, row);
            !rect.is_empty() && found != 0 && found <= step
        };
        let own = |from: u32, to: u32| from + (to - 1 - from) / step * step;
        let right = has(column + 1, row);
        let below = has(column, row + 1) && (!right || has(column + 1, row + 1));
        let x = if right { rect.x1 } else { own(rect.x0, rect.x1) };
        let y = if below { rect.y1 } else { own(rect.y0, rect.y1) };
        (x, y)
    }
}

/// The cells that are seen within `clip`, to be drawn in this order: coarse ones beneath finer ones, and the
/// first layer's on top of others as fine. What others hide is left out.
pub(super) fn cells(layers: &[Option<Layer<'_>>], clip: ScreenRect) -> Vec<Cell> {
    let mut seen = Vec::new();
    for (index, layer) in present(layers) {
        let (columns, rows) = layer.steps.size();
        for row in 0..rows {
            for column in 0..columns {
                let (rect, step) = (layer.cell_rect(column, row), layer.steps.step(column, row));
                if step == 0 || rect.is_empty() {
                    continue;
                }
                let shown = layer.on_screen(rect).common(clip);
                let coarseness = layer.coarseness(step);
                if !shown.is_empty() && !is_hidden(layers, index, shown, coarseness) {
                    let last = layer.last_sample((column, row), rect, step);
                    seen.push(Cell { layer: index, rect, step, last, coarseness });
                }
            }
        }
    }
    seen.sort_by(|a, b| b.coarseness.total_cmp(&a.coarseness).then(b.layer.cmp(&a.layer)));
    seen
}

fn present<'a, 'b>(layers: &'a [Option<Layer<'b>>]) -> impl Iterator<Item = (usize, &'a Layer<'b>)> {
    layers.iter().enumerate().filter_map(|(index, layer)| Some((index, layer.as_ref()?)))
}

/// Whether another layer has something finer everywhere in a rectangle.
fn is_hidden(layers: &[Option<Layer<'_>>], own: usize, shown: ScreenRect, coarseness: f64) -> bool {
    present(layers).filter(|(index, _)| *index != own).any(|(index, layer)| {
        layer.worst_in(shown).is_some_and(|worst| match worst.total_cmp(&coarseness) {
            Ordering::Less => true,
            Ordering::Equal => index < own,
            Ordering::Greater => false,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIP: ScreenRect = ScreenRect { from: DVec2::ZERO, to: DVec2::new(128.0, 128.0) };
    const AREA: PxRect = PxRect { x0: 0, y0: 0, x1: 128, y1: 128 };

    fn steps(values: [u32; 4]) -> StepMap {
        let mut map = StepMap::new((128, 128));
        for (step, index) in values.into_iter().zip(0..) {
            let (x0, y0) = (index % 2 * 64, index / 2 * 64);
            map.set(PxRect { x0, y0, x1: x0 + 64, y1: y0 + 64 }, step);
        }
        map
    }

    fn layer(steps: &StepMap, offset: DVec2) -> Layer<'_> {
        Layer { steps, area: AREA, scale: 1.0, offset, penalty: 1.0 }
    }

    #[test]
    fn an_exact_canvas_hides_all_others() {
        let (exact, other) = (steps([1; 4]), steps([1, 2, 4, 8]));
        let layers = [Some(layer(&exact, DVec2::ZERO)), Some(layer(&other, DVec2::ZERO))];
        let found = cells(&layers, CLIP);
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|cell| cell.layer == 0));
    }

    #[test]
    fn a_shifted_finer_canvas_lies_on_top_and_a_coarse_one_shows_at_its_edge() {
        let (coarse, fine) = (steps([8; 4]), steps([1; 4]));
        let layers = [Some(layer(&coarse, DVec2::ZERO)), Some(layer(&fine, dvec2(-10.0, 0.0)))];
        let found = cells(&layers, CLIP);
        // The left column of the coarse one is not covered up to pixel 10; the right one is.
        let order: Vec<(usize, u32)> = found.iter().map(|cell| (cell.layer, cell.rect.x0)).collect();
        assert_eq!(order, [(0, 0), (0, 0), (1, 0), (1, 64), (1, 0), (1, 64)]);
    }

    #[test]
    fn a_canvas_of_another_field_is_only_seen_where_there_is_nothing_else() {
        let (present, stale) = (steps([8, 8, 0, 8]), steps([1; 4]));
        let stale = Layer { penalty: 1e6, ..layer(&stale, DVec2::ZERO) };
        let found = cells(&[Some(layer(&present, DVec2::ZERO)), Some(stale)], CLIP);
        assert_eq!(
            found[0],
            Cell { layer: 1, rect: PxRect { x0: 0, y0: 64, x1: 64, y1: 128 }, ..found[0].clone() }
        );
        assert!(found.len() == 4 && found[1..].iter().all(|cell| cell.layer == 0));
    }

    #[test]
    fn samples_are_read_across_cells_only_where_they_are() {
        let map = steps([4, 2, 8, 4]);
        let found = cells(&[Some(layer(&map, DVec2::ZERO))], CLIP);
        let last_of =
            |x0, y0| found.iter().find(|cell| (cell.rect.x0, cell.rect.y0) == (x0, y0)).unwrap().last;
        // To the right is something finer; below is something coarser.
        assert_eq!(last_of(0, 0), (64, 60));
        assert_eq!(last_of(64, 0), (126, 62));
        assert_eq!(last_of(0, 64), (64, 120));
    }
}
