//! What a sound looks like, computed beside the window, and what is played of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use eframe::egui::Context;

use super::item::Item;
use super::reducer::looped;
use super::state::State;
use super::worker::Worker;
use crate::audio::{self, Command, Player, SoundTone, Tone, Tracks};
use crate::engine::ItemId;
use crate::field::{FieldRecord, Synthesizer};
use crate::media::{Overview, Signal, Sound, SoundSignal, Stft};

/// Samples of a spectrogram's frame, and the most frames of one: more are no wider than a screen.
const FRAME: usize = 512;
const FRAMES_MAX: usize = 2_048;
/// A power of zero, in dB below a full-scale sine's.
const FLOOR_DB: f32 = -160.0;

/// What there is to see of a sound.
pub(crate) struct Seen {
    pub(crate) item: ItemId,
    pub(crate) rate_hz: u32,
    pub(crate) duration_secs: f64,
    pub(crate) source: Option<Overview>,
    pub(crate) field: Option<Overview>,
    pub(crate) source_levels: Option<Levels>,
    pub(crate) field_levels: Option<Levels>,
    /// Of every window of the first channel: its beginning in seconds, and signal to noise in dB.
    pub(crate) windows: Vec<(f64, f32)>,
    tracks: Option<Tracks>,
}

/// A spectrogram.
pub(crate) struct Levels {
    pub(crate) frames: usize,
    pub(crate) bins: usize,
    /// `[frames, bins]`, in dB of a full-scale sine.
    pub(crate) db: Vec<f32>,
}

/// What is to be looked at.
#[derive(Clone)]
struct Request {
    item: ItemId,
    signal: Option<Arc<SoundSignal>>,
    record: Option<Arc<FieldRecord>>,
}

/// Who looks and who plays.
pub(crate) struct Listening {
    worker: Worker<Request>,
    found: Receiver<Arc<Seen>>,
    asked: Option<Request>,
    /// The selected sound, which the player has while nothing else is auditioned.
    loaded: Option<(ItemId, Tracks)>,
    audition: Option<Audition>,
    player: Option<Player>,
    ctx: Context,
}

/// A sound of a run's folder, played in the place of the selected one.
struct Audition {
    path: PathBuf,
    /// Where the selected sound was left, in seconds.
    position_secs: f64,
    has_begun: bool,
    /// It is over by then, whatever the player says.
    end: Instant,
}

/// How long the player may take to begin.
const BEGIN: Duration = Duration::from_secs(2);

impl Request {
    fn of(item: &Item) -> Self {
        let signal = match &item.signal {
            Some(Signal::Sound(signal)) => Some(Arc::clone(signal)),
            _ => None,
        };
        Self { item: item.id, signal, record: item.record().cloned() }
    }

    fn is_same(&self, other: &Self) -> bool {
        fn same<T>(one: Option<&Arc<T>>, other: Option<&Arc<T>>) -> bool {
            match (one, other) {
                (Some(one), Some(other)) => Arc::ptr_eq(one, other),
                (None, None) => true,
                _ => false,
            }
        }
        self.item == other.item
            && same(self.signal.as_ref(), other.signal.as_ref())
            && same(self.record.as_ref(), other.record.as_ref())
    }
}

impl Listening {
    pub(crate) fn start(ctx: &Context) -> Self {
        let (sender, found) = channel();
        let wake = ctx.clone();
        let work = move |requests: Receiver<Request>| look_at_all(&requests, &sender, &wake);
        Self {
            worker: Worker::start("hyperscope-spectrum", work),
            found,
            asked: None,
            loaded: None,
            audition: None,
            player: None,
            ctx: ctx.clone(),
        }
    }

    /// Ask for what the selected sound looks like, if that is not known; and say what was found.
    pub(crate) fn tend(&mut self, state: &State) -> Option<Arc<Seen>> {
        let wanted = state.current().filter(|item| item.is_sound()).map(Request::of);
        match (&wanted, &self.asked) {
            (Some(wanted), Some(asked)) if wanted.is_same(asked) => {}
            (Some(wanted), _) => self.worker.send(wanted.clone()),
            (None, Some(_)) => self.command(Command::Pause, state),
            (None, None) => {}
        }
        self.asked = wanted;
        let found = self
            .found
            .try_iter()
            .last()
            .filter(|seen| self.asked.as_ref().is_some_and(|asked| asked.item == seen.item))?;
        if let Some(tracks) = &found.tracks {
            let is_same = self.loaded.as_ref().is_some_and(|(item, _)| *item == found.item);
            self.loaded = Some((found.item, tracks.clone()));
            match &mut self.audition {
                // It is loaded afterwards.
                Some(audition) if !is_same => audition.position_secs = 0.0,
                Some(_) => {}
                None if is_same => self.command(Command::Replace(tracks.clone()), state),
                None => self.load(tracks.clone(), state),
            }
        }
        Some(found)
    }

    /// Play this at once, and then have the selected sound again; or have it again now.
    pub(crate) fn audition(&mut self, wanted: Option<(PathBuf, Arc<Sound>)>, state: &State) {
        let Some((path, sound)) = wanted else { return self.end_audition(state) };
        self.begin(state);
        let position_secs = match &self.audition {
            Some(before) => before.position_secs,
            None => self.player.as_ref().map_or(0.0, |player| player.state().position_secs),
        };
        let end = Instant::now() + BEGIN + Duration::from_secs_f64(sound.duration_secs());
        self.audition = Some(Audition { path, position_secs, has_begun: false, end });
        self.send(Command::Load(Tracks {
            field: Arc::new(SoundTone(sound)),
            source: None,
            source_gain: 1.0,
        }));
        self.send(Command::Play);
    }

    /// What is auditioned.
    pub(crate) fn auditioned(&self) -> Option<&PathBuf> {
        self.audition.as_ref().map(|audition| &audition.path)
    }

    fn end_audition(&mut self, state: &State) {
        let Some(audition) = self.audition.take() else { return };
        match self.loaded.clone() {
            Some((_, tracks)) => {
                self.load(tracks, state);
                self.send(Command::Seek(audition.position_secs));
            }
            None => self.send(Command::Unload),
        }
    }

    /// What is loaded plays once at its own speed until told otherwise.
    fn load(&mut self, tracks: Tracks, state: &State) {
        self.begin(state);
        for command in [Command::Load(tracks), Command::Speed(state.look.sound.speed), looped(state)] {
            self.send(command);
        }
    }

    /// Tell the player of the selected sound.
    pub(crate) fn command(&mut self, command: Command, state: &State) {
        if !matches!(command, Command::Volume(_) | Command::Listen(_) | Command::Device(_)) {
            self.end_audition(state);
        }
        self.begin(state);
        self.send(command);
    }

    /// The player starts when there is something to tell it.
    fn begin(&mut self, state: &State) {
        if self.player.is_none() {
            let wake = self.ctx.clone();
            match Player::start(move || wake.request_repaint()) {
                Ok(player) => {
                    self.player = Some(player);
                    let look = &state.look.sound;
                    // The output that was chosen before; without one the player looks for the system's when it must.
                    let chosen = state.settings.sound_output.clone();
                    if chosen.is_some() {
                        self.send(Command::Device(chosen));
                    }
                    for command in [
                        Command::Listen(look.listen()),
                        Command::Volume(look.volume_db),
                        Command::Speed(look.speed),
                    ] {
                        self.send(command);
                    }
                }
                Err(err) => tracing::error!("{err}"),
            }
        }
    }

    fn send(&self, command: Command) {
        if let Some(Err(err)) = self.player.as_ref().map(|player| player.send(command)) {
            tracing::warn!("{err}");
        }
    }

    /// What the player does with the selected sound.
    pub(crate) fn state(&mut self, state: &State) -> audio::State {
        let mut now = self.player.as_ref().map(Player::state).unwrap_or_default();
        let Some(audition) = &mut self.audition else { return now };
        audition.has_begun |= now.is_playing;
        let is_over = (audition.has_begun && !now.is_playing) || Instant::now() > audition.end;
        (now.is_playing, now.position_secs) = (false, audition.position_secs);
        now.duration_secs = self.loaded.as_ref().map_or(0.0, |(_, tracks)| tracks.field.duration_secs());
        if is_over {
            self.end_audition(state);
        }
        now
    }
}

/// Look at the latest of what was asked.
fn look_at_all(requests: &Receiver<Request>, found: &Sender<Arc<Seen>>, wake: &Context) {
    for request in requests {
        let request = requests.try_iter().last().unwrap_or(request);
        // The window may be gone: then nobody waits.
        found.send(Arc::new(look_at(&request))).ok();
        wake.request_repaint();
    }
}

fn look_at(request: &Request) -> Seen {
    let synthesizer = request.record.as_ref().and_then(|record| Synthesizer::new(record));
    let layout = synthesizer.as_ref().map(|own| *own.layout());
    let reference = request.signal.as_ref().map(|signal| &signal.reference);
    let rate_hz = layout.map(|own| own.sample_rate_hz).or(reference.map(|own| own.rate_hz())).unwrap_or(1);
    let source = request.signal.as_ref().map(|signal| signal.at_rate(rate_hz).mono());
    let field = synthesizer.as_ref().map(|own| {
        let values = own.samples(rate_hz, 0, own.layout().length);
        match own.channels() {
            1 => values,
            channels => {
                values.chunks_exact(channels).map(|own| own.iter().sum::<f32>() / channels as f32).collect()
            }
        }
    });
    let power = |values: &[f32]| values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>();
    let windows = match (&layout, &source, &field) {
        (Some(layout), Some(source), Some(field)) => (0..layout.num_windows())
            .filter_map(|window| {
                let own = layout.samples(window);
                let own = own.start..own.end.min(source.len()).min(field.len());
                let (source, field) = (source.get(own.clone())?, field.get(own.clone())?);
                let rest: Vec<f32> = source.iter().zip(field).map(|(one, other)| one - other).collect();
                let ratio = 10.0 * (power(source).max(1e-12) / power(&rest).max(1e-12)).log10();
                Some((own.start as f64 / f64::from(rate_hz), ratio as f32))
            })
            .collect(),
        _ => Vec::new(),
    };
    let source_gain = match (&source, &field) {
        (Some(source), Some(field)) => {
            (power(field) / power(source).max(1e-12)).sqrt().clamp(0.1, 10.0) as f32
        }
        _ => 1.0,
    };
    let duration_secs = layout.map(|own| own.duration_secs()).or(reference.map(|own| own.duration_secs()));
    let recording = request
        .signal
        .as_ref()
        .map(|signal| Arc::new(SoundTone(Arc::clone(&signal.original))) as Arc<dyn Tone>);
    // Until there is a field the recording is what can be heard.
    let played = synthesizer.map(|own| Arc::new(own) as Arc<dyn Tone>).or_else(|| recording.clone());
    Seen {
        item: request.item,
        rate_hz,
        duration_secs: duration_secs.unwrap_or(0.0),
        source_levels: source.as_deref().map(levels),
        field_levels: field.as_deref().map(levels),
        source: source.map(Overview::new),
        field: field.map(Overview::new),
        windows,
        tracks: played.map(|field| Tracks { field, source: recording, source_gain }),
    }
}

fn levels(samples: &[f32]) -> Levels {
    let hop = (samples.len() / FRAMES_MAX).max(FRAME / 8);
    let stft = Stft::new(FRAME, hop);
    let bins = stft.num_bins();
    // A full-scale sine in the middle of a bin has (N / 4)^2.
    let full = (FRAME as f32 / 4.0).powi(2);
    let db = stft.power(samples).into_iter().map(|power| (10.0 * (power / full).log10()).max(FLOOR_DB));
    let db: Vec<f32> = db.collect();
    Levels { frames: db.len() / bins, bins, db }
}
