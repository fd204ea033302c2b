use super::{engine, files, library, sound, training, view};
use crate::app::action::{Action, Change, Effect};
use crate::app::state::{Dialog, NoticeKind, State};
use crate::audio;

/// Change the state as the action says, and say what the world must do for it.
///
/// Answers of the engine to jobs that are no longer wanted change nothing.
#[must_use]
pub fn reduce(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Begin => {
            let mut effects = library::begin_all(state);
            effects.extend(training::begin(state));
            effects
        }
        Action::OpenPaths(paths) => vec![Effect::Expand(paths)],
        Action::Open(origins) => library::open(state, origins),
        Action::OpenShelf(key) => library::open_shelf(state, key),
        Action::ForgetRecent(path) => {
            state.settings.recent.retain(|known| *known != path);
            Vec::new()
        }
        Action::Select(id) => {
            let mut effects = view::select(state, id);
            effects.extend(training::serve_selected(state));
            effects
        }
        Action::SelectStep(step) => {
            let mut effects = view::select_step(state, step);
            effects.extend(training::serve_selected(state));
            effects
        }
        Action::Remove(id) => library::remove(state, id),
        Action::Encode => library::encode(state),
        Action::Reframe => library::frame_again(state),
        Action::ToggleRefine => library::toggle_refine(state, 0),
        Action::RaceRefine => library::toggle_refine(state, library::RIVALS),
        Action::Cancel(job) => library::cancel(state, job),
        Action::UseBundledModel(kind) => library::load_model(state, kind, None),
        Action::SetKind(kind) => library::set_kind(state, kind),
        Action::FrameObject(framing) => library::frame_object(state, framing),
        Action::Orbit(_) | Action::LookAtObjects(_) => view::look_at_object(state, &action),
        Action::Sound(change) => sound::act(state, change),
        Action::FindOutputs => vec![Effect::FindOutputs],
        Action::Outputs(names) => {
            state.outputs = names;
            Vec::new()
        }
        Action::SetOutput(output) => {
            state.settings.sound_output.clone_from(&output);
            vec![Effect::Audio(audio::Command::Device(output))]
        }
        Action::SetSurface { is_shown, threshold, grid } => {
            library::set_surface(state, is_shown, threshold, grid)
        }
        Action::SetMode(_)
        | Action::SetSplit(_)
        | Action::SetErrorScale(_)
        | Action::Peek(_)
        | Action::View(_) => view::look(state, &action),
        Action::AskFile(_)
        | Action::AskPath(_)
        | Action::TypePath(_)
        | Action::Probed { .. }
        | Action::SetExportSize(..)
        | Action::KeepShape(_)
        | Action::SetFilm(..)
        | Action::SetSound(..)
        | Action::Picked(..)
        | Action::NoPlatformDialog(_)
        | Action::ConfirmFile => files::act(state, action),
        Action::Show(dialog) => show(state, dialog),
        Action::CloseDialog => {
            state.dialog = state.dialog.take().and_then(Dialog::below);
            Vec::new()
        }
        Action::Training(action) => training::act(state, action),
        Action::Paste => vec![Effect::Paste],
        Action::Change(change) => apply(state, change),
        Action::Engine(event) => engine::hear(state, event),
        Action::Preview(preview) => engine::preview(state, preview),
        Action::Thumbnail(key, picture) => {
            state.thumbnails.insert(key, picture);
            Vec::new()
        }
        Action::Trouble { message, details } => {
            state.notify(NoticeKind::Error, message, details);
            Vec::new()
        }
        Action::Inform(message) => {
            state.notify(NoticeKind::Info, message, "");
            Vec::new()
        }
        Action::Dismiss(id) => {
            state.notices.retain(|notice| notice.id != id);
            Vec::new()
        }
        Action::DismissAll => {
            state.notices.clear();
            Vec::new()
        }
    }
}

/// Open a dialog; asking for the one that is open closes it.
fn show(state: &mut State, dialog: Dialog) -> Vec<Effect> {
    state.dialog = if state.dialog.as_ref() == Some(&dialog) { None } else { Some(dialog) };
    Vec::new()
}

fn apply(state: &mut State, change: Change) -> Vec<Effect> {
    let settings = &mut state.settings;
    match change {
        Change::Theme(theme) => settings.theme = theme,
        Change::Evaluator(evaluator) => settings.evaluator = evaluator,
        Change::Refine(goal, refine) => *settings.refine_towards_mut(goal) = refine,
        Change::Momentum(has_momentum) => settings.has_momentum = has_momentum,
        Change::LibraryOpen(is_open) => settings.layout.is_library_open = is_open,
        Change::InspectorOpen(is_open) => settings.layout.is_inspector_open = is_open,
        Change::PaneWidths(library, inspector) => {
            settings.layout.library_width = library;
            settings.layout.inspector_width = inspector;
        }
        Change::Window(width, height, is_maximized) => {
            settings.window.is_maximized = is_maximized;
            // The size to go back to is the one from before it filled the screen.
            if !is_maximized {
                (settings.window.width, settings.window.height) = (width, height);
            }
        }
        Change::Framing(framing) if settings.framing != framing => {
            settings.framing = framing;
            return library::frame_again(state);
        }
        Change::ReferenceSide(side_px) if settings.reference_side_px != side_px => {
            settings.reference_side_px = side_px;
            return library::frame_again(state);
        }
        Change::Background(color) if settings.background != color => {
            settings.background = color;
            return library::frame_again(state);
        }
        Change::Framing(_) | Change::ReferenceSide(_) | Change::Background(_) => {}
    }
    Vec::new()
}
