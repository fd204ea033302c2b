//! The training panel: a run from the form to its end, by clicks.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use hyperscope::app::{
    Action, Answer, Axis, Curves, Dialog, Effect, FilePurpose, FoundRun, RunEntry, RunStatus, Settings,
    State, TrainForm, TrainingAction, TrainingFile, TrainingTab, reduce,
};
use hyperscope::engine::{RunId, RunNews, TrainCommand, WhyPaused};
use hyperscope::field::Architecture;
use hyperscope::media::png_bytes;
use hyperscope::model::{Mode, SignalKind};
use hyperscope::train::{History, LoggedHeldOut, RunConfig, RunFolder, flops_per_step, vit_tiny};

use crate::common::{self, put, waves};
use crate::stage::{Stage, is_written};

/// A window with a picture in its view, and a folder of pictures to learn from.
fn with_data() -> Option<Stage> {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    for index in 0..24 {
        let bytes = png_bytes(&waves(40, 40, index as f32 * 0.4)).unwrap();
        put(&data.join(format!("{index:02}.png")), &bytes);
    }
    put(&data.join("notes.txt"), b"not a picture");
    let picture = folder.path().join("a.png");
    put(&picture, &png_bytes(&waves(96, 80, 0.0)).unwrap());
    let settings = Settings {
        model: Some(common::golden("model_residual.safetensors")),
        runs_folder: Some(folder.path().join("runs")),
        ..Settings::default()
    };
    let mut stage = Stage::open(folder, settings, vec![picture])?;
    stage.until("a.png has a field", |state| state.items.len() == 1 && is_written(&state.items[0]));
    stage.press(Modifiers::COMMAND, Key::J);
    Some(stage)
}

fn fill(stage: &mut Stage, field: &str, path: &std::path::Path) {
    stage.harness.get_by_role_and_label(Role::TextInput, field).focus();
    stage.harness.run_steps(2);
    let node = stage.harness.get_by_role_and_label(Role::TextInput, field);
    node.set_text_value_accesskit(&path.display().to_string());
    stage.harness.run_steps(2);
    stage.press(Modifiers::NONE, Key::Enter);
}

/// Click a button that may lie below what is seen of its pane.
fn reach(stage: &mut Stage, name: &str) {
    stage.harness.get_by_role_and_label(Role::Button, name).scroll_to_me();
    // Until it rests: scrolling is animated.
    let mut before = None;
    while before != Some(stage.harness.get_by_role_and_label(Role::Button, name).rect()) {
        before = Some(stage.harness.get_by_role_and_label(Role::Button, name).rect());
        stage.harness.run_steps(3);
    }
    stage.click(name);
}

fn run(state: &State) -> &RunEntry {
    state.training.current().unwrap()
}

fn is_training(state: &State) -> bool {
    state.training.current().is_some_and(|run| run.status == RunStatus::Training && run.steps_done() > 2)
}

#[test]
fn a_run_is_started_watched_paused_stopped_gone_on_with_and_used() {
    let Some(mut stage) = with_data() else { return };
    assert_eq!(stage.harness.unnamed_widgets(), Vec::<String>::new());
    stage.click("New training run…");
    assert_eq!(stage.state().dialog, Some(Dialog::Training));
    assert_eq!(stage.harness.unnamed_widgets(), Vec::<String>::new(), "in the form");
    let data = stage.path("data");
    fill(&mut stage, "Data", &data);
    stage.until("the data is known", |state| state.training.form.data_look.ready().is_some());
    let look = stage.state().training.form.data_look.ready().unwrap();
    assert_eq!((look.counts.iter().sum::<usize>(), look.rejected.len()), (24, 1));
    stage.harness.get_by_label("1 file is left out");
    stage.click("Tiny");
    reach(&mut stage, "Try a few steps");
    stage.until("it was tried", |state| state.training.form.trial.ready().is_some());
    stage.click("Start");
    stage.until("it trains", is_training);
    let folder = run(stage.state()).folder.clone();
    assert_eq!(folder, stage.path("runs/pictures-scratch-1"));

    reach(&mut stage, "Pause");
    let paused = RunStatus::Paused(WhyPaused::Asked);
    stage.until("it pauses", |state| run(state).status == paused);
    let step = run(stage.state()).steps_done();
    reach(&mut stage, "÷ 2");
    let rate = RunConfig::of(SignalKind::Image).learning_rate_new / 2.0;
    stage.until("its rate is halved", |state| (run(state).config.learning_rate_new - rate).abs() < 1e-12);
    assert_eq!(run(stage.state()).status, paused, "a change is no order to go on");
    reach(&mut stage, "Checkpoint");
    stage.until("it was kept", |state| state.notices.iter().any(|notice| notice.message.contains("kept")));
    reach(&mut stage, "Use it now");
    stage.until("the view shows what it writes", |state| {
        let model = state.current().and_then(|item| item.record()?.model.as_ref());
        model.is_some_and(|model| model.name == "a network in training")
    });
    reach(&mut stage, "Go on");
    stage.until("it goes on", |state| run(state).steps_done() > step + 2);
    reach(&mut stage, "Stop");
    stage.until("it has stopped", |state| run(state).status == RunStatus::Stopped);
    reach(&mut stage, "Resume");
    stage.until("it is done", |state| run(state).status == RunStatus::Finished);
    assert_eq!(run(stage.state()).steps_done(), 200);

    stage.harness.get_by_label("Loss over steps");
    assert_eq!(stage.harness.unnamed_widgets(), Vec::<String>::new(), "over the curves");
    stage.click("Held out");
    let last = folder.join("samples/step-000200.png");
    stage.until("the held-out items are seen", |state| state.training.sheets.contains_key(&last));
    stage.harness.get_by_label("Fields of pictures-scratch-1 for them at step 200");
    stage.click("Compare");
    assert_eq!(stage.state().settings.training_tab, TrainingTab::Settings);
    stage.harness.get_by_label("learning_rate_new");
    assert_eq!(stage.harness.unnamed_widgets(), Vec::<String>::new(), "in the panel");
    reach(&mut stage, "Use its model");
    stage.until("its model is the window's", |state| {
        state.settings.model == Some(folder.join("model.safetensors"))
    });
}

/// All that can start, in turn, by one click; the command line reads what the panel wrote.
#[test]
fn a_race_is_one_click() {
    let Some(mut stage) = with_data() else { return };
    stage.click("New run…");
    let (data, weights) = (stage.path("data"), common::backbone(&stage.path(".")));
    fill(&mut stage, "Data", &data);
    fill(&mut stage, "Backbone", &weights);
    stage.until("both are known", |state| {
        let form = &state.training.form;
        form.data_look.ready().is_some() && form.backbone_look.ready().is_some()
    });
    let settings = stage.path("run.toml");
    let small = RunConfig {
        steps: 30,
        batch_size: 2,
        pixels_per_picture: 64,
        input_size: 16,
        depth: 1,
        groups: 4,
        evaluate_every: 10,
        field: Architecture { layers: 3, hidden: 16, ..Architecture::live_image() },
        ..RunConfig::of(SignalKind::Image)
    };
    put(&settings, small.to_toml().unwrap().as_bytes());
    stage.click("Open settings…");
    stage.until("the path is asked", |state| matches!(state.dialog, Some(Dialog::File(_))));
    stage.type_path(&settings);
    stage.click("Choose");
    stage.until("the settings are read", |state| {
        state.dialog == Some(Dialog::Training) && state.training.form.config.steps == 30
    });
    stage.click("Race");
    stage.until("there is a verdict", |state| state.training.verdicts.len() == 1);
    let runs = &stage.state().training.runs;
    assert_eq!(runs.len(), Mode::ALL.len());
    for run in runs {
        let folder = RunFolder::read(&run.folder).unwrap();
        assert_eq!(Some(folder.sources.unwrap()), run.sources);
        assert_eq!(History::read(&run.folder, 0).unwrap().steps.len(), 30);
    }
    assert!(stage.harness.get_all_by_label_contains("dB held out").count() > 0);
    reach(&mut stage, "Export log…");
    let log = stage.path("log.csv");
    stage.type_path(&log);
    stage.click("Export");
    stage.until("the log is there", |state| {
        state.notices.iter().any(|notice| notice.message.contains("log.csv"))
    });
    assert_eq!(std::fs::read_to_string(log).unwrap().lines().count(), 1 + 30 + 1);
}

fn news(state: &mut State, run: RunId, news: RunNews) -> Vec<Effect> {
    reduce(state, Action::Training(TrainingAction::News(run, news)))
}

fn started(state: &mut State) -> RunId {
    let form = TrainForm {
        data: "/data".into(),
        out: "/runs/one".into(),
        is_out_suggested: false,
        ..TrainForm::new(SignalKind::Image)
    };
    let _ = reduce(state, Action::Training(TrainingAction::Edit(Box::new(form))));
    let effects = reduce(state, Action::Training(TrainingAction::Start));
    let [Effect::Train(command)] = effects.as_slice() else { panic!("{effects:?}") };
    let TrainCommand::Start { arms, .. } = &**command else { panic!("{command:?}") };
    arms[0].run
}

fn held_out(step: u32) -> LoggedHeldOut {
    LoggedHeldOut {
        seconds: 1.0,
        step,
        psnr_db: 20.0,
        ssim: None,
        si_sdr_db: None,
        lsd_db: None,
        each: std::collections::BTreeMap::new(),
    }
}

/// A run that diverged, one that was taken off the list, and answers that nobody waits for any more.
#[test]
fn what_comes_late_changes_nothing_and_what_diverged_waits() {
    let mut state = State::new(Settings::default());
    let run = started(&mut state);
    let config = Box::new(RunConfig::default());
    let model = Box::new(config.model(Mode::Scratch, &vit_tiny()));
    news(&mut state, run, RunNews::Began { config: config.clone(), model: model.clone(), step: 0 });
    news(&mut state, run, RunNews::HeldOut(held_out(0)));
    news(&mut state, run, RunNews::HeldOut(held_out(20)));
    let why = WhyPaused::Diverged("the loss is not a finite number".into());
    news(&mut state, run, RunNews::Paused { why: why.clone(), step: 10 });
    let entry = state.training.run(run).unwrap();
    assert_eq!((entry.steps_done(), &entry.status), (0, &RunStatus::Paused(why)), "what came after is gone");
    let flops = flops_per_step(&config, &model) as f64;
    let places =
        [Axis::Steps, Axis::Seconds, Axis::Flops].map(|axis| entry.along(axis).unwrap().place(3, 0.5));
    assert_eq!(places.map(f64::to_bits), [3.0, 0.5, 3.0 * flops].map(f64::to_bits));
    assert!(state.notices[0].message.contains("last good state"));
    // The same folder is not given to a second run.
    let before = state.training.runs.len();
    let _ = reduce(&mut state, Action::Training(TrainingAction::Start));
    assert_eq!(state.training.runs.len(), before);
    // Taken off the list while it trains, it is told to stop, also if its thread begins only now.
    let effects = reduce(&mut state, Action::Training(TrainingAction::Forget(run)));
    assert!(matches!(effects.as_slice(), [Effect::Train(_)]), "{effects:?}");
    let effects = news(&mut state, run, RunNews::Began { config, model, step: 0 });
    assert!(matches!(effects.as_slice(), [Effect::Train(_)]), "{effects:?}");
    news(&mut state, run, RunNews::HeldOut(held_out(30)));
    assert!(state.training.runs.is_empty());
    // Nor does it come back with the next start, unless its folder is opened.
    let folder = RunFolder {
        path: "/runs/one".into(),
        config: RunConfig::default(),
        sources: None,
        model: None,
        has_state: false,
    };
    let found = || {
        vec![FoundRun {
            folder: folder.clone(),
            curves: Curves::default(),
            read_bytes: 0,
            samples: Vec::new(),
            race: None,
        }]
    };
    let mut next = State::new(state.settings.clone());
    let _ = reduce(&mut next, Action::Training(TrainingAction::Found(found())));
    assert!(next.training.runs.is_empty());
    let _ = reduce(
        &mut next,
        Action::Picked(FilePurpose::Training(TrainingFile::OpenRuns), vec!["/runs".into()]),
    );
    let _ = reduce(&mut next, Action::Training(TrainingAction::Found(found())));
    assert_eq!(next.training.runs.len(), 1);
    // An answer to a question about another folder.
    state.training.form.data_look = Answer::Waiting(RunId(900));
    let failed = RunNews::Failed { message: "no such folder".into(), details: String::new() };
    news(&mut state, RunId(899), failed.clone());
    assert_eq!(state.training.form.data_look, Answer::Waiting(RunId(900)));
    news(&mut state, RunId(900), failed);
    assert_eq!(state.training.form.data_look, Answer::Failed("no such folder".into()));
}
