use std::ops::Range;

use super::FieldError;
use crate::limits;

/// Where the fields of a sound lie in time. A sound that is longer than a window has a field for each stretch of it;
/// neighbours overlap, and fade into one another in straight lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoundLayout {
    /// The rate that the model read it at, in Hz.
    pub sample_rate_hz: u32,
    /// Samples of a channel at that rate.
    pub length: usize,
    /// Samples of a window.
    pub window: usize,
    /// Samples from the beginning of a window to that of the next: half a window at least.
    pub hop: usize,
    /// What the fields are of: all windows of the first channel, then all of the second.
    pub channels: SoundChannels,
}

/// What the fields of a sound are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SoundChannels {
    /// One channel.
    Mono,
    /// `(left + right) / 2`, then `(left - right) / 2`.
    MidSide,
}

impl SoundChannels {
    /// Channels, of the fields and of what they give.
    #[must_use]
    pub fn count(self) -> usize {
        match self {
            Self::Mono => 1,
            Self::MidSide => 2,
        }
    }

    /// The word in a field file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mono => "mono",
            Self::MidSide => "mid-side",
        }
    }

    /// By the word in a field file.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Mono, Self::MidSide].into_iter().find(|own| own.name() == name)
    }

    /// From what the fields are of to what is heard, in place, or back: twice the way is twice the sound.
    pub(crate) fn mix(self, values: &mut [f32]) {
        if self == Self::MidSide {
            for pair in values.as_chunks_mut::<2>().0 {
                let [mid, side] = *pair;
                *pair = [mid + side, mid - side];
            }
        }
    }
}

impl SoundLayout {
    /// Windows of a channel.
    #[must_use]
    pub fn num_windows(&self) -> usize {
        1 + self.length.saturating_sub(self.window).div_ceil(self.hop.max(1))
    }

    /// Fields of all channels.
    #[must_use]
    pub fn num_fields(&self) -> usize {
        self.num_windows() * self.channels.count()
    }

    /// How long the sound is, in seconds.
    #[must_use]
    pub fn duration_secs(&self) -> f64 {
        self.length as f64 / f64::from(self.sample_rate_hz)
    }

    /// How long a window is, in seconds: its field's coordinate goes from minus that to that.
    #[must_use]
    pub fn window_secs(&self) -> f64 {
        self.window as f64 / f64::from(self.sample_rate_hz)
    }

    /// The samples of a window; the last ones may lie beyond the sound's end.
    #[must_use]
    pub fn samples(&self, window: usize) -> Range<usize> {
        window * self.hop..window * self.hop + self.window
    }

    /// The coordinate of an instant, in seconds from the sound's beginning, in a window: [-1, 1] is one second.
    #[must_use]
    pub fn coordinate(&self, window: usize, instant_secs: f64) -> f32 {
        let begin_secs = (window * self.hop) as f64 / f64::from(self.sample_rate_hz);
        (2.0 * (instant_secs - begin_secs) - self.window_secs()) as f32
    }

    /// The window that an instant falls into, and how much of it is heard: all of it, or where two overlap the rest
    /// is heard of the window before.
    #[must_use]
    pub fn place(&self, instant_secs: f64) -> (usize, f32) {
        let place = (instant_secs * f64::from(self.sample_rate_hz)).max(0.0);
        let window = ((place / self.hop as f64) as usize).min(self.num_windows() - 1);
        let overlap = self.window - self.hop;
        if window == 0 || overlap == 0 {
            return (window, 1.0);
        }
        (window, ((place - (window * self.hop) as f64) / overlap as f64).min(1.0) as f32)
    }

    /// Refuse a sound of more windows than a file can hold: each has two tensors a layer.
    ///
    /// # Errors
    /// [`FieldError::TooManyWindows`]
    pub fn check_file(&self, layers: usize) -> Result<(), FieldError> {
        let most = limits::SAFETENSORS_TENSORS / (2 * layers.max(1));
        let windows = self.num_fields();
        if windows <= most {
            return Ok(());
        }
        Err(FieldError::TooManyWindows { duration_secs: self.duration_secs(), windows, most })
    }

    /// Refuse what no sound can be.
    pub(crate) fn fault(&self) -> Option<String> {
        let Self { sample_rate_hz, length, window, hop, .. } = *self;
        if sample_rate_hz == 0 || length == 0 {
            return Some("a sound of no samples, or without a rate".into());
        }
        if hop == 0 || hop > window || 2 * hop < window {
            return Some(format!(
                "windows of {window} samples every {hop}, expected a half to all of a window"
            ));
        }
        None
    }
}
