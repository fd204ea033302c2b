//! The engine, from command to event: what a window sees of it.

#![expect(clippy::unwrap_used, reason = "helpers of tests are not in test functions")]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hyperscope::camera::Orbit;
use hyperscope::engine::{
    Command, Engine, Event, ItemId, JobId, MeshConfig, ObjectExport, Origin, Reading, Stage,
};
use hyperscope::export::{FilmConfig, StillConfig};
use hyperscope::field::{CropBox, FieldRecord, Region};
use hyperscope::limits;
use hyperscope::media::{Framing, ObjectFraming, Picture, png_bytes};
use hyperscope::model::SignalKind;
use hyperscope::storage::Precision;
use hyperscope::train::{Closeness, RefineConfig, quality};

const PATIENCE: Duration = Duration::from_mins(2);

/// Events until one ends `job`, which is the last of them.
fn until_end(engine: &Engine, job: JobId) -> Vec<Event> {
    let begun = Instant::now();
    let mut seen = Vec::new();
    while begun.elapsed() < PATIENCE {
        for event in engine.drain() {
            let is_end = event.ended() == Some(job);
            seen.push(event);
            if is_end {
                return seen;
            }
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("{job:?} did not end: {seen:?}");
}

fn waves(side: u32) -> Picture {
    let value = |index: u32| ((index / 3 % side) as f32 * 0.31 + index as f32 * 0.0007).sin() * 0.5 + 0.5;
    let rgb: Vec<f32> = (0..side * side * 3).map(value).collect();
    Picture::from_f32(side, side, &rgb).unwrap()
}

fn photo() -> Origin {
    Origin::Bytes { name: "waves.png".into(), bytes: png_bytes(&waves(64)).unwrap().into() }
}

fn open(job: u64, origin: Origin) -> Command {
    Command::Open {
        job: JobId(job),
        item: ItemId(job),
        origin,
        reading: Reading {
            kind: None,
            framing: Framing::Crop,
            reference_side_px: limits::DEFAULT_REFERENCE_SIDE_PX,
            background: [255; 3],
            object: ObjectFraming::default(),
        },
    }
}

/// A small model, so that nothing but the golden files is needed.
fn with_model(engine: &Engine) {
    let origin = Some(Origin::Path(common::golden("model_residual.safetensors")));
    engine.send(Command::LoadModel { job: JobId(1), kind: SignalKind::Image, origin }).unwrap();
    let events = until_end(engine, JobId(1));
    let Some(Event::ModelReady { info, .. }) = events.last() else { panic!("{events:?}") };
    assert_eq!((info.input_side_px, info.identity.name.as_str()), (40, "model_residual.safetensors"));
}

#[test]
fn a_picture_becomes_a_field_that_is_refined_saved_and_exported() {
    let folder = tempfile::tempdir().unwrap();
    let wakes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&wakes);
    let wake = move || {
        counted.fetch_add(1, Ordering::Relaxed);
    };
    let engine = Engine::start(wake).unwrap();
    with_model(&engine);
    engine.send(open(2, photo())).unwrap();
    let events = until_end(&engine, JobId(2));
    let opened = events.iter().find_map(|event| match event {
        Event::Opened { signal, thumbnail, .. } => Some((signal.clone(), Arc::clone(thumbnail))),
        _ => None,
    });
    let (signal, thumbnail) = opened.unwrap();
    assert!(thumbnail.width() <= 96 && signal.picture().unwrap().width() == 64);
    let Some(Event::Encoded { encoded, .. }) = events.last() else { panic!("{events:?}") };
    let record = Arc::clone(&encoded.record);
    // What the event says is what the record gives.
    let own = quality(&record.render(64, 64, Region::WHOLE), signal.picture().unwrap());
    assert_eq!(encoded.closeness, Some(Closeness::Seen(own)));
    assert!(encoded.timings.is_some());

    let config = RefineConfig { steps: 100, pixels_per_step: 512, ..RefineConfig::default() };
    let (item, signal) = (ItemId(2), signal.clone());
    let refine =
        Command::Refine { job: JobId(3), item, record: Arc::clone(&record), signal, config, rivals: 2 };
    engine.send(refine).unwrap();
    let events = until_end(&engine, JobId(3));
    let Some(Event::Refined { encoded, steps, rivals_db, .. }) = events.last() else { panic!("{events:?}") };
    assert_eq!(*steps, 100);
    // What began with random weights has learned too, each from its own draw.
    let has_learned = rivals_db.iter().all(|rival| *rival > own.psnr_db + 3.0);
    assert!(
        rivals_db.len() == 2 && has_learned && (rivals_db[0] - rivals_db[1]).abs() > 1e-6,
        "{rivals_db:?}"
    );
    assert!(encoded.closeness.unwrap().psnr_db() > own.psnr_db + 3.0);
    let preview = engine.preview().unwrap();
    assert_eq!((preview.job, preview.progress.step), (JobId(3), 100));

    let field = folder.path().join("f.safetensors");
    let refined = Arc::clone(&encoded.record);
    engine
        .send(Command::SaveField { job: JobId(4), record: Arc::clone(&refined), path: field.clone() })
        .unwrap();
    assert!(matches!(until_end(&engine, JobId(4)).last(), Some(Event::Saved { .. })));
    assert_eq!(FieldRecord::read(&field).unwrap(), *refined);
    let picture = folder.path().join("p.png");
    let export = |job, path: &Path, size_px| Command::ExportImage {
        job: JobId(job),
        record: Arc::clone(&refined),
        path: path.into(),
        size_px,
    };
    engine.send(export(5, &picture, (200, 100))).unwrap();
    assert!(matches!(until_end(&engine, JobId(5)).last(), Some(Event::Saved { .. })));
    let written = hyperscope::media::decode(&std::fs::read(&picture).unwrap(), [0; 3]).unwrap();
    let expected = refined.render(200, 100, Region::WHOLE);
    assert_eq!((written.width(), written.height()), (200, 100));
    let difference = written.to_f32().iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(difference <= 0.51 / 255.0, "{difference}");
    assert!(wakes.load(Ordering::Relaxed) > 5);

    // The saved file opens as a field, whatever it is called.
    engine.send(open(6, Origin::Path(field))).unwrap();
    let events = until_end(&engine, JobId(6));
    let Some(Event::Encoded { encoded, .. }) = events.last() else { panic!("{events:?}") };
    assert_eq!((encoded.record.as_ref(), encoded.closeness), (refined.as_ref(), None));
}

#[test]
fn what_cannot_be_done_is_said_and_the_engine_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::start(|| {}).unwrap();
    with_model(&engine);
    let text =
        Origin::Bytes { name: "a.png".into(), bytes: b"not a picture at all, only words".as_slice().into() };
    let damaged = std::fs::read(common::golden("field_relu.safetensors")).unwrap();
    let mut nan = damaged.clone();
    let end = nan.len();
    nan[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    for (job, origin, expected) in [
        (10, text, "text"),
        (11, Origin::Path(folder.path().join("none.png")), "none.png"),
        (12, Origin::Bytes { name: "f".into(), bytes: nan.into() }, "not a finite number"),
        (13, Origin::Bytes { name: "f".into(), bytes: damaged[..damaged.len() / 2].into() }, ""),
        (14, Origin::Bytes { name: "e".into(), bytes: [].into() }, "empty"),
    ] {
        engine.send(open(job, origin)).unwrap();
        let events = until_end(&engine, JobId(job));
        let Some(Event::Failed { item, message, .. }) = events.last() else { panic!("{events:?}") };
        assert_eq!(*item, Some(ItemId(job)));
        assert!(message.contains(expected) && !message.is_empty(), "{message}");
    }
    let record = Arc::new(FieldRecord::from_bytes(&damaged).unwrap());
    for (job, path, size_px) in [
        (20, folder.path().join("p.xyz"), (8, 8)),
        (21, folder.path().join("p.png"), (0, 8)),
        (22, folder.path().join("p.png"), (60_000, 8)),
        (23, folder.path().join("none/p.png"), (8, 8)),
    ] {
        let record = Arc::clone(&record);
        engine.send(Command::ExportImage { job: JobId(job), record, path, size_px }).unwrap();
        assert!(matches!(until_end(&engine, JobId(job)).last(), Some(Event::Failed { .. })));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "something half-written was left");
    engine.send(open(30, photo())).unwrap();
    assert!(matches!(until_end(&engine, JobId(30)).last(), Some(Event::Encoded { .. })));
}

#[test]
fn weights_that_are_no_model_are_described() {
    let engine = Engine::start(|| {}).unwrap();
    let describe = |job: u64, name: &str| {
        engine.send(open(job, Origin::Path(common::golden(name)))).unwrap();
        match until_end(&engine, JobId(job)).pop() {
            Some(Event::Inspected { item, summary, details, .. }) => {
                assert_eq!(item, ItemId(job));
                (summary, details)
            }
            other => panic!("{other:?}"),
        }
    };
    let (summary, details) = describe(1, "backbones/clip_hf/pytorch_model.bin");
    assert!(summary.contains("CLIP-64/4, a backbone"), "{summary}");
    // As the files beside it say.
    assert!(details.contains("pixels: mean [0.4, 0.5, 0.6]"), "{details}");
    assert!(details.contains("0 missing") && details.contains("logit_scale"), "{details}");
    let (summary, details) = describe(2, "views.safetensors");
    assert!(summary.contains("not a field, a model or a known backbone"), "{summary}");
    assert!(details.contains("unexpected: "), "{details}");
    engine.send(open(3, Origin::Path(common::golden("backbones/refused_shell.pth")))).unwrap();
    let events = until_end(&engine, JobId(3));
    let Some(Event::Failed { message, .. }) = events.last() else { panic!("{events:?}") };
    assert!(message.contains("asks for posix.system"), "{message}");
}

#[test]
fn a_cancelled_refinement_keeps_the_best_and_others_queue_behind_it() {
    let engine = Engine::start(|| {}).unwrap();
    with_model(&engine);
    engine.send(open(2, photo())).unwrap();
    let events = until_end(&engine, JobId(2));
    let signal = events.iter().find_map(|event| match event {
        Event::Opened { signal, .. } => Some(signal.clone()),
        _ => None,
    });
    let (Some(signal), Some(Event::Encoded { encoded, .. })) = (signal, events.last()) else {
        panic!("{events:?}")
    };
    let config = RefineConfig { steps: 1_000_000, ..RefineConfig::default() };
    for job in [3, 4] {
        let (record, signal) = (Arc::clone(&encoded.record), signal.clone());
        engine
            .send(Command::Refine { job: JobId(job), item: ItemId(2), record, signal, config, rivals: 0 })
            .unwrap();
    }
    // While one refines, another picture is opened.
    engine.send(open(5, photo())).unwrap();
    assert!(matches!(until_end(&engine, JobId(5)).last(), Some(Event::Encoded { .. })));
    let begun = Instant::now();
    while engine.preview().is_none_or(|preview| preview.progress.step < 60) && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
    engine.send(Command::Cancel { job: JobId(4) }).unwrap();
    engine.send(Command::Cancel { job: JobId(3) }).unwrap();
    let events = until_end(&engine, JobId(4));
    let best = events.iter().find_map(|event| match event {
        Event::Refined { job: JobId(3), encoded, steps, .. } => Some((encoded.closeness, *steps)),
        _ => None,
    });
    let (Some(quality), steps) = best.unwrap() else { panic!("no quality") };
    assert!((60..1_000_000).contains(&steps), "{steps}");
    assert!(quality.psnr_db() > encoded.closeness.unwrap().psnr_db());
    assert!(matches!(events.last(), Some(Event::Cancelled { job: JobId(4) })), "it had not begun");
}

/// A film of minutes keeps no surface waiting; a surface that is no longer wanted ends soon and makes room for the next;
/// and a mesh that is stopped on its way to a file leaves the one that was there.
#[test]
fn a_surface_is_found_beside_an_export_and_both_can_be_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::start(|| {}).unwrap();
    let record = Arc::new(common::ball([2.0, 0.0, -2.0], 0.0));
    let (film, glb) = (folder.path().join("ball.gif"), folder.path().join("ball.glb"));
    common::put(&glb, b"before");
    let still = StillConfig { width: 512, height: 512, samples: 512, crop: CropBox::ALL, background: None };
    let places = vec![Orbit::canonical(1.85); 500];
    let what = ObjectExport::Film(places, FilmConfig { still, frames_per_sec: 24 });
    let export = |job, path: &Path, what| Command::ExportObject {
        job: JobId(job),
        record: Arc::clone(&record),
        path: path.into(),
        what,
    };
    let config = |grid| MeshConfig { threshold: 5.0, grid, crop: CropBox::ALL };
    let surface = |job, grid| Command::Mesh {
        job: JobId(job),
        item: ItemId(1),
        record: Arc::clone(&record),
        config: config(grid),
    };
    let until_begun = |job| {
        let begun = Instant::now();
        let mut seen = Vec::new();
        let is_on = |event: &Event| matches!(event, Event::Stage { job: JobId(of), fraction: Some(_), .. } if *of == job);
        while !seen.iter().any(is_on) {
            assert!(begun.elapsed() < PATIENCE, "{job} does not begin: {seen:?}");
            std::thread::sleep(Duration::from_millis(1));
            seen.extend(engine.drain());
        }
    };
    engine.send(export(1, &film, what)).unwrap();
    engine.send(export(2, &glb, ObjectExport::Mesh(config(512)))).unwrap();
    until_begun(1);
    engine.send(surface(3, 512)).unwrap();
    engine.send(surface(4, 512)).unwrap();
    engine.send(surface(5, 32)).unwrap();
    until_begun(3);
    engine.send(Command::Cancel { job: JobId(3) }).unwrap();
    engine.send(Command::Cancel { job: JobId(4) }).unwrap();
    let events = until_end(&engine, JobId(5));
    let Some(Event::Meshed { mesh, .. }) = events.last() else { panic!("{events:?}") };
    assert_eq!(mesh.grid, 32);
    let cancelled: Vec<JobId> = events.iter().filter_map(Event::ended).collect();
    assert_eq!(cancelled, [JobId(3), JobId(4), JobId(5)], "the film is not done, and each is answered once");
    engine.send(Command::Cancel { job: JobId(1) }).unwrap();
    until_begun(2);
    engine.send(Command::Cancel { job: JobId(2) }).unwrap();
    let events = until_end(&engine, JobId(2));
    assert!(matches!(events.last(), Some(Event::Cancelled { .. })), "{events:?}");
    assert_eq!(std::fs::read(&glb).unwrap(), b"before");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "something half-written was left");
}

#[test]
fn dropping_the_engine_ends_what_is_running() {
    let engine = Engine::start(|| {}).unwrap();
    let record = FieldRecord::read(&common::golden("field_relu.safetensors")).unwrap();
    assert!(!record.to_bytes(Precision::F16).unwrap().is_empty());
    let path = std::env::temp_dir().join("hyperscope-never-written.png");
    let export = Command::ExportImage {
        job: JobId(1),
        record: Arc::new(record),
        path: path.clone(),
        size_px: (8_192, 8_192),
    };
    engine.send(export).unwrap();
    let begun = Instant::now();
    while !engine.drain().iter().any(|event| matches!(event, Event::Stage { stage: Stage::Exporting, .. })) {
        assert!(begun.elapsed() < PATIENCE, "the export does not begin");
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(engine);
    assert!(!path.exists());
}
