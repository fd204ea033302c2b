//! Looking, refining, and everything that has a name.

use eframe::egui::{
    Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, TouchPhase, pos2, vec2,
};
use egui_kittest::kittest::Queryable;
use glam::dvec2;
use hyperscope::app::{Dialog, ThemeChoice};
use hyperscope::render::ViewMode;

use crate::stage::Stage;

/// Pressed, watched while it climbs, stopped, and the best is kept.
#[test]
fn refining_is_seen_as_it_happens_and_stops_when_asked() {
    let Some(mut stage) = Stage::with_picture() else { return };
    let direct = stage.item().psnr_db().unwrap();
    let first = stage.item().record().unwrap().clone();
    stage.click("Refine");
    stage.until("the figure has climbed while it is refined", |state| {
        state.current().is_some_and(|item| {
            item.refinement.is_some() && item.psnr_db().is_some_and(|psnr_db| psnr_db > direct + 3.0)
        })
    });
    let shown = stage.figure("PSNR");
    assert_eq!(shown, format!("{:.2} dB", stage.item().psnr_db().unwrap()));
    assert_ne!(*stage.item().record().unwrap(), first, "what is drawn is the field as it is now");
    stage.press(Modifiers::NONE, Key::R);
    stage.until("it has stopped", |state| state.current().is_some_and(|item| item.refinement.is_none()));
    let item = stage.item();
    assert!(item.steps_done > 0 && item.psnr_db().unwrap() > direct + 3.0);
    assert_eq!(item.direct.map(|closeness| closeness.psnr_db()), Some(direct));
    assert!(item.curve.measured.len() > 1);
    assert!(
        item.record().unwrap().extra["refined"].contains("learning_rate"),
        "the field says how it came to be"
    );
}

#[test]
fn the_wheel_zooms_to_the_pointer() {
    let Some(mut stage) = Stage::with_picture() else { return };
    let view = stage.harness.get_by_label("Field of a.png").rect();
    let pointer = view.center() + vec2(60.0, -40.0);
    stage.harness.hover_at(pointer);
    stage.harness.run_steps(2);
    let under = |stage: &Stage| {
        // The picture begins on a whole pixel.
        let at = (pointer - view.min.round()) * stage.harness.ctx.pixels_per_point();
        let (width, height) = stage.state().viewport_px;
        let seen = stage.state().view().unwrap();
        (seen.picture_from_screen(dvec2(at.x.into(), at.y.into()), dvec2(width, height)), seen.zoom)
    };
    let (before, zoom_before) = under(&stage);
    for _ in 0..30 {
        let event = Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, 80.0),
            phase: TouchPhase::Move,
            source: MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        };
        stage.harness.event(event);
        stage.harness.run_steps(2);
    }
    let (after, zoom_after) = under(&stage);
    assert!(zoom_after > 100.0 * zoom_before, "far beyond the pixels: {zoom_before} to {zoom_after}");
    assert!((after - before).length() < 1e-6, "{before} under the pointer became {after}");
    stage.press(Modifiers::NONE, Key::F);
    assert!(stage.item().view.is_none());
}

#[test]
fn the_split_is_dragged() {
    let Some(mut stage) = Stage::with_picture() else { return };
    stage.click("Split");
    assert_eq!(stage.state().shown_mode(), ViewMode::Split);
    let view = stage.harness.get_by_label("Source and field of a.png").rect();
    let knob = pos2(view.left() + view.width() * stage.state().look.split, view.center().y);
    let target = pos2(view.left() + view.width() * 0.25, view.center().y);
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    stage.harness.hover_at(knob);
    stage.harness.step();
    stage.harness.event(button(knob, true));
    stage.harness.step();
    stage.harness.hover_at(target);
    stage.harness.run_steps(2);
    stage.harness.event(button(target, false));
    stage.harness.run_steps(2);
    assert!((stage.state().look.split - 0.25).abs() < 0.01, "{}", stage.state().look.split);
}

/// Every way of looking has a button and a key, and is drawn to the end.
#[test]
fn every_way_of_looking_is_there() {
    let Some(mut stage) = Stage::with_picture() else { return };
    for (name, key, mode) in [
        ("Source", Key::Num2, ViewMode::Source),
        ("Split", Key::Num3, ViewMode::Split),
        ("Error", Key::Num4, ViewMode::Error),
        ("Nearest", Key::Num5, ViewMode::Nearest),
        ("Bicubic", Key::Num6, ViewMode::Bicubic),
        ("Field", Key::Num1, ViewMode::Field),
    ] {
        stage.press(Modifiers::NONE, key);
        assert_eq!(stage.state().shown_mode(), mode);
        stage.press(Modifiers::NONE, if mode == ViewMode::Source { Key::Num1 } else { Key::Num2 });
        assert_ne!(stage.state().shown_mode(), mode);
        stage.click(name);
        assert_eq!(stage.state().shown_mode(), mode);
        stage.until_exact();
        stage.harness.render().unwrap();
    }
}

#[test]
fn dialogs_open_and_close_by_their_keys() {
    let Some(mut stage) = Stage::with_picture() else { return };
    stage.press(Modifiers::NONE, Key::Questionmark);
    assert_eq!(stage.state().dialog, Some(Dialog::CheatSheet));
    stage.harness.get_by_label("Keys and gestures");
    stage.press(Modifiers::NONE, Key::Questionmark);
    assert_eq!(stage.state().dialog, None);
    stage.press(Modifiers::COMMAND, Key::Comma);
    assert_eq!(stage.state().dialog, Some(Dialog::Settings));
    stage.click("Dark");
    assert_eq!(stage.state().settings.theme, ThemeChoice::Dark);
    let dark = stage.harness.render().unwrap();
    stage.click("Light");
    let light = stage.harness.render().unwrap();
    let brightness = |image: &image::RgbaImage| {
        image.pixels().map(|pixel| u64::from(pixel.0[1])).sum::<u64>()
            / u64::from(image.width() * image.height())
    };
    assert!(brightness(&light) > 2 * brightness(&dark));
    stage.press(Modifiers::NONE, Key::Escape);
    assert_eq!(stage.state().dialog, None);
}

/// Whatever can be clicked says what it is.
#[test]
fn every_control_has_a_name() {
    let Some(mut stage) = Stage::with_picture() else { return };
    for (modifiers, key) in [
        (Modifiers::NONE, None),
        (Modifiers::NONE, Some(Key::Questionmark)),
        (Modifiers::COMMAND, Some(Key::Comma)),
        (Modifiers::COMMAND, Some(Key::E)),
        (Modifiers::COMMAND, Some(Key::L)),
    ] {
        if let Some(key) = key {
            stage.press(modifiers, key);
            assert!(stage.state().dialog.is_some(), "{key:?} opens nothing");
        }
        assert_eq!(stage.harness.unnamed_widgets(), Vec::<String>::new(), "after {key:?}");
        stage.press(Modifiers::NONE, Key::Escape);
    }
}
