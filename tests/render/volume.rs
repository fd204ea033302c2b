//! Objects by WGSL: the bake against its CPU twin, and the field itself against the oracle.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyperscope::camera::Orbit;
use hyperscope::dataset::FOCAL;
use hyperscope::field::{
    Bake, CropBox, Field, FieldRecord, Layer, Occupancy, Sampling, Seen, Traced, Tracer,
};
use hyperscope::media::{ObjectFraming, ObjectSignal};
use hyperscope::model::{Model, SignalKind};
use hyperscope::render::{
    Backdrop, Drawn, EvaluatorKind, RenderError, VolumeFrame, VolumeMode, VolumeOffscreen, VolumePass,
    adapters, shaded,
};

use super::support::{device, painted};
use crate::common;

const MODES: [VolumeMode; 5] =
    [VolumeMode::Color, VolumeMode::Depth, VolumeMode::Normal, VolumeMode::Opacity, VolumeMode::Samples];

/// Red grows with x.
fn ball() -> FieldRecord {
    common::ball([0.0, 1.0, -1.0], 3.0)
}

/// The same field with hidden layers: each feature passes them as what it is above zero and what it is below.
fn with_hidden_layers(record: &FieldRecord) -> FieldRecord {
    let [Layer { weight, bias }] = record.field.layers() else { panic!("it has hidden layers already") };
    let features = weight.len() / 4;
    let hidden = 2 * features;
    let mut first = vec![0.0; features * hidden];
    let mut middle = vec![0.0; hidden * hidden];
    let mut last = vec![0.0; hidden * 4];
    for feature in 0..features {
        for (place, sign) in [(2 * feature, 1.0), (2 * feature + 1, -1.0)] {
            first[feature * hidden + place] = sign;
            middle[place * hidden + place] = 1.0;
            for output in 0..4 {
                last[place * 4 + output] = sign * weight[feature * 4 + output];
            }
        }
    }
    let mut architecture = record.field.architecture().clone();
    (architecture.layers, architecture.hidden) = (3, hidden);
    let layers = vec![
        Layer { weight: first, bias: vec![0.0; hidden] },
        Layer { weight: middle, bias: vec![0.0; hidden] },
        Layer { weight: last, bias: bias.clone() },
    ];
    FieldRecord { field: Field::new(architecture, layers).unwrap(), ..record.clone() }
}

/// What the bundled model writes for its sample: soft surfaces.
fn armchair() -> FieldRecord {
    let picture = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/samples/armchair.png"));
    let signal = ObjectSignal::load("armchair.png", &picture.unwrap(), &ObjectFraming::default()).unwrap();
    let model = Model::bundled(SignalKind::Object).unwrap();
    let side = model.config().input_size as u32;
    let camera = Orbit::canonical(FOCAL).camera(side, side);
    model.encode_object(&[(signal.input(side), camera)], None).unwrap().record
}

fn frame(viewport_px: (u32, u32), samples: usize) -> VolumeFrame {
    VolumeFrame {
        place: Orbit::canonical(1.85).seen_from(0.5, 0.3),
        viewport_px,
        mode: VolumeMode::Color,
        crop: CropBox::ALL,
        backdrop: Backdrop::Color([1.0; 3]),
        samples,
        is_moving: false,
    }
}

fn bake(record: &FieldRecord) -> Bake {
    Bake::of(record, Occupancy::of(record), 3)
}

fn has_adapter() -> bool {
    let has_adapter = !adapters().is_empty();
    if !has_adapter {
        println!("skipped: there is no graphics adapter on this machine");
    }
    has_adapter
}

/// The largest and the mean difference.
fn differences(pairs: impl Iterator<Item = (f32, f32)>) -> (f32, f32) {
    let each: Vec<f32> = pairs.map(|(found, expected)| (found - expected).abs()).collect();
    (each.iter().copied().fold(0.0, f32::max), each.iter().sum::<f32>() / each.len() as f32)
}

#[test]
fn the_shader_draws_the_bake_as_the_processor_does() {
    if !has_adapter() {
        return;
    }
    let record = ball();
    let bake = bake(&record);
    let screen = VolumeOffscreen::open(&with_hidden_layers(&record), &bake).unwrap();
    let whole = VolumeFrame { is_moving: true, ..frame((50, 36), 64) };
    let cut = CropBox { low: [f32::NEG_INFINITY, -0.2, f32::NEG_INFINITY], high: [f32::INFINITY; 3] };
    let frames = MODES.map(|mode| VolumeFrame { mode, ..whole });
    let sampling = Sampling::of(&record, 64).unwrap();
    for frame in frames.into_iter().chain([VolumeFrame { crop: cut, ..whole }]) {
        let found = screen.draw_baked(&frame, &sampling).unwrap();
        let rays = frame.place.camera(50, 36).pixel_rays();
        let seen = bake.draw(&rays, &sampling, &frame.crop);
        let mut differences = Vec::new();
        for ((found, seen), ray) in found.iter().zip(seen).zip(&rays) {
            let traced = Traced { seen, evaluated: 0 };
            let expected = shaded(frame.mode, &traced, ray, &frame.place, &sampling, &bake);
            differences.extend(found.iter().zip(expected).map(|(a, b)| f64::from(a.abs_diff(b))));
        }
        let mean = differences.iter().sum::<f64>() / differences.len() as f64;
        let is_near = differences.iter().filter(|difference| **difference <= 6.0).count();
        // The device keeps the grid in 16 bits and interpolates with 8; a normal of almost nothing may point anywhere.
        assert!(mean < 1.5, "{:?}: {mean} of 255 in the mean", frame.mode);
        assert!(
            is_near * 100 >= differences.len() * 97,
            "{:?}: {is_near} of {}",
            frame.mode,
            differences.len()
        );
    }
}

/// The kernel's pictures on white, within what the window's badge promises, and with a part of the evaluations.
#[test]
fn the_kernel_draws_what_the_oracle_draws_with_a_part_of_its_samples() {
    if !has_adapter() {
        return;
    }
    let ball = ball();
    let deep = with_hidden_layers(&ball);
    // A picture that no square of the kernel's fits into evenly, and a camera that stands nearer.
    let near =
        VolumeFrame { place: Orbit { distance: 3.1, ..frame((1, 1), 1).place }, ..frame((37, 27), 64) };
    let armchair = armchair();
    let cases = [
        ("ball", &deep, &ball, frame((37, 27), 128)),
        ("ball from nearby", &deep, &ball, near),
        ("armchair", &armchair, &armchair, frame((32, 32), 128)),
    ];
    for (name, record, oracle, frame) in cases {
        let sampling = Sampling::of(record, frame.samples).unwrap().moved(frame.place.depth_offset() as f32);
        let mut screen = VolumeOffscreen::open(record, &bake(record)).unwrap();
        let (found, evaluated) = screen.draw_exact(&frame, &sampling).unwrap();
        let (width, height) = frame.viewport_px;
        let expected = oracle.trace_between(&frame.place.camera(width, height).pixel_rays(), &sampling);
        assert_eq!(found.len(), expected.len());
        let on_white = |(found, expected): (&[f32; 4], &Seen)| {
            let expected = expected.on([1.0; 3]);
            [0, 1, 2].map(|channel| (found[channel] + 1.0 - found[3], expected[channel]))
        };
        let (most, mean) = differences(found.iter().zip(&expected).flat_map(on_white));
        println!("{name}: {most} at most, {mean} in the mean, {evaluated} evaluations");
        assert!(most < 1e-2 && mean < 1e-3, "{name}: {most} at most, {mean} in the mean");
        let all = found.len() * frame.samples;
        assert!(evaluated > 0 && evaluated * 2 < all as u64, "{name}: {evaluated} of {all}");
        let is_seen = expected.iter().filter(|seen| seen.alpha > 0.5).count();
        assert!(is_seen * 10 > found.len(), "{name}: {is_seen} pixels show anything");
    }
}

/// Every mode, and a box that cuts, as the processor's tracer has them.
#[test]
fn the_kernel_shades_as_the_processor_does() {
    if !has_adapter() {
        return;
    }
    let record = with_hidden_layers(&ball());
    let bake = Arc::new(bake(&record));
    let tracer = Tracer::new(&record, Arc::clone(&bake));
    let mut screen = VolumeOffscreen::open(&record, &bake).unwrap();
    let whole = frame((40, 30), 64);
    let sampling = Sampling::of(&record, 64).unwrap();
    let rays = whole.place.camera(40, 30).pixel_rays();
    let cut = CropBox { low: [f32::NEG_INFINITY, -0.2, f32::NEG_INFINITY], ..CropBox::ALL };
    let frames = MODES.map(|mode| VolumeFrame { mode, ..whole });
    for frame in frames.into_iter().chain([VolumeFrame { crop: cut, ..whole }]) {
        let (found, evaluated) = screen.draw_exact(&frame, &sampling).unwrap();
        // The kernel looks at nothing beyond the bake, as the window wants it.
        let traced = tracer.trace(&rays, &sampling, &frame.crop.common(&CropBox::of_bake()));
        let counts = traced.iter().map(|traced| u64::from(traced.evaluated)).sum::<u64>();
        // It knows a ray's light where the processor guesses it by the bake.
        assert!(evaluated.abs_diff(counts) * 50 < counts, "{:?}: {evaluated} and {counts}", frame.mode);
        let expected = traced.iter().zip(&rays).flat_map(|(traced, ray)| {
            shaded(frame.mode, traced, ray, &frame.place, &sampling, &bake)
                .map(|value| f32::from(value) / 255.0)
        });
        let found = found.iter().flatten().map(|value| value.clamp(0.0, 1.0));
        let (_, mean) = differences(found.zip(expected));
        assert!(mean < 2e-3, "{:?}: {mean} in the mean", frame.mode);
    }
}

#[test]
fn a_field_that_the_kernel_cannot_draw_is_refused() {
    if !has_adapter() {
        return;
    }
    // It has no hidden layer.
    let record = ball();
    let refused = VolumeOffscreen::open(&record, &bake(&record));
    assert!(matches!(refused.err(), Some(RenderError::FieldTooLarge(_))));
}

/// Frames until an object's picture is done, and what is then seen on white.
fn settled(
    (device, queue): &(wgpu::Device, wgpu::Queue),
    pass: &mut VolumePass,
    frame: &VolumeFrame,
) -> (Vec<f32>, Drawn) {
    let begun = Instant::now();
    loop {
        let state = pass.frame(device, queue, frame);
        if state.is_done {
            let format = wgpu::TextureFormat::Rgba8Unorm;
            return (
                painted(device, queue, format, frame.viewport_px, |target| pass.paint(target)),
                state.drawn,
            );
        }
        assert!(begun.elapsed() < Duration::from_mins(2), "not done after two minutes: {state:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// In the window: the bake while anything moves, the field itself once it rests, whoever evaluates; and a field that the
/// device refuses is drawn by the processor, with a word of it.
#[test]
fn a_view_at_rest_becomes_exact_whoever_evaluates() {
    let Some(graphics) = device() else { return };
    let ball = ball();
    let (deep, flat) = (Arc::new(with_hidden_layers(&ball)), Arc::new(ball.clone()));
    for (kind, record, is_refused) in [
        (EvaluatorKind::Cpu, &deep, false),
        (EvaluatorKind::Gpu, &deep, false),
        (EvaluatorKind::Gpu, &flat, true),
    ] {
        let format = wgpu::TextureFormat::Rgba8Unorm;
        let wake = Arc::new(|| {});
        let mut pass = VolumePass::new(&graphics.0, &graphics.1, format, kind, wake).unwrap();
        pass.set_field(Some(Arc::clone(record)));
        let first = VolumeFrame { is_moving: true, ..frame((45, 33), 128) };
        let (_, drawn) = settled(&graphics, &mut pass, &first);
        assert!(matches!(drawn, Drawn::Baked { .. }), "{kind:?}: {drawn:?}");
        // Another view, and then back: what is exact is of the view that is asked for.
        let away = VolumeFrame { place: Orbit::canonical(1.85).seen_from(-1.0, 0.6), ..frame((45, 33), 128) };
        pass.frame(&graphics.0, &graphics.1, &away);
        let wanted = frame((45, 33), 128);
        let (found, drawn) = settled(&graphics, &mut pass, &wanted);
        assert_eq!(drawn, Drawn::Exact { fraction: 1.0 });
        let expected = ball.trace(&wanted.place.camera(45, 33).pixel_rays(), 128);
        let expected = expected.iter().flat_map(|seen| seen.on([1.0; 3]));
        let (most, mean) = differences(found.iter().copied().zip(expected));
        // Two roundings to eight bits besides.
        assert!(most < 1e-2 + 2.0 / 255.0 && mean < 3e-3, "{kind:?}: {most} at most, {mean} in the mean");
        let complaint = pass.take_error();
        let is_said = matches!(complaint, Some(RenderError::FieldTooLarge(_)));
        assert_eq!((is_said, complaint.is_some()), (is_refused, is_refused), "{kind:?}: {complaint:?}");
        let is_evaluator = if is_refused { EvaluatorKind::Cpu } else { kind };
        assert_eq!(pass.evaluator(), is_evaluator);
    }
}
