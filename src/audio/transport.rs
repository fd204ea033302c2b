use std::ops::RangeInclusive;

use super::{Frame, Tone, Tracks};

/// The slowest and the fastest.
const SPEEDS: RangeInclusive<f64> = 0.25..=4.0;
/// The shortest loop, in seconds: a shorter one would be a tone of its own.
const MIN_LOOP_SECS: f64 = 0.01;
/// How long other tracks take to be heard in place of the ones before, in seconds.
const FADE_SECS: f64 = 0.005;

/// Where in a sound the next frames are, and what they are: position, loop and speed. It makes the frames, and knows
/// neither ring nor device.
pub struct Transport {
    tracks: Tracks,
    sample_rate_hz: u32,
    /// The next frame is at sample `index + fraction`. At speed 1 the fraction is 0: then sample j of rate r is asked for
    /// at the instant (j + 0.5) / r, bit for bit.
    index: u64,
    fraction: f64,
    speed: f64,
    loop_secs: Option<(f64, f64)>,
    /// The loop in samples: the first, and the one behind the last.
    region: Option<(u64, u64)>,
    fade: Option<Fade>,
    instants: Vec<f64>,
    values: Vec<f32>,
    frames: Vec<Frame>,
    leaving: Vec<Frame>,
}

/// Tracks that fade.
struct Fade {
    tracks: Tracks,
    done: usize,
    length: usize,
}

impl Transport {
    /// At the start, at speed 1, without a loop.
    #[must_use]
    pub fn new(tracks: Tracks, sample_rate_hz: u32) -> Self {
        Self {
            tracks,
            sample_rate_hz,
            index: 0,
            fraction: 0.0,
            speed: 1.0,
            loop_secs: None,
            region: None,
            fade: None,
            instants: Vec::new(),
            values: Vec::new(),
            frames: Vec::new(),
            leaving: Vec::new(),
        }
    }

    /// What is played.
    #[must_use]
    pub fn tracks(&self) -> &Tracks {
        &self.tracks
    }

    /// Other tracks of the same sound: the ones before fade into them within the next 5 ms of frames.
    pub fn replace(&mut self, tracks: Tracks) {
        let tracks = std::mem::replace(&mut self.tracks, tracks);
        let length = (FADE_SECS * f64::from(self.sample_rate_hz)).ceil() as usize;
        self.fade = Some(Fade { tracks, done: 0, length });
        self.set_loop(self.loop_secs);
    }

    /// For a device of another rate, at the same position.
    pub fn set_sample_rate(&mut self, sample_rate_hz: u32) {
        let position_secs = self.position_secs();
        self.sample_rate_hz = sample_rate_hz;
        self.fade = None;
        self.set_loop(self.loop_secs);
        self.seek(position_secs);
    }

    /// Go to a position, in seconds: to the sample that is nearest. Behind the end of a loop, it is the loop's start.
    pub fn seek(&mut self, secs: f64) {
        self.index = self.sample_at(secs).min(self.num_samples());
        self.fraction = 0.0;
        self.wrap();
    }

    /// Repeat a stretch, in seconds, or nothing. It is at least 10 ms long. A position behind its end goes to its start.
    pub fn set_loop(&mut self, loop_secs: Option<(f64, f64)>) {
        self.loop_secs = loop_secs.filter(|(one, other)| one.is_finite() && other.is_finite());
        self.region = self.loop_secs.map(|(one, other)| {
            let num_samples = self.num_samples();
            let min = ((MIN_LOOP_SECS * f64::from(self.sample_rate_hz)) as u64).clamp(1, num_samples);
            let start = self.sample_at(one.min(other)).min(num_samples - min);
            (start, self.sample_at(one.max(other)).clamp(start + min, num_samples))
        });
        self.wrap();
    }

    /// How many seconds of the sound pass in a second, 0.25 to 4; the pitch follows.
    pub fn set_speed(&mut self, speed: f64) {
        if speed.is_finite() {
            self.speed = speed.clamp(*SPEEDS.start(), *SPEEDS.end());
        }
        if self.speed.to_bits() == 1f64.to_bits() {
            self.fraction = 0.0;
        }
    }

    /// Where the next frame is, in seconds.
    #[must_use]
    pub fn position_secs(&self) -> f64 {
        (self.index as f64 + self.fraction) / f64::from(self.sample_rate_hz)
    }

    /// How long the sound is, in seconds.
    #[must_use]
    pub fn duration_secs(&self) -> f64 {
        let secs = self.tracks.field.duration_secs();
        if secs.is_finite() { secs.max(0.0) } else { 0.0 }
    }

    /// Whether no frame is left.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.region.is_none() && self.index >= self.num_samples()
    }

    /// The next frames: so many, or fewer at the end and where tracks fade.
    #[must_use]
    pub fn frames(&mut self, most: usize, generation: u32) -> &[Frame] {
        let most = self.fade.as_ref().map_or(most, |fade| most.min(fade.length - fade.done));
        let rate = f64::from(self.sample_rate_hz);
        let is_mono = self.tracks.is_mono();
        self.frames.clear();
        self.instants.clear();
        while self.frames.len() < most && !self.has_ended() {
            let sample = self.index as f64 + self.fraction;
            self.instants.push((sample + 0.5) / rate);
            self.frames.push(Frame { position_secs: sample / rate, generation, is_mono, ..Frame::default() });
            self.advance();
        }
        read(&self.tracks, &self.instants, self.sample_rate_hz, &mut self.values, &mut self.frames);
        self.cross_fade();
        &self.frames
    }

    fn cross_fade(&mut self) {
        let Some(fade) = &mut self.fade else { return };
        self.leaving.clone_from(&self.frames);
        read(&fade.tracks, &self.instants, self.sample_rate_hz, &mut self.values, &mut self.leaving);
        for (frame, leaving) in self.frames.iter_mut().zip(&self.leaving) {
            fade.done += 1;
            let part = fade.done as f32 / fade.length as f32;
            let mix =
                |new: [f32; 2], old: [f32; 2]| [0, 1].map(|side| old[side] + part * (new[side] - old[side]));
            frame.field = mix(frame.field, leaving.field);
            frame.source = mix(frame.source, leaving.source);
        }
        if fade.done >= fade.length || self.has_ended() {
            self.fade = None;
        }
    }

    fn advance(&mut self) {
        self.fraction += self.speed;
        self.index += self.fraction as u64;
        self.fraction = self.fraction.fract();
        let Some((start, end)) = self.region else { return };
        if self.index >= end {
            // What is beyond the end is beyond the start, so that the loop has its exact length at every speed.
            self.index = start + (self.index - end) % (end - start);
        }
    }

    fn wrap(&mut self) {
        if let Some((start, end)) = self.region
            && self.index >= end
        {
            (self.index, self.fraction) = (start, 0.0);
        }
    }

    fn sample_at(&self, secs: f64) -> u64 {
        // A cast takes what is negative, and what is no number, to 0.
        (secs * f64::from(self.sample_rate_hz)).round() as u64
    }

    fn num_samples(&self) -> u64 {
        self.sample_at(self.duration_secs()).max(1)
    }
}

/// Put the tracks' values at instants into frames.
fn read(tracks: &Tracks, instants: &[f64], sample_rate_hz: u32, values: &mut Vec<f32>, frames: &mut [Frame]) {
    if instants.is_empty() {
        return;
    }
    let mut put = |tone: &dyn Tone, side: fn(&mut Frame) -> &mut [f32; 2]| {
        tone.render(instants, sample_rate_hz, values);
        let channels = tone.channels().max(1);
        for (frame, own) in frames.iter_mut().zip(values.chunks_exact(channels)) {
            // Loudspeakers must not see what is no number.
            let value =
                |channel: usize| own.get(channel).copied().filter(|value| value.is_finite()).unwrap_or(0.0);
            *side(frame) = [value(0), value(usize::from(channels > 1))];
        }
    };
    put(tracks.field.as_ref(), |frame| &mut frame.field);
    if let Some(source) = &tracks.source {
        put(source.as_ref(), |frame| &mut frame.source);
        let duration_secs = source.duration_secs();
        for (frame, instant) in frames.iter_mut().zip(instants) {
            if *instant > duration_secs {
                frame.source = [0.0; 2];
            }
        }
    } else {
        for frame in frames {
            frame.source = [0.0; 2];
        }
    }
}
