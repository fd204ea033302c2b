//! Objects: dropped, turned, looked at in other ways, and written into files.

use eframe::egui::{Key, Modifiers, pos2, vec2};
use egui_kittest::kittest::Queryable;
use hyperscope::app::{Item, Settings};
use hyperscope::camera::Orbit;
use hyperscope::field::{CropBox, Sampling, Tracer};
use hyperscope::media::{Signal, png_bytes, png_rgba8_bytes};
use hyperscope::model::SignalKind;

use crate::common::{put, waves};
use crate::stage::{Stage, is_written};

/// A red disk on nothing.
fn disk() -> Vec<u8> {
    let side = 64i32;
    let pixels = (0..side * side).flat_map(|index| {
        let (x, y) = (index % side - side / 2, index / side - side / 2);
        if x * x + y * y < 22 * 22 { [200, 40, 30, 255] } else { [0; 4] }
    });
    png_rgba8_bytes(side as u32, side as u32, &pixels.collect::<Vec<u8>>()).unwrap()
}

fn with_object() -> Option<Stage> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disk.png");
    put(&path, &disk());
    let mut stage = Stage::open(folder, Settings::default(), vec![path])?;
    stage.until("the object has a field", |state| state.items.first().is_some_and(is_written));
    Some(stage)
}

/// Dropped and seen: what is on the screen is what the field says, wherever it is looked at from.
#[test]
fn a_dropped_object_is_orbited() {
    let Some(mut stage) = with_object() else { return };
    assert!(stage.item().is_object());
    let view = stage.harness.get_by_label("Object in disk.png").rect();
    let middle = view.center();
    stage.harness.hover_at(middle);
    stage.harness.drag_at(middle);
    for step in 1..=6 {
        stage.harness.hover_at(middle + vec2(20.0 * step as f32, 4.0));
        stage.harness.run_steps(2);
    }
    stage.harness.drop_at(middle + vec2(120.0, 4.0));
    stage.until("it stands still", |state| state.current().is_some());
    let turned = stage.item().orbit;
    assert!(turned.rotation.angle_between(Orbit::canonical(1.85).rotation) > 0.2, "{turned:?}");
    stage.until_exact();
    let item = stage.item().clone();
    let screen = stage.harness.render().unwrap();
    let (width, height) = (view.width().round() as u32, view.height().round() as u32);
    let record = item.record().unwrap();
    let grid = item.orbit.camera(width, height).ray_grid();
    let places = [(0.5, 0.5), (0.45, 0.55), (0.6, 0.42), (0.52, 0.36)];
    let rays: Vec<[f32; 6]> = places
        .iter()
        .map(|(x, y)| grid.pixel((x * width as f32) as u32, (y * height as f32) as u32))
        .collect();
    let sampling = Sampling::of(record, 128).unwrap().moved(item.orbit.depth_offset() as f32);
    let traced = Tracer::of(record).trace(&rays, &sampling, &CropBox::ALL);
    for ((x, y), traced) in places.iter().zip(traced) {
        let at = pos2(view.left() + (x * width as f32).floor(), view.top() + (y * height as f32).floor());
        let found = screen.get_pixel(at.x as u32, at.y as u32).0;
        let canvas =
            stage.harness.render().unwrap().get_pixel(view.left() as u32 + 3, view.top() as u32 + 3).0;
        let expected = traced.seen.on([0, 1, 2].map(|channel: usize| f32::from(canvas[channel]) / 255.0));
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (f32::from(*found) / 255.0 - expected).abs() < 0.02,
                "{found} on the screen, {expected} in the field"
            );
        }
    }
}

#[test]
fn keys_and_buttons_look_in_other_ways() {
    let Some(mut stage) = with_object() else { return };
    for (key, name) in [
        (Key::Num2, "Depth of the object"),
        (Key::Num3, "Normals of the object"),
        (Key::Num4, "Opacity of the object"),
    ] {
        stage.press(Modifiers::NONE, key);
        stage.harness.get_by_label(&format!("{name} in disk.png"));
    }
    stage.click("Colour");
    stage.press(Modifiers::NONE, Key::B);
    stage.until("it is seen from behind", |state| {
        state.current().is_some_and(|item| item.orbit_goal.is_none() && item.orbit.eye().z < -3.9)
    });
    stage.press(Modifiers::NONE, Key::P);
    let before = stage.item().orbit;
    stage.until("it turns by itself", |state| state.current().is_some_and(|item| item.orbit != before));
    stage.press(Modifiers::NONE, Key::P);
    stage.press(Modifiers::NONE, Key::M);
    stage.until("its surface was found, or that there is none", |state| {
        state.current().is_some_and(|item| item.surface.mesh.is_some()) || !state.notices.is_empty()
    });
    // The wheel goes nearer, to the cursor.
    let view = stage.harness.get_by_label("Object in disk.png").rect();
    let distance = stage.item().orbit.distance;
    stage.harness.hover_at(view.center());
    stage.harness.event(eframe::egui::Event::MouseWheel {
        unit: eframe::egui::MouseWheelUnit::Point,
        delta: vec2(0.0, 60.0),
        modifiers: Modifiers::NONE,
        phase: eframe::egui::TouchPhase::Move,
        source: eframe::egui::MouseWheelSource::Wheel,
    });
    stage.until("it is nearer", |state| state.current().is_some_and(|item| item.orbit.distance < distance));
}

/// What it is of is told from the picture, and a person can say otherwise.
#[test]
fn the_kind_is_guessed_and_can_be_switched() {
    let Some(mut stage) = with_object() else { return };
    let photo = stage.path("photo.png");
    put(&photo, &png_bytes(&waves(80, 60, 1.0)).unwrap());
    stage.drop_files(&[photo]);
    let has_kind = |item: &Item, kind| is_written(item) && item.shown_kind() == kind;
    stage.until("the photo is a picture", |state| {
        state.current().is_some_and(|item| item.name == "photo.png" && has_kind(item, SignalKind::Image))
    });
    stage.click("An object");
    stage.until("the photo is of an object", |state| {
        state.current().is_some_and(|item| has_kind(item, SignalKind::Object))
    });
    let Some(Signal::Object(signal)) = &stage.item().signal else { panic!("no object") };
    assert_eq!((signal.reference.width(), signal.reference.height()), (96, 96));
    stage.click("A picture");
    stage.until("the photo is a picture again", |state| {
        state.current().is_some_and(|item| has_kind(item, SignalKind::Image))
    });
}

#[test]
fn an_object_is_refined_and_written() {
    let Some(mut stage) = with_object() else { return };
    let direct = stage.item().psnr_db().unwrap();
    stage.press(Modifiers::NONE, Key::R);
    stage.until("it was refined", |state| {
        state.current().is_some_and(|item| item.refinement.is_none() && item.steps_done == 100)
    });
    assert!(stage.item().psnr_db().unwrap() > direct, "{direct} dB before");
    for (key, name, wanted) in [(Key::E, "still.png", "PNG"), (Key::M, "ball.npy", "NUMPY")] {
        stage.press(Modifiers::COMMAND, key);
        let path = stage.path(name);
        stage.type_path(&path);
        stage.click("Export");
        stage.until("the file is there", |state| {
            state.notices.iter().any(|notice| notice.message.contains(name))
        });
        let bytes = std::fs::read(&path).unwrap();
        assert!(String::from_utf8_lossy(&bytes[..8]).contains(wanted), "{name}");
    }
}
