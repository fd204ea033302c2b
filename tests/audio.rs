//! The player's parts, driven by hand: no device, no thread, no clock but in the last tests.
#![cfg(feature = "sound")]

use std::f64::consts::TAU;
use std::sync::Arc;
use std::time::{Duration, Instant};

use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use hyperscope::audio::{
    AudioError, Command, Controls, Deck, Frame, Listen, Meter, Mixer, Player, Tone, Tracks, Transport,
};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

const RATE_HZ: u32 = 48_000;
/// Samples of a ramp of 5 ms.
const RAMP: usize = 240;

/// A sine, or whatever a function of the instant gives, on one channel or two.
struct Wave {
    channels: usize,
    duration_secs: f64,
    value: fn(f64, usize) -> f32,
}

impl Tone for Wave {
    fn channels(&self) -> usize {
        self.channels
    }

    fn duration_secs(&self) -> f64 {
        self.duration_secs
    }

    fn render(&self, seconds: &[f64], _: u32, out: &mut Vec<f32>) {
        out.clear();
        out.extend(
            seconds.iter().flat_map(|at| (0..self.channels).map(|channel| (self.value)(*at, channel))),
        );
    }
}

fn sine(hz: f64, at: f64) -> f32 {
    (0.5 * (TAU * hz * at).sin()) as f32
}

fn a(at: f64, _: usize) -> f32 {
    sine(440.0, at)
}

fn b(at: f64, _: usize) -> f32 {
    sine(660.0, at)
}

fn tone(duration_secs: f64, value: fn(f64, usize) -> f32) -> Arc<dyn Tone> {
    Arc::new(Wave { channels: 1, duration_secs, value })
}

fn tracks(duration_secs: f64) -> Tracks {
    Tracks { field: tone(duration_secs, a), source: Some(tone(duration_secs, b)), source_gain: 0.5 }
}

/// Deck and mixer, and a clock that the mixer's frames alone move.
struct Rig {
    deck: Deck,
    mixer: Mixer,
    controls: Arc<Controls>,
    meter: Arc<Meter>,
    now_ns: u64,
}

impl Rig {
    fn new() -> Self {
        let (controls, meter) = (Arc::<Controls>::default(), Arc::<Meter>::default());
        let (deck, mixer) = Deck::new(Arc::clone(&controls), Arc::clone(&meter), RATE_HZ);
        Self { deck, mixer, controls, meter, now_ns: 0 }
    }

    fn playing(tracks: Tracks) -> Self {
        let mut rig = Self::new();
        rig.obey(Command::Load(tracks));
        rig.obey(Command::Play);
        rig
    }

    fn obey(&mut self, command: Command) {
        self.deck.obey(command, self.now_ns);
    }

    /// What a device of one channel hears, with a full ring before every buffer.
    fn hear(&mut self, frames: usize) -> Vec<f32> {
        let mut heard = vec![0.0; frames];
        for out in heard.chunks_mut(480) {
            while self.deck.produce() {}
            self.mixer.set_heard_at(Duration::from_nanos(self.now_ns));
            self.mixer.fill(out, 1);
            self.now_ns += out.len() as u64 * 1_000_000_000 / u64::from(RATE_HZ);
        }
        self.deck.rest_at_end(self.now_ns);
        heard
    }

    fn position_secs(&self) -> f64 {
        self.deck.heard(self.now_ns).position_secs
    }
}

fn instant(sample: usize) -> f64 {
    (sample as f64 + 0.5) / f64::from(RATE_HZ)
}

fn largest_step(values: &[f32]) -> f32 {
    values.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

/// Indices of the samples that frames are, at 48 kHz.
fn samples(frames: &[Frame]) -> Vec<u64> {
    frames.iter().map(|frame| (frame.position_secs * f64::from(RATE_HZ)).round() as u64).collect()
}

#[test]
fn a_transport_asks_for_the_middle_of_every_sample_to_the_last_bit() {
    fn itself(at: f64, channel: usize) -> f32 {
        // Both halves of the number, so that no bit is lost.
        f32::from_bits(if channel == 0 {
            (at.to_bits() >> 32) as u32
        } else {
            (at.to_bits() & 0xffff) as u32
        })
    }
    let field = Arc::new(Wave { channels: 2, duration_secs: 0.5, value: itself });
    for rate_hz in [44_100, 48_000] {
        let tracks = Tracks { field: field.clone(), source: None, source_gain: 1.0 };
        let mut transport = Transport::new(tracks, rate_hz);
        let mut sample = 0;
        while !transport.has_ended() {
            for frame in transport.frames(777, 0) {
                let bits = ((f64::from(sample) + 0.5) / f64::from(rate_hz)).to_bits();
                assert_eq!(frame.field[0].to_bits(), (bits >> 32) as u32);
                assert_eq!(frame.field[1].to_bits(), (bits & 0xffff) as u32);
                assert_eq!(frame.position_secs.to_bits(), (f64::from(sample) / f64::from(rate_hz)).to_bits());
                sample += 1;
            }
        }
        assert_eq!(sample as u32, rate_hz / 2);
    }
}

#[test]
fn a_loop_wraps_at_its_exact_sample_at_every_speed() {
    let mut transport = Transport::new(tracks(1.0), RATE_HZ);
    transport.set_loop(Some((0.1, 0.15)));
    let heard = samples(transport.frames(4800 + 3 * 2400, 0));
    let expected: Vec<u64> = (0..4800).chain((0..3).flat_map(|_| 4800..7200)).collect();
    assert_eq!(heard, expected);

    // 2400 samples are no whole number of steps: what is beyond the end is beyond the start.
    transport.set_speed(3.5);
    transport.seek(0.1);
    for (index, frame) in transport.frames(3000, 0).iter().enumerate() {
        let expected = 4800.0 + index as f64 * 3.5 % 2400.0;
        assert!((frame.position_secs * f64::from(RATE_HZ) - expected).abs() < 1e-6, "{index}");
    }

    // Behind the loop's end there is its start; a loop in the wrong order, or too short, is put right.
    transport.set_speed(1.0);
    transport.seek(0.9);
    assert_eq!(samples(transport.frames(1, 0)), [4800]);
    transport.set_loop(Some((1.0, 0.9999)));
    transport.seek(0.995);
    assert_eq!(samples(transport.frames(1, 0)), [47_760]);
    assert_eq!(samples(transport.frames(480, 0)).last(), Some(&47_760));
    transport.set_loop(None);
    assert!(!transport.frames(480, 0).is_empty());
    assert!(transport.has_ended());
}

#[test]
fn speed_warps_the_instants_and_one_makes_them_whole_again() {
    let mut transport = Transport::new(tracks(1.0), RATE_HZ);
    transport.set_speed(0.3);
    let slow = transport.frames(100, 0).to_vec();
    for (index, frame) in slow.iter().enumerate() {
        let place = index as f64 * 0.3;
        assert!((frame.field[0] - sine(440.0, (place + 0.5) / f64::from(RATE_HZ))).abs() < 1e-6);
    }
    transport.set_speed(1.0);
    let place = transport.position_secs() * f64::from(RATE_HZ);
    assert!((place - place.round()).abs() < 1e-9);
    transport.set_speed(f64::NAN);
    transport.set_speed(100.0);
    let fast = samples(transport.frames(2, 0));
    assert_eq!(fast[1] - fast[0], 4);
    transport.seek(f64::INFINITY);
    assert!(transport.has_ended());
}

#[test]
fn other_tracks_fade_in_and_nothing_is_heard_of_what_is_no_number() {
    fn high(_: f64, _: usize) -> f32 {
        1.0
    }
    fn broken(_: f64, _: usize) -> f32 {
        f32::NAN
    }
    let one = |value| Tracks { field: tone(1.0, value), source: None, source_gain: 1.0 };
    let mut transport = Transport::new(one(broken), RATE_HZ);
    assert!(transport.frames(100, 0).iter().all(|frame| frame.field.map(f32::to_bits) == [0; 2]));
    transport.replace(one(high));
    let mut values = Vec::new();
    while values.len() < 2 * RAMP {
        values.extend(transport.frames(100, 0).iter().map(|frame| frame.field[0]));
    }
    assert!(values[0] > 0.0 && largest_step(&values) <= 1.001 / RAMP as f32);
    assert_eq!(values[RAMP..], vec![1.0; values.len() - RAMP]);
    assert!((transport.position_secs() - (100 + values.len()) as f64 / f64::from(RATE_HZ)).abs() < 1e-12);
}

#[test]
fn playing_begins_by_a_ramp_and_is_the_field_bit_for_bit_then() {
    let mut rig = Rig::playing(tracks(1.0));
    let heard = rig.hear(4800);
    for (sample, value) in heard.iter().enumerate() {
        let gain = ((sample + 1) as f32 / RAMP as f32).min(1.0);
        let expected = gain * sine(440.0, instant(sample));
        assert!((value - expected).abs() < 2e-6, "{sample}: {value} {expected}");
        assert!(sample < RAMP || value.to_bits() == expected.to_bits());
    }
    assert_eq!(rig.meter.xruns(), 0);
    assert!((rig.position_secs() - 0.1).abs() < 1e-6);
}

#[test]
fn field_and_source_change_places_without_gap_or_click() {
    let mut rig = Rig::playing(tracks(1.0));
    let mut heard = rig.hear(960);
    rig.obey(Command::Listen(Listen::Source));
    heard.extend(rig.hear(960));
    rig.obey(Command::Listen(Listen::Field));
    heard.extend(rig.hear(960));
    // At most both slopes, and a step of the ramp of both amplitudes.
    let slope = (TAU * (440.0 * 0.5 + 660.0 * 0.25) / f64::from(RATE_HZ)) as f32;
    assert!(largest_step(&heard) < slope + (0.5 + 0.25) / RAMP as f32);
    for (sample, value) in heard.iter().enumerate().skip(RAMP) {
        let (field, source) = (sine(440.0, instant(sample)), 0.5 * sine(660.0, instant(sample)));
        // How far from the field to the source, in closed form.
        let way = match sample {
            ..960 => 0.0,
            960..1920 => ((sample - 959) as f32 / RAMP as f32).min(1.0),
            _ => 1.0 - ((sample - 1919) as f32 / RAMP as f32).min(1.0),
        };
        assert!((value - (field + way * (source - field))).abs() < 1e-5, "{sample}");
    }
}

#[test]
fn a_residual_is_the_source_less_the_field_by_its_gain() {
    let mut rig = Rig::playing(Tracks { field: tone(1.0, a), source: Some(tone(1.0, a)), source_gain: 0.1 });
    rig.obey(Command::Listen(Listen::Residual { gain_db: 40.0 }));
    assert_eq!(rig.hear(960)[RAMP..], [0.0; 960 - RAMP]);

    let mut rig = Rig::playing(tracks(1.0));
    rig.obey(Command::Listen(Listen::Residual { gain_db: -20.0 }));
    for (sample, value) in rig.hear(960).iter().enumerate().skip(RAMP) {
        let expected = 0.1 * (sine(660.0, instant(sample)) - sine(440.0, instant(sample)));
        assert!((value - expected).abs() < 1e-6, "{sample}");
    }

    // Without a source there is nothing but the field.
    let mut rig = Rig::playing(Tracks { source: None, ..tracks(1.0) });
    rig.obey(Command::Listen(Listen::Source));
    assert_eq!(rig.deck.listen(), Listen::Field);
    assert_eq!(rig.hear(960)[RAMP].to_bits(), sine(440.0, instant(RAMP)).to_bits());
    rig.obey(Command::Replace(tracks(1.0)));
    assert_eq!(rig.deck.listen(), Listen::Source);
}

#[test]
fn volume_is_exact_after_its_ramp() {
    let mut rig = Rig::playing(tracks(1.0));
    rig.hear(480);
    rig.obey(Command::Volume(-6.0));
    let heard = rig.hear(480);
    let gain = 10f32.powf(-6.0 / 20.0);
    for (index, value) in heard.iter().enumerate().skip(RAMP) {
        assert_eq!(value.to_bits(), (gain * sine(440.0, instant(480 + index))).to_bits());
    }
    rig.obey(Command::Volume(f32::NAN));
    rig.obey(Command::Volume(f32::NEG_INFINITY));
    assert_eq!(rig.hear(480)[RAMP..], [0.0; RAMP]);
}

#[test]
fn a_seek_drops_what_was_made_before_and_sounds_within_two_ramps() {
    let mut rig = Rig::playing(tracks(2.0));
    let mut heard = rig.hear(960);
    // However full the ring is of what is not to be heard any more.
    while rig.deck.produce() {}
    rig.obey(Command::Seek(1.0));
    assert!((rig.position_secs() - 1.0).abs() < 1e-9, "it is shown before it is heard");
    heard.extend(rig.hear(960));
    for (index, value) in heard.iter().enumerate().skip(960) {
        let (out, into) = (index - 960, (index - 960).saturating_sub(RAMP));
        let expected = if out < RAMP {
            (1.0 - (out + 1) as f32 / RAMP as f32) * sine(440.0, instant(index))
        } else {
            ((into + 1) as f32 / RAMP as f32).min(1.0) * sine(440.0, instant(48_000 + into))
        };
        assert!((value - expected).abs() < 2e-6, "{index}: {value} {expected}");
    }
    assert_eq!(rig.meter.xruns(), 0);
    assert!((rig.position_secs() - (1.0 + (960 - RAMP) as f64 / f64::from(RATE_HZ))).abs() < 1e-6);
}

#[test]
fn a_mixer_takes_frames_of_its_generation_alone() {
    let (mut ring, consumer) = rtrb::RingBuffer::new(4096);
    let (controls, meter) = (Arc::<Controls>::default(), Arc::<Meter>::default());
    let mut mixer = Mixer::new(consumer, Arc::clone(&controls), Arc::clone(&meter), RATE_HZ);
    let mut push = |generation: u32, value: f32| {
        for _ in 0..1000 {
            let frame = Frame { field: [value; 2], generation, is_mono: true, ..Frame::default() };
            ring.push(frame).expect("there is room");
        }
    };
    push(0, 0.25);
    push(1, 0.5);
    push(2, 0.75);
    controls.set_playing(true);
    let mut out = [0f32; 480];
    let mut last = |mixer: &mut Mixer| {
        mixer.fill(&mut out, 1);
        out[479]
    };
    assert_eq!(last(&mut mixer).to_bits(), 0.25f32.to_bits());
    last(&mut mixer);
    last(&mut mixer);
    assert!(last(&mut mixer).abs() < 1e-9 && meter.xruns() == 2, "later frames wait");
    controls.set_generation(2);
    assert_eq!(last(&mut mixer).to_bits(), 0.75f32.to_bits());
    assert!(ring.slots() >= 4096 - 1000, "earlier ones are dropped");
}

#[test]
fn many_seeks_in_a_row_are_borne_and_the_last_one_counts() {
    let mut rig = Rig::playing(tracks(2.0));
    rig.hear(960);
    for seek in 0..1000 {
        rig.obey(Command::Seek(f64::from(seek) * 0.001));
        rig.deck.produce();
    }
    rig.hear(4800);
    let waited = RAMP as f64 / f64::from(RATE_HZ);
    assert!((rig.position_secs() - (0.999 + 0.1 - waited)).abs() < 0.02);
}

#[test]
fn a_pause_keeps_its_place_and_is_no_fault() {
    let mut rig = Rig::playing(tracks(1.0));
    let mut heard = rig.hear(960);
    rig.obey(Command::Pause);
    heard.extend(rig.hear(4800));
    assert_eq!(heard[960 + RAMP..], vec![0.0; 4800 - RAMP]);
    let rest_secs = rig.position_secs();
    assert!((rest_secs - (960 + RAMP) as f64 / f64::from(RATE_HZ)).abs() < 1e-6);
    rig.obey(Command::Play);
    heard.extend(rig.hear(960));
    let resumed = sine(440.0, instant(960 + RAMP + RAMP));
    assert!((heard[960 + 4800 + RAMP] - resumed).abs() < 1e-6);
    assert!(largest_step(&heard) < (TAU * 440.0 * 0.5 / f64::from(RATE_HZ)) as f32 + 0.5 / RAMP as f32);
    assert_eq!(rig.meter.xruns(), 0);
}

#[test]
fn a_loop_is_heard_without_a_gap() {
    let mut rig = Rig::new();
    rig.obey(Command::Load(tracks(1.0)));
    rig.obey(Command::Seek(0.25));
    // 44 periods of 440 Hz.
    rig.obey(Command::Loop(Some((0.2, 0.3))));
    rig.obey(Command::Play);
    let heard = rig.hear(48_000);
    for (index, value) in heard.iter().enumerate().skip(RAMP) {
        let sample = 9600 + (12_000 - 9600 + index) % 4800;
        assert_eq!(value.to_bits(), sine(440.0, instant(sample)).to_bits(), "{index}");
    }
    assert!((0.2..0.3).contains(&rig.position_secs()));
    rig.obey(Command::Loop(None));
    rig.hear(48_000);
    assert!(!rig.controls.is_playing());
    assert_eq!(rig.meter.xruns(), 0);
}

#[test]
fn it_rests_at_the_end_and_begins_anew() {
    let mut rig = Rig::playing(tracks(0.1));
    let heard = rig.hear(9600);
    assert!(heard[4799].abs() > 0.0 && heard[4800 + RAMP..] == vec![0.0; 4800 - RAMP]);
    assert!(!rig.controls.is_playing());
    assert!((rig.position_secs() - 0.1).abs() < 1e-12);
    assert_eq!(rig.meter.xruns(), 0, "an end is no fault");
    rig.obey(Command::Play);
    assert!(rig.position_secs().abs() < 1e-12);
    let heard = rig.hear(480);
    assert_eq!(heard[RAMP].to_bits(), sine(440.0, instant(RAMP)).to_bits());

    // A loop or another place makes it go on from there.
    rig.hear(9600);
    rig.obey(Command::Seek(0.05));
    rig.obey(Command::Play);
    assert!((rig.position_secs() - 0.05).abs() < 1e-12);
    rig.hear(9600);
    rig.obey(Command::Loop(Some((0.02, 0.08))));
    rig.obey(Command::Play);
    rig.hear(9600);
    assert!(rig.controls.is_playing() && (0.02..0.08).contains(&rig.position_secs()));
}

#[test]
fn an_empty_ring_is_silence_and_counted_and_time_stands_still() {
    let mut rig = Rig::playing(tracks(1.0));
    rig.hear(480);
    let mut out = vec![0f32; 48_000];
    rig.mixer.fill(&mut out, 1);
    assert_eq!(rig.meter.xruns(), 1);
    assert_eq!(out[40_000..], vec![0.0; 8000]);
    rig.now_ns += 1_000_000_000;
    let position_secs = rig.position_secs();
    rig.mixer.fill(&mut out, 1);
    assert_eq!(rig.meter.xruns(), 2);
    assert_eq!(out, vec![0.0; 48_000]);
    rig.now_ns += 1_000_000_000;
    assert_eq!(rig.position_secs().to_bits(), position_secs.to_bits());
    // Then it goes on from there.
    rig.hear(480);
    assert!((rig.position_secs() - position_secs - 0.01).abs() < 1e-6);

    let mut empty = Rig::new();
    empty.controls.set_playing(true);
    empty.mixer.fill(&mut out, 2);
    assert_eq!((empty.meter.xruns(), out.iter().all(|value| *value == 0.0)), (1, true));
}

#[test]
fn every_format_and_number_of_channels_is_served() {
    fn sides(_: f64, channel: usize) -> f32 {
        [0.25, -2.0][channel]
    }
    let stereo = Tracks {
        field: Arc::new(Wave { channels: 2, duration_secs: 1.0, value: sides }),
        source: None,
        source_gain: 1.0,
    };
    let mut rig = Rig::playing(stereo.clone());
    while rig.deck.produce() {}
    let mut floats = [0f32; 4 * 480];
    rig.mixer.fill(&mut floats, 4);
    assert!((floats[4 * 479 + 1] + 1.0).abs() < 1e-6, "beyond full scale it is cut");
    assert_eq!((floats[4 * 479], &floats[4 * 479 + 2..]), (0.25, &[0.0, 0.0][..]));
    assert!(rig.meter.take_clipped() > 300 && rig.meter.take_clipped() == 0);
    assert_eq!((rig.meter.take_peaks(), rig.meter.take_peaks()), ([0.25, 2.0], [0.0; 2]));
    let mut shorts = [0i16; 960];
    rig.mixer.fill(&mut shorts, 2);
    assert_eq!(shorts[..2], [8192, -32_768]);
    let mut words = [0u16; 960];
    rig.mixer.fill(&mut words, 2);
    assert_eq!(words[..2], [32_768 + 8192, 0]);
    let mut longs = [0i32; 960];
    rig.mixer.fill(&mut longs, 2);
    assert_eq!(longs[..2], [1 << 29, i32::MIN]);

    let mut rig = Rig::playing(tracks(1.0));
    while rig.deck.produce() {}
    rig.mixer.fill(&mut floats, 4);
    assert!(floats.chunks(4).all(|frame| frame.iter().all(|value| value.to_bits() == frame[0].to_bits())));
}

#[test]
fn the_callback_neither_allocates_nor_frees() {
    let mut rig = Rig::playing(tracks(1.0));
    let mut floats = vec![0f32; 4096];
    let mut shorts = vec![0i16; 4096];
    let commands = [
        Command::Listen(Listen::Source),
        Command::Seek(0.5),
        Command::Pause,
        Command::Volume(-3.0),
        Command::Play,
        Command::Loop(Some((0.5, 0.51))),
        Command::Listen(Listen::Residual { gain_db: 12.0 }),
        Command::Unload,
        Command::Play,
    ];
    for command in commands {
        rig.obey(command);
        while rig.deck.produce() {}
        assert_no_alloc(|| {
            rig.mixer.fill(&mut floats, 2);
            rig.mixer.fill(&mut shorts, 2);
            rig.mixer.fill(&mut shorts, 1);
        });
    }
}

#[test]
fn the_place_that_is_heard_follows_loops_and_jumps_behind_the_device() {
    let mut rig = Rig::playing(tracks(1.0));
    rig.obey(Command::Loop(Some((0.0, 0.1))));
    // A device that plays 200 ms after it asked.
    let late_ns = 200_000_000;
    let mut out = [0f32; 480];
    let heard_at = |rig: &Rig, ms: u64| rig.meter.heard(&rig.controls, ms * 1_000_000).position_secs;
    for call in 0..50 {
        while rig.deck.produce() {}
        rig.mixer.set_heard_at(Duration::from_nanos(call * 10_000_000 + late_ns));
        rig.mixer.fill(&mut out, 1);
    }
    assert!(heard_at(&rig, 100).abs() < 1e-9, "nothing is heard yet");
    for ms in 201..690 {
        let expected = (ms - 200) as f64 * 1e-3 % 0.1;
        let error = (heard_at(&rig, ms) - expected).abs();
        assert!(error < 1e-6 || (error - 0.1).abs() < 1e-6, "{ms} ms: {}", heard_at(&rig, ms));
    }
    assert!((heard_at(&rig, 9000) - 0.1).abs() < 1e-6, "it does not run ahead of a device that stands");
}

#[test]
fn another_device_goes_on_from_what_is_heard() {
    let mut rig = Rig::playing(tracks(1.0));
    rig.hear(24_000);
    rig.mixer = rig.deck.connect(44_100, rig.now_ns);
    assert!(rig.controls.is_playing() && (rig.position_secs() - 0.5).abs() < 1e-4);
    while rig.deck.produce() {}
    let mut out = [0f32; 441];
    rig.mixer.fill(&mut out, 1);
    assert!((out[440] - sine(440.0, (22_050.0 + 440.5) / 44_100.0)).abs() < 1e-6);
}

#[test]
fn tracks_that_panic_are_given_up() {
    fn fail(at: f64, _: usize) -> f32 {
        assert!(at < 0.05, "this panic is part of the test");
        0.0
    }
    let mut rig = Rig::playing(Tracks { field: tone(1.0, fail), source: None, source_gain: 1.0 });
    rig.hear(9600);
    assert!(rig.deck.take_failure() && !rig.deck.take_failure());
    assert!(!rig.controls.is_playing());
    rig.obey(Command::Play);
    assert!(!rig.controls.is_playing());
    rig.obey(Command::Load(tracks(1.0)));
    rig.obey(Command::Play);
    assert!(rig.hear(4800).iter().any(|value| *value != 0.0));
}

/// Whatever outputs this machine has, or none: a sound of silence plays, jumps and ends.
#[test]
fn a_player_plays_with_or_without_a_device() -> Result<(), AudioError> {
    fn silence(_: f64, _: usize) -> f32 {
        0.0
    }
    let player = Player::start(|| {})?;
    let until = |what: &str, is_so: &dyn Fn() -> bool| {
        let start = Instant::now();
        while !is_so() {
            assert!(start.elapsed() < Duration::from_secs(20), "{what}: {:?}", player.state());
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    player.send(Command::Load(Tracks { field: tone(60.0, silence), source: None, source_gain: 1.0 }))?;
    until("loaded", &|| player.state().duration_secs > 59.0);
    assert!(!player.state().is_playing && player.state().position_secs.abs() < 1e-9);
    player.send(Command::Play)?;
    until("plays", &|| player.state().is_playing && player.state().position_secs > 0.05);
    player.send(Command::Seek(59.9))?;
    until("ends", &|| !player.state().is_playing);
    assert!((player.state().position_secs - 60.0).abs() < 1e-9);
    player.send(Command::Device(Some("no such device".into())))?;
    until("says so", &|| player.state().notice.is_some_and(|notice| notice.contains("no such device")));
    player.send(Command::Unload)?;
    until("is empty", &|| player.state().duration_secs == 0.0);
    Ok(())
}
