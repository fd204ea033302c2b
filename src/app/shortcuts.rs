//! The keys, in one table: what is pressed, what it does, and what the cheat sheet says.

use eframe::egui::{Context, Key, KeyboardShortcut, Modifiers};

use super::action::{Action, Change, ViewChange};
use super::files::FilePurpose;
use super::item::Item;
use super::object_look::{ObjectLook, OrbitChange};
use super::settings::ThemeChoice;
use super::sound_look::{Listening, SoundChange, SoundLook};
use super::state::{Dialog, State};
use super::training::TrainingAction;
use crate::camera::NamedView;
use crate::render::{ViewMode, VolumeMode};

/// A zoom by one key press.
const ZOOM_STEP: f64 = 1.25;
/// A pan by one key press, as a part of the viewport's smaller side.
const PAN_STEP: f64 = 0.1;
/// A turn of an object by one key press, in radians.
const TURN_STEP: f64 = std::f64::consts::PI / 24.0;
/// How much wider an object's angle of view is after one key press.
const FOV_STEP: f64 = 1.1;
/// A seek by one key press, in seconds.
const SEEK_SECS: f64 = 1.0;
/// A move of the split by one key press.
const SPLIT_STEP: f32 = 0.02;

/// Keeps where an object is looked at from.
pub(crate) const KEEP_PLACE: &str = "Keep this place";

/// One key and what it does.
pub(crate) struct Shortcut {
    pub(crate) keys: KeyboardShortcut,
    /// A line of the cheat sheet; several keys with the same line share it.
    pub(crate) what: &'static str,
    act: fn(&State) -> Option<Action>,
}

/// A part of the cheat sheet.
pub(crate) struct Group {
    pub(crate) title: &'static str,
    pub(crate) shortcuts: &'static [Shortcut],
}

const fn key(
    modifiers: Modifiers,
    key: Key,
    what: &'static str,
    act: fn(&State) -> Option<Action>,
) -> Shortcut {
    Shortcut { keys: KeyboardShortcut::new(modifiers, key), what, act }
}

const NONE: Modifiers = Modifiers::NONE;
const COMMAND: Modifiers = Modifiers::COMMAND;
const SHIFT: Modifiers = Modifiers::SHIFT;

/// Every key. More modifiers come before fewer: an extra shift is not looked at.
pub(crate) static GROUPS: &[Group] = &[
    Group {
        title: "Files",
        shortcuts: &[
            key(COMMAND, Key::O, "Open files…", |_| Some(Action::AskFile(FilePurpose::Open))),
            key(COMMAND, Key::L, "Open by its path…", |_| Some(Action::AskPath(FilePurpose::Open))),
            key(COMMAND, Key::V, "Paste a picture", |_| Some(Action::Paste)),
            key(COMMAND.plus(SHIFT), Key::S, "Save the field by its path…", |_| {
                Some(Action::AskPath(FilePurpose::SaveField))
            }),
            key(COMMAND, Key::S, "Save the field…", |_| Some(Action::AskFile(FilePurpose::SaveField))),
            key(COMMAND, Key::E, "Export as a picture…", |_| Some(Action::AskFile(FilePurpose::Export))),
            key(NONE, Key::Delete, "Take out of the library", |state| state.selected.map(Action::Remove)),
        ],
    },
    Group {
        title: "Field",
        shortcuts: &[
            key(COMMAND, Key::R, "Encode again", |_| Some(Action::Encode)),
            key(NONE, Key::R, "Refine, or stop and keep the best", |_| Some(Action::ToggleRefine)),
            key(NONE, Key::Escape, "Cancel what is running", |state| {
                state.jobs.iter().rev().find(|job| !job.is_cancelled).map(|job| Action::Cancel(job.id))
            }),
        ],
    },
    Group {
        title: "Look",
        shortcuts: &[
            key(NONE, Key::Num1, "Field", |state| picture(state, Action::SetMode(ViewMode::Field))),
            key(NONE, Key::Num2, "Source", |state| picture(state, Action::SetMode(ViewMode::Source))),
            key(NONE, Key::Num3, "Split", |state| picture(state, Action::SetMode(ViewMode::Split))),
            key(NONE, Key::Num4, "Error", |state| picture(state, Action::SetMode(ViewMode::Error))),
            key(NONE, Key::Num5, "Nearest", |state| picture(state, Action::SetMode(ViewMode::Nearest))),
            key(NONE, Key::Num6, "Bicubic", |state| picture(state, Action::SetMode(ViewMode::Bicubic))),
            key(NONE, Key::F, "The whole picture", |state| picture(state, Action::View(ViewChange::Fit))),
            key(NONE, Key::Num0, "One picture pixel to one screen pixel", |state| {
                picture(state, Action::View(ViewChange::Actual))
            }),
            key(NONE, Key::Plus, "Zoom in", |state| picture(state, zoom(ZOOM_STEP))),
            key(NONE, Key::Equals, "Zoom in", |state| picture(state, zoom(ZOOM_STEP))),
            key(NONE, Key::Minus, "Zoom out", |state| picture(state, zoom(1.0 / ZOOM_STEP))),
            key(SHIFT, Key::ArrowLeft, "Move over the picture", |state| picture(state, pan(state, 1.0, 0.0))),
            key(SHIFT, Key::ArrowRight, "Move over the picture", |state| {
                picture(state, pan(state, -1.0, 0.0))
            }),
            key(SHIFT, Key::ArrowUp, "Move over the picture", |state| picture(state, pan(state, 0.0, 1.0))),
            key(SHIFT, Key::ArrowDown, "Move over the picture", |state| {
                picture(state, pan(state, 0.0, -1.0))
            }),
            key(NONE, Key::ArrowLeft, "Move the split", |state| split(state, -SPLIT_STEP)),
            key(NONE, Key::ArrowRight, "Move the split", |state| split(state, SPLIT_STEP)),
        ],
    },
    Group {
        title: "Object",
        shortcuts: &[
            key(NONE, Key::Num1, "Colour", |state| mode(state, VolumeMode::Color)),
            key(NONE, Key::Num2, "Depth", |state| mode(state, VolumeMode::Depth)),
            key(NONE, Key::Num3, "Normals", |state| mode(state, VolumeMode::Normal)),
            key(NONE, Key::Num4, "Opacity", |state| mode(state, VolumeMode::Opacity)),
            key(NONE, Key::Num5, "Samples", |state| mode(state, VolumeMode::Samples)),
            key(NONE, Key::ArrowLeft, "Turn", |state| turn(state, -TURN_STEP, 0.0)),
            key(NONE, Key::ArrowRight, "Turn", |state| turn(state, TURN_STEP, 0.0)),
            key(SHIFT, Key::ArrowUp, "Turn up or down", |state| turn(state, 0.0, -TURN_STEP)),
            key(SHIFT, Key::ArrowDown, "Turn up or down", |state| turn(state, 0.0, TURN_STEP)),
            key(NONE, Key::Plus, "Nearer", |state| dolly(state, ZOOM_STEP)),
            key(NONE, Key::Equals, "Nearer", |state| dolly(state, ZOOM_STEP)),
            key(NONE, Key::Minus, "Farther", |state| dolly(state, 1.0 / ZOOM_STEP)),
            key(NONE, Key::Comma, "Narrower or wider", |state| widen(state, 1.0 / FOV_STEP)),
            key(NONE, Key::Period, "Narrower or wider", |state| widen(state, FOV_STEP)),
            key(COMMAND, Key::D, KEEP_PLACE, |state| orbit(state, OrbitChange::Keep)),
            key(NONE, Key::F, "Front", |state| go_to(state, NamedView::Front)),
            key(NONE, Key::B, "Back", |state| go_to(state, NamedView::Back)),
            key(NONE, Key::J, "Left", |state| go_to(state, NamedView::Left)),
            key(NONE, Key::L, "Right", |state| go_to(state, NamedView::Right)),
            key(NONE, Key::I, "Top", |state| go_to(state, NamedView::Top)),
            key(NONE, Key::K, "Bottom", |state| go_to(state, NamedView::Bottom)),
            key(NONE, Key::P, "Turn by itself", |state| {
                object(state, |look| ObjectLook { is_spinning: !look.is_spinning, ..look })
            }),
            key(NONE, Key::G, "Fly", |state| {
                object(state, |look| ObjectLook { is_flying: !look.is_flying, ..look })
            }),
            key(NONE, Key::C, "Checker behind objects", |state| {
                object(state, ObjectLook::with_checker_toggled)
            }),
            key(NONE, Key::M, "Show the surface", |state| {
                let surface = &state.current().filter(|item| item.is_object())?.surface;
                let (threshold, grid) = (surface.threshold, surface.grid);
                Some(Action::SetSurface { is_shown: !surface.is_shown, threshold, grid })
            }),
            key(COMMAND, Key::T, "Turntable…", |_| Some(Action::AskFile(FilePurpose::Film))),
            key(COMMAND, Key::M, "Mesh…", |_| Some(Action::AskFile(FilePurpose::Mesh))),
        ],
    },
    Group {
        title: "Sound",
        shortcuts: &[
            key(NONE, Key::Space, "Play or pause", |state| sound(state, SoundChange::TogglePlay)),
            key(NONE, Key::A, "Source", |state| {
                let is_field = state.look.sound.listening == Listening::Field;
                let listening = if is_field { Listening::Source } else { Listening::Field };
                sound(state, SoundChange::Look(SoundLook { listening, ..state.look.sound }))
            }),
            key(NONE, Key::D, "Residual", |state| {
                let listening = Listening::Residual;
                sound(state, SoundChange::Look(SoundLook { listening, ..state.look.sound }))
            }),
            key(NONE, Key::L, "Loop", |state| {
                let is_looping = !state.look.sound.is_looping;
                sound(state, SoundChange::Look(SoundLook { is_looping, ..state.look.sound }))
            }),
            key(NONE, Key::ArrowLeft, "Back, on", |state| seek(state, -SEEK_SECS)),
            key(NONE, Key::ArrowRight, "Back, on", |state| seek(state, SEEK_SECS)),
            key(NONE, Key::Home, "To the beginning", |state| sound(state, SoundChange::Seek(0.0))),
        ],
    },
    Group {
        title: "Window",
        shortcuts: &[
            key(NONE, Key::ArrowUp, "Previous in the library", |_| Some(Action::SelectStep(-1))),
            key(NONE, Key::ArrowDown, "Next in the library", |_| Some(Action::SelectStep(1))),
            key(NONE, Key::OpenBracket, "Show or hide the library", |state| {
                Some(Action::Change(Change::LibraryOpen(!state.settings.layout.is_library_open)))
            }),
            key(NONE, Key::CloseBracket, "Show or hide the inspector", |state| {
                Some(Action::Change(Change::InspectorOpen(!state.settings.layout.is_inspector_open)))
            }),
            key(COMMAND, Key::J, "Show or hide training", |_| Some(Action::Training(TrainingAction::Toggle))),
            key(COMMAND, Key::Comma, "Settings", |_| Some(Action::Show(Dialog::Settings))),
            key(NONE, Key::T, "Next theme", |state| {
                Some(Action::Change(Change::Theme(next_theme(state.settings.theme))))
            }),
            key(NONE, Key::Questionmark, "This cheat sheet", |_| Some(Action::Show(Dialog::CheatSheet))),
            key(NONE, Key::F1, "This cheat sheet", |_| Some(Action::Show(Dialog::CheatSheet))),
        ],
    },
];

/// What the mouse does, and keys that are held.
pub(crate) static GESTURES: &[(&str, &str)] = &[
    ("Wheel", "Zoom to the cursor, of a sound in time; with Alt an object's angle of view"),
    ("Drag", "Move over the picture; turn an object"),
    ("Shift and drag, right drag", "Move an object sideways"),
    ("Double-click", "The whole picture; where the input camera stands"),
    ("W A S D Q E, held", "Fly, where flying is on"),
    ("Space, held", "Show the source of a picture"),
    ("Click, drag over a sound", "Go there; select a stretch"),
    ("Drop", "Open files and folders"),
];

/// For pictures alone.
fn picture(state: &State, action: Action) -> Option<Action> {
    let is_other = state.current().is_some_and(|item| item.is_object() || item.is_sound());
    (!is_other).then_some(action)
}

/// For sounds alone.
fn sound(state: &State, change: SoundChange) -> Option<Action> {
    state.current().is_some_and(Item::is_sound).then_some(Action::Sound(change))
}

fn seek(state: &State, step_secs: f64) -> Option<Action> {
    sound(state, SoundChange::Seek(state.player.position_secs + step_secs))
}

/// For objects alone: look at them in another way.
fn object(state: &State, change: fn(ObjectLook) -> ObjectLook) -> Option<Action> {
    let is_object = state.current().is_some_and(Item::is_object);
    is_object.then(|| Action::LookAtObjects(change(state.look.object)))
}

fn mode(state: &State, mode: VolumeMode) -> Option<Action> {
    let is_object = state.current().is_some_and(Item::is_object);
    is_object.then_some(Action::LookAtObjects(ObjectLook { mode, ..state.look.object }))
}

fn turn(state: &State, right: f64, down: f64) -> Option<Action> {
    let item = state.current().filter(|item| item.is_object())?;
    Some(Action::Orbit(OrbitChange::Hand(item.orbit.turned(right, down))))
}

fn dolly(state: &State, factor: f64) -> Option<Action> {
    let item = state.current().filter(|item| item.is_object())?;
    let size = state.viewport_px.into();
    Some(Action::Orbit(OrbitChange::Hand(item.orbit.dollied(factor, size / 2.0, size))))
}

fn widen(state: &State, factor: f64) -> Option<Action> {
    let place = state.current()?.orbit;
    orbit(state, OrbitChange::Hand(place.with_fov(place.fov_deg * factor)))
}

fn orbit(state: &State, change: OrbitChange) -> Option<Action> {
    state.current().is_some_and(Item::is_object).then_some(Action::Orbit(change))
}

fn go_to(state: &State, view: NamedView) -> Option<Action> {
    state.current().filter(|item| item.is_object()).map(|item| super::panels::go_to(item, view))
}

fn zoom(factor: f64) -> Action {
    Action::View(ViewChange::ZoomCenter(factor))
}

fn pan(state: &State, x: f64, y: f64) -> Action {
    let step = state.viewport_px.0.min(state.viewport_px.1) * PAN_STEP;
    Action::View(ViewChange::Pan(x * step, y * step))
}

fn split(state: &State, step: f32) -> Option<Action> {
    let is_object = state.current().is_some_and(Item::is_object);
    let is_sound = state.current().is_some_and(Item::is_sound);
    let is_split = !is_object && !is_sound && state.shown_mode() == ViewMode::Split;
    is_split.then_some(Action::SetSplit(state.look.split + step))
}

fn next_theme(theme: ThemeChoice) -> ThemeChoice {
    match theme {
        ThemeChoice::System => ThemeChoice::Light,
        ThemeChoice::Light => ThemeChoice::Dark,
        ThemeChoice::Dark => ThemeChoice::System,
    }
}

/// What the keys of this frame ask for.
pub(crate) fn pressed(ctx: &Context, state: &State) -> Vec<Action> {
    if ctx.text_edit_focused() {
        return Vec::new();
    }
    if state.dialog.is_some() {
        return pressed_in_dialog(ctx, state);
    }
    let is_free = ctx.memory(|memory| memory.focused().is_none());
    let mut actions = Vec::new();
    ctx.input_mut(|input| {
        for shortcut in GROUPS.iter().flat_map(|group| group.shortcuts) {
            let KeyboardShortcut { modifiers, logical_key } = shortcut.keys;
            // With a focused control, the bare arrows walk between controls.
            let is_walking = modifiers.is_none() && is_arrow(logical_key);
            // One that has nothing to do leaves its key to another.
            let action = (shortcut.act)(state).filter(|_| is_free || !is_walking);
            if let Some(action) = action
                && input.consume_key(modifiers, logical_key)
            {
                actions.push(action);
            }
        }
        let is_sound = state.current().is_some_and(Item::is_sound);
        let is_held = is_free && !is_sound && input.key_down(Key::Space);
        if is_held != state.look.is_peeking {
            actions.push(Action::Peek(is_held));
        }
    });
    actions
}

/// The cheat sheet is closed by the keys that opened it; Escape closes every dialog by itself.
fn pressed_in_dialog(ctx: &Context, state: &State) -> Vec<Action> {
    let closes = |key| ctx.input_mut(|input| input.consume_key(NONE, key));
    let is_sheet = state.dialog == Some(Dialog::CheatSheet);
    if is_sheet && (closes(Key::Questionmark) || closes(Key::F1)) {
        return vec![Action::CloseDialog];
    }
    Vec::new()
}

fn is_arrow(key: Key) -> bool {
    matches!(key, Key::ArrowLeft | Key::ArrowRight | Key::ArrowUp | Key::ArrowDown)
}

/// A key as it is printed on a keyboard: `Ctrl+,`.
pub(crate) fn format_keys(ctx: &Context, keys: KeyboardShortcut) -> String {
    let text = ctx.format_shortcut(&keys);
    let sign = match keys.logical_key {
        Key::Comma => ",",
        Key::OpenBracket => "[",
        Key::CloseBracket => "]",
        Key::Questionmark => "?",
        Key::Plus => "+",
        Key::Minus => "-",
        Key::Equals => "=",
        _ => return text,
    };
    text.replace(keys.logical_key.name(), sign)
}

/// The keys of an action, for a tooltip: `Refine (R)`.
pub(crate) fn hint(ctx: &Context, text: &str, what: &str) -> String {
    let all = GROUPS.iter().flat_map(|group| group.shortcuts);
    match all.into_iter().find(|shortcut| shortcut.what == what) {
        Some(shortcut) => format!("{text} ({})", format_keys(ctx, shortcut.keys)),
        None => text.into(),
    }
}
