use super::{Frame, Tracks};

/// Slowest and fastest, as a factor.
const SPEEDS: std::ops::RangeInclusive<f64> = 0.25..=4.0;

/// Where in a sound the next frames are from: position, loop and speed. It makes the frames.
pub struct Transport {
    tracks: Tracks,
    rate_hz: u32,
    /// The next frame, counted in samples of the device: at speed one a whole number, so that sample `i` is at the
    /// instant `(i + 0.5) / rate` to the last bit.
    cursor: f64,
    speed: f64,
    /// First sample of a loop, and the one after its last.
    region: Option<(f64, f64)>,
}

impl Transport {
    /// At the beginning, for a device of a rate.
    #[must_use]
    pub fn new(tracks: Tracks, rate_hz: u32) -> Self {
        Self { tracks, rate_hz, cursor: 0.0, speed: 1.0, region: None }
    }

    /// Other tracks of the same sound.
    pub fn replace(&mut self, tracks: Tracks) {
        self.tracks = tracks;
    }

    /// For a device of another rate, at the same instant.
    pub fn set_rate(&mut self, rate_hz: u32) {
        let scale = f64::from(rate_hz) / f64::from(self.rate_hz);
        self.rate_hz = rate_hz;
        self.cursor = (self.cursor * scale).floor();
        self.region = self.region.map(|(begin, end)| ((begin * scale).floor(), (end * scale).floor()));
    }

    /// Go to an instant, in seconds.
    pub fn seek(&mut self, instant_secs: f64) {
        let samples = (instant_secs * f64::from(self.rate_hz)).floor();
        self.cursor = samples.clamp(0.0, self.num_samples());
    }

    /// Repeat a stretch, in seconds, or nothing. A stretch of less than two samples is none.
    pub fn set_loop(&mut self, stretch_secs: Option<(f64, f64)>) {
        self.region = stretch_secs.and_then(|(one, other)| {
            let sample = |secs: f64| (secs * f64::from(self.rate_hz)).floor().clamp(0.0, self.num_samples());
            let (begin, end) = (sample(one.min(other)), sample(one.max(other)));
            (end - begin >= 2.0).then_some((begin, end))
        });
    }

    /// How fast the instants pass; the pitch follows.
    pub fn set_speed(&mut self, speed: f64) {
        self.speed = if speed.is_finite() { speed.clamp(*SPEEDS.start(), *SPEEDS.end()) } else { 1.0 };
        // Again a whole number at speed one.
        self.cursor = self.cursor.floor();
    }

    /// How fast the instants pass.
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// The instant of the next frame, in seconds.
    #[must_use]
    pub fn instant_secs(&self) -> f64 {
        self.cursor / f64::from(self.rate_hz)
    }

    /// How long the sound is, in seconds.
    #[must_use]
    pub fn duration_secs(&self) -> f64 {
        self.tracks.field.duration_secs()
    }

    /// Whether there is no frame left.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.region.is_none() && self.cursor >= self.num_samples()
    }

    /// The next frames, so many at most; fewer before the end.
    #[must_use]
    pub fn frames(&mut self, count: usize, generation: u32) -> Vec<Frame> {
        let rate = f64::from(self.rate_hz);
        let mut instants = Vec::with_capacity(count);
        while instants.len() < count && !self.has_ended() {
            instants.push((self.cursor + 0.5) / rate);
            self.cursor += self.speed;
            if let Some((begin, end)) = self.region
                && self.cursor >= end
            {
                self.cursor = begin + (self.cursor - end) % (end - begin);
            }
        }
        let field = self.tracks.field.at(&instants, self.rate_hz);
        let source = self.tracks.source.as_ref().map(|source| (source.channels(), source.at(&instants, self.rate_hz)));
        let pair = |channels: usize, values: &[f32], index: usize| match channels {
            1 => [values[index]; 2],
            _ => [values[index * channels], values[index * channels + 1]],
        };
        let has_ended = self.has_ended();
        let last = instants.len().saturating_sub(1);
        let frame = |(index, instant_secs): (usize, f64)| Frame {
            field: pair(self.tracks.field.channels(), &field, index),
            source: source.as_ref().map_or([0.0; 2], |(channels, values)| pair(*channels, values, index)),
            instant_secs,
            generation,
            is_last: has_ended && index == last,
        };
        instants.into_iter().enumerate().map(frame).collect()
    }

    fn num_samples(&self) -> f64 {
        (self.duration_secs() * f64::from(self.rate_hz)).round().max(1.0)
    }
}
