use super::resample::resampled;

/// A sound in plain memory. Sample `i` of a channel stands for the instant `(i + 0.5) / rate_hz` seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    rate_hz: u32,
    /// One for mono, two for left and right; all of one length.
    channels: Vec<Vec<f32>>,
}

impl Sound {
    /// Amplitudes, `[-1, 1]` at full scale, of one channel or of two of the same length; `None` of anything else,
    /// without a rate, or where a number is not finite.
    #[must_use]
    pub fn new(rate_hz: u32, channels: Vec<Vec<f32>>) -> Option<Self> {
        let len = channels.first()?.len();
        let is_sound =
            channels.iter().all(|own| own.len() == len && own.iter().all(|value| value.is_finite()));
        (rate_hz > 0 && channels.len() <= 2 && is_sound).then_some(Self { rate_hz, channels })
    }

    /// Samples in a second.
    #[must_use]
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// The amplitudes of each channel.
    #[must_use]
    pub fn channels(&self) -> &[Vec<f32>] {
        &self.channels
    }

    /// Samples of a channel.
    #[must_use]
    pub fn len(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    /// Whether it has no samples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How long it plays, in seconds.
    #[must_use]
    pub fn duration_secs(&self) -> f64 {
        self.len() as f64 / f64::from(self.rate_hz)
    }

    /// The mean of its channels.
    #[must_use]
    pub fn mono(&self) -> Vec<f32> {
        match &*self.channels {
            [left, right] => left.iter().zip(right).map(|(left, right)| 0.5 * (left + right)).collect(),
            channels => channels.first().cloned().unwrap_or_default(),
        }
    }

    /// The same at another rate: band-limited interpolation at the new samples' instants.
    #[must_use]
    pub fn at_rate(&self, rate_hz: u32) -> Self {
        if rate_hz == self.rate_hz || rate_hz == 0 {
            return self.clone();
        }
        let channels = self.channels.iter().map(|own| resampled(own, self.rate_hz, rate_hz)).collect();
        Self { rate_hz, channels }
    }
}
