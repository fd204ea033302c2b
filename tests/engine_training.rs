//! Training in the background: runs that are paused, changed, stopped and gone on with, and races.

#![expect(clippy::unwrap_used, reason = "helpers of tests are not in test functions")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyperscope::engine::{
    Engine, Event, RunId, RunNews, RunOrder, RunPlan, RunTick, TrainCommand, WhyPaused,
};
use hyperscope::experiment::write_report;
use hyperscope::field::Architecture;
use hyperscope::media::png_bytes;
use hyperscope::model::{Mode, SignalKind};
use hyperscope::train::{History, LoggedStep, RunChange, RunConfig, RunFolder, RunSources};

use crate::common::{put, waves};

const PATIENCE: Duration = Duration::from_mins(2);

/// A folder of small pictures, and an engine that trains on them.
///
/// One at a time: they share the cores, and one of them counts threads.
struct Rig {
    engine: Engine,
    folder: tempfile::TempDir,
    said: Vec<(RunId, RunNews)>,
    ticks: Vec<(RunId, LoggedStep)>,
    turn: MutexGuard<'static, ()>,
}

static TURN: Mutex<()> = Mutex::new(());

impl Rig {
    fn new() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        for index in 0..40 {
            let bytes = png_bytes(&waves(40, 40, index as f32 * 0.3)).unwrap();
            put(&folder.path().join(format!("data/{index:02}.png")), &bytes);
        }
        put(&folder.path().join("data/notes.txt"), b"no picture");
        let engine = Engine::start(|| {}).unwrap();
        Self { engine, folder, said: Vec::new(), ticks: Vec::new(), turn }
    }

    fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join("runs").join(name)
    }

    fn plan(&self, run: u64, name: &str, config: RunConfig, mode: Mode) -> RunPlan {
        let backbone = (mode != Mode::Scratch).then(|| common::backbone(self.folder.path()));
        let sources = RunSources { mode, data: self.folder.path().join("data"), backbone, from: None };
        RunPlan { run: RunId(run), config, sources, out: self.out(name), is_resumed: false }
    }

    fn start(&self, arms: Vec<RunPlan>) {
        self.engine.train(TrainCommand::Start { arms, within: None }).unwrap();
    }

    fn tell(&self, run: u64, order: RunOrder) {
        self.engine.train(TrainCommand::Order(RunId(run), order)).unwrap();
    }

    fn listen(&mut self) {
        let events = self.engine.drain();
        self.hear_ticks();
        for event in events {
            if let Event::Training { run, news } = event {
                self.said.push((run, news));
            }
        }
    }

    fn hear_ticks(&mut self) {
        for (run, tick) in self.engine.ticks() {
            match tick {
                RunTick::Step(line) => self.ticks.push((run, line)),
                RunTick::Back(step) => self.ticks.retain(|(of, line)| *of != run || line.step <= step),
            }
        }
    }

    /// Listen until this was said of a run.
    fn until(&mut self, run: u64, what: &str, is_it: impl Fn(&RunNews) -> bool) -> RunNews {
        let begun = Instant::now();
        let mut heard = 0;
        loop {
            self.listen();
            for (of, news) in &self.said[heard..] {
                heard += 1;
                if *of == RunId(run) && is_it(news) {
                    let found = news.clone();
                    self.said.drain(..heard);
                    return found;
                }
                let is_failure = matches!(news, RunNews::Failed { .. } | RunNews::Refused(_));
                assert!(!is_failure, "while waiting until {what}: {news:?}");
            }
            assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}: {:?}", self.said);
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn until_step(&mut self, run: u64, step: u32) {
        let begun = Instant::now();
        while !self.ticks.iter().any(|(of, line)| *of == RunId(run) && line.step >= step) {
            self.hear_ticks();
            assert!(begun.elapsed() < PATIENCE, "{run} does not come to step {step}: {:?}", self.said);
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn steps(&self, run: u64) -> Vec<u32> {
        self.ticks.iter().filter(|(of, _)| *of == RunId(run)).map(|(_, line)| line.step).collect()
    }
}

fn config(steps: u32) -> RunConfig {
    RunConfig {
        steps,
        batch_size: 2,
        pixels_per_picture: 64,
        input_size: 16,
        depth: 1,
        groups: 4,
        warm_up_steps: 2,
        evaluate_every: 10,
        checkpoint_every: 1_000,
        ema_decay: 0.9,
        field: Architecture { layers: 3, hidden: 16, ..Architecture::live_image() },
        ..RunConfig::of(SignalKind::Image)
    }
}

fn losses(folder: &Path) -> Vec<(u32, f64)> {
    History::read(folder, 0).unwrap().steps.iter().map(|line| (line.step, line.loss)).collect()
}

fn is_finished(news: &RunNews) -> bool {
    matches!(news, RunNews::Finished { .. })
}

/// It stops within the step it was told at; stopped, left and gone on with from its folder alone, by another engine,
/// it is the run that never stopped.
#[test]
fn a_run_that_was_paused_and_stopped_is_the_one_that_never_was() {
    let mut rig = Rig::new();
    rig.start(vec![rig.plan(1, "whole", config(60), Mode::Scratch)]);
    rig.until(1, "it is done", is_finished);

    let plan = rig.plan(2, "parts", config(60), Mode::Scratch);
    rig.start(vec![plan]);
    rig.until_step(2, 12);
    let seen = rig.steps(2).last().copied().unwrap();
    rig.tell(2, RunOrder::Pause);
    let paused = rig.until(2, "it pauses", |news| matches!(news, RunNews::Paused { .. }));
    let RunNews::Paused { why: WhyPaused::Asked, step } = paused else { panic!("{paused:?}") };
    rig.listen();
    let after = rig.steps(2);
    assert_eq!(after.last(), Some(&step), "a step after the pause");
    assert!(step >= seen);
    std::thread::sleep(Duration::from_millis(100));
    rig.listen();
    assert_eq!(rig.steps(2), after, "it went on while it was paused");
    rig.tell(2, RunOrder::Resume);
    rig.until_step(2, step + 5);
    // Dropping the engine is a stop: everything is kept.
    rig.engine = Engine::start(|| {}).unwrap();
    let folder = RunFolder::read(&rig.out("parts")).unwrap();
    assert!(folder.has_state);
    let RunFolder { path, config, sources, .. } = folder;
    let sources = sources.unwrap();
    rig.start(vec![RunPlan { run: RunId(3), config, sources, out: path, is_resumed: true }]);
    let began = rig.until(3, "it goes on", |news| matches!(news, RunNews::Began { .. }));
    let RunNews::Began { step: from, .. } = began else { panic!("{began:?}") };
    assert!(from >= step + 5, "steps were lost: it went on from {from}");
    rig.until(3, "it is done", is_finished);
    assert_eq!(losses(&rig.out("whole")), losses(&rig.out("parts")));
    let state = |name: &str| std::fs::read(rig.out(name).join("state.safetensors")).unwrap();
    assert!(state("whole") == state("parts"), "the states differ");
}

/// Budget and learning rate change while it runs; a run that diverges stands at its last good state and goes on from
/// there.
#[test]
fn a_run_is_changed_and_one_that_diverges_waits_at_its_last_good_state() {
    let mut rig = Rig::new();
    rig.start(vec![rig.plan(1, "changed", config(1_000_000), Mode::Scratch)]);
    rig.until_step(1, 30);
    rig.tell(1, RunOrder::Checkpoint);
    let kept = rig.until(1, "it is kept", |news| matches!(news, RunNews::Kept { .. }));
    let RunNews::Kept { step: good } = kept else { panic!("{kept:?}") };
    // Far beyond what any network learns at.
    rig.tell(1, RunOrder::Change(RunChange { steps: None, rate_times: Some(150.0) }));
    let is_diverged = |news: &RunNews| matches!(news, RunNews::Paused { why: WhyPaused::Diverged(_), .. });
    let paused = rig.until(1, "it diverges", is_diverged);
    let RunNews::Paused { why: WhyPaused::Diverged(why), step } = paused else { panic!("{paused:?}") };
    assert!(step >= good && why.contains("learning rate"), "{why}");
    assert_eq!(
        losses(&rig.out("changed")).last().unwrap().0,
        step,
        "what came after it is gone from the log"
    );
    let change = RunChange { steps: Some(step + 40), rate_times: Some(1.0 / 150.0) };
    rig.tell(1, RunOrder::Change(change));
    rig.tell(1, RunOrder::Resume);
    rig.until(1, "it is done", is_finished);
    let logged = losses(&rig.out("changed"));
    assert_eq!(logged.last().unwrap().0, step + 40);
    assert!(logged.iter().all(|(_, loss)| loss.is_finite()));
    assert_eq!(RunFolder::read(&rig.out("changed")).unwrap().config.steps, step + 40);
}

/// The arms are never more than a step apart, learn from the same draws, and are judged by the same items.
#[test]
fn the_arms_of_a_race_take_turns() {
    let mut rig = Rig::new();
    let arms = [Mode::Scratch, Mode::Finetune, Mode::Prompt];
    let plans =
        (1..).zip(arms).map(|(run, mode)| rig.plan(run, &format!("race/runs/{mode}"), config(30), mode));
    rig.start(plans.collect());
    let verdict = rig.until(1, "there is a verdict", |news| matches!(news, RunNews::Verdict(_)));
    let RunNews::Verdict(verdict) = verdict else { panic!("{verdict:?}") };
    rig.listen();
    let mut at = [0_u32; 3];
    for (run, line) in &rig.ticks {
        at[run.0 as usize - 1] = line.step;
        let (least, most) = (at.iter().min().unwrap(), at.iter().max().unwrap());
        assert!(most - least <= 1, "{at:?}");
    }
    assert_eq!(at, [30; 3]);
    assert_eq!((verdict.arms.len(), verdict.gaps.len()), (3, 2));
    for arm in &verdict.arms {
        let last = History::read(&arm.folder, 0).unwrap().held_out.pop().unwrap();
        assert_eq!((last.psnr_db, last.each.len()), (arm.psnr_db, arm.each.len()));
    }
    // It is an experiment's folder, of which the report is written.
    rig.until(1, "it is kept", |news| matches!(news, RunNews::RaceKept(_)));
    assert!(rig.out("race/verdict.json").exists());
    let written = write_report(&rig.out("race")).unwrap();
    assert_eq!((written.done, written.waiting, written.refused), (3, 0, 0));
    let page = std::fs::read_to_string(written.html).unwrap();
    assert!(page.contains(&verdict.sentence()), "the verdict is not in the report");
    assert!(page.matches("data:image/png").count() >= 4, "held-out pictures of every arm are in it");
}

/// What cannot be trained is said, beside what can.
#[test]
fn what_fails_is_said_and_questions_are_answered() {
    let mut rig = Rig::new();
    let mut plan = rig.plan(1, "none", config(5), Mode::Scratch);
    plan.sources.data = rig.folder.path().join("nowhere");
    rig.start(vec![plan]);
    let begun = Instant::now();
    while !rig.said.iter().any(|(run, news)| *run == RunId(1) && matches!(news, RunNews::Failed { .. })) {
        rig.listen();
        assert!(begun.elapsed() < PATIENCE);
    }
    rig.said.clear();
    let (folder, config) = (rig.folder.path().join("data"), config(5));
    rig.engine
        .train(TrainCommand::LookAtData { run: RunId(2), folder, config: Box::new(config.clone()) })
        .unwrap();
    let look = rig.until(2, "the data is known", RunNews::is_end);
    let RunNews::Data(look) = look else { panic!("{look:?}") };
    assert_eq!(look.counts.iter().sum::<usize>(), 40);
    assert!(look.thumbnails.len() > 5 && look.rejected.len() == 1);
    assert!(look.rejected[0].1.contains("text"), "{:?}", look.rejected);
    let plan = rig.plan(3, "tried", config, Mode::Prompt);
    rig.engine.train(TrainCommand::Try(Box::new(plan))).unwrap();
    let tried = rig.until(3, "its cost is known", RunNews::is_end);
    let RunNews::Tried(trial) = tried else { panic!("{tried:?}") };
    assert!(trial.step > Duration::ZERO && trial.trainable < trial.parameters.total());
    assert!(!rig.out("tried").exists(), "a trial leaves nothing");
}

/// Threads of this process that train.
#[cfg(target_os = "linux")]
fn training_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| name.starts_with("hyperscope-trai")).count()
}

/// Ten starts and stops: no thread is left, neither of the runs nor of their pools.
#[cfg(target_os = "linux")]
#[test]
fn no_thread_is_left() {
    let mut rig = Rig::new();
    let mut most = 0;
    for run in 1..=10 {
        rig.start(vec![rig.plan(run, &format!("{run}"), config(1_000), Mode::Scratch)]);
        rig.until_step(run, 2);
        most = most.max(training_threads());
        rig.tell(run, RunOrder::Stop);
        rig.until(run, "it stops", |news| matches!(news, RunNews::Stopped { .. }));
    }
    assert!(most > 0, "the threads could not be counted");
    let Rig { engine, turn, .. } = rig;
    drop(engine);
    // A thread that was joined is still there until the system has taken it down.
    let begun = Instant::now();
    while training_threads() > 0 {
        assert!(begun.elapsed() < PATIENCE, "{} threads of training are left", training_threads());
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(turn);
}
