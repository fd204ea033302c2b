use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::worker::{Info, Worker};
use super::{AudioError, Command, Controls, Listen, Meter};

/// Commands that may wait. One more is refused.
const MAX_COMMANDS: usize = 64;
/// How fast the meter falls, in dB a second.
const PEAK_FALL_DB_PER_SECOND: f32 = 24.0;

/// What the player does.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    /// Whether it plays.
    pub is_playing: bool,
    /// The instant that is heard now, in seconds.
    pub position_secs: f64,
    /// How long the sound is, in seconds; 0 without one.
    pub duration_secs: f64,
    /// The largest amplitudes on the first two channels, falling by 24 dB a second; 1 is full scale.
    pub peak: [f32; 2],
    /// How many samples were beyond full scale since the last look.
    pub clipped: u64,
    /// How often there was nothing to play in time, since the start.
    pub xruns: u64,
    /// The output; `None` while a silent clock stands in for one.
    pub device: Option<String>,
    /// Samples in a second, of the output or the silent clock.
    pub sample_rate_hz: u32,
    /// What a person should know, in a sentence.
    pub notice: Option<String>,
    /// What is heard of what can be listened to.
    pub listen: Listen,
}

/// What the thread and everybody else look at.
pub(super) struct Shared {
    pub(super) controls: Arc<Controls>,
    pub(super) meter: Arc<Meter>,
    /// The latest value; the device's callback knows nothing of it.
    pub(super) info: Mutex<Info>,
    /// All times are counted from here.
    pub(super) clock: Instant,
}

impl Shared {
    pub(super) fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    pub(super) fn now_ns(&self) -> u64 {
        self.now().as_nanos() as u64
    }
}

/// What the meter showed, and when.
#[derive(Default)]
struct Look {
    peak: [f32; 2],
    at: Duration,
}

/// Plays tracks, on a thread of its own. It rests until it is given some; the sound ends when it is dropped.
pub struct Player {
    commands: Option<SyncSender<Command>>,
    shared: Arc<Shared>,
    look: Mutex<Look>,
    thread: Option<JoinHandle<()>>,
}

impl Player {
    /// Start the thread. It opens a device when it is given the first tracks. `wake` is called, from that thread, when
    /// [`Player::state`] has something new to tell: a command was done, the end was reached, a device came or went.
    ///
    /// # Errors
    /// [`AudioError::Thread`] if the system refuses a thread.
    pub fn start(wake: impl Fn() + Send + Sync + 'static) -> Result<Self, AudioError> {
        let (commands, orders) = sync_channel(MAX_COMMANDS);
        let shared = Arc::new(Shared {
            controls: Arc::default(),
            meter: Arc::default(),
            info: Mutex::default(),
            clock: Instant::now(),
        });
        let theirs = Arc::clone(&shared);
        // A stream belongs to the thread that makes it, so the worker is made there.
        let work = move || Worker::new(theirs, Box::new(wake)).run(&orders);
        let thread = Builder::new().name("hyperscope-audio".into()).spawn(work)?;
        Ok(Self { commands: Some(commands), shared, look: Mutex::default(), thread: Some(thread) })
    }

    /// Give a command. It never waits: where 64 are waiting already, this one is refused, and the caller may try again.
    ///
    /// # Errors
    /// [`AudioError::Busy`] if it is refused, [`AudioError::Stopped`] if the thread is gone.
    pub fn send(&self, command: Command) -> Result<(), AudioError> {
        let commands = self.commands.as_ref().ok_or(AudioError::Stopped)?;
        commands.try_send(command).map_err(|err| match err {
            TrySendError::Full(_) => AudioError::Busy,
            TrySendError::Disconnected(_) => AudioError::Stopped,
        })
    }

    /// What it does now. A command counts once the thread has done it, which it tells by `wake`.
    #[must_use]
    pub fn state(&self) -> State {
        let Shared { controls, meter, info, .. } = self.shared.as_ref();
        let info = info.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let heard = meter.heard(controls, self.shared.now_ns());
        State {
            is_playing: heard.is_playing,
            position_secs: heard.position_secs,
            duration_secs: controls.duration_secs(),
            peak: self.peak(),
            clipped: meter.take_clipped(),
            xruns: meter.xruns(),
            device: info.device,
            sample_rate_hz: info.sample_rate_hz,
            notice: info.notice,
            listen: info.listen,
        }
    }

    /// The meter rises at once and falls slowly.
    fn peak(&self) -> [f32; 2] {
        let mut look = self.look.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.shared.now();
        let fallen_db = PEAK_FALL_DB_PER_SECOND * now.saturating_sub(look.at).as_secs_f32();
        let fall = 10f32.powf(-fallen_db / 20.0);
        let new = self.shared.meter.take_peaks();
        look.at = now;
        look.peak = [0, 1].map(|side: usize| new[side].max(look.peak[side] * fall));
        look.peak
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        // Without anybody to send commands, the thread ends.
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            // It catches its panics, and there is nobody left to tell.
            thread.join().ok();
        }
    }
}
