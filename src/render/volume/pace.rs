use std::time::Duration;

/// A baked frame of a view in motion should take no longer.
const BUDGET: Duration = Duration::from_millis(34);
/// Nor should it be coarser than it need be: four times the pixels of a frame that took less fit the budget, for of more
/// pixels more are interpolated.
const SPARE: Duration = Duration::from_millis(12);
/// Screen pixels along a pixel of a frame, at most.
const COARSEST: u32 = 4;

/// How coarse the next baked frame of a view in motion is, by what the last ones took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    coarser: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { coarser: 1 }
    }
}

impl Pace {
    /// Screen pixels along a pixel of the next frame.
    pub(super) fn coarser(self) -> u32 {
        self.coarser
    }

    /// The last frame took so long.
    pub(super) fn took(&mut self, time: Duration) {
        if time > BUDGET {
            self.coarser = (self.coarser + 1).min(COARSEST);
        } else if time < SPARE {
            self.coarser = (self.coarser - 1).max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine that draws a frame in 20 ms and a 10th of a microsecond a pixel: the finest within the budget, and it stays
    /// there; one that is four times as fast draws every pixel.
    #[test]
    fn frames_are_as_fine_as_the_budget_lets_them_be() {
        let settled = |fixed_ms: f64, ns_per_pixel: f64| {
            let mut pace = Pace::default();
            let took: Vec<u32> = (0..20)
                .map(|_| {
                    let pixels = 512.0 * 512.0 / f64::from(pace.coarser().pow(2));
                    pace.took(Duration::from_secs_f64(fixed_ms / 1e3 + ns_per_pixel * pixels / 1e9));
                    pace.coarser()
                })
                .collect();
            assert!(took[10..].iter().all(|coarser| *coarser == took[10]), "{took:?}");
            took[10]
        };
        assert_eq!(settled(20.0, 100.0), 2);
        assert_eq!(settled(5.0, 25.0), 1);
        assert_eq!(settled(50.0, 100.0), COARSEST);
    }
}
