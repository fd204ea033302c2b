use super::super::arms::Section;
use super::super::results::{Curve, Point, RunResult};
use super::super::{Budget, ExperimentError};
use super::draw::{Stroke, chart};
use super::style::color;

/// A smoothed curve looks back over so many parts of a run.
const PARTS: usize = 40;
/// Points of a raw curve, at most: of each stretch the highest and the lowest.
const RAW_POINTS: usize = 600;

/// How learning went: on what was learned from, the raw values pale behind the smoothed ones; and on held-out items, each
/// seed and the mean. None of no steps.
pub(super) fn learning(section: &Section<'_>) -> Result<Option<[String; 2]>, ExperimentError> {
    let axis = section.arms.first().and_then(|arm| arm.runs.first()).map(|run| run.planned.budget);
    let x_title = match axis {
        Some(Budget::Seconds(_)) => "seconds",
        Some(Budget::Flops(_)) => "TFLOP",
        _ => "steps",
    };
    let (mut raw, mut smooth) = (Vec::new(), Vec::new());
    let (mut each, mut means) = (Vec::new(), Vec::new());
    for (index, arm) in section.arms.iter().enumerate() {
        let color = color(index);
        let stroke = |points, opacity, width, has_marks| Stroke { points, color, opacity, width, has_marks };
        for run in &arm.runs {
            let points = places(run, &run.curve.steps);
            smooth.push(stroke(thinned(&smoothed(&points)), 0.9, 2, false));
            raw.push(stroke(thinned(&points), 0.18, 1, false));
            each.push(stroke(places(run, &run.curve.held_out), 0.35, 1, true));
        }
        means.push(stroke(mean(&arm.runs), 1.0, 2, false));
    }
    if raw.iter().all(|stroke| stroke.points.is_empty()) {
        return Ok(None);
    }
    let heights_raw = heights(raw.iter(), 0.02);
    raw.extend(smooth);
    let heights_held_out = heights(each.iter(), 0.0);
    each.extend(means);
    Ok(Some([
        chart(&raw, (x_title, "PSNR of a step, dB"), heights_raw)?,
        chart(&each, (x_title, "held-out PSNR, dB"), heights_held_out)?,
    ]))
}

/// Where the points of a curve are: by what the budget is in.
fn places(run: &RunResult, points: &[Point]) -> Vec<(f64, f64)> {
    let flops = run.planned.size().map_or(0.0, |own| own.flops_per_step as f64);
    let x = |point: &Point| match run.planned.budget {
        Budget::Steps(_) => f64::from(point.step),
        Budget::Seconds(_) => point.seconds,
        Budget::Flops(_) => f64::from(point.step) * flops / 1e12,
    };
    points.iter().map(|point| (x(point), point.psnr_db)).collect()
}

/// A running mean that forgets, corrected for its short past at the beginning.
fn smoothed(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let decay = 1.0 - 1.0 / (points.len() as f64 / PARTS as f64).max(1.0);
    let (mut sum, mut weight) = (0.0, 0.0);
    let mut smooth = |(x, y): &(f64, f64)| {
        sum = decay * sum + y;
        weight = decay * weight + 1.0;
        (*x, sum / weight)
    };
    points.iter().map(&mut smooth).collect()
}

/// Fewer points, in which no peak is lost.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() <= RAW_POINTS {
        return points.to_vec();
    }
    let stretch = (2 * points.len()).div_ceil(RAW_POINTS);
    let ends = |own: &[(f64, f64)]| {
        let by_height = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let mut ends: Vec<(f64, f64)> = [own.iter().min_by(by_height), own.iter().max_by(by_height)]
            .into_iter()
            .flatten()
            .copied()
            .collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        ends
    };
    points.chunks(stretch).flat_map(ends).collect()
}

/// The mean of the seeds, where all that are done so far have a value.
fn mean(runs: &[&RunResult]) -> Vec<(f64, f64)> {
    let curves: Vec<Vec<(f64, f64)>> = runs
        .iter()
        .filter(|run| run.curve != Curve::default())
        .map(|run| places(run, &run.curve.held_out))
        .collect();
    let shortest = curves.iter().map(Vec::len).min().unwrap_or(0);
    let at = |index: usize| {
        let sum = curves.iter().fold((0.0, 0.0), |sum, own| (sum.0 + own[index].0, sum.1 + own[index].1));
        (sum.0 / curves.len() as f64, sum.1 / curves.len() as f64)
    };
    (0..shortest).map(at).collect()
}

/// From the lowest to the highest with some room, but for the given part of the values at each end.
fn heights<'a>(strokes: impl Iterator<Item = &'a Stroke>, part: f64) -> (f64, f64) {
    let mut all: Vec<f64> = strokes.flat_map(|stroke| &stroke.points).map(|(_, y)| *y).collect();
    all.sort_by(f64::total_cmp);
    let skipped = (all.len() as f64 * part) as usize;
    let (Some(low), Some(high)) = (all.get(skipped), all.get(all.len().saturating_sub(1 + skipped))) else {
        return (0.0, 1.0);
    };
    let room = (0.06 * (high - low)).max(0.05);
    (low - room, high + room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_stays_and_peaks_are_kept() {
        let flat: Vec<(f64, f64)> = (0..5_000).map(|x| (f64::from(x), 3.0)).collect();
        assert!(smoothed(&flat).iter().all(|(_, y)| (y - 3.0).abs() < 1e-12));
        let mut peaked = flat;
        peaked[1_234].1 = 9.0;
        peaked[4_321].1 = -9.0;
        let thin = thinned(&peaked);
        assert!(
            thin.len() <= RAW_POINTS + 2 && thin.contains(&(1_234.0, 9.0)) && thin.contains(&(4_321.0, -9.0))
        );
        assert!(thin.is_sorted_by(|a, b| a.0 <= b.0));
    }

    /// Of a step of height 1, what is left after n points of a mean that forgets is its weight: decay^n.
    #[test]
    fn a_step_is_forgotten_by_the_decay() {
        let step: Vec<(f64, f64)> =
            (0..800).map(|x| (f64::from(x), if x < 400 { 0.0 } else { 1.0 })).collect();
        let decay: f64 = 1.0 - 40.0 / 800.0;
        let after = smoothed(&step)[409].1;
        let expected = (1.0 - decay.powi(10)) / (1.0 - decay.powi(410));
        assert!((after - expected).abs() < 1e-9, "{after} and {expected}");
    }
}
