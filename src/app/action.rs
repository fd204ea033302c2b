use std::path::PathBuf;
use std::sync::Arc;

use super::files::{FilePurpose, Film};
use super::object_look::{ObjectLook, OrbitChange};
use super::settings::{EvaluatorChoice, Goal, ThemeChoice};
use super::sound_look::SoundChange;
use super::state::{Dialog, NoticeId, ShelfKey};
use super::training::TrainingAction;
use crate::audio;
use crate::engine::{Command, Event, ItemId, JobId, Origin, Preview, RunId, TrainCommand};
use crate::media::{Framing, ObjectFraming, Picture, SampleDepth, Sound};
use crate::model::SignalKind;
use crate::render::ViewMode;
use crate::train::RefineConfig;

/// Everything that can happen in the window. Panels, shortcuts, the engine and the errands all speak
/// through it; [`super::reduce`] alone acts on it.
#[derive(Debug, Clone)]
pub enum Action {
    /// The first frame is on the screen: the model is wanted, and the shelf's small pictures.
    Begin,
    /// Files and folders were dropped or named; folders are still to be looked into.
    OpenPaths(Vec<PathBuf>),
    /// Files or bytes to put in the library and to encode.
    Open(Vec<Origin>),
    /// Open or show an entry of the shelf.
    OpenShelf(ShelfKey),
    /// Forget a recent file.
    ForgetRecent(PathBuf),
    /// Look at an item.
    Select(ItemId),
    /// Look at the item this many places further down the library.
    SelectStep(i32),
    /// Take an item out of the library; its file stays.
    Remove(ItemId),
    /// Look in another way.
    SetMode(ViewMode),
    /// Where the split is, from 0 (left) to 1.
    SetSplit(f32),
    /// The absolute difference that has the last colour of the error map.
    SetErrorScale(f32),
    /// Show the source for as long as this is set.
    Peek(bool),
    /// Zoom, pan or fit.
    View(ViewChange),
    /// Say what the selected item is of; it is read anew.
    SetKind(SignalKind),
    /// Frame the selected picture of an object otherwise; it is read anew.
    FrameObject(ObjectFraming),
    /// Move around the selected object.
    Orbit(OrbitChange),
    /// Look at objects in another way.
    LookAtObjects(ObjectLook),
    /// Look at the selected sound, or listen to it.
    Sound(SoundChange),
    /// See which sound outputs there are.
    FindOutputs,
    /// The sound outputs of this machine.
    Outputs(Vec<String>),
    /// Play on an output from now on; `None` is the system's own choice.
    SetOutput(Option<String>),
    /// Show the surface of the selected object, or do not; at another density, or of another grid.
    SetSurface {
        /// Whether it is shown.
        is_shown: bool,
        /// Density on it.
        threshold: f32,
        /// Nodes along a side of the cube.
        grid: usize,
    },
    /// Write the selected item's field again, with the present model and framing.
    Encode,
    /// Read the selected item again, under the present framing.
    Reframe,
    /// Begin to refine the selected item, or stop and keep the best.
    ToggleRefine,
    /// Refine the selected item beside fields that begin with random weights.
    RaceRefine,
    /// Stop a job.
    Cancel(JobId),
    /// Ask for a file, with the platform's dialog where there is one.
    AskFile(FilePurpose),
    /// Ask for a file by a path field.
    AskPath(FilePurpose),
    /// The path field changed.
    TypePath(String),
    /// Whether a file is at a path that was asked about.
    Probed {
        /// The path.
        path: PathBuf,
        /// Whether something is there.
        exists: bool,
    },
    /// Width and height of the picture to export, in pixels.
    SetExportSize(u32, u32),
    /// Whether the exported picture keeps the field's shape.
    KeepShape(bool),
    /// Rate of the sound to export in Hz, and how its samples are kept.
    SetSound(u32, SampleDepth),
    /// The film to export.
    SetFilm(Film),
    /// Files were picked; none were if a person changed their mind.
    Picked(FilePurpose, Vec<PathBuf>),
    /// The platform showed no dialog.
    NoPlatformDialog(FilePurpose),
    /// Do what the open file form says.
    ConfirmFile,
    /// Open a dialog.
    Show(Dialog),
    /// Close the dialog that is open.
    CloseDialog,
    /// Use the bundled model of a kind again.
    UseBundledModel(SignalKind),
    /// Take what the clipboard has.
    Paste,
    /// Something happened in the training panel.
    Training(TrainingAction),
    /// A setting changed.
    Change(Change),
    /// The engine said something.
    Engine(Event),
    /// A refinement's field as it is now.
    Preview(Preview),
    /// The shelf's small pictures.
    Thumbnail(ShelfKey, Arc<Picture>),
    /// Something went wrong outside the engine.
    Trouble {
        /// One sentence that a person can act on.
        message: String,
        /// For the fold.
        details: String,
    },
    /// Say something that is no error.
    Inform(String),
    /// Put a notice away.
    Dismiss(NoticeId),
    /// Put all notices away.
    DismissAll,
}

/// A change of the view over the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ViewChange {
    /// The viewport's size in physical pixels.
    Viewport(f64, f64),
    /// By a factor, around a point of the viewport in physical pixels.
    Zoom(f64, (f64, f64)),
    /// By a factor, around the viewport's centre.
    ZoomCenter(f64),
    /// By a drag, in physical pixels.
    Pan(f64, f64),
    /// The whole picture.
    Fit,
    /// One picture pixel on one screen pixel.
    Actual,
}

/// A change of the settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// Light, dark, or the system's.
    Theme(ThemeChoice),
    /// How pictures are framed from now on; the selected one is framed anew.
    Framing(Framing),
    /// Longest side of the reference, in pixels.
    ReferenceSide(u32),
    /// What transparent pixels are shown on, sRGB.
    Background([u8; 3]),
    /// Who evaluates the field for the screen.
    Evaluator(EvaluatorChoice),
    /// How refining goes.
    Refine(Goal, RefineConfig),
    /// Whether what was turned by hand goes on turning for a while.
    Momentum(bool),
    /// Show or hide the library.
    LibraryOpen(bool),
    /// Show or hide the inspector.
    InspectorOpen(bool),
    /// Widths of library and inspector, in points.
    PaneWidths(f32, f32),
    /// Size of the window in points, and whether it fills the screen.
    Window(f32, f32, bool),
}

/// What the reducer asks for, because it touches the world.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Send this to the engine.
    Send(Command),
    /// Look into folders; the answer is [`Action::Open`].
    Expand(Vec<PathBuf>),
    /// Make the small pictures of these; the answers are [`Action::Thumbnail`].
    Thumbnails(Vec<(ShelfKey, Origin)>),
    /// Show the platform's file dialog; the answer is [`Action::Picked`].
    PickFile {
        /// What for.
        purpose: FilePurpose,
        /// Where it begins.
        folder: Option<PathBuf>,
        /// The suggested file name.
        name: String,
    },
    /// See whether something is at this path; the answer is [`Action::Probed`].
    Probe(PathBuf),
    /// Read the clipboard.
    Paste,
    /// See which sound outputs there are; the answer is [`Action::Outputs`].
    FindOutputs,
    /// Tell the player.
    Audio(audio::Command),
    /// Have something trained.
    Train(Box<TrainCommand>),
    /// Look for runs at and below these folders; the answer is [`TrainingAction::Found`].
    FindRuns {
        /// Where.
        folders: Vec<PathBuf>,
        /// Whether a person has asked, and is told if there is none.
        is_asked: bool,
    },
    /// Read on in a run's log; the answer is [`TrainingAction::Read`].
    ReadRun {
        /// Which.
        run: RunId,
        /// Where it lies.
        folder: PathBuf,
        /// Bytes of the log that were read already.
        from: u64,
    },
    /// List the held-out pictures of a run; the answer is [`TrainingAction::Samples`].
    ListSamples {
        /// Which.
        run: RunId,
        /// Where it lies.
        folder: PathBuf,
    },
    /// Read a held-out picture; the answer is [`TrainingAction::Sheet`].
    ReadSheet(PathBuf),
    /// Read a sound of a run's folder; the answer is [`TrainingAction::Heard`].
    ReadSound(PathBuf),
    /// Play this, in the place of the selected sound; or that again.
    Audition(Option<(PathBuf, Arc<Sound>)>),
    /// Read the settings of a run; the answer is [`TrainingAction::Settings`].
    ReadSettings(PathBuf),
    /// Write the settings of a run.
    WriteSettings(PathBuf, String),
    /// Write the log of a run into another file.
    ExportLog {
        /// Where the run lies.
        folder: PathBuf,
        /// The file, its format by the name.
        path: PathBuf,
    },
}
