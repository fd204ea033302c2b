use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rtrb::{Producer, RingBuffer};

use super::tone::gain_from_db;
use super::{Controls, Frame, Heard, Listen, Meter, Mixer, Tracks, Transport};

/// How much sound the ring holds, in seconds: what is kept ahead, and what earlier jumps left in it.
const RING_SECS: f64 = 1.0;
/// How much is kept ahead, in seconds.
const AHEAD_SECS: f64 = 0.3;
/// Frames that are made at a time: commands are heard in between.
const PIECE: usize = 512;

/// What the player is asked to do.
#[derive(Debug, Clone)]
pub enum Command {
    /// Play this from now on: at its start, at speed 1, without a loop, and at rest until asked to play.
    Load(Tracks),
    /// The same sound by other tracks: position, loop, speed and playing stay, and there is no gap.
    Replace(Tracks),
    /// Play nothing any more.
    Unload,
    /// Go on, or from the start if the end was reached.
    Play,
    /// Rest.
    Pause,
    /// Go to a position, in seconds.
    Seek(f64),
    /// Repeat a stretch, in seconds, or nothing. While playing, it counts for what is not in the ring yet.
    Loop(Option<(f64, f64)>),
    /// How many seconds of the sound pass in a second, 0.25 to 4; the pitch follows. As for a loop, it counts for what
    /// is not in the ring yet.
    Speed(f64),
    /// What is listened to.
    Listen(Listen),
    /// How loud, in dB: 0 is as it is.
    Volume(f32),
    /// Play on the output of this name, as [`output_names`](super::output_names) tells them, or on the default one.
    Device(Option<String>),
}

/// The end of the ring that is filled: it does what it is told and keeps frames ahead. No thread, no device: times are
/// told to it, in nanoseconds of the player's clock.
pub struct Deck {
    controls: Arc<Controls>,
    meter: Arc<Meter>,
    ring: Producer<Frame>,
    transport: Option<Transport>,
    sample_rate_hz: u32,
    /// Frames that are kept ahead.
    ahead: usize,
    generation: u32,
    /// Frames of earlier generations that were in the ring at the latest jump.
    stale: usize,
    listen: Listen,
    /// Tracks panicked.
    has_failed: bool,
}

impl Deck {
    /// One without tracks, for a device of a rate, and the mixer for the device's callback.
    #[must_use]
    pub fn new(controls: Arc<Controls>, meter: Arc<Meter>, sample_rate_hz: u32) -> (Self, Mixer) {
        let (ring, mixer) = ring(&controls, &meter, sample_rate_hz);
        let generation = controls.generation();
        let deck = Self {
            controls,
            meter,
            ring,
            transport: None,
            sample_rate_hz,
            ahead: (AHEAD_SECS * f64::from(sample_rate_hz)) as usize,
            generation,
            stale: 0,
            listen: Listen::Field,
            has_failed: false,
        };
        (deck, mixer)
    }

    /// Another device takes over from what is heard now: a mixer for its callback.
    #[must_use]
    pub fn connect(&mut self, sample_rate_hz: u32, now_ns: u64) -> Mixer {
        let position_secs = self.heard(now_ns).position_secs;
        self.sample_rate_hz = sample_rate_hz;
        self.ahead = (AHEAD_SECS * f64::from(sample_rate_hz)) as usize;
        let (ring, mixer) = ring(&self.controls, &self.meter, sample_rate_hz);
        self.ring = ring;
        if let Some(transport) = &mut self.transport {
            transport.set_sample_rate(sample_rate_hz);
            transport.seek(position_secs);
        }
        self.jump();
        mixer
    }

    /// Keep at least so many frames ahead: a device that takes many at once needs more than others.
    pub fn keep_ahead(&mut self, frames: usize) {
        self.ahead = self.ahead.max(frames).min(self.ring.buffer().capacity() / 2);
    }

    /// What is heard now.
    #[must_use]
    pub fn heard(&self, now_ns: u64) -> Heard {
        self.meter.heard(&self.controls, now_ns)
    }

    /// What is listened to: the field, where there is nothing else.
    #[must_use]
    pub fn listen(&self) -> Listen {
        self.listen.of(self.transport.as_ref().map(Transport::tracks))
    }

    /// Do it. Devices are not its business.
    pub fn obey(&mut self, command: Command, now_ns: u64) {
        match command {
            Command::Load(tracks) => {
                self.controls.set_playing(false);
                self.transport = Some(Transport::new(tracks, self.sample_rate_hz));
                self.jump();
            }
            Command::Replace(tracks) if self.transport.is_none() => self.obey(Command::Load(tracks), now_ns),
            Command::Replace(tracks) => self.change(now_ns, |transport| transport.replace(tracks)),
            Command::Unload => {
                self.controls.set_playing(false);
                self.transport = None;
                self.jump();
            }
            Command::Play => self.play(now_ns),
            Command::Pause => self.controls.set_playing(false),
            Command::Seek(secs) => {
                if let Some(transport) = &mut self.transport
                    && !secs.is_nan()
                {
                    transport.seek(secs);
                    self.jump();
                }
            }
            Command::Loop(secs) => self.change(now_ns, |transport| transport.set_loop(secs)),
            Command::Speed(speed) => self.change(now_ns, |transport| transport.set_speed(speed)),
            Command::Listen(listen) => self.listen = listen,
            Command::Volume(db) if !db.is_nan() => self.controls.set_volume(gain_from_db(db)),
            Command::Volume(_) | Command::Device(_) => {}
        }
        let tracks = self.transport.as_ref().map(Transport::tracks);
        let source_gain = tracks.map_or(1.0, |tracks| tracks.source_gain);
        self.controls.set_weights(self.listen().weights(source_gain));
        self.controls.set_duration_secs(self.transport.as_ref().map_or(0.0, Transport::duration_secs));
    }

    /// Make the next frames, if the ring wants any; says whether it may want more.
    pub fn produce(&mut self) -> bool {
        let Some(transport) = &mut self.transport else { return false };
        let free = self.ring.slots();
        let taken = self.ring.buffer().capacity() - free;
        // Frames of before a jump are in the ring until the mixer comes to it.
        let is_reached = self.meter.generation() == self.generation;
        let wanted = if is_reached { self.ahead } else { self.stale + self.ahead };
        let room = wanted.saturating_sub(taken).min(free).min(PIECE);
        if room > 0 && !transport.has_ended() {
            let ring = &mut self.ring;
            // There is room: nobody else fills the ring.
            let make = || ring.push_entire_slice(transport.frames(room, self.generation)).is_ok();
            if catch_unwind(AssertUnwindSafe(make)).is_err() {
                // What tracks do is not in our hands: these are given up, and the thread goes on.
                (self.transport, self.has_failed) = (None, true);
                self.controls.set_playing(false);
                self.controls.set_duration_secs(0.0);
                return false;
            }
        }
        let has_ended = transport.has_ended();
        self.controls.set_complete(has_ended.then_some(self.generation));
        room > 0 && !has_ended
    }

    /// Whether tracks were given up since the last time, because they panicked.
    pub fn take_failure(&mut self) -> bool {
        std::mem::take(&mut self.has_failed)
    }

    /// Rest at the end once it was heard; says whether that happened now.
    pub fn rest_at_end(&mut self, now_ns: u64) -> bool {
        let has_ended = self.controls.is_playing() && !self.heard(now_ns).is_playing;
        if has_ended {
            self.controls.set_playing(false);
        }
        has_ended
    }

    fn play(&mut self, now_ns: u64) {
        let position_secs = self.heard(now_ns).position_secs;
        let Some(transport) = &mut self.transport else { return };
        let frame_secs = 1.0 / f64::from(self.sample_rate_hz);
        let is_at_end = transport.has_ended() && position_secs + frame_secs > transport.duration_secs();
        if is_at_end || self.meter.is_finished(self.generation) {
            transport.seek(if is_at_end { 0.0 } else { position_secs });
            self.jump();
        }
        self.controls.set_playing(self.transport.is_some());
    }

    /// Change what comes next. While playing, what is in the ring is heard first, so that there is no gap.
    fn change(&mut self, now_ns: u64, change: impl FnOnce(&mut Transport)) {
        let Heard { position_secs, is_playing } = self.heard(now_ns);
        let Some(transport) = &mut self.transport else { return };
        if is_playing {
            change(transport);
        } else {
            transport.seek(position_secs);
            change(transport);
            self.jump();
        }
    }

    /// Hear nothing of what was made before. The first frames are in the ring before it is told, so that the mixer finds
    /// them there.
    fn jump(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.stale = self.ring.buffer().capacity() - self.ring.slots();
        self.controls.set_start_secs(self.transport.as_ref().map_or(0.0, Transport::position_secs));
        self.produce();
        self.controls.set_generation(self.generation);
    }
}

fn ring(controls: &Arc<Controls>, meter: &Arc<Meter>, sample_rate_hz: u32) -> (Producer<Frame>, Mixer) {
    let (producer, consumer) = RingBuffer::new(((RING_SECS * f64::from(sample_rate_hz)) as usize).max(PIECE));
    (producer, Mixer::new(consumer, Arc::clone(controls), Arc::clone(meter), sample_rate_hz))
}
