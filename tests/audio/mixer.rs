use std::f64::consts::TAU;
use std::sync::Arc;

use assert_no_alloc::assert_no_alloc;
use hyperscope::audio::{Command, Controls, Frame, Listen, Meter, Mixer, Tracks};

use crate::rig::{RAMP, RATE_HZ, Rig, Wave, a, instant, largest_step, sine, tone, tracks};

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
