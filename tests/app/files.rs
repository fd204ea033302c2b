//! What is dropped, saved and exported.

use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use hyperscope::app::{ModelState, NoticeKind, Settings, State};
use hyperscope::field::{Evaluator, FieldRecord, Region};
use hyperscope::media::{decode, png_bytes};
use hyperscope::train::psnr_db;

use crate::common::{self, put, waves};
use crate::stage::{Stage, is_written};

/// The promise of the program, with the model that comes with it: a photo is dropped, and its field is seen.
#[test]
fn a_dropped_photo_is_looked_into() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut stage) = Stage::open(folder, Settings::default(), Vec::new()) else { return };
    stage.until("the sample has a field", |state| state.items.first().is_some_and(is_written));
    let photo = stage.path("photo.png");
    put(&photo, &png_bytes(&waves(300, 200, 1.0)).unwrap());
    stage.drop_files(&[photo]);
    stage.until("the photo has a field", |state| {
        state.current().is_some_and(|item| item.name == "photo.png" && is_written(item))
    });
    let item = stage.item();
    let (record, signal) = (item.record().unwrap().clone(), item.signal.clone().unwrap());
    let expected = psnr_db(&record.render(200, 200, Region::WHOLE), &signal.picture().unwrap().to_f32());
    assert_eq!(stage.figure("PSNR"), format!("{expected:.2} dB"));
    assert!(stage.figure("SSIM").parse::<f64>().unwrap() > 0.0);

    // What is on the screen is the field: at the middle of the view, the field's value at its middle.
    stage.until_exact();
    let view = stage.harness.get_by_label("Field of photo.png").rect();
    let screen = stage.harness.render().unwrap();
    let at = view.center().round();
    let found = screen.get_pixel(at.x as u32, at.y as u32).0;
    let offset = |screen: f32, middle: f32| {
        let zoom = stage.state().view().unwrap().zoom as f32;
        2.0 * (screen + 0.5 - middle) / (200.0 * zoom)
    };
    let (row, column) = (offset(at.y, view.center().y), offset(at.x, view.center().x));
    let value = Evaluator::new(&record.field).evaluate(&[row, column]);
    for (found, value) in found.iter().zip(value) {
        let expected = value.clamp(0.0, 1.0) * 255.0;
        assert!((f32::from(*found) - expected).abs() < 3.0, "{found} on the screen, {expected} in the field");
    }
}

#[test]
fn many_files_queue_and_a_bad_one_spoils_nothing() {
    let Some(mut stage) = Stage::with_picture() else { return };
    let inner = stage.path("folder/inner");
    std::fs::create_dir_all(&inner).unwrap();
    for (name, shift) in [("folder/b.png", 1.0), ("folder/inner/c.png", 2.0), ("d.png", 3.0)] {
        put(&stage.path(name), &png_bytes(&waves(40, 30, shift)).unwrap());
    }
    put(&stage.path("folder/notes.txt"), b"not for the library");
    put(&stage.path("paper.png"), b"%PDF-1.7 under a picture's name");
    stage.drop_files(&[stage.path("folder"), stage.path("paper.png"), stage.path("d.png")]);
    stage.until("all four have fields", |state| state.items.len() == 4 && state.items.iter().all(is_written));
    let names: Vec<&str> = stage.state().items.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names, ["a.png", "b.png", "c.png", "d.png"]);
    let notice = &stage.state().notices[0];
    assert_eq!(notice.kind, NoticeKind::Error);
    assert!(notice.message.contains("paper.png") && notice.message.contains("PDF"), "{}", notice.message);
    let dismiss = format!("Dismiss: {}", notice.message);
    stage.click(&dismiss);
    assert!(stage.state().notices.is_empty());
}

#[test]
fn a_field_and_a_model_can_be_dropped_too() {
    let Some(mut stage) = Stage::with_picture() else { return };
    stage.drop_files(&[common::golden("field_relu.safetensors")]);
    stage.until("the field is there", |state| {
        state.current().is_some_and(|item| item.name == "field_relu.safetensors" && item.encoded.is_some())
    });
    let expected = FieldRecord::read(&common::golden("field_relu.safetensors")).unwrap();
    assert_eq!(**stage.item().record().unwrap(), expected);
    assert!(stage.item().psnr_db().is_none(), "there is nothing to compare it with");

    stage.drop_files(&[common::golden("model_trans-inr.safetensors")]);
    stage.until("the model is another one", |state| match &state.image_model {
        ModelState::Ready(info) => info.identity.name == "model_trans-inr.safetensors",
        _ => false,
    });
    assert_eq!(stage.state().items.len(), 2, "a model is not something to look at");

    stage.drop_files(&[common::golden("backbones/dino.pth")]);
    let about =
        |state: &State| state.notices.iter().find(|notice| notice.message.starts_with("dino.pth: ")).cloned();
    stage.until("the weights are described", |state| about(state).is_some());
    let notice = about(stage.state()).unwrap();
    assert_eq!(notice.kind, NoticeKind::Info);
    assert!(notice.message.contains("DINO-64/4") && notice.details.contains("0 missing"), "{notice:?}");
    assert_eq!(stage.state().items.len(), 2, "weights are not something to look at");
    // It writes from now on.
    let before = stage.item_named("a.png").record().unwrap().clone();
    let id = stage.item_named("a.png").id;
    stage.press(Modifiers::NONE, Key::ArrowUp);
    assert_eq!(stage.state().selected, Some(id));
    stage.press(Modifiers::COMMAND, Key::R);
    stage.until("it was written again", |state| {
        state.current().is_some_and(|item| is_written(item) && item.record().unwrap().model != before.model)
    });
    let after = stage.item().record().unwrap();
    assert_eq!(after.model.as_ref().unwrap().name, "model_trans-inr.safetensors");
}

#[test]
fn a_field_is_saved_and_a_picture_of_any_size_exported() {
    let Some(mut stage) = Stage::with_picture() else { return };
    let record = stage.item().record().unwrap().clone();
    let field = stage.path("kept.safetensors");
    stage.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::S);
    stage.type_path(&field);
    stage.click("Save");
    stage.until("the field is saved", |state| state.jobs.is_empty() && state.dialog.is_none());
    assert_eq!(FieldRecord::read(&field).unwrap(), *record);

    let picture = stage.path("large.png");
    stage.press(Modifiers::COMMAND, Key::E);
    stage.type_path(&picture);
    stage.click("Export");
    stage.until("the picture is exported", |state| state.jobs.is_empty() && state.dialog.is_none());
    let written = decode(&std::fs::read(&picture).unwrap(), [0; 3]).unwrap();
    // The framed picture is 80 pixels wide; the form suggests about a thousand.
    assert_eq!((written.width(), written.height()), (960, 960));
    let expected = record.render(960, 960, Region::WHOLE);
    assert!(psnr_db(&written.to_f32(), &expected) > 50.0, "8 bits of the field itself");
}

/// A folder that is not there, or a name that is no picture's: said before anything is written.
#[test]
fn a_place_that_cannot_be_written_is_said() {
    let Some(mut stage) = Stage::with_picture() else { return };
    stage.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::S);
    let nowhere = stage.path("no/such/folder/f.safetensors");
    stage.type_path(&nowhere);
    stage.click("Save");
    stage.until("it failed", |state| state.notices.iter().any(|notice| notice.kind == NoticeKind::Error));
    assert!(!nowhere.exists());
    stage.press(Modifiers::COMMAND, Key::E);
    let no_picture = stage.path("f.gif");
    stage.type_path(&no_picture);
    assert!(stage.harness.get_by_label("Export").accesskit_node().is_disabled());
}
