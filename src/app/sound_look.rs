//! How a sound is looked at and listened to.

use crate::audio::Listen;

/// How all sounds are looked at and listened to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SoundLook {
    /// What is listened to.
    pub listening: Listening,
    /// Whether the selection, or the whole, is repeated.
    pub is_looping: bool,
    /// How fast; the pitch follows.
    pub speed: f64,
    /// In dB.
    pub volume_db: f32,
    /// What the residual is made louder by, in dB.
    pub residual_gain_db: f32,
    /// What the spectrogram is of.
    pub spectrum: SpectrumOf,
    /// Of its frequencies.
    pub scale: FrequencyScale,
    /// Between its darkest and its brightest, in dB.
    pub range_db: f32,
}

/// What is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listening {
    /// The field.
    Field,
    /// The recording, as loud as the field.
    Source,
    /// The recording less the field.
    Residual,
}

/// What a spectrogram is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpectrumOf {
    /// The field.
    Field,
    /// The recording.
    Source,
    /// How far the levels of the two are apart.
    Difference,
}

/// How frequencies are spread over a spectrogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrequencyScale {
    /// Evenly.
    Linear,
    /// By octaves, from 50 Hz on.
    Log,
    /// As pitch is heard: `2595 log10(1 + f / 700)`.
    Mel,
}

/// What is done to the selected sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SoundChange {
    /// Play, or be silent.
    TogglePlay,
    /// Go to an instant, in seconds.
    Seek(f64),
    /// Select a stretch, in seconds, or nothing.
    Select(Option<(f64, f64)>),
    /// Look at a stretch, in seconds, or at the whole.
    View(Option<(f64, f64)>),
    /// Look and listen in another way.
    Look(SoundLook),
}

/// Where one is in a sound.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SoundPlace {
    /// The stretch that is looked at, in seconds; `None` is the whole.
    pub view_secs: Option<(f64, f64)>,
    /// The stretch that is selected, in seconds.
    pub selection_secs: Option<(f64, f64)>,
}

impl Default for SoundLook {
    fn default() -> Self {
        Self {
            listening: Listening::Field,
            is_looping: false,
            speed: 1.0,
            volume_db: 0.0,
            residual_gain_db: 20.0,
            spectrum: SpectrumOf::Field,
            scale: FrequencyScale::Mel,
            range_db: 80.0,
        }
    }
}

impl SoundLook {
    /// For the player.
    #[must_use]
    pub fn listen(&self) -> Listen {
        match self.listening {
            Listening::Field => Listen::Field,
            Listening::Source => Listen::Source,
            Listening::Residual => Listen::Residual { gain_db: self.residual_gain_db },
        }
    }
}

/// The lowest frequency of a logarithmic scale, in Hz.
const LOWEST_HZ: f64 = 50.0;

impl FrequencyScale {
    /// The frequency at a height, from 0 at the bottom to 1 at the top, in Hz.
    #[must_use]
    pub fn frequency_hz(self, height: f64, highest_hz: f64) -> f64 {
        let mel = |hz: f64| 2595.0 * (1.0 + hz / 700.0).log10();
        match self {
            Self::Linear => height * highest_hz,
            Self::Log => LOWEST_HZ * (highest_hz / LOWEST_HZ).powf(height),
            Self::Mel => 700.0 * (10f64.powf(height * mel(highest_hz) / 2595.0) - 1.0),
        }
    }
}
