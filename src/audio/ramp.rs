/// How long every change of what is heard takes, in seconds: too short to notice, long enough not to click.
const RAMP_SECS: f64 = 0.005;

/// A factor on a straight way to where it should be, which it reaches exactly.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ramp {
    value: f32,
    goal: f32,
    step: f32,
    /// Samples on the way.
    left: u32,
    /// Samples that every way takes.
    length: u32,
}

impl Ramp {
    /// One that rests, for frames of a rate.
    pub(super) fn at(value: f32, rate_hz: u32) -> Self {
        let length = ((RAMP_SECS * f64::from(rate_hz)) as u32).max(1);
        Self { value, goal: value, step: 0.0, left: 0, length }
    }

    /// Where it should be.
    pub(super) fn aim(&mut self, goal: f32) {
        if goal.to_bits() != self.goal.to_bits() {
            self.goal = goal;
            self.step = (goal - self.value) / self.length as f32;
            self.left = self.length;
        }
    }

    /// The factor for the next sample.
    pub(super) fn advance(&mut self) -> f32 {
        match self.left {
            0 => {}
            1 => (self.value, self.left) = (self.goal, 0),
            _ => (self.value, self.left) = (self.value + self.step, self.left - 1),
        }
        self.value
    }

    /// Whether it rests at nothing.
    pub(super) fn is_closed(&self) -> bool {
        self.left == 0 && self.value == 0.0
    }
}
