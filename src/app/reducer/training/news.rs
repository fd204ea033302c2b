//! What the engine says of training.

use super::act::train;
use super::runs::want_sheets;
use crate::app::action::Effect;
use crate::app::reducer::{engine, library};
use crate::app::state::{NoticeKind, State};
use crate::app::training::{Answer, RunStatus};
use crate::engine::{RunId, RunNews, RunOrder, TrainCommand, WhyPaused};
use crate::train::Sheet;

/// Hear what is said of a run, or in answer to the form. What is said of a run that was given up changes nothing.
pub(super) fn hear(state: &mut State, run: RunId, news: RunNews) -> Vec<Effect> {
    match news {
        RunNews::Data(look) => {
            let answer = &mut state.training.form.data_look;
            if answer.waits_for(run) {
                *answer = Answer::Ready(*look);
            }
        }
        RunNews::Backbone(look) => {
            let answer = &mut state.training.form.backbone_look;
            if answer.waits_for(run) {
                *answer = Answer::Ready(*look);
            }
        }
        RunNews::Tried(trial) => {
            let answer = &mut state.training.form.trial;
            if answer.waits_for(run) {
                *answer = Answer::Ready(trial);
            }
        }
        RunNews::Served { item, encoded, .. } => {
            if state.training.serving == Some(run) {
                engine::served(state, item, encoded);
                return library::find_surface(state, item);
            }
        }
        RunNews::Verdict(verdict) => {
            state.notify(NoticeKind::Info, verdict.sentence(), "");
            if let Some(race) = state.training.run(run).and_then(|entry| entry.race.clone()) {
                state.training.verdicts.insert(race, *verdict);
            }
        }
        RunNews::RaceKept(folder) => {
            let message = format!("The race is kept; hyperscope report {} writes its page", folder.display());
            state.notify(NoticeKind::Info, message, "");
        }
        RunNews::Failed { message, details } => return failed(state, run, message, details),
        other => return of_run(state, run, other),
    }
    Vec::new()
}

fn of_run(state: &mut State, run: RunId, news: RunNews) -> Vec<Effect> {
    let Some(entry) = state.training.run_mut(run) else {
        // It was taken off the list before its thread could hear of that.
        let is_news_of_life = matches!(news, RunNews::Began { .. });
        let stop = train(TrainCommand::Order(run, RunOrder::Stop));
        return if is_news_of_life { vec![stop] } else { Vec::new() };
    };
    let name = entry.name.clone();
    match news {
        RunNews::Preparing(what) => entry.status = RunStatus::Preparing(what),
        RunNews::Began { config, model, .. } => {
            entry.config = *config;
            entry.model = Some(model);
            if !matches!(entry.status, RunStatus::Paused(_)) {
                entry.status = RunStatus::Training;
            }
        }
        RunNews::HeldOut(found) => {
            entry.curves.push_held_out(found);
            let folder = entry.folder.clone();
            return vec![Effect::ListSamples { run, folder }];
        }
        RunNews::Paused { why, step } => {
            if let WhyPaused::Diverged(what) = &why {
                let message = format!(
                    "{name} has paused at step {step}, its last good state: {what}. Lower its learning rate, then go on"
                );
                entry.curves.held_out.retain(|found| found.step <= step);
                entry.status = RunStatus::Paused(why);
                state.notify(NoticeKind::Error, message, "");
                return Vec::new();
            }
            entry.status = RunStatus::Paused(why);
        }
        RunNews::Resumed => entry.status = RunStatus::Training,
        RunNews::Kept { step } => {
            let message = format!("{name} was kept at step {step}");
            state.notify(NoticeKind::Info, message, "");
        }
        RunNews::Refused(why) => state.notify(NoticeKind::Error, format!("{name}: {why}"), ""),
        RunNews::Finished { step, model } => {
            entry.status = RunStatus::Finished;
            // Of a race the verdict is said.
            if entry.race.is_none() {
                let message = format!("{name} is done after {step} steps; its model is {}", model.display());
                state.notify(NoticeKind::Info, message, "");
            }
            return ended(state, run);
        }
        RunNews::Stopped { .. } => {
            entry.status = RunStatus::Stopped;
            return ended(state, run);
        }
        _ => {}
    }
    Vec::new()
}

/// No thread has it any more: from now on its folder is looked at.
fn ended(state: &mut State, run: RunId) -> Vec<Effect> {
    state.training.serving.take_if(|serving| *serving == run);
    let mut effects = want_sheets(state);
    if let Some(entry) = state.training.run_mut(run) {
        entry.read_bytes = 0;
        effects.push(Effect::ReadRun { run, folder: entry.folder.clone(), from: 0 });
    }
    effects
}

fn failed(state: &mut State, run: RunId, message: String, details: String) -> Vec<Effect> {
    let form = &mut state.training.form;
    if form.data_look.waits_for(run) {
        form.data_look = Answer::Failed(message);
    } else if form.backbone_look.waits_for(run) {
        form.backbone_look = Answer::Failed(message);
    } else if form.trial.waits_for(run) {
        form.trial = Answer::Failed(message);
    } else if let Some(entry) = state.training.run_mut(run) {
        entry.status = RunStatus::Failed(message.clone());
        let message = format!("{}: {message}", entry.name);
        state.training.serving.take_if(|serving| *serving == run);
        state.notify(NoticeKind::Error, message, details);
    }
    Vec::new()
}

/// The held-out pictures of a run, listed anew.
pub(super) fn list(state: &mut State, run: RunId, samples: Vec<Sheet>) -> Vec<Effect> {
    if let Some(entry) = state.training.run_mut(run) {
        entry.set_samples(samples);
    }
    want_sheets(state)
}
