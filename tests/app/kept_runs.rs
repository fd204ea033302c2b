//! Runs of another time: found when the window opens, with their races, and with sounds that can be played.

use std::path::Path;

use egui_kittest::kittest::Queryable;
use hyperscope::app::{Settings, TrainingTab};
use hyperscope::media::{SampleDepth, png_bytes, wav_bytes};
use hyperscope::model::{Mode, SignalKind};
use hyperscope::train::{Contestant, RunConfig, Verdict};

use crate::common::{self, put, waves};
use crate::stage::{Stage, is_written};

/// An arm of a race on sounds, evaluated once, as its folder keeps it.
fn arm(race: &Path, mode: Mode, psnr_db: f64) -> Contestant {
    let folder = race.join("runs").join(mode.to_string());
    std::fs::create_dir_all(folder.join("samples")).unwrap();
    put(&folder.join("run.toml"), RunConfig::of(SignalKind::Sound).to_toml().unwrap().as_bytes());
    let line = format!(
        "{{\"what\":\"held-out\",\"seconds\":1.0,\"step\":5,\"psnr_db\":{psnr_db},\"each\":{{\"a\":{psnr_db}}}}}\n"
    );
    put(&folder.join("metrics.jsonl"), line.as_bytes());
    put(&folder.join("samples/step-000005.png"), &png_bytes(&waves(192, 192, 0.0)).unwrap());
    // A run that was killed has gone back to its last checkpoint: this is of a step that it has yet to do again.
    put(&folder.join("samples/step-000009.png"), &png_bytes(&waves(192, 192, 1.0)).unwrap());
    for (name, amplitude) in
        [("held-out-0", 0.5), ("held-out-1", 0.3), ("step-000005-0", 0.4), ("step-000005-1", 0.2)]
    {
        let samples: Vec<f32> = (0..4_000).map(|at| amplitude * (0.1 * at as f32).sin()).collect();
        let bytes = wav_bytes(16_000, 1, &samples, SampleDepth::Int16).unwrap();
        put(&folder.join(format!("samples/{name}.wav")), &bytes);
    }
    Contestant::read(mode, &folder).unwrap()
}

#[test]
fn a_race_of_another_time_is_judged_and_heard() {
    let folder = tempfile::tempdir().unwrap();
    let race = folder.path().join("runs/race-1");
    let arms = vec![arm(&race, Mode::Scratch, 20.0), arm(&race, Mode::Finetune, 23.0)];
    let verdict = Verdict::of(arms).unwrap();
    verdict.write(&race).unwrap();
    assert_eq!(Verdict::read(&race).unwrap(), Some(verdict.clone()));
    assert_eq!(Verdict::read(folder.path()).unwrap(), None);
    put(&race.join("verdict.json"), b"{");
    assert!(Verdict::read(&race).unwrap_err().to_string().contains("verdict.json: EOF"));
    verdict.write(&race).unwrap();
    let picture = folder.path().join("a.png");
    put(&picture, &png_bytes(&waves(96, 80, 0.0)).unwrap());
    let mut settings = Settings {
        model: Some(common::golden("model_residual.safetensors")),
        runs_folder: Some(folder.path().join("runs")),
        training_tab: TrainingTab::HeldOut,
        ..Settings::default()
    };
    settings.layout.is_training_open = true;
    let Some(mut stage) = Stage::open(folder, settings, vec![picture]) else { return };
    stage.until("a.png has a field", |state| state.items.len() == 1 && is_written(&state.items[0]));
    stage.until("the runs are there", |state| {
        state.training.runs.len() == 2 && state.training.sheets.len() == 2
    });
    assert_eq!(stage.state().training.verdicts.get(&race), Some(&verdict));
    let sheets =
        |run: &hyperscope::app::RunEntry| run.samples.iter().map(|sheet| sheet.step).collect::<Vec<_>>();
    assert!(stage.state().training.runs.iter().all(|run| sheets(run) == [5]));
    assert!(stage.harness.get_all_by_label_contains("finetune is ahead").count() > 0);
    assert_eq!(stage.harness.unnamed_widgets(), Vec::<String>::new());

    let sound = race.join("runs/finetune/samples/held-out-1.wav");
    stage.click("Play held-out sound 2");
    stage.until("it is heard", |state| state.training.heard.as_ref() == Some(&sound));
    assert!(!stage.state().player.is_playing, "the player of the view is at rest");
    stage.until("it is over", |state| state.training.heard.is_none());
    let name = stage.state().training.runs[1].name.clone();
    let play = format!("Play field 1 of {name} at step 5");
    stage.click(&play);
    stage.until("it is heard", |state| state.training.heard.is_some());
    stage.click(&play.replace("Play", "Stop"));
    stage.until("it is silent", |state| state.training.heard.is_none());

    // A file that has gone is said.
    std::fs::remove_file(&sound).unwrap();
    stage.click("Play held-out sound 2");
    stage.until("that is said", |state| {
        state.notices.iter().any(|notice| notice.message.contains("cannot be played"))
    });
}
