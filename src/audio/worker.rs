use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::output::{Candidate, Output};
use super::player::Shared;
use super::silent_clock::{SILENT_RATE_HZ, SilentClock};
use super::{AudioError, Command, Deck, Listen};

/// Between two looks at ring, clock and device.
const PLAYING_TICK: Duration = Duration::from_millis(5);
const RESTING_TICK: Duration = Duration::from_millis(50);
/// A device that does not ask for sound for so long is gone: some go without a word.
const MAX_SILENCE: Duration = Duration::from_secs(4);
/// A device that complains so often, and for so long does not ask for sound, is gone, too.
const MAX_FAULTS: u32 = 32;
const MAX_FAULTY: Duration = Duration::from_millis(500);
/// A device that goes so soon after it came is not tried again unasked.
const MIN_LIFE: Duration = Duration::from_secs(3);

/// What changes now and then.
#[derive(Debug, Clone)]
pub(super) struct Info {
    pub(super) device: Option<String>,
    pub(super) sample_rate_hz: u32,
    pub(super) notice: Option<String>,
    pub(super) listen: Listen,
}

impl Default for Info {
    fn default() -> Self {
        Self { device: None, sample_rate_hz: SILENT_RATE_HZ, notice: None, listen: Listen::default() }
    }
}

/// Where the frames go.
enum Sink {
    /// Nowhere, for a moment: only one mixer at a time tells what it does.
    Closed,
    Device(Output),
    Silent(SilentClock),
}

/// When the device last asked for sound.
struct Seen {
    calls: u64,
    at: Instant,
    /// Complaints since.
    num_faults: u32,
}

/// The thread's work: commands, synthesis, the device.
pub(super) struct Worker {
    shared: Arc<Shared>,
    wake: Box<dyn Fn() + Send + Sync>,
    deck: Deck,
    sink: Sink,
    /// The device that was asked for; `None` is the default one.
    wanted: Option<String>,
    /// Whether a device was ever looked for.
    has_tried: bool,
    opened_at: Instant,
    seen: Seen,
}

impl Worker {
    pub(super) fn new(shared: Arc<Shared>, wake: Box<dyn Fn() + Send + Sync>) -> Self {
        let (controls, meter) = (Arc::clone(&shared.controls), Arc::clone(&shared.meter));
        let (deck, mixer) = Deck::new(controls, meter, SILENT_RATE_HZ);
        let sink = Sink::Silent(SilentClock::new(mixer, shared.now()));
        let now = Instant::now();
        Self {
            shared,
            wake,
            deck,
            sink,
            wanted: None,
            has_tried: false,
            opened_at: now,
            seen: Seen { calls: 0, at: now, num_faults: 0 },
        }
    }

    /// Work until nobody can send commands any more.
    pub(super) fn run(mut self, commands: &Receiver<Command>) {
        // What it computes it computes itself: in the program's own pool it would wait behind what is refined or
        // trained there, and there would be gaps. Without a pool of its own it does just that.
        let _own = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
        let mut wait = RESTING_TICK;
        loop {
            match commands.recv_timeout(wait) {
                Ok(command) => {
                    self.pull();
                    self.obey(command);
                    // All that wait are done before anything is made for the first of them.
                    for command in commands.try_iter() {
                        self.obey(command);
                    }
                    (self.wake)();
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let wants_more = self.deck.produce();
            self.pull();
            self.watch();
            if self.deck.take_failure() {
                let notice = "This sound cannot be played, because its synthesis failed";
                self.tell(|info| info.notice = Some(notice.into()));
                (self.wake)();
            }
            if self.deck.rest_at_end(self.shared.now_ns()) {
                (self.wake)();
            }
            wait = match (wants_more, self.shared.controls.is_playing()) {
                (true, _) => Duration::ZERO,
                (false, true) => PLAYING_TICK,
                (false, false) => RESTING_TICK,
            };
        }
    }

    fn obey(&mut self, command: Command) {
        let is_silent = matches!(self.sink, Sink::Silent(_));
        match &command {
            Command::Device(wanted) => {
                self.wanted.clone_from(wanted);
                self.open_wanted();
            }
            Command::Load(_) if is_silent && !self.has_tried => self.open_wanted(),
            Command::Play if is_silent => self.open_wanted(),
            _ => {}
        }
        let now_ns = self.shared.now_ns();
        self.deck.obey(command, now_ns);
        let listen = self.deck.listen();
        self.tell(|info| info.listen = listen);
    }

    /// Let a silent clock pass.
    fn pull(&mut self) {
        if let Sink::Silent(clock) = &mut self.sink {
            clock.advance(self.shared.now());
        }
    }

    /// Why the device is to be given up, if so.
    fn fault(&mut self) -> Option<String> {
        let Sink::Device(output) = &self.sink else { return None };
        let calls = self.shared.meter.calls();
        if calls != self.seen.calls {
            self.seen = Seen { calls, at: Instant::now(), num_faults: 0 };
        }
        for fault in output.faults() {
            tracing::debug!("the sound output {} complains: {}", output.name, fault.reason);
            self.seen.num_faults += 1;
            let is_faulty = self.seen.num_faults > MAX_FAULTS && self.seen.at.elapsed() > MAX_FAULTY;
            if fault.is_final || is_faulty {
                return Some(fault.reason);
            }
        }
        let is_mute = self.seen.at.elapsed() > MAX_SILENCE;
        is_mute.then(|| "it no longer asks for sound".into())
    }

    /// Give up a device that is gone, for another one or for silence.
    fn watch(&mut self) {
        let Some(reason) = self.fault() else { return };
        let Sink::Device(output) = &self.sink else { return };
        let gone = output.name.clone();
        tracing::warn!("the sound output {gone} went away: {reason}");
        let has_lived = self.opened_at.elapsed() > MIN_LIFE;
        self.fall_silent();
        self.wanted = None;
        let opened = if has_lived { self.open(None) } else { Err(AudioError::NoOutput) };
        let notice = match (opened, &self.sink) {
            (Ok(()), Sink::Device(output)) => {
                format!("The sound output {gone} went away; playing on {}", output.name)
            }
            _ => format!(
                "The sound output {gone} went away; nothing is heard, pause and play to look for another"
            ),
        };
        self.tell(|info| info.notice = Some(notice));
        (self.wake)();
    }

    /// Open the device that was asked for, or else the default one, or else none.
    fn open_wanted(&mut self) {
        self.has_tried = true;
        let wanted = self.wanted.clone();
        let err = match self.open(wanted.as_deref()) {
            Ok(()) => return self.tell(|info| info.notice = None),
            Err(err) => err,
        };
        tracing::warn!("{err}");
        if matches!(self.sink, Sink::Silent(_)) && wanted.is_some() {
            // Where that fails too, the first reason is the one to tell.
            self.open(None).ok();
        }
        let notice = match &self.sink {
            Sink::Device(output) => format!("{err}; playing on {}", output.name),
            _ => format!("{err}; nothing is heard, and the cursor goes on"),
        };
        self.tell(|info| info.notice = Some(notice));
    }

    fn open(&mut self, wanted: Option<&str>) -> Result<(), AudioError> {
        let candidate = Candidate::find(wanted)?;
        // Some devices can be opened once only.
        self.fall_silent();
        let Self { deck, shared, .. } = self;
        let output = candidate.play(shared.clock, |sample_rate_hz| {
            (deck.connect(sample_rate_hz, shared.now_ns()), Arc::clone(&shared.meter))
        });
        let output = match output {
            Ok(output) => output,
            Err(err) => {
                self.fall_silent();
                return Err(err);
            }
        };
        // One buffer is being taken, one is ready, and half of one is being made.
        self.deck.keep_ahead(output.period * 5 / 2);
        let now = Instant::now();
        self.opened_at = now;
        self.seen = Seen { calls: self.shared.meter.calls(), at: now, num_faults: 0 };
        let (name, sample_rate_hz) = (output.name.clone(), output.sample_rate_hz);
        self.sink = Sink::Device(output);
        self.tell(|info| (info.device, info.sample_rate_hz) = (Some(name), sample_rate_hz));
        Ok(())
    }

    /// Go on without a device.
    fn fall_silent(&mut self) {
        self.sink = Sink::Closed;
        let mixer = self.deck.connect(SILENT_RATE_HZ, self.shared.now_ns());
        self.sink = Sink::Silent(SilentClock::new(mixer, self.shared.now()));
        self.tell(|info| (info.device, info.sample_rate_hz) = (None, SILENT_RATE_HZ));
    }

    fn tell(&self, change: impl FnOnce(&mut Info)) {
        change(&mut self.shared.info.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
