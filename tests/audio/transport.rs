use std::sync::Arc;

use hyperscope::audio::{Tracks, Transport};

use crate::rig::{RATE_HZ, Wave, samples, sine, tracks};

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
