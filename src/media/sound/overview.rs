use crate::media::Picture;

/// Samples that the finest level puts together, and how many of a level the next one does.
const FINEST: usize = 32;
const STEP: usize = 4;

/// What a stretch of a channel comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// The smallest amplitude.
    pub min: f32,
    /// The largest.
    pub max: f32,
    /// The root mean square.
    pub rms: f32,
}

/// A channel at every zoom: the least, the largest and the root mean square of any stretch without going through all of
/// its samples.
#[derive(Debug, Clone)]
pub struct Overview {
    samples: Vec<f32>,
    /// Least, largest and sum of squares of 32 samples, of 128, of 512 and so on.
    levels: Vec<Vec<[f32; 3]>>,
}

impl Overview {
    /// Of these samples.
    #[must_use]
    pub fn new(samples: Vec<f32>) -> Self {
        let mut levels: Vec<Vec<[f32; 3]>> = Vec::new();
        let mut level: Vec<[f32; 3]> = samples
            .chunks(FINEST)
            .map(|own| joined(own.iter().map(|value| [*value, *value, value * value])))
            .collect();
        while level.len() > 1 {
            let next = level.chunks(STEP).map(|own| joined(own.iter().copied())).collect();
            levels.push(std::mem::replace(&mut level, next));
        }
        levels.push(level);
        Self { samples, levels }
    }

    /// The samples themselves.
    #[must_use]
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// Of the samples from `begin` up to, and without, `end`; at the finest to a part of a level, so that a stretch
    /// counts in whole groups where it is long. `None` if none lies inside.
    #[must_use]
    pub fn extent(&self, begin: usize, end: usize) -> Option<Extent> {
        let end = end.min(self.samples.len());
        let count = end.checked_sub(begin).filter(|count| *count > 0)?;
        // The coarsest level of which some eight groups lie inside.
        let mut size = 1;
        let mut chosen = None;
        let mut of_level = FINEST;
        for level in &self.levels {
            if count < 8 * of_level {
                break;
            }
            (size, chosen) = (of_level, Some(level));
            of_level *= STEP;
        }
        let [min, max, squares] = match chosen {
            None => joined(self.samples[begin..end].iter().map(|value| [*value, *value, value * value])),
            Some(level) => {
                let (first, last) = (begin / size, end.div_ceil(size).min(level.len()));
                joined(level[first..last].iter().copied())
            }
        };
        let covered = match chosen {
            None => count,
            Some(_) => end.div_ceil(size).saturating_mul(size).min(self.samples.len()) - begin / size * size,
        };
        Some(Extent { min, max, rms: (squares / covered.max(1) as f32).sqrt() })
    }

    /// A small picture of the whole, light on dark: for a list.
    #[must_use]
    pub fn picture(&self, width: u32, height: u32) -> Picture {
        const BEHIND: u16 = 8_000;
        let (columns, rows) = (width as usize, height as usize);
        let mut rgb = vec![BEHIND; columns * rows * 3];
        let loudest = self.extent(0, self.samples.len());
        let most = loudest.map_or(1.0, |own| own.max.max(-own.min)).max(1e-3);
        let row =
            |value: f32| ((0.5 - 0.46 * value / most) * rows as f32).clamp(0.0, rows as f32 - 1.0) as usize;
        for x in 0..columns {
            let at = |x: usize| x * self.samples.len() / columns;
            let Some(own) = self.extent(at(x), at(x + 1).max(at(x) + 1)) else { continue };
            for y in row(own.max)..=row(own.min) {
                let is_inner = (row(own.rms)..=row(-own.rms)).contains(&y);
                let color = if is_inner { [36_000, 52_000, 65_535] } else { [16_000, 33_000, 49_000] };
                rgb[(y * columns + x) * 3..][..3].copy_from_slice(&color);
            }
        }
        Picture { width, height, rgb }
    }
}

/// Least, largest and sum of squares of all of them.
fn joined(all: impl Iterator<Item = [f32; 3]>) -> [f32; 3] {
    all.fold([f32::INFINITY, f32::NEG_INFINITY, 0.0], |[min, max, squares], own| {
        [min.min(own[0]), max.max(own[1]), squares + own[2]]
    })
}
