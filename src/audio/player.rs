use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use rtrb::{Producer, RingBuffer};

use super::output::{Complaint, Found, Output};
use super::tone::linear;
use super::{AudioError, Controls, Frame, Listen, Meter, Mixer, Tracks, Transport};

/// Commands that may wait; one more is refused with [`AudioError::Busy`].
const COMMANDS: usize = 256;
/// Between two looks at the ring.
const TICK: Duration = Duration::from_millis(4);
/// Frames that are made at a time, and that are kept ready.
const PIECE: usize = 512;
const AHEAD_SECS: f64 = 0.25;
/// Frames that the ring holds: those that are ready, and as many of an older generation.
const RING: usize = 1 << 17;
/// The rate of the clock that drives the cursor where there is no device.
const SILENT_RATE_HZ: u32 = 48_000;

/// What the player is asked to do.
#[derive(Clone)]
pub enum Command {
    /// Play this from now on; at its beginning, and silent until asked to play.
    Load(Tracks),
    /// The same sound by another field: position and playing stay.
    Replace(Tracks),
    /// Nothing is at hand any more.
    Unload,
    /// Go on, or from the beginning if the end was reached.
    Play,
    /// Be silent.
    Pause,
    /// Go to an instant, in seconds.
    Seek(f64),
    /// Repeat a stretch, in seconds, or nothing.
    Loop(Option<(f64, f64)>),
    /// How fast the instants pass, as a factor of 0.25 to 4; the pitch follows.
    Speed(f64),
    /// What is listened to.
    Listen(Listen),
    /// In dB; 0 is as it is.
    Volume(f32),
    /// The output of a name; `None` is the default one.
    Device(Option<String>),
}

/// What the player does.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    /// Whether it plays.
    pub is_playing: bool,
    /// The instant that is heard now, in seconds.
    pub position_secs: f64,
    /// How long the sound is, in seconds; 0 without one.
    pub duration_secs: f64,
    /// Largest amplitudes of left and right since the last look.
    pub peaks: [f32; 2],
    /// How many amplitudes were beyond full scale since the last look.
    pub clipped: u64,
    /// How often there was nothing to play.
    pub xruns: u64,
    /// The output; `None` where a silent clock drives the cursor.
    pub device: Option<String>,
    /// Its rate, in Hz.
    pub rate_hz: u32,
    /// What a person should know of it.
    pub notice: Option<String>,
}

/// What changes now and then.
#[derive(Debug, Clone, Default)]
struct Info {
    duration_secs: f64,
    device: Option<String>,
    rate_hz: u32,
    notice: Option<String>,
    speed: f64,
    /// Where the next frame is from, while none of this generation was heard.
    waiting_secs: Option<f64>,
}

/// Plays tracks on a thread of its own.
pub struct Player {
    commands: Option<SyncSender<Command>>,
    shared: Shared,
    thread: Option<JoinHandle<()>>,
}

#[derive(Clone)]
struct Shared {
    controls: Arc<Controls>,
    meter: Arc<Meter>,
    info: Arc<Mutex<Info>>,
    clock: Instant,
}

impl Player {
    /// Start it. `wake` is called whenever what it does has changed by itself.
    ///
    /// # Errors
    /// [`AudioError::Thread`] if the system refuses a thread.
    pub fn start(wake: impl Fn() + Send + 'static) -> Result<Self, AudioError> {
        let (commands, orders) = sync_channel(COMMANDS);
        let controls = Arc::new(Controls::default());
        controls.set_weights(Listen::Field.weights(1.0));
        controls.set_volume(1.0);
        let info = Info { rate_hz: SILENT_RATE_HZ, speed: 1.0, ..Info::default() };
        let shared = Shared {
            controls,
            meter: Arc::default(),
            info: Arc::new(Mutex::new(info)),
            clock: Instant::now(),
        };
        let own = shared.clone();
        let work = move || Worker::new(own, Box::new(wake)).run(&orders);
        let thread = Builder::new().name("hyperscope-audio".into()).spawn(work)?;
        Ok(Self { commands: Some(commands), shared, thread: Some(thread) })
    }

    /// Give a command; never waits.
    ///
    /// # Errors
    /// [`AudioError::Busy`] if too many are waiting.
    pub fn send(&self, command: Command) -> Result<(), AudioError> {
        let Some(commands) = &self.commands else { return Err(AudioError::Busy) };
        commands.try_send(command).map_err(|err| match err {
            TrySendError::Full(_) | TrySendError::Disconnected(_) => AudioError::Busy,
        })
    }

    /// What it does now. Peaks and clipped amplitudes are those since the last call.
    #[must_use]
    pub fn state(&self) -> State {
        let info = self.shared.info();
        let is_playing = self.shared.controls.is_playing.load(Relaxed);
        let (peaks, clipped) = self.shared.meter.take();
        State {
            is_playing,
            position_secs: info.waiting_secs.unwrap_or_else(|| self.shared.heard_secs(is_playing, info.speed)),
            duration_secs: info.duration_secs,
            peaks,
            clipped,
            xruns: self.shared.meter.xruns(),
            device: info.device,
            rate_hz: info.rate_hz,
            notice: info.notice,
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

impl Shared {
    fn info(&self) -> Info {
        self.info.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Info)) {
        change(&mut self.info.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The instant that is heard now, by the device's own times: never beyond what it was given.
    fn heard_secs(&self, is_playing: bool, speed: f64) -> f64 {
        let (first, last, heard_ns) = self.meter.marked();
        if !is_playing {
            return last;
        }
        let passed = (self.clock.elapsed().as_nanos() as f64 - heard_ns as f64) / 1e9;
        let reached = first + passed * speed;
        // A device is given much at once, and the latest of it is not heard yet; in a loop the last may be the lesser.
        if last >= first { reached.min(last) } else { reached }.max(0.0)
    }
}

/// The thread's own.
struct Worker {
    shared: Shared,
    wake: Box<dyn Fn() + Send>,
    transport: Option<Transport>,
    ring: Option<Producer<Frame>>,
    output: Option<Output>,
    /// What is mixed where there is no device, and up to when that was.
    silent: Option<(Mixer, Instant)>,
    complaints: Option<Receiver<Complaint>>,
    wanted: Option<String>,
    generation: u32,
    /// Of the device, which the frames are made for.
    rate_hz: u32,
    listen: Listen,
    source_gain: f32,
}

impl Worker {
    fn new(shared: Shared, wake: Box<dyn Fn() + Send>) -> Self {
        Self {
            shared,
            wake,
            transport: None,
            ring: None,
            output: None,
            silent: None,
            complaints: None,
            wanted: None,
            generation: 0,
            rate_hz: SILENT_RATE_HZ,
            listen: Listen::default(),
            source_gain: 1.0,
        }
    }

    fn run(mut self, orders: &Receiver<Command>) {
        loop {
            match orders.recv_timeout(TICK) {
                Ok(command) => self.obey(command),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.hear_complaints();
            self.produce();
            self.tick();
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Load(tracks) => {
                self.shared.controls.set_playing(false);
                self.source_gain = tracks.source_gain;
                self.transport = Some(Transport::new(tracks, self.rate_hz));
                self.jump();
            }
            Command::Replace(tracks) => {
                self.source_gain = tracks.source_gain;
                match &mut self.transport {
                    Some(transport) => transport.replace(tracks),
                    None => self.transport = Some(Transport::new(tracks, self.rate_hz)),
                }
            }
            Command::Unload => {
                self.shared.controls.set_playing(false);
                self.transport = None;
                self.jump();
            }
            Command::Play => self.play(),
            Command::Pause => self.shared.controls.set_playing(false),
            Command::Seek(secs) => {
                if let Some(transport) = &mut self.transport {
                    transport.seek(secs);
                }
                self.jump();
            }
            Command::Loop(stretch) => self.turn(|transport| transport.set_loop(stretch)),
            Command::Speed(speed) => self.turn(|transport| transport.set_speed(speed)),
            Command::Listen(listen) => self.listen = listen,
            Command::Volume(db) => self.shared.controls.set_volume(linear(db)),
            Command::Device(name) => {
                self.wanted = name;
                self.close();
                self.open();
            }
        }
        self.shared.controls.set_weights(self.listen.weights(self.source_gain));
        let (duration_secs, speed) = self
            .transport
            .as_ref()
            .map_or((0.0, 1.0), |transport| (transport.duration_secs(), transport.speed()));
        self.shared.change(|info| (info.duration_secs, info.speed) = (duration_secs, speed));
    }

    fn play(&mut self) {
        if self.output.is_none() {
            self.open();
        }
        let Some(transport) = &mut self.transport else { return };
        if self.shared.meter.has_ended.swap(false, Relaxed) || transport.has_ended() {
            transport.seek(0.0);
            self.jump();
        }
        self.produce();
        self.shared.controls.set_playing(true);
    }

    /// Change how the instants go on from the one that is heard now.
    fn turn(&mut self, change: impl FnOnce(&mut Transport)) {
        let is_playing = self.shared.controls.is_playing.load(Relaxed);
        let info = self.shared.info();
        let now = info.waiting_secs.unwrap_or_else(|| self.shared.heard_secs(is_playing, info.speed));
        if let Some(transport) = &mut self.transport {
            transport.seek(now);
            change(transport);
            self.jump();
        }
    }

    /// What was made before is from elsewhere now.
    fn jump(&mut self) {
        self.generation = self.shared.controls.next_generation();
        self.shared.meter.has_ended.store(false, Relaxed);
        let waiting = self.transport.as_ref().map_or(0.0, Transport::instant_secs);
        self.shared.change(|info| info.waiting_secs = Some(waiting));
    }

    /// Keep the ring filled.
    fn produce(&mut self) {
        let (Some(transport), Some(ring)) = (&mut self.transport, &mut self.ring) else { return };
        let ahead = (AHEAD_SECS * f64::from(self.rate_hz)) as usize;
        // Old frames in the ring are not ready ones, but the callback passes over all of them at once.
        while RING - ring.slots() < ahead && !transport.has_ended() {
            let frames = transport.frames(PIECE, self.generation);
            for frame in frames {
                ring.push(frame).ok();
            }
        }
    }

    /// Let time pass: where there is no device, for the mixer too.
    fn tick(&mut self) {
        if let Some((mixer, until)) = &mut self.silent {
            let rate = f64::from(SILENT_RATE_HZ);
            let due = (until.elapsed().as_secs_f64() * rate) as usize;
            let mut nowhere = [0.0; 2 * PIECE];
            for frames in (0..due).step_by(PIECE).map(|done| (due - done).min(PIECE)) {
                let heard_ns = until.duration_since(self.shared.clock).as_nanos() as u64;
                mixer.fill(&mut nowhere[..2 * frames], 2, heard_ns);
                *until += Duration::from_secs_f64(frames as f64 / rate);
            }
        }
        let (_, last, _) = self.shared.meter.marked();
        let has_ended = self.shared.meter.has_ended.load(Relaxed);
        let is_playing = self.shared.controls.is_playing.load(Relaxed);
        self.shared.change(|info| {
            // Once a frame after a jump was heard, the device's times count.
            let is_reached = |waiting: f64| is_playing && (last - waiting).abs() < 2.0 * AHEAD_SECS;
            if info.waiting_secs.is_some_and(is_reached) || has_ended {
                info.waiting_secs = None;
            }
        });
    }

    fn hear_complaints(&mut self) {
        let heard: Vec<Complaint> = self.complaints.iter().flat_map(Receiver::try_iter).collect();
        for complaint in heard {
            match complaint {
                Complaint::Xrun => {
                    self.shared.meter.xruns.fetch_add(1, Relaxed);
                }
                Complaint::Gone(why) => {
                    let name = self.output.as_ref().map(|output| output.name.clone()).unwrap_or_default();
                    tracing::warn!("the sound output {name} went away: {why}");
                    self.close();
                    self.wanted = None;
                    self.open();
                    let now = self.output.as_ref().map_or("in silence".into(), |output| format!("on {}", output.name));
                    let notice = format!("The sound output {name} went away; playing {now}");
                    self.shared.change(|info| info.notice = Some(notice));
                    (self.wake)();
                    return;
                }
            }
        }
    }

    fn close(&mut self) {
        (self.output, self.silent, self.complaints, self.ring) = (None, None, None, None);
    }

    /// Open the wanted device, or let a silent clock drive the cursor.
    fn open(&mut self) {
        let is_playing = self.shared.controls.is_playing.load(Relaxed);
        let info = self.shared.info();
        let now = info.waiting_secs.unwrap_or_else(|| self.shared.heard_secs(is_playing, info.speed));
        let opened = Found::look(self.wanted.as_deref()).and_then(|found| {
            let rate_hz = found.rate_hz();
            let (ring, mixer) = self.ring(rate_hz);
            let (sender, complaints) = channel();
            Ok((ring, found.play(mixer, self.shared.clock, sender)?, complaints, rate_hz))
        });
        let notice = match opened {
            Ok((ring, output, complaints, rate_hz)) => {
                (self.ring, self.complaints, self.rate_hz) = (Some(ring), Some(complaints), rate_hz);
                self.silent = None;
                self.output = Some(output);
                None
            }
            Err(err) => {
                let (ring, mixer) = self.ring(SILENT_RATE_HZ);
                (self.ring, self.rate_hz) = (Some(ring), SILENT_RATE_HZ);
                self.silent = Some((mixer, Instant::now()));
                Some(format!("Nothing is heard: {err}; the cursor goes on"))
            }
        };
        let (device, rate_hz) = (self.output.as_ref().map(|output| output.name.clone()), self.rate_hz);
        self.shared.change(|info| (info.device, info.rate_hz, info.notice) = (device, rate_hz, notice));
        if let Some(transport) = &mut self.transport {
            transport.set_rate(rate_hz);
            transport.seek(now);
            self.jump();
        }
    }

    fn ring(&self, rate_hz: u32) -> (Producer<Frame>, Mixer) {
        let (producer, consumer) = RingBuffer::new(RING);
        let Shared { controls, meter, .. } = &self.shared;
        (producer, Mixer::new(consumer, Arc::clone(controls), Arc::clone(meter), rate_hz))
    }
}
