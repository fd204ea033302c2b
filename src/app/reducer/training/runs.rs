//! The list of runs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::act::train;
use crate::app::action::Effect;
use crate::app::reducer::library;
use crate::app::state::{NoticeKind, State};
use crate::app::training::usual_name;
use crate::app::training::{Curves, FoundRun, KnownRun, RunEntry, RunStatus, TrainingAction, TrainingTab};
use crate::engine::{RunId, RunOrder, RunPlan, Serving, TrainCommand};
use crate::model::SignalKind;
use crate::train::{RunChange, RunConfig};

/// Between two fields of what the model in training serves.
const SERVE_EVERY: Duration = Duration::from_secs(3);
/// Colours of runs.
pub(crate) const COLORS: usize = 6;

/// Look for the runs of last time, and for those that lie where runs are kept.
pub(crate) fn begin(state: &State) -> Vec<Effect> {
    let known = state.settings.runs.iter().map(|run| run.folder.clone());
    let folders: Vec<PathBuf> = known.chain(state.settings.runs_root()).collect();
    if folders.is_empty() { Vec::new() } else { vec![Effect::FindRuns { folders, is_asked: false }] }
}

pub(super) fn act(state: &mut State, action: TrainingAction) -> Vec<Effect> {
    match action {
        TrainingAction::Select(run) => {
            state.training.selected = Some(run);
            return want_sheets(state);
        }
        TrainingAction::Show(run, is_shown) => {
            change(state, run, |entry| entry.is_shown = is_shown);
            return want_sheets(state);
        }
        TrainingAction::Rename(run, name) => change(state, run, |entry| entry.name = name),
        TrainingAction::Annotate(run, note) => change(state, run, |entry| entry.note = note),
        TrainingAction::Recolor(run) => change(state, run, |entry| entry.color = (entry.color + 1) % COLORS),
        TrainingAction::Forget(run) => return forget(state, run),
        TrainingAction::Resume(run) => return resume(state, run),
        TrainingAction::Order(run, order) => return vec![train(TrainCommand::Order(run, order))],
        TrainingAction::Change(run, change) => return change_settings(state, run, change),
        TrainingAction::Serve(run, is_on) => return serve(state, run, is_on),
        TrainingAction::UseModel(run) => {
            let Some(entry) = state.training.run(run) else { return Vec::new() };
            let (kind, path) = (entry.config.kind, entry.model_path());
            return library::load_model(state, kind, Some(path));
        }
        TrainingAction::Found(found) => return take(state, found),
        TrainingAction::Read { run, curves, read_bytes, is_whole, samples } => {
            let Some(entry) = state.training.run_mut(run).filter(|entry| !entry.is_ours()) else {
                return Vec::new();
            };
            let has_grown = entry.read_bytes > 0 && read_bytes > entry.read_bytes;
            entry.read_bytes = read_bytes;
            if is_whole {
                entry.curves = *curves;
            } else {
                entry.curves.append(*curves);
            }
            entry.set_samples(samples);
            entry.status = status_on_disk(entry, has_grown);
            return want_sheets(state);
        }
        TrainingAction::Poll => {
            let others = state.training.runs.iter().filter(|entry| !entry.is_ours());
            return others
                .map(|entry| Effect::ReadRun {
                    run: entry.id,
                    folder: entry.folder.clone(),
                    from: entry.read_bytes,
                })
                .collect();
        }
        _ => {}
    }
    Vec::new()
}

/// An entry of which nothing is known yet.
pub(super) fn entry(state: &State, id: RunId, folder: PathBuf, config: RunConfig) -> RunEntry {
    let used = |color: &usize| state.training.runs.iter().any(|run| run.color == *color);
    let color = (0..COLORS).find(|color| !used(color)).unwrap_or(state.training.runs.len() % COLORS);
    RunEntry {
        id,
        name: usual_name(&folder),
        note: String::new(),
        folder,
        config,
        sources: None,
        color,
        is_shown: true,
        status: RunStatus::Stopped,
        model: None,
        curves: Curves::default(),
        samples: Vec::new(),
        read_bytes: 0,
        race: None,
    }
}

/// What runs of this folder are called.
pub(super) fn usual(folder: &Path) -> String {
    usual_name(folder)
}

/// Of a run that no thread of this program has.
fn status_on_disk(entry: &RunEntry, has_grown: bool) -> RunStatus {
    match &entry.status {
        _ if entry.steps_done() >= entry.config.steps => RunStatus::Finished,
        _ if has_grown => RunStatus::Elsewhere,
        RunStatus::Failed(why) => RunStatus::Failed(why.clone()),
        _ => RunStatus::Stopped,
    }
}

/// Runs were found on the disk; those that are known already stay as they are.
fn take(state: &mut State, found: Vec<FoundRun>) -> Vec<Effect> {
    for FoundRun { folder, curves, read_bytes, samples, race } in found {
        let is_forgotten = state.settings.forgotten_runs.contains(&folder.path);
        if is_forgotten || state.training.run_at(&folder.path).is_some() {
            continue;
        }
        let known = state.settings.runs.iter().find(|known| known.folder == folder.path).cloned();
        let id = RunId(state.fresh_id());
        let mut entry = entry(state, id, folder.path, folder.config);
        entry.sources = folder.sources;
        entry.model = folder.model.map(Box::new);
        if let Some(known) = known {
            (entry.color, entry.is_shown, entry.note) = (known.color % COLORS, known.is_shown, known.note);
            if !known.name.is_empty() {
                entry.name = known.name;
            }
        }
        if let Some((race, verdict)) = race {
            state.training.verdicts.entry(race.clone()).or_insert(verdict);
            entry.race = Some(race);
        }
        (entry.read_bytes, entry.curves) = (read_bytes, curves);
        entry.set_samples(samples);
        entry.status = status_on_disk(&entry, false);
        state.training.runs.push(entry);
        state.training.selected.get_or_insert(id);
    }
    keep_list(state);
    want_sheets(state)
}

fn change(state: &mut State, run: RunId, change: impl FnOnce(&mut RunEntry)) {
    if let Some(entry) = state.training.run_mut(run) {
        change(entry);
    }
    keep_list(state);
}

/// Remember the runs for the next start of the program; those that were not found yet stay as they are.
pub(super) fn keep_list(state: &mut State) {
    for run in &state.training.runs {
        let known = KnownRun {
            folder: run.folder.clone(),
            name: run.name.clone(),
            note: run.note.clone(),
            color: run.color,
            is_shown: run.is_shown,
        };
        match state.settings.runs.iter_mut().find(|kept| kept.folder == known.folder) {
            Some(kept) => *kept = known,
            None => state.settings.runs.push(known),
        }
    }
}

/// Take a run off the list; one that is trained is stopped.
fn forget(state: &mut State, run: RunId) -> Vec<Effect> {
    let Some(index) = state.training.runs.iter().position(|entry| entry.id == run) else { return Vec::new() };
    let entry = state.training.runs.remove(index);
    if state.training.selected == Some(run) {
        let runs = &state.training.runs;
        state.training.selected = runs.get(index).or_else(|| runs.last()).map(|entry| entry.id);
    }
    state.training.serving.take_if(|serving| *serving == run);
    state.settings.runs.retain(|known| known.folder != entry.folder);
    // The latest first: those of long ago are let go of.
    state.settings.forgotten_runs.insert(0, entry.folder.clone());
    if entry.is_ours() { vec![train(TrainCommand::Order(run, RunOrder::Stop))] } else { Vec::new() }
}

/// Go on with a run from its last checkpoint.
fn resume(state: &mut State, run: RunId) -> Vec<Effect> {
    let id = RunId(state.fresh_id());
    let Some(entry) = state.training.run_mut(run).filter(|entry| entry.can_resume()) else {
        return Vec::new();
    };
    let Some(sources) = entry.sources.clone() else { return Vec::new() };
    entry.id = id;
    entry.status = RunStatus::Preparing("Waiting");
    let (config, out) = (entry.config.clone(), entry.folder.clone());
    if state.training.selected == Some(run) {
        state.training.selected = Some(id);
    }
    let plan = RunPlan { run: id, config, sources, out, is_resumed: true };
    vec![train(TrainCommand::Start { arms: vec![plan], within: None })]
}

/// A run at work is told; of one that lies on the disk the settings file is changed.
fn change_settings(state: &mut State, run: RunId, change: RunChange) -> Vec<Effect> {
    let Some(entry) = state.training.run_mut(run) else { return Vec::new() };
    if entry.is_ours() {
        return vec![train(TrainCommand::Order(run, RunOrder::Change(change)))];
    }
    let mut config = entry.config.clone();
    config.steps = change.steps.unwrap_or(config.steps);
    let times = change.rate_times.unwrap_or(1.0);
    config.learning_rate_backbone *= times;
    config.learning_rate_new *= times;
    match config.validate().and_then(|()| config.to_toml()) {
        Ok(text) => {
            let path = entry.folder.join("run.toml");
            entry.config = config;
            entry.status = status_on_disk(entry, entry.status == RunStatus::Elsewhere);
            vec![Effect::WriteSettings(path, text)]
        }
        Err(err) => {
            state.notify(NoticeKind::Error, err.to_string(), "");
            Vec::new()
        }
    }
}

/// Have a run's model write the selected item's field, or no more.
fn serve(state: &mut State, run: RunId, is_on: bool) -> Vec<Effect> {
    let mut effects = Vec::new();
    if let Some(before) = state.training.serving.take() {
        effects.push(train(TrainCommand::Order(before, RunOrder::Serve(None))));
    }
    if is_on {
        state.training.serving = Some(run);
        effects.extend(serve_selected(state));
    }
    effects
}

/// Tell the run that serves what is looked at now.
pub(crate) fn serve_selected(state: &State) -> Vec<Effect> {
    let Some(run) = state.training.serving.and_then(|id| state.training.run(id)) else { return Vec::new() };
    let served = state.current().filter(|item| item.shown_kind() == run.config.kind);
    let signal = served.and_then(|item| Some((item.id, item.signal.clone()?)));
    let serving = signal.map(|(item, signal)| Serving { item, signal, every: SERVE_EVERY });
    vec![train(TrainCommand::Order(run.id, RunOrder::Serve(serving)))]
}

/// Have the held-out pictures read that are looked at; those that are not go.
pub(super) fn want_sheets(state: &mut State) -> Vec<Effect> {
    let is_open = state.settings.layout.is_training_open;
    if !is_open || state.settings.training_tab != TrainingTab::HeldOut {
        return Vec::new();
    }
    let training = &mut state.training;
    let step = training.step;
    let wanted: Vec<PathBuf> = training
        .runs
        .iter()
        .filter(|run| run.is_shown || training.selected == Some(run.id))
        .filter_map(|run| run.sample(step).map(|sheet| sheet.path.clone()))
        .collect();
    // Going back and forth should not read the same ones again: a few dozen stay.
    if training.sheets.len() > SHEETS {
        training.sheets.retain(|path, _| wanted.contains(path));
    }
    let is_missing = |path: &PathBuf| !training.sheets.contains_key(path) && !training.awaited.contains(path);
    let missing: Vec<PathBuf> = wanted.into_iter().filter(is_missing).collect();
    training.awaited.extend(missing.iter().cloned());
    missing.into_iter().map(Effect::ReadSheet).collect()
}

/// Held-out pictures that are kept.
const SHEETS: usize = 64;

/// The kind of signal that a run learns, for people.
pub(crate) fn noun(kind: SignalKind) -> &'static str {
    match kind {
        SignalKind::Image => "pictures",
        SignalKind::Object => "objects",
        SignalKind::Sound => "sounds",
    }
}
