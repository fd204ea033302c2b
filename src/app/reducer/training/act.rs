use super::{form, news, runs};
use crate::app::action::Effect;
use crate::app::state::{Dialog, State};
use crate::app::training::TrainingAction;
use crate::engine::{RunTick, TrainCommand};

/// Act on what happened in the training panel.
pub(crate) fn act(state: &mut State, action: TrainingAction) -> Vec<Effect> {
    match action {
        TrainingAction::Toggle => {
            let layout = &mut state.settings.layout;
            layout.is_training_open = !layout.is_training_open;
            return runs::want_sheets(state);
        }
        TrainingAction::Height(height) => state.settings.layout.training_height = height,
        TrainingAction::Tab(tab) => {
            state.settings.training_tab = tab;
            return runs::want_sheets(state);
        }
        TrainingAction::Look(look) => state.settings.chart = look,
        TrainingAction::OpenForm => return form::open(state),
        TrainingAction::Fork(run) => return form::fork(state, run),
        TrainingAction::Edit(edited) => return form::edit(state, *edited),
        TrainingAction::Ask => return form::ask_anew(state),
        TrainingAction::Try => return form::attempt(state),
        TrainingAction::Start => return form::start(state),
        TrainingAction::Race => return form::race(state),
        TrainingAction::Settings(text) => return form::take_settings(state, &text),
        TrainingAction::Scrub(step) => {
            state.training.step = step;
            return runs::want_sheets(state);
        }
        TrainingAction::News(run, said) => return news::hear(state, run, said),
        TrainingAction::Samples(run, samples) => return news::list(state, run, samples),
        TrainingAction::Ticks(ticks) => {
            for (run, tick) in ticks {
                match (state.training.run_mut(run), tick) {
                    (Some(entry), RunTick::Step(line)) => entry.curves.push(line),
                    (Some(entry), RunTick::Back(step)) => {
                        entry.curves.keep_until(step);
                        entry.samples.retain(|sheet| sheet.step <= step);
                    }
                    (None, _) => {}
                }
            }
        }
        TrainingAction::Sheet(path, picture) => {
            state.training.awaited.retain(|awaited| *awaited != path);
            state.training.sheets.insert(path, picture);
        }
        TrainingAction::Listen(path) => {
            let effect = if state.training.heard.as_ref() == Some(&path) {
                Effect::Audition(None)
            } else {
                Effect::ReadSound(path)
            };
            return vec![effect];
        }
        TrainingAction::Heard(path, sound) => return vec![Effect::Audition(Some((path, sound)))],
        other => return runs::act(state, other),
    }
    Vec::new()
}

impl State {
    /// Show the form.
    pub(super) fn show_form(&mut self) {
        self.dialog = Some(Dialog::Training);
        self.settings.layout.is_training_open = true;
    }
}

/// Have the engine do this.
pub(super) fn train(command: TrainCommand) -> Effect {
    Effect::Train(Box::new(command))
}
