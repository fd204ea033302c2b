//! The form that starts runs.

use std::path::{Path, PathBuf};

use super::act::train;
use super::runs;
use crate::app::action::Effect;
use crate::app::files::path_from_text;
use crate::app::state::{Dialog, NoticeKind, State};
use crate::app::training::{Answer, Budget, RunEntry, RunStatus, TrainForm, TrainingFile};
use crate::engine::{RunId, RunPlan, TrainCommand};
use crate::experiment::arm_folder;
use crate::model::Mode;
use crate::train::{RunConfig, RunSources};

/// Show the form.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    if state.training.form.data.is_empty() {
        // The last run says where one's data is.
        let last = state.training.runs.iter().rev().find_map(|run| run.sources.clone());
        if let Some(sources) = last {
            take_sources(&mut state.training.form, &sources);
        }
    }
    suggest_folder(state);
    state.show_form();
    ask_anew(state)
}

/// Show the form, to go on from what a run has learned.
pub(super) fn fork(state: &mut State, run: RunId) -> Vec<Effect> {
    let Some(entry) = state.training.run(run).cloned() else { return Vec::new() };
    let mut form = TrainForm::new(entry.config.kind);
    form.config = entry.config.clone();
    if let Some(sources) = &entry.sources {
        take_sources(&mut form, sources);
    }
    form.mode = match &entry.sources {
        Some(sources) if sources.mode != Mode::Scratch => sources.mode,
        _ => Mode::Finetune,
    };
    form.from = entry.model_path().display().to_string();
    state.training.form = form;
    suggest_folder(state);
    state.show_form();
    ask_anew(state)
}

fn take_sources(form: &mut TrainForm, sources: &RunSources) {
    form.data = sources.data.display().to_string();
    form.backbone = sources.backbone.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
}

/// The form says something else: what was known of what it said before is forgotten.
pub(super) fn edit(state: &mut State, edited: TrainForm) -> Vec<Effect> {
    let before = std::mem::replace(&mut state.training.form, edited);
    let form = &mut state.training.form;
    let reading = |form: &TrainForm| (form.config.kind, form.config.sounds.sample_rate);
    let is_read_otherwise = reading(form) != reading(&before);
    let (is_other_data, is_other_backbone) = (form.data != before.data, form.backbone != before.backbone);
    if is_other_data || is_read_otherwise {
        form.data_look = Answer::None;
    }
    if is_other_backbone {
        form.backbone_look = Answer::None;
    }
    let is_other_run = (&form.config, form.mode, &form.from) != (&before.config, before.mode, &before.from);
    if is_other_data || is_other_backbone || is_other_run {
        form.trial = Answer::None;
    }
    suggest_folder(state);
    // A path may still be being typed; it is asked about when it is left.
    if is_read_otherwise { ask_anew(state) } else { Vec::new() }
}

/// Ask what is not known yet of the folder and the file that the form names.
pub(super) fn ask_anew(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    let form = &state.training.form;
    let (data, backbone) = (path_from_text(&form.data), path_from_text(&form.backbone));
    let config = Box::new(form.config.clone());
    if let (Answer::None, Some(folder)) = (&form.data_look, data.filter(|path| path.is_absolute())) {
        let run = RunId(state.fresh_id());
        state.training.form.data_look = Answer::Waiting(run);
        effects.push(train(TrainCommand::LookAtData { run, folder, config }));
    }
    let is_unknown = matches!(state.training.form.backbone_look, Answer::None);
    if let Some(path) = backbone.filter(|path| is_unknown && path.is_absolute()) {
        let run = RunId(state.fresh_id());
        state.training.form.backbone_look = Answer::Waiting(run);
        effects.push(train(TrainCommand::LookAtBackbone { run, path }));
    }
    effects
}

/// A folder that no run has yet, unless a person has typed one.
fn suggest_folder(state: &mut State) {
    if state.training.form.is_out_suggested {
        let mode = state.training.form.mode.to_string();
        state.training.form.out = free_folder(state, &mode).display().to_string();
    }
}

/// Numbers that are tried for a new folder: far more than there are runs.
const FOLDERS_TRIED: u32 = 1_000_000;

/// A folder among the runs that none of them has, called after what is learned and how.
fn free_folder(state: &State, how: &str) -> PathBuf {
    let root = state.settings.runs_root().unwrap_or_default();
    let name = format!("{}-{how}", runs::noun(state.training.form.config.kind));
    let is_free = |folder: &PathBuf| {
        let is_within = |run: &RunEntry| run.folder.starts_with(folder);
        !state.training.runs.iter().any(is_within)
    };
    (1..=FOLDERS_TRIED).map(|number| root.join(format!("{name}-{number}"))).find(is_free).unwrap_or(root)
}

fn plan(state: &mut State, sources: RunSources, out: PathBuf) -> RunPlan {
    let config = state.training.form.config.clone();
    RunPlan { run: RunId(state.fresh_id()), config, sources, out, is_resumed: false }
}

/// Take a few steps of what the form says.
pub(super) fn attempt(state: &mut State) -> Vec<Effect> {
    let sources = match state.training.form.sources() {
        Ok(sources) => sources,
        Err(why) => return refuse(state, why),
    };
    let plan = plan(state, sources, PathBuf::new());
    state.training.form.trial = Answer::Waiting(plan.run);
    vec![train(TrainCommand::Try(Box::new(plan)))]
}

/// Train what the form says.
pub(super) fn start(state: &mut State) -> Vec<Effect> {
    let form = &state.training.form;
    match form.sources().and_then(|sources| Ok((sources, form.target()?))) {
        Ok((sources, out)) => {
            let plan = plan(state, sources, out);
            begin(state, vec![plan], None)
        }
        Err(why) => refuse(state, why),
    }
}

/// Train what the form says in every mode that can start, in turn.
pub(super) fn race(state: &mut State) -> Vec<Effect> {
    let form = &state.training.form;
    let modes = form.racing_modes();
    if modes.len() < 2 {
        return refuse(
            state,
            "A race needs a backbone's weights file: without it there is only scratch".into(),
        );
    }
    let (target, is_suggested) = (form.target(), form.is_out_suggested);
    let out = match target {
        Ok(_) if is_suggested => free_folder(state, "race"),
        Ok(out) => out,
        Err(why) => return refuse(state, why),
    };
    let mut plans = Vec::new();
    for mode in modes {
        match state.training.form.sources_of(mode) {
            Ok(sources) => plans.push(plan(state, sources, arm_folder(&out, mode))),
            Err(why) => return refuse(state, why),
        }
    }
    begin(state, plans, Some(&out))
}

fn begin(state: &mut State, plans: Vec<RunPlan>, race: Option<&Path>) -> Vec<Effect> {
    if let Some(known) = plans.iter().find_map(|plan| state.training.run_at(&plan.out)) {
        let what =
            format!("{} has the run {} already: choose another folder", known.folder.display(), known.name);
        return refuse(state, what);
    }
    let within = match state.training.form.budget {
        Budget::Steps => None,
        Budget::Time(within) => Some(within),
    };
    for plan in &plans {
        let name = match race {
            Some(folder) => format!("{}, {}", runs::usual(folder), plan.sources.mode),
            None => runs::usual(&plan.out),
        };
        let mut entry = runs::entry(state, plan.run, plan.out.clone(), plan.config.clone());
        state.settings.forgotten_runs.retain(|folder| *folder != plan.out);
        entry.name = name;
        entry.sources = Some(plan.sources.clone());
        entry.race = race.map(PathBuf::from);
        entry.status = RunStatus::Preparing("Waiting");
        state.training.runs.push(entry);
    }
    state.training.selected = plans.first().map(|plan| plan.run);
    state.dialog = None;
    state.training.form.is_out_suggested = true;
    runs::keep_list(state);
    vec![train(TrainCommand::Start { arms: plans, within })]
}

fn refuse(state: &mut State, why: String) -> Vec<Effect> {
    state.notify(NoticeKind::Error, why, "");
    Vec::new()
}

/// Settings from a file, of any kind of signal.
pub(super) fn take_settings(state: &mut State, text: &str) -> Vec<Effect> {
    match RunConfig::from_toml(text, state.training.form.config.kind) {
        Ok(config) => {
            state.dialog = Some(Dialog::Training);
            let form = TrainForm { config, ..state.training.form.clone() };
            edit(state, form)
        }
        Err(err) => refuse(state, format!("These settings cannot be used: {err}")),
    }
}

/// A file or a folder was chosen for training.
pub(crate) fn picked(state: &mut State, file: TrainingFile, path: PathBuf) -> Vec<Effect> {
    let mut form = state.training.form.clone();
    let text = path.display().to_string();
    match file {
        TrainingFile::Data => form.data = text,
        TrainingFile::Backbone => form.backbone = text,
        TrainingFile::StartingModel => form.from = text,
        TrainingFile::RunFolder => (form.out, form.is_out_suggested) = (text, false),
        TrainingFile::OpenRuns => {
            state.dialog = None;
            state.settings.forgotten_runs.retain(|folder| !folder.starts_with(&path));
            return vec![Effect::FindRuns { folders: vec![path], is_asked: true }];
        }
        TrainingFile::OpenSettings => {
            state.dialog = Some(Dialog::Training);
            return vec![Effect::ReadSettings(path)];
        }
        TrainingFile::SaveSettings => {
            state.dialog = Some(Dialog::Training);
            return match form.config.to_toml() {
                Ok(text) => vec![Effect::WriteSettings(path, text)],
                Err(err) => refuse(state, err.to_string()),
            };
        }
        TrainingFile::ExportLog => {
            state.dialog = None;
            let Some(run) = state.training.current() else { return Vec::new() };
            return vec![Effect::ExportLog { folder: run.folder.clone(), path }];
        }
    }
    state.dialog = Some(Dialog::Training);
    let mut effects = edit(state, form);
    effects.extend(ask_anew(state));
    effects
}
