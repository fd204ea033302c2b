//! What is remembered.

use hyperscope::app::{Settings, ThemeChoice};
use hyperscope::media::Framing;

use crate::common::put;
use crate::stage::Stage;

#[test]
fn settings_come_back_and_a_damaged_file_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Settings::load(folder.path()), (Settings::default(), None));
    let settings = Settings { theme: ThemeChoice::Light, framing: Framing::Fit, ..Settings::default() };
    settings.save(folder.path()).unwrap();
    assert_eq!(Settings::load(folder.path()), (settings, None));

    let file = Settings::file(folder.path());
    for (index, damaged) in [&b"{\"theme\": "[..], b"", &[0xFF; 64]].into_iter().enumerate() {
        put(&file, damaged);
        let (found, notice) = Settings::load(folder.path());
        assert_eq!(found, Settings::default());
        let aside = format!("settings.damaged-{index}.json");
        assert!(notice.unwrap().contains(&aside));
        assert_eq!(std::fs::read(folder.path().join(aside)).unwrap(), damaged);
        assert!(!file.exists());
    }
}

/// Numbers that a hand has written cannot do harm.
#[test]
fn settings_beyond_the_limits_are_brought_back() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"{"reference_side_px": 4000000000, "window": {"width": -5.0, "height": 1e30},
        "layout": {"library_width": 1e9}, "refine": {"steps": 0, "learning_rate": 50.0, "pixels_per_step": 0}}"#;
    put(&Settings::file(folder.path()), text.as_bytes());
    let (found, notice) = Settings::load(folder.path());
    assert_eq!(notice, None);
    assert!(found.reference_side_px <= hyperscope::limits::REFERENCE_SIDE_PX);
    assert!(found.window.width > 0.0 && found.window.height < 1e6 && found.layout.library_width < 1e4);
    assert!(found.refine.validate().is_ok() && found.refine.steps > 0);
}

/// What was changed in the window is on the disk without being asked for.
#[test]
fn a_change_is_kept() {
    let Some(mut stage) = Stage::with_picture() else { return };
    let config = stage.path("config");
    let kept = || Settings::load(&config).0;
    stage.press(eframe::egui::Modifiers::NONE, eframe::egui::Key::T);
    let theme = stage.state().settings.theme;
    assert_ne!(theme, ThemeChoice::default());
    stage.until("the settings are on the disk", |_| kept().theme == theme);
    assert_eq!(kept().recent, [stage.path("a.png")]);
}
