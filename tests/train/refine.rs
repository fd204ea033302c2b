use std::collections::BTreeMap;
use std::f32::consts::PI;
use std::sync::Arc;

use hyperscope::camera::{CANONICAL_DISTANCE, Camera, Intrinsics};
use hyperscope::field::{Activation, Architecture, Encoding, Field, FieldKind, FieldRecord, Layer, Region};
use hyperscope::media::{ObjectFraming, ObjectSignal, Picture};
use hyperscope::model::{Model, SignalKind};
use hyperscope::train::{Closeness, Optimizer, RefineConfig, Refiner, psnr_db, quality, ssim};
use safetensors::SafeTensors;

use crate::common;

fn record(field: Field, width: u32, height: u32) -> FieldRecord {
    let kind = FieldKind::Image { width, height };
    FieldRecord { field, others: Vec::new(), kind, source: None, model: None, extra: BTreeMap::new() }
}

fn golden_field(golden: &SafeTensors, prefix: &str) -> Field {
    let encoding = Encoding::Fourier { count: 12, min: PI, max: 1_024.0 * PI };
    let activation = Activation::Sine { omega0: 20.0, omega0_first: 30.0 };
    let live = Architecture::live_image();
    let architecture = Architecture { layers: 3, hidden: 8, encoding, activation, ..live };
    let numbers = |name: String| bytemuck::pod_collect_to_vec(golden.tensor(&name).unwrap().data());
    let layers = (0..3).map(|index| Layer {
        weight: numbers(format!("{prefix}.layers.{index}.weight")),
        bias: numbers(format!("{prefix}.layers.{index}.bias")),
    });
    Field::new(architecture, layers.collect()).unwrap()
}

/// A picture by a formula, `[side, side, 3]`.
fn waves(side: u32) -> Arc<Picture> {
    let mut rgb = Vec::new();
    for y in 0..side {
        for x in 0..side {
            let (u, v) = (x as f32 / side as f32, y as f32 / side as f32);
            rgb.extend([0.5 + 0.4 * (9.0 * u).sin(), 0.5 + 0.4 * (7.0 * v).cos(), 0.3 + 0.5 * u * v]);
        }
    }
    Arc::new(Picture::from_f32(side, side, &rgb).unwrap())
}

fn start() -> FieldRecord {
    let bytes = std::fs::read(common::golden("field_relu.safetensors")).unwrap();
    FieldRecord::from_bytes(&bytes).unwrap()
}

/// One pixel, so that the random draws cannot matter: 40 steps of `PyTorch`'s Adam in f64, and of Muon by
/// singular values.
#[test]
fn refining_follows_pytorch() {
    for (optimizer, end) in [(Optimizer::Adam, "end"), (Optimizer::Muon, "muon")] {
        follows(optimizer, end);
    }
}

fn follows(optimizer: Optimizer, end: &str) {
    let bytes = std::fs::read(common::golden("train.safetensors")).unwrap();
    let golden = SafeTensors::deserialize(&bytes).unwrap();
    let pixel = Arc::new(Picture::from_f32(1, 1, &[0.2, 0.9, 0.4]).unwrap());
    let config = RefineConfig {
        steps: 40,
        optimizer,
        learning_rate: 2e-3,
        pixels_per_step: 3,
        seed: 8,
        ..RefineConfig::default()
    };
    let mut refiner = Refiner::new(&record(golden_field(&golden, "start"), 1, 1), pixel, config).unwrap();
    while !refiner.is_finished() {
        refiner.step().unwrap();
    }
    let (found, expected) = (refiner.present().unwrap().field, golden_field(&golden, end));
    let start = golden_field(&golden, "start");
    let mut moved = 0.0_f32;
    for ((found, expected), start) in found.layers().iter().zip(expected.layers()).zip(start.layers()) {
        let pairs = found.weight.iter().chain(&found.bias).zip(expected.weight.iter().chain(&expected.bias));
        for ((found, expected), start) in pairs.zip(start.weight.iter().chain(&start.bias)) {
            assert!((found - expected).abs() < 2e-4, "{found}, not {expected}");
            moved = moved.max((expected - start).abs());
        }
    }
    assert!(moved > 0.01, "the steps are too small to show anything: {moved}");
}

#[test]
fn refining_climbs_keeps_the_best_and_says_what_it_did() {
    let reference = waves(40);
    let before = quality(&start().render(40, 40, Region::WHOLE), &reference);
    let config = RefineConfig { steps: 120, pixels_per_step: 512, ..RefineConfig::default() };
    let mut refiner = Refiner::new(&start(), Arc::clone(&reference), config).unwrap();
    for _ in 0..60 {
        refiner.step().unwrap();
    }
    let (stopped, quality_stopped) = refiner.best();
    assert!(quality_stopped.psnr_db() > before.psnr_db + 5.0, "{before:?} {quality_stopped:?}");
    let measured = quality(&stopped.render(40, 40, Region::WHOLE), &reference);
    assert_eq!(Closeness::Seen(measured), quality_stopped);
    assert!(stopped.extra["refined"].contains("\"steps\":60"));
    // The same seed gives the same field; a rate that destroys it is survived by the best.
    let run = |learning_rate: f64| {
        let config = RefineConfig { learning_rate, ..config };
        let mut refiner = Refiner::new(&start(), Arc::clone(&reference), config).unwrap();
        while !refiner.is_finished() && refiner.step().is_ok() {}
        refiner.best()
    };
    assert_eq!(run(3e-3).0, run(3e-3).0);
    assert!(run(1.0).1.psnr_db() >= before.psnr_db - 1e-9);
    for bad in [0.0, -1.0, f64::NAN, 2.0] {
        let config = RefineConfig { learning_rate: bad, ..config };
        assert!(Refiner::new(&start(), Arc::clone(&reference), config).is_err());
    }
}

#[test]
fn ssim_agrees_with_scikit_image() {
    let bytes = std::fs::read(common::golden("train.safetensors")).unwrap();
    let golden = SafeTensors::deserialize(&bytes).unwrap();
    let numbers =
        |name: &str| -> Vec<f32> { bytemuck::pod_collect_to_vec(golden.tensor(name).unwrap().data()) };
    let expected: Vec<f64> = bytemuck::pod_collect_to_vec(golden.tensor("ssim").unwrap().data());
    let found = ssim(&numbers("ssim.noisy"), &numbers("ssim.picture"), 31, 23);
    assert!((found - expected[0]).abs() < 1e-6, "{found}, not {}", expected[0]);
}

#[test]
fn psnr_is_what_its_formula_says() {
    assert!((psnr_db(&[0.5; 30], &[0.6; 30]) - 20.0).abs() < 1e-5);
    assert!(psnr_db(&[0.25; 3], &[0.25; 3]).is_infinite());
    // What lies outside [0, 1] is seen as its nearest bound.
    assert!(psnr_db(&[1.7, -0.3], &[1.0, 0.0]).is_infinite());
    let one = Picture::from_f32(5, 4, &[0.3; 60]).unwrap();
    assert!((quality(&one.to_f32(), &one).ssim - 1.0).abs() < 1e-12);
}

/// A single view says nothing of the other sides: what was predicted of them stays, nearer than steps towards the view
/// alone leave it, and the view itself comes closer all the same.
#[test]
fn other_sides_stay_as_they_were_predicted() {
    let (Some(sample), Some(_)) =
        (common::asset("samples/armchair.png"), common::asset("object.safetensors"))
    else {
        return;
    };
    let bytes = std::fs::read(sample).unwrap();
    let signal = ObjectSignal::load("armchair.png", &bytes, &ObjectFraming::default()).unwrap();
    let side =
        |azimuth: f64| Camera::orbiting(azimuth, 0.2, CANONICAL_DISTANCE, Intrinsics::square(48, 1.85));
    let reference = signal.input(96);
    let view = Camera::canonical(Intrinsics::square(96, 1.85));
    let views = Arc::new(vec![(reference, view)]);
    let predicted = Model::bundled(SignalKind::Object).unwrap().encode_object(&views, None).unwrap().record;
    let seen = |record: &FieldRecord| -> Vec<f32> {
        let rays: Vec<[f32; 6]> = [2.0, 3.1, 4.2].iter().flat_map(|at| side(*at).pixel_rays()).collect();
        record.trace(&rays, 64).iter().flat_map(|seen| seen.on([1.0; 3])).collect()
    };
    let refined = |recalled_part| {
        let config = RefineConfig { steps: 50, recalled_part, ..RefineConfig::of_object(1) };
        let mut refiner = Refiner::new(&predicted, Arc::clone(&views), config).unwrap();
        while !refiner.is_finished() {
            refiner.step().unwrap();
        }
        let reached = refiner.progress().psnr_db;
        (reached, psnr_db(&seen(&refiner.present().unwrap()), &seen(&predicted)))
    };
    let usual = RefineConfig::of_object(1);
    let start = Refiner::new(&predicted, Arc::clone(&views), usual).unwrap().progress().psnr_db;
    let (recalled, alone) = (refined(usual.recalled_part), refined(0.0));
    assert!(recalled.0 > start + 1.0 && alone.0 > start + 1.0, "{start}: {recalled:?} {alone:?}");
    assert!(recalled.1 > alone.1 + 3.0, "other sides: {recalled:?}, {alone:?} without");
}
