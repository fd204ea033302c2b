use std::time::Duration;

use super::Mixer;

/// The rate at which nothing is heard.
pub(super) const SILENT_RATE_HZ: u32 = 48_000;
/// Samples that are pulled at a time, of one channel each for left and right.
const PIECE: usize = 2 * 480;
/// Longer than this it does not lag behind: a machine that slept need not catch up.
const MAX_LAG: Duration = Duration::from_millis(200);

/// Stands in for a device where there is none: it pulls the mixer as time passes, so that the cursor goes on.
pub(super) struct SilentClock {
    mixer: Mixer,
    /// Pulled up to here, by the player's clock.
    time: Duration,
}

impl SilentClock {
    pub(super) fn new(mixer: Mixer, now: Duration) -> Self {
        Self { mixer, time: now }
    }

    /// Pull what is due.
    pub(super) fn advance(&mut self, now: Duration) {
        self.time = self.time.max(now.saturating_sub(MAX_LAG));
        let mut nowhere = [0f32; PIECE];
        let mut due = 2 * (now.saturating_sub(self.time).as_secs_f64() * f64::from(SILENT_RATE_HZ)) as usize;
        while due > 0 {
            let samples = due.min(PIECE);
            self.mixer.set_heard_at(self.time);
            self.mixer.fill(&mut nowhere[..samples], 2);
            self.time += Duration::from_secs_f64(samples as f64 / 2.0 / f64::from(SILENT_RATE_HZ));
            due -= samples;
        }
    }
}
