use std::f64::consts::TAU;
use std::time::{Duration, Instant};

use hyperscope::audio::{AudioError, Command, Player, Tracks, Transport};

use crate::rig::{RAMP, RATE_HZ, Rig, instant, largest_step, sine, tone, tracks};

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
    // What is in the ring, and the rest of the sound.
    rig.hear(60_000);
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
