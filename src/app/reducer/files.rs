//! Which file to read or to write.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{library, training};
use crate::app::action::{Action, Effect};
use crate::app::files::{FileForm, FilePurpose, file_name};
use crate::app::object_look::SAMPLES;
use crate::app::state::{Dialog, NoticeKind, State, Work};
use crate::engine::{Command, MeshConfig, ObjectExport};
use crate::export::{FilmConfig, StillConfig, check_wav};
use crate::field::FieldRecord;
use crate::limits;
use crate::media::check_extension;

/// Act on what was asked of, or answered by, a file dialog.
pub(crate) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::AskFile(purpose) => ask(state, purpose),
        Action::AskPath(purpose) => ask_path(state, purpose),
        Action::TypePath(path) => type_path(state, path),
        Action::Probed { path, exists } => {
            if let Some(form) = form(state).filter(|form| form.target().as_ref() == Some(&path)) {
                form.is_taken = Some(exists);
            }
            Vec::new()
        }
        Action::SetExportSize(width, height) => resize(state, width, height),
        Action::KeepShape(is_kept) => {
            if let Some(form) = form(state) {
                form.keeps_shape = is_kept;
                let (width, height) = form.size_px;
                return resize(state, width, height);
            }
            Vec::new()
        }
        Action::SetSound(rate_hz, depth) => {
            let (item, folder) = (state.current().cloned(), state.settings.folder.clone());
            let Some(form) = form(state) else { return Vec::new() };
            form.sound = (rate_hz, depth);
            form.suggest(item.as_ref(), folder.as_deref());
            probe(form)
        }
        Action::SetFilm(film) => {
            if let Some(form) = form(state) {
                form.film = film;
            }
            Vec::new()
        }
        Action::Picked(purpose, paths) => picked(state, purpose, paths),
        Action::NoPlatformDialog(purpose) => {
            state.lacks_file_dialogs = true;
            if form(state).is_none() {
                return ask_path(state, purpose);
            }
            state.notify(NoticeKind::Info, "This desktop shows no file dialogs: type the path instead", "");
            Vec::new()
        }
        Action::ConfirmFile => confirm(state),
        _ => Vec::new(),
    }
}

fn form(state: &mut State) -> Option<&mut FileForm> {
    match &mut state.dialog {
        Some(Dialog::File(form)) => Some(form),
        _ => None,
    }
}

/// The purpose can be served: what is written must be there.
fn is_possible(state: &State, purpose: FilePurpose) -> bool {
    if matches!(purpose, FilePurpose::Training(_)) {
        return true;
    }
    let is_for_objects = matches!(purpose, FilePurpose::Film | FilePurpose::Mesh);
    let item = state.current();
    !purpose.is_written()
        || item.is_some_and(|item| item.record().is_some() && (item.is_object() || !is_for_objects))
}

fn ask(state: &mut State, purpose: FilePurpose) -> Vec<Effect> {
    if !is_possible(state, purpose) {
        return Vec::new();
    }
    // A size is asked first or told, and the form has a button for the platform's dialog.
    let is_form_first = matches!(purpose, FilePurpose::Export | FilePurpose::Film | FilePurpose::Mesh)
        && form(state).is_none();
    if is_form_first || state.lacks_file_dialogs {
        return ask_path(state, purpose);
    }
    let suggestion = match form(state) {
        Some(form) => form.clone(),
        None => FileForm::new(purpose, state.current(), state.settings.folder.as_deref()),
    };
    let target = suggestion.target().unwrap_or_default();
    let name = if purpose.is_written() { file_name(&target) } else { String::new() };
    let folder = if purpose.is_written() { target.parent().map(Into::into) } else { Some(target) };
    vec![Effect::PickFile { purpose, folder, name }]
}

fn ask_path(state: &mut State, purpose: FilePurpose) -> Vec<Effect> {
    if !is_possible(state, purpose) {
        return Vec::new();
    }
    let form = FileForm::new(purpose, state.current(), state.settings.folder.as_deref());
    let effects = probe(&form);
    state.dialog = Some(Dialog::File(form));
    effects
}

/// Only what is written over is worth knowing.
fn probe(form: &FileForm) -> Vec<Effect> {
    let target = form.target().filter(|_| form.purpose.is_written());
    target.map(Effect::Probe).into_iter().collect()
}

fn type_path(state: &mut State, path: String) -> Vec<Effect> {
    let Some(form) = form(state) else { return Vec::new() };
    form.path = path;
    form.is_suggested = false;
    form.is_taken = None;
    probe(form)
}

fn resize(state: &mut State, width: u32, height: u32) -> Vec<Effect> {
    let shape = state.current().map(crate::app::item::Item::size_px);
    let folder = state.settings.folder.clone();
    let item = state.current().cloned();
    let Some(form) = form(state) else { return Vec::new() };
    let (mut width, mut height) =
        (width.clamp(1, limits::EXPORT_SIDE_PX), height.clamp(1, limits::EXPORT_SIDE_PX));
    if let (true, Some((full_width, full_height))) = (form.keeps_shape, shape) {
        let ratio = f64::from(full_height) / f64::from(full_width.max(1));
        let limit = f64::from(limits::EXPORT_SIDE_PX);
        if height != form.size_px.1 && width == form.size_px.0 {
            width = (f64::from(height) / ratio).round().clamp(1.0, limit) as u32;
        } else {
            height = (f64::from(width) * ratio).round().clamp(1.0, limit) as u32;
        }
    }
    form.size_px = (width, height);
    form.suggest(item.as_ref(), folder.as_deref());
    probe(form)
}

fn picked(state: &mut State, purpose: FilePurpose, mut paths: Vec<PathBuf>) -> Vec<Effect> {
    if paths.is_empty() {
        return Vec::new();
    }
    let path = paths.swap_remove(0);
    match purpose {
        FilePurpose::Open => {
            paths.insert(0, path);
            state.dialog = None;
            vec![Effect::Expand(paths)]
        }
        FilePurpose::Model => {
            state.dialog = None;
            library::load_model(state, state.shown_kind(), Some(path))
        }
        FilePurpose::Training(file) => training::picked(state, file, path),
        FilePurpose::SaveField => save_field(state, path),
        FilePurpose::Film | FilePurpose::Mesh => {
            let form = form(state).cloned();
            export_object(state, purpose, path, form)
        }
        // The platform's dialog has asked about writing over a file already.
        FilePurpose::Export => {
            let form = form(state).cloned();
            export(state, path, form.as_ref())
        }
    }
}

fn confirm(state: &mut State) -> Vec<Effect> {
    let Some(form) = form(state).cloned() else { return Vec::new() };
    let Some(path) = form.target() else { return Vec::new() };
    match form.purpose {
        FilePurpose::Open => {
            state.dialog = None;
            vec![Effect::Expand(vec![path])]
        }
        FilePurpose::Model => {
            state.dialog = None;
            library::load_model(state, state.shown_kind(), Some(path))
        }
        FilePurpose::Training(file) => training::picked(state, file, path),
        FilePurpose::SaveField => save_field(state, path),
        FilePurpose::Film | FilePurpose::Mesh => {
            let purpose = form.purpose;
            export_object(state, purpose, path, Some(form))
        }
        FilePurpose::Export => export(state, path, Some(&form)),
    }
}

fn save_field(state: &mut State, mut path: PathBuf) -> Vec<Effect> {
    let Some(record) = state.current().and_then(|item| item.record()).cloned() else { return Vec::new() };
    if path.extension().is_none() {
        path.set_extension("field.safetensors");
    }
    state.dialog = None;
    let item = state.selected;
    let job = library::new_job(state, Work::SaveField, item);
    vec![Effect::Send(Command::SaveField { job, record, path })]
}

fn export(state: &mut State, mut path: PathBuf, form: Option<&FileForm>) -> Vec<Effect> {
    let Some(item) = state.current() else { return Vec::new() };
    let Some(record) = item.record().cloned() else { return Vec::new() };
    let usual = FileForm::new(FilePurpose::Export, Some(item), None);
    let form = form.unwrap_or(&usual);
    if item.is_sound() {
        let (rate_hz, depth) = form.sound;
        if path.extension().is_none() {
            path.set_extension("wav");
        }
        if let Err(err) = check_wav(&path, rate_hz) {
            state.notify(NoticeKind::Error, err.to_string(), "");
            return Vec::new();
        }
        state.dialog = None;
        let job = library::new_job(state, Work::Export, state.selected);
        return vec![Effect::Send(Command::ExportSound { job, record, path, rate_hz, depth })];
    }
    let size_px = form.size_px;
    if path.extension().is_none() {
        path.set_extension("png");
    }
    if item.is_object() {
        let what = ObjectExport::Still(item.orbit, still_config(size_px, state));
        return send_object(state, record, path, what);
    }
    if let Err(err) = check_extension(&path) {
        state.notify(NoticeKind::Error, err.to_string(), "");
        return Vec::new();
    }
    state.dialog = None;
    let item = state.selected;
    let job = library::new_job(state, Work::Export, item);
    vec![Effect::Send(Command::ExportImage { job, record, path, size_px })]
}

/// A still of this size with the crop box of the view, on its colour; else what is behind the object is left out, as
/// JPEG alone cannot.
fn still_config((width, height): (u32, u32), state: &State) -> StillConfig {
    let look = &state.look.object;
    let background = look.exported_background();
    StillConfig { width, height, samples: SAMPLES, crop: look.crop, background }
}

/// A film of this size; a GIF without a colour is on white, for it has no half transparency.
pub(crate) fn film_config(path: &Path, form: &FileForm, state: &State) -> FilmConfig {
    let still = still_config(form.size_px, state);
    let is_gif = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gif"));
    let background = still.background.or(is_gif.then_some([255; 3]));
    FilmConfig { still: StillConfig { background, ..still }, frames_per_sec: form.film.per_sec }
}

fn export_object(
    state: &mut State,
    purpose: FilePurpose,
    path: PathBuf,
    form: Option<FileForm>,
) -> Vec<Effect> {
    let Some(item) = state.current().filter(|item| item.is_object()) else { return Vec::new() };
    let Some(record) = item.record().cloned() else { return Vec::new() };
    let form = form.unwrap_or_else(|| FileForm::new(purpose, Some(item), None));
    let what = match purpose {
        FilePurpose::Film => {
            let config = film_config(&path, &form, state);
            ObjectExport::Film(form.film.places(item), config)
        }
        _ if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npy")) => {
            ObjectExport::Density(item.surface.grid)
        }
        _ => ObjectExport::Mesh(MeshConfig {
            threshold: item.surface.threshold,
            grid: item.surface.grid,
            crop: state.look.object.crop,
        }),
    };
    send_object(state, record, path, what)
}

fn send_object(
    state: &mut State,
    record: Arc<FieldRecord>,
    path: PathBuf,
    what: ObjectExport,
) -> Vec<Effect> {
    state.dialog = None;
    let item = state.selected;
    let job = library::new_job(state, Work::Export, item);
    vec![Effect::Send(Command::ExportObject { job, record, path, what })]
}
