use hyperscope::field::{Activation, Architecture, Encoding, Field, FieldKind, FieldRecord, Layer};

/// An object field of one layer, without an encoding: logits are linear in the place.
fn linear(weight: [[f32; 4]; 3], bias: [f32; 4], near: f32, far: f32, gain: f32) -> FieldRecord {
    let architecture = Architecture {
        layers: 1,
        encoding: Encoding::Identity,
        activation: Activation::Relu,
        density_gain: Some(gain),
        ..Architecture::live_object()
    };
    let layer = Layer { weight: weight.concat(), bias: bias.to_vec() };
    let field = Field::new(architecture, vec![layer]).unwrap();
    let kind = FieldKind::Object { near, far };
    FieldRecord {
        field,
        others: Vec::new(),
        kind,
        source: None,
        model: None,
        extra: std::collections::BTreeMap::new(),
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The law of Beer and Lambert: constant density and colour, the direction not of unit length, so that depths are
/// along the axis.
#[test]
fn constant_density_lets_through_what_its_depth_says() {
    let record = linear([[0.0; 4]; 3], [2.0, 0.0, -1.0, 0.35], 1.0, 3.0, 2.0);
    let [seen] = record.trace(&[[0.0, 0.0, 4.0, 0.3, -0.2, -1.0]], 64)[..] else { panic!("not one ray") };
    // The samples reach from near to far, and the last one a thousandth further.
    let alpha = 1.0 - (-0.7f64 * 2.001).exp();
    assert!((f64::from(seen.alpha) - alpha).abs() < 1e-5, "{} and {alpha}", seen.alpha);
    for (found, logit) in seen.color.iter().zip([2.0, 0.0, -1.0]) {
        assert!((f64::from(*found) - alpha * sigmoid(logit)).abs() < 1e-5);
    }
    let on_blue = seen.on([0.0, 0.0, 1.0]);
    assert!((f64::from(on_blue[2]) - (alpha * sigmoid(-1.0) + 1.0 - alpha)).abs() < 1e-5);
}

/// Density grows from the plane z = 0 on: nothing before it, and `exp(-s^2 / 2)` is left after a way of `s` beyond.
#[test]
fn a_ramp_of_density_begins_at_its_plane() {
    let mut weight = [[0.0; 4]; 3];
    weight[2][3] = -1.0;
    let record = linear(weight, [0.0; 4], 3.0, 5.0, 1.0);
    let [seen] = record.trace(&[[0.0, 0.0, 4.0, 0.0, 0.0, -1.0]], 4_096)[..] else { panic!("not one ray") };
    let alpha = 1.0 - (-0.5f64).exp();
    assert!((f64::from(seen.alpha) - alpha).abs() < 1e-3, "{} and {alpha}", seen.alpha);
    // Mean depth: 5 - the integral of what is hidden, over [4, 5] in closed form.
    let hidden: f64 = (0..10_000).map(|k| (k as f64 + 0.5) / 1e4).map(|s| 1.0 - (-s * s / 2.0).exp()).sum();
    assert!((f64::from(seen.depth) - (5.0 - hidden / 1e4)).abs() < 1e-3, "{}", seen.depth);
}

/// An opaque wall hides what is behind it, whatever its colour.
#[test]
fn what_is_opaque_hides_what_is_behind() {
    let mut weight = [[0.0; 4]; 3];
    weight[2][0] = 1_000.0;
    // Red in front of the plane z = 0, none behind; opaque everywhere.
    let record = linear(weight, [0.0, -50.0, -50.0, 1e4], 3.0, 5.0, 10.0);
    let [seen] = record.trace(&[[0.0, 0.0, 4.0, 0.0, 0.0, -1.0]], 128)[..] else { panic!("not one ray") };
    assert!((seen.alpha - 1.0).abs() < 1e-6 && (seen.color[0] - 1.0).abs() < 1e-5 && seen.color[1] < 1e-6);
    assert!((seen.depth - 3.0).abs() < 1e-4, "{}", seen.depth);
}

/// A file keeps what an object needs, and one that lacks it is refused.
#[test]
fn object_files_keep_their_depths() {
    let record = linear([[0.5; 4]; 3], [0.1; 4], 2.5, 5.25, 10.0);
    let bytes = record.to_bytes(hyperscope::storage::Precision::F32).unwrap();
    assert_eq!(FieldRecord::from_bytes(&bytes).unwrap(), record);
    for (near, far) in [(0.0, 1.0), (3.0, 2.0), (f32::NAN, 2.0), (1.0, f32::INFINITY)] {
        let odd = FieldRecord { kind: FieldKind::Object { near, far }, ..record.clone() };
        let bytes = odd.to_bytes(hyperscope::storage::Precision::F32).unwrap();
        assert!(FieldRecord::from_bytes(&bytes).is_err(), "{near} to {far}");
    }
    let image = FieldRecord { kind: FieldKind::Image { width: 4, height: 4 }, ..record };
    let bytes = image.to_bytes(hyperscope::storage::Precision::F32).unwrap();
    assert!(FieldRecord::from_bytes(&bytes).is_err(), "a picture with three inputs");
}
