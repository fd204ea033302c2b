//! Short work that would hold the window up: looking into folders, small pictures for the shelf, the
//! platform's file dialogs, the settings file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use eframe::egui::Context;

use super::action::{Action, Effect};
use super::clipboard;
use super::files::FilePurpose;
use super::settings::Settings;
use super::state::ShelfKey;
use super::training_errands;
use super::worker::Worker;
use crate::audio;
use crate::dataset::ViewSet;
use crate::engine::Origin;
use crate::field::{FieldRecord, Region, Synthesizer};
use crate::media;

/// Files that are taken from one drop.
const MAX_FILES: usize = 500;
/// Entries of folders that are looked at for one drop.
const MAX_ENTRIES: usize = 50_000;
/// Folders within folders.
const MAX_DEPTH: usize = 8;
/// Sides of the shelf's pictures, in pixels.
const THUMBNAIL_SIDE_PX: u32 = 96;
/// A dialog that is gone within this time was never seen by anyone.
const UNSEEN: Duration = Duration::from_millis(400);

/// Where answers go.
#[derive(Clone)]
pub(crate) struct Answers {
    sender: Sender<Action>,
    ctx: Context,
}

impl Answers {
    pub(crate) fn send(&self, action: Action) {
        // The window may be gone: then nobody waits.
        self.sender.send(action).ok();
        self.wake();
    }

    /// Have the window look for what it was given.
    pub(crate) fn wake(&self) {
        self.ctx.request_repaint();
    }
}

/// The errands' threads.
pub(crate) struct Errands {
    answers: Answers,
    inbox: Receiver<Action>,
    shelf: Worker<(ShelfKey, Origin)>,
    clipboard: Worker<clipboard::Request>,
    settings: Worker<Settings>,
}

impl Errands {
    pub(crate) fn start(ctx: &Context, config_folder: Option<PathBuf>) -> Self {
        let (sender, inbox) = channel();
        let answers = Answers { sender, ctx: ctx.clone() };
        let (for_shelf, for_clipboard, for_settings) = (answers.clone(), answers.clone(), answers.clone());
        Self {
            shelf: Worker::start("hyperscope-shelf", move |requests| {
                for (key, origin) in requests {
                    if let Some(picture) = small_picture(origin) {
                        for_shelf.send(Action::Thumbnail(key, Arc::new(picture)));
                    }
                }
            }),
            clipboard: Worker::start("hyperscope-clipboard", move |requests| {
                clipboard::serve(&requests, &for_clipboard);
            }),
            settings: Worker::start("hyperscope-settings", move |requests: Receiver<Settings>| {
                for settings in requests {
                    keep(&settings, config_folder.as_deref(), &for_settings);
                }
            }),
            answers,
            inbox,
        }
    }

    /// What came back since the last time.
    pub(crate) fn drain(&self) -> Vec<Action> {
        self.inbox.try_iter().collect()
    }

    /// Look into folders.
    pub(crate) fn expand(&self, paths: Vec<PathBuf>) {
        self.spawn("hyperscope-folders", move |answers| expand(&paths, answers));
    }

    pub(crate) fn thumbnails(&self, wanted: Vec<(ShelfKey, Origin)>) {
        for request in wanted {
            self.shelf.send(request);
        }
    }

    pub(crate) fn clipboard(&self, request: clipboard::Request) {
        self.clipboard.send(request);
    }

    /// See whether something is at a path.
    pub(crate) fn probe(&self, path: PathBuf) {
        self.spawn("hyperscope-probe", move |answers| {
            let exists = path.exists();
            answers.send(Action::Probed { path, exists });
        });
    }

    /// See which sound outputs there are: each is asked, and that takes a while.
    pub(crate) fn find_outputs(&self) {
        self.spawn("hyperscope-outputs", |answers| answers.send(Action::Outputs(audio::output_names())));
    }

    /// Show the platform's dialog.
    pub(crate) fn pick(&self, purpose: FilePurpose, folder: Option<PathBuf>, name: String) {
        self.spawn("hyperscope-dialog", move |answers| {
            let asked = Instant::now();
            let paths = ask_platform(purpose, folder, &name);
            if paths.is_empty() && asked.elapsed() < UNSEEN {
                answers.send(Action::NoPlatformDialog(purpose));
            } else {
                answers.send(Action::Picked(purpose, paths));
            }
        });
    }

    /// Read or write what the training panel asks for.
    pub(crate) fn training(&self, wanted: Effect) {
        self.spawn("hyperscope-runs", move |answers| training_errands::run(wanted, answers));
    }

    /// Keep the settings.
    pub(crate) fn keep(&self, settings: Settings) {
        self.settings.send(settings);
    }

    /// Wait until the settings are on the disk.
    pub(crate) fn finish(&mut self) {
        self.settings.finish();
    }

    fn spawn(&self, name: &str, work: impl FnOnce(&Answers) + Send + 'static) {
        let answers = self.answers.clone();
        if let Err(err) = std::thread::Builder::new().name(name.into()).spawn(move || work(&answers)) {
            tracing::error!("the thread {name} cannot be started: {err}");
        }
    }
}

fn keep(settings: &Settings, folder: Option<&Path>, answers: &Answers) {
    let Some(folder) = folder else { return };
    if let Err(err) = settings.save(folder) {
        answers.send(Action::Trouble {
            message: format!("The settings cannot be kept in {}", folder.display()),
            details: err.to_string(),
        });
    }
}

fn ask_platform(purpose: FilePurpose, folder: Option<PathBuf>, name: &str) -> Vec<PathBuf> {
    let mut dialog = rfd::FileDialog::new().set_title(purpose.title());
    for (name, extensions) in purpose.filters() {
        dialog = dialog.add_filter(name, extensions);
    }
    if let Some(folder) = folder {
        dialog = dialog.set_directory(folder);
    }
    if purpose.is_written() {
        return dialog.set_file_name(name).save_file().into_iter().collect();
    }
    if matches!(purpose, FilePurpose::Training(file) if file.is_folder()) {
        return dialog.pick_folder().into_iter().collect();
    }
    if purpose == FilePurpose::Open {
        return dialog.pick_files().unwrap_or_default();
    }
    dialog.pick_file().into_iter().collect()
}

/// Files as they are, and folders of posed views; of other folders, what the program can read, in the order of their names.
fn expand(paths: &[PathBuf], answers: &Answers) {
    let mut found = Vec::new();
    let mut entries = 0;
    for path in paths {
        if path.is_dir() && ViewSet::description(path).is_none() {
            let before = found.len();
            walk(path, 0, &mut entries, &mut found);
            if found.len() == before {
                let what = format!("There is no picture, sound, field or model in {}", path.display());
                answers.send(Action::Trouble { message: what, details: String::new() });
            }
        } else {
            found.push(path.clone());
        }
    }
    if found.len() > MAX_FILES {
        let what = format!("Only the first {MAX_FILES} of {} files were taken", found.len());
        answers.send(Action::Inform(what));
        found.truncate(MAX_FILES);
    }
    if !found.is_empty() {
        answers.send(Action::Open(found.into_iter().map(Origin::Path).collect()));
    }
}

fn walk(folder: &Path, depth: usize, entries: &mut usize, found: &mut Vec<PathBuf>) {
    let Ok(list) = std::fs::read_dir(folder) else { return };
    let sorted: BTreeSet<PathBuf> = list.flatten().map(|entry| entry.path()).collect();
    for path in sorted {
        *entries += 1;
        if *entries > MAX_ENTRIES || found.len() > MAX_FILES {
            return;
        }
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        // A link to a folder may lead in circles.
        if is_hidden || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            if ViewSet::description(&path).is_some() {
                found.push(path);
            } else if depth < MAX_DEPTH {
                walk(&path, depth + 1, entries, found);
            }
        } else if media::content_of_file(&path).is_ok_and(is_welcome) {
            found.push(path);
        }
    }
}

fn is_welcome(content: media::Content) -> bool {
    content.is_supported() || content.is_tensors() || content == media::Content::Sound
}

/// A picture or a field, small; `None` for what is neither, or is gone.
fn small_picture(origin: Origin) -> Option<media::Picture> {
    let bytes: Arc<[u8]> = match origin {
        Origin::Path(path) => media::read_file(&path).ok()?.into(),
        Origin::Bytes { bytes, .. } => bytes,
    };
    if FieldRecord::is_field(&bytes) {
        let record = FieldRecord::from_bytes(&bytes).ok()?;
        if let Some(synthesizer) = Synthesizer::new(&record) {
            let layout = *synthesizer.layout();
            return Some(waveform(synthesizer.samples(layout.sample_rate_hz, 0, layout.length)));
        }
        let values = record.render(THUMBNAIL_SIDE_PX, THUMBNAIL_SIDE_PX, Region::WHOLE);
        return media::Picture::from_f32(THUMBNAIL_SIDE_PX, THUMBNAIL_SIDE_PX, &values);
    }
    if media::Content::of(&bytes) == media::Content::Sound {
        return Some(waveform(media::decode_sound(&bytes).ok()?.mono()));
    }
    let picture = media::decode(&bytes, [u8::MAX; 3]).ok()?;
    Some(media::thumbnail(&picture, THUMBNAIL_SIDE_PX))
}

fn waveform(samples: Vec<f32>) -> media::Picture {
    media::Overview::new(samples).picture(THUMBNAIL_SIDE_PX, THUMBNAIL_SIDE_PX)
}
