use super::measure::{Row, repeat};
use crate::train::Series;

/// Steps of a long run.
const STEPS: usize = 1_000_000;
/// A chart's width in pixels, and steps that its smoothed curve remembers: the window's.
const WIDTH_PX: usize = 800;
const MEMORY: f64 = 20.0;

/// What the numbers of a long run cost: once as they come, and in every frame that shows them all.
pub(super) fn rows(seconds: f64) -> anyhow::Result<Vec<Row>> {
    let value = |index: usize| (-(index as f64) / 3e5).exp() * (1.0 + 0.3 * (0.7 * index as f64).sin());
    let made = repeat(seconds, || {
        let mut series = Series::default();
        (0..STEPS).map(value).for_each(|value| series.push(value));
        Ok(series)
    })?;
    let mut series = Series::default();
    (0..STEPS).map(value).for_each(|value| series.push(value));
    let drawn = repeat(seconds, || {
        let outline = series.outline(0..STEPS, WIDTH_PX);
        Ok((outline, series.smoothed(0..STEPS, MEMORY, WIDTH_PX)))
    })?;
    let points = series.outline(0..STEPS, WIDTH_PX).len() + series.smoothed(0..STEPS, MEMORY, WIDTH_PX).len();
    Ok(vec![
        Row::of("curves: a million logged steps taken in", &made),
        Row::of("curves: what a frame draws of them, raw and smoothed", &drawn)
            .with_note(format!("{points} points")),
    ])
}
