//! A curve of any length, ready to be drawn at any size.

use std::ops::Range;

/// Values that an extent of one level has more than one of the level below.
const FACTOR: usize = 8;
/// Levels above the values: the last has an extent for a quarter of a million of them.
const LEVELS: usize = 6;

/// Numbers in their order, with the extents of longer and longer stretches of them. Everything is worked out once, as
/// the numbers come; drawing looks at no more of them than there are pixels, and loses no outlier.
#[derive(Debug, Clone, Default)]
pub struct Series {
    values: Vec<f32>,
    levels: [Vec<Extent>; LEVELS],
}

/// What a stretch of values spans; those that are not finite do not count.
#[derive(Debug, Clone, Copy)]
struct Extent {
    /// Where, and what.
    least: (u32, f32),
    most: (u32, f32),
    sum: f64,
    count: u32,
}

impl Extent {
    const NOTHING: Self =
        Self { least: (0, f32::INFINITY), most: (0, f32::NEG_INFINITY), sum: 0.0, count: 0 };

    fn add(&mut self, index: u32, value: f32) {
        if !value.is_finite() {
            return;
        }
        if value < self.least.1 {
            self.least = (index, value);
        }
        if value > self.most.1 {
            self.most = (index, value);
        }
        self.sum += f64::from(value);
        self.count += 1;
    }
}

impl Series {
    /// Add a value.
    pub fn push(&mut self, value: f64) {
        let (index, value) = (self.values.len(), value as f32);
        self.values.push(value);
        let mut length = FACTOR;
        for level in &mut self.levels {
            if index.is_multiple_of(length) {
                level.push(Extent::NOTHING);
            }
            if let Some(extent) = level.last_mut() {
                extent.add(index as u32, value);
            }
            length *= FACTOR;
        }
    }

    /// Values so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// About so many points at most that draw the values of a range as they would be drawn all together: of every
    /// stretch its least and its greatest value, where they are.
    #[must_use]
    pub fn outline(&self, range: Range<usize>, most: usize) -> Vec<(usize, f32)> {
        let Some((length, extents)) = self.extents(&range, most / 2) else {
            let own = self.values.get(range.clone()).unwrap_or_default();
            let points = own.iter().enumerate().map(|(index, value)| (range.start + index, *value));
            return points.filter(|(_, value)| value.is_finite()).collect();
        };
        let mut points = Vec::with_capacity(2 * range.len() / length + 4);
        for extent in extents.iter().filter(|extent| extent.count > 0) {
            let (mut first, mut last) = (extent.least, extent.most);
            if first.0 > last.0 {
                (first, last) = (last, first);
            }
            points.push((first.0 as usize, first.1));
            if first.0 != last.0 {
                points.push((last.0 as usize, last.1));
            }
        }
        points
    }

    /// The values of a range, smoothed by a running mean that forgets a value after about `memory` further ones, at
    /// about so many places at most.
    #[must_use]
    pub fn smoothed(&self, range: Range<usize>, memory: f64, most: usize) -> Vec<(usize, f32)> {
        let keep = (-memory.max(1e-9).recip()).exp();
        let (mut sum, mut weight) = (0.0, 0.0);
        let mut step = |mean: f64, count: f64| {
            let kept = keep.powf(count);
            sum = sum * kept + mean * (1.0 - kept);
            weight = weight * kept + 1.0 - kept;
            (sum / weight) as f32
        };
        let Some((length, extents)) = self.extents(&range, most) else {
            let own = self.values.get(range.clone()).unwrap_or_default().iter().enumerate();
            let finite = own.filter(|(_, value)| value.is_finite());
            return finite
                .map(|(index, value)| (range.start + index, step(f64::from(*value), 1.0)))
                .collect();
        };
        let first = range.start / length;
        let places = extents.iter().enumerate().filter(|(_, extent)| extent.count > 0);
        places
            .map(|(index, extent)| {
                let end = ((first + index + 1) * length).min(self.values.len()) - 1;
                let count = f64::from(extent.count);
                (end, step(extent.sum / count, count))
            })
            .collect()
    }

    /// The extents that cover a range, of the lowest level with so few of them, and how many values each has; `None`
    /// if the values themselves are few enough.
    fn extents(&self, range: &Range<usize>, most: usize) -> Option<(usize, &[Extent])> {
        let most = most.max(1);
        if range.len() <= most {
            return None;
        }
        let mut length = FACTOR;
        for level in &self.levels {
            let covered = range.start / length..range.end.div_ceil(length).min(level.len());
            if covered.len() <= most || length == FACTOR.pow(LEVELS as u32) {
                return level.get(covered).map(|extents| (length, extents));
            }
            length *= FACTOR;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A million values with one spike, drawn by a thousand points: the spike is there, and so are the ends.
    #[test]
    fn few_points_keep_every_outlier() {
        let mut series = Series::default();
        let value = |index: usize| if index == 777_777 { 50.0 } else { (index as f64 * 0.01).sin() };
        (0..1_000_000).for_each(|index| series.push(value(index)));
        series.push(f64::NAN);
        let points = series.outline(0..series.len(), 1_000);
        assert!(points.len() <= 1_000 && points.is_sorted_by(|one, other| one.0 < other.0));
        assert!(points.iter().all(|(index, drawn)| drawn.to_bits() == (value(*index) as f32).to_bits()));
        assert!(points.contains(&(777_777, 50.0)));
        // Near the spike, the values themselves.
        let near: Vec<usize> = series.outline(777_700..777_800, 1_000).iter().map(|point| point.0).collect();
        assert_eq!(near, (777_700..777_800).collect::<Vec<_>>());
        assert_eq!(series.outline(1_000_000..1_000_001, 10), []);
    }

    /// The running mean of a constant is that constant; of a step it goes over as e^(-n/memory), whatever the level.
    #[test]
    fn smoothing_is_the_same_at_every_size() {
        let mut series = Series::default();
        (0..64_000).for_each(|index| series.push(if index < 32_000 { 0.0 } else { 1.0 }));
        for most in [100_000, 9_000, 600] {
            for (index, value) in series.smoothed(0..64_000, 4_000.0, most) {
                let exact =
                    if index < 32_000 { 0.0 } else { 1.0 - (-((index - 31_999) as f64) / 4_000.0).exp() };
                assert!(
                    (f64::from(value) - exact).abs() < 4e-3,
                    "{most} points: {value} at {index}, not {exact}"
                );
            }
        }
    }
}
