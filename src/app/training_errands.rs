//! What the training panel reads and writes, off the window's thread.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::action::{Action, Effect};
use super::errands::Answers;
use super::training::{Curves, FoundRun, TrainingAction};
use crate::limits;
use crate::media;
use crate::storage::write_atomically;
use crate::train::{History, RunFolder, Sheet, TrainError, Verdict};

/// Read or write what is wanted, and answer.
pub(crate) fn run(wanted: Effect, answers: &Answers) {
    match wanted {
        Effect::FindRuns { folders, is_asked } => find(&folders, is_asked, answers),
        Effect::ReadRun { run, folder, from } => {
            // A run that is just being started has no log yet: next time.
            let Ok(history) = History::read(&folder, from) else { return };
            let is_whole = from == 0 || history.read_bytes < from;
            if is_whole || history.read_bytes > from {
                let samples = Sheet::list(&folder);
                let (read_bytes, curves) = (history.read_bytes, Box::new(Curves::from(history)));
                let read = TrainingAction::Read { run, curves, read_bytes, is_whole, samples };
                answers.send(Action::Training(read));
            }
        }
        Effect::ListSamples { run, folder } => {
            let samples = Sheet::list(&folder);
            answers.send(Action::Training(TrainingAction::Samples(run, samples)));
        }
        Effect::ReadSheet(path) => {
            let read = media::read_file(&path).and_then(|bytes| media::decode(&bytes, [u8::MAX; 3]));
            match read {
                Ok(picture) => {
                    answers.send(Action::Training(TrainingAction::Sheet(path, Arc::new(picture))));
                }
                Err(err) => answers.send(trouble("A held-out picture cannot be shown", &err)),
            }
        }
        Effect::ReadSound(path) => {
            let read = media::read_file(&path).and_then(|bytes| media::decode_sound(&bytes));
            match read {
                Ok(sound) => {
                    answers.send(Action::Training(TrainingAction::Heard(path, Arc::new(sound))));
                }
                Err(err) => answers.send(trouble("A held-out sound cannot be played", &err)),
            }
        }
        Effect::ReadSettings(path) => match text(&path) {
            Ok(text) => answers.send(Action::Training(TrainingAction::Settings(text))),
            Err(err) => answers.send(trouble(&format!("{} cannot be read", path.display()), &err)),
        },
        Effect::WriteSettings(path, text) => {
            if let Err(err) = write_atomically(&path, |out| out.write_all(text.as_bytes())) {
                answers.send(trouble(&format!("{} cannot be written", path.display()), &err));
            }
        }
        Effect::ExportLog { folder, path } => {
            match History::read(&folder, 0).and_then(|history| history.write(&path)) {
                Ok(()) => answers.send(Action::Inform(format!("Saved {}", path.display()))),
                Err(err) => answers.send(trouble("The log cannot be exported", &err)),
            }
        }
        other => tracing::error!("{other:?} is nobody's errand"),
    }
}

fn find(roots: &[PathBuf], is_asked: bool, answers: &Answers) {
    let mut folders: Vec<PathBuf> = roots.iter().flat_map(|root| RunFolder::find(root)).collect();
    // The order is that of the roots: those of last time come first.
    let mut seen = std::collections::HashSet::new();
    folders.retain(|folder| seen.insert(folder.clone()));
    if folders.is_empty() && is_asked {
        let names = roots.iter().map(|root| root.display().to_string()).collect::<Vec<_>>().join(", ");
        answers.send(Action::Inform(format!("There is no run in {names}")));
    }
    for path in folders {
        match RunFolder::read(&path) {
            Ok(folder) => {
                let history = History::read(&path, 0).unwrap_or_default();
                let samples = Sheet::list(&path);
                let (read_bytes, curves) = (history.read_bytes, Curves::from(history));
                let race = race(&path).unwrap_or_else(|err| {
                    answers.send(trouble("The verdict of a race cannot be shown", &err));
                    None
                });
                let found = vec![FoundRun { folder, curves, read_bytes, samples, race }];
                answers.send(Action::Training(TrainingAction::Found(found)));
            }
            Err(err) => {
                answers.send(trouble(&format!("The run in {} cannot be shown", path.display()), &err));
            }
        }
    }
}

/// The race of a run's folder, if it has ended: `verdict.json` lies beside the folder of its arms.
fn race(run: &Path) -> Result<Option<(PathBuf, Verdict)>, TrainError> {
    let Some(folder) = run.parent().and_then(Path::parent) else { return Ok(None) };
    let is_of = |verdict: &Verdict| verdict.arms.iter().any(|arm| run.ends_with(arm.mode.to_string()));
    Ok(Verdict::read(folder)?.filter(is_of).map(|verdict| (folder.to_owned(), verdict)))
}

fn text(path: &Path) -> std::io::Result<String> {
    if std::fs::metadata(path)?.len() > limits::JSON_BYTES {
        return Err(std::io::Error::other("it is too large for settings"));
    }
    std::fs::read_to_string(path)
}

fn trouble(message: &str, err: &dyn std::error::Error) -> Action {
    Action::Trouble { message: message.into(), details: err.to_string() }
}
