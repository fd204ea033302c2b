use std::sync::Arc;

/// Something that has a value at every instant.
pub trait Tone: Send + Sync {
    /// One, or two for left and right.
    fn channels(&self) -> usize;

    /// How long it lasts, in seconds.
    fn duration_secs(&self) -> f64;

    /// Values at instants in seconds from its start. `out` is emptied and filled exactly. `sample_rate_hz` is the rate
    /// at which the values are played, for a tone that has to keep below half of it.
    ///
    /// # Shapes
    /// - `seconds`: `[n]`
    /// - `out`: `[n, channels]`
    fn render(&self, seconds: &[f64], sample_rate_hz: u32, out: &mut Vec<f32>);
}

/// What is played: a field, and the sound that it was written for.
#[derive(Clone)]
pub struct Tracks {
    /// The field. It says how long the sound is.
    pub field: Arc<dyn Tone>,
    /// The sound that it was written for, where it is at hand.
    pub source: Option<Arc<dyn Tone>>,
    /// What the source is multiplied with where it is heard in the field's place, so that both are as loud.
    pub source_gain: f32,
}

impl std::fmt::Debug for Tracks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tracks({:.3} s)", self.field.duration_secs())
    }
}

/// What is listened to. Where there is no source, it is the field.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Listen {
    /// The field.
    #[default]
    Field,
    /// The source, as loud as the field.
    Source,
    /// What the field lacks: the source less the field.
    Residual {
        /// How much louder than it is, in dB.
        gain_db: f32,
    },
}

/// Louder than this is nothing but a mistake.
const MAX_GAIN_DB: f32 = 80.0;

impl Tracks {
    /// Whether neither track tells left from right.
    pub(super) fn is_mono(&self) -> bool {
        let is_mono = |tone: &Arc<dyn Tone>| tone.channels() < 2;
        is_mono(&self.field) && self.source.as_ref().is_none_or(is_mono)
    }
}

impl Listen {
    /// What can be heard of these tracks.
    pub(super) fn of(self, tracks: Option<&Tracks>) -> Self {
        match tracks {
            Some(Tracks { source: None, .. }) => Self::Field,
            _ => self,
        }
    }

    /// What a frame's field and source are multiplied with.
    pub(super) fn weights(self, source_gain: f32) -> [f32; 2] {
        match self {
            Self::Field => [1.0, 0.0],
            Self::Source => [0.0, source_gain],
            Self::Residual { gain_db } => [-gain_from_db(gain_db), gain_from_db(gain_db)],
        }
    }
}

/// Decibels as a factor.
pub(super) fn gain_from_db(db: f32) -> f32 {
    10f32.powf(db.min(MAX_GAIN_DB) / 20.0)
}
