//! Objects: dropped, turned, looked at in other ways, and written into files.

use std::path::Path;

use eframe::egui::{Key, Modifiers, pos2, vec2};
use egui_kittest::kittest::Queryable;
use glam::{DVec3, dvec3};
use hyperscope::app::{Item, Settings};
use hyperscope::camera::{Camera, Intrinsics, Orbit};
use hyperscope::field::{CropBox, Sampling, Tracer};
use hyperscope::media::{Picture, Signal, png_bytes, png_rgba8_bytes};
use hyperscope::model::SignalKind;
use serde_json::json;

use crate::common::{ball, put, waves};
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

/// Three views of a ball with a coloured side, and where they were taken.
fn posed_views(folder: &Path) -> Vec<Camera> {
    std::fs::create_dir_all(folder).unwrap();
    let record = ball([0.8, 0.3, 0.2], 0.4);
    let sampling = Sampling::of(&record, 64).unwrap();
    let cameras: Vec<Camera> =
        [0.3, 1.7, 3.4].map(|azimuth| Camera::around(0.4, azimuth, 4.0, Intrinsics::square(48, 1.85))).into();
    let frames = cameras.iter().enumerate().map(|(index, camera)| {
        let traced = Tracer::of(&record).trace(&camera.pixel_rays(), &sampling, &CropBox::ALL);
        let pixels: Vec<f32> = traced.iter().flat_map(|traced| traced.seen.on([1.0; 3])).collect();
        put(&folder.join(format!("{index}.png")), &png_bytes(&Picture::from_f32(48, 48, &pixels).unwrap()).unwrap());
        let pose = camera.world_from_camera;
        let row = |row: usize| {
            let axes = [pose.matrix3.x_axis, pose.matrix3.y_axis, pose.matrix3.z_axis, pose.translation];
            axes.map(|axis| axis[row])
        };
        json!({"file_path": format!("{index}.png"), "transform_matrix": [row(0), row(1), row(2), [0.0, 0.0, 0.0, 1.0]]})
    });
    let frames: Vec<_> = frames.collect();
    let focal = json!({"fl_x": 1.85 * 48.0, "fl_y": 1.85 * 48.0, "w": 48, "h": 48, "frames": frames});
    put(&folder.join("transforms.json"), focal.to_string().as_bytes());
    cameras
}

/// A folder of posed views is one object, not many pictures: its cameras are where its file says, and all of its views
/// are refined towards.
#[test]
fn dropped_posed_views_are_one_object() {
    let folder = tempfile::tempdir().unwrap();
    let views = folder.path().join("ball");
    let cameras = posed_views(&views);
    let broken = folder.path().join("broken");
    std::fs::create_dir_all(&broken).unwrap();
    put(&broken.join("transforms.json"), b"{\"camera_angle_x\": 0.5, \"frames\": []}");
    // An object behind what the model looks at.
    let far = folder.path().join("far");
    posed_views(&far);
    let described = std::fs::read_to_string(far.join("transforms.json")).unwrap();
    put(&far.join("transforms.json"), described.replacen('{', r#"{"near": 6.0, "far": 9.0, "#, 1).as_bytes());
    let Some(mut stage) = Stage::open(folder, Settings::default(), vec![views]) else { return };
    stage.until("the object has a field", |state| state.items.first().is_some_and(is_written));
    let item = stage.item().clone();
    assert!(item.is_object() && item.name == "ball" && stage.state().items.len() == 1);
    let own = item.input_cameras();
    assert_eq!(own.len(), cameras.len());
    for (own, camera) in own.iter().zip(&cameras) {
        // The same sight of the world, whatever way that is turned: what the first camera sees is where it was.
        for point in [DVec3::ZERO, dvec3(0.3, -0.2, 0.5), dvec3(-0.6, 0.1, 0.2)] {
            let turned = cameras[0].world_from_camera.matrix3.transpose() * point;
            assert!(own.project(turned).0.distance(camera.project(point).0) < 1e-6);
        }
        // And a click on it goes there.
        let gone = Orbit::of_camera(own).camera(48, 48);
        let point = dvec3(0.2, 0.4, -0.3);
        assert!(gone.project(point).0.distance(own.project(point).0) < 1e-6);
    }
    assert!(item.orbit.eye().distance(dvec3(0.0, 0.0, 4.0)) < 1e-6, "{:?}", item.orbit);
    let direct = item.psnr_db().unwrap();
    stage.press(Modifiers::NONE, Key::R);
    stage.until("it was refined", |state| {
        state.current().is_some_and(|item| item.refinement.is_none() && item.steps_done == 100)
    });
    assert!(stage.item().psnr_db().unwrap() > direct + 3.0, "{direct} dB before");
    stage.drop_files(&[stage.path("broken/transforms.json")]);
    stage.until("why the other has no views is said", |state| {
        state
            .notices
            .iter()
            .any(|notice| notice.message.contains("broken") && notice.message.contains("0 views"))
    });
    stage.drop_files(&[stage.path("far")]);
    stage.until("that it lies elsewhere is said", |state| {
        state.current().is_some_and(|item| {
            item.name == "far" && item.failure.as_ref().is_some_and(|why| why.contains("near and far"))
        })
    });
}
