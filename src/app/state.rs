use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::files::{FileForm, FilePurpose};
use super::item::Item;
use super::object_look::ObjectLook;
use super::settings::Settings;
use super::sound_look::SoundLook;
use super::training::Training;
use crate::audio;
use crate::camera::ImageView;
use crate::engine::{ItemId, JobId, ModelInfo, Stage};
use crate::media::Picture;
use crate::model::SignalKind;
use crate::render::ViewMode;

/// All that the window shows, as plain data.
#[derive(Debug)]
pub struct State {
    /// What is remembered from one run to the next.
    pub settings: Settings,
    /// The library, in the order of opening.
    pub items: Vec<Item>,
    /// The item that is looked at.
    pub selected: Option<ItemId>,
    /// What the engine was asked for and has not answered finally.
    pub jobs: Vec<Job>,
    /// The hypernetwork that reads pictures.
    pub image_model: ModelState,
    /// The hypernetwork that reads objects.
    pub object_model: ModelState,
    /// The hypernetwork that reads sounds.
    pub sound_model: ModelState,
    /// What a person should know, oldest first.
    pub notices: Vec<Notice>,
    /// The dialog over the window.
    pub dialog: Option<Dialog>,
    /// How the selected item is looked at.
    pub look: Look,
    /// The training panel.
    pub training: Training,
    /// What the player does.
    pub player: audio::State,
    /// The sound outputs of this machine, as of when they were last looked for.
    pub outputs: Vec<String>,
    /// The viewport's size in physical pixels.
    pub viewport_px: (f64, f64),
    /// Small pictures of the shelf.
    pub thumbnails: BTreeMap<ShelfKey, Arc<Picture>>,
    /// Whether the platform has shown no file dialog when asked for one.
    pub lacks_file_dialogs: bool,
    next_id: u64,
}

/// What a job is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Decode and encode.
    Open,
    /// Encode again.
    Encode,
    /// Gradient steps.
    Refine,
    /// Write a field file.
    SaveField,
    /// Write a picture, a film, a mesh or a volume.
    Export,
    /// Find the surface of an object.
    Mesh,
    /// Read a checkpoint.
    LoadModel,
}

/// Something that the engine was asked for.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its identity.
    pub id: JobId,
    /// The library entry that it is for.
    pub item: Option<ItemId>,
    /// What for.
    pub work: Work,
    /// Where it stands.
    pub stage: Stage,
    /// How much of the stage is done, where that is known.
    pub fraction: Option<f32>,
    /// Whether a person asked for its end.
    pub is_cancelled: bool,
    /// The checkpoint that it reads; `None` is the bundled one.
    pub model: Option<PathBuf>,
    /// Of which kind the bundled one is.
    pub kind: SignalKind,
}

/// The hypernetwork in use.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelState {
    /// Being read.
    Loading,
    /// In use.
    Ready(ModelInfo),
    /// There is none, and why.
    Absent(String),
}

/// How the selected item is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// The chosen way.
    pub mode: ViewMode,
    /// Where the split is, from 0 (left) to 1.
    pub split: f32,
    /// The absolute difference that has the last colour of the error map.
    pub error_scale: f32,
    /// Whether the source is shown for as long as a key is held.
    pub is_peeking: bool,
    /// How objects are looked at.
    pub object: ObjectLook,
    /// How sounds are looked at and listened to.
    pub sound: SoundLook,
}

/// A dialog over the window.
#[derive(Debug, Clone, PartialEq)]
pub enum Dialog {
    /// The keys.
    CheatSheet,
    /// The settings.
    Settings,
    /// A path, and for a picture its size.
    File(FileForm),
    /// What a new training run is to be.
    Training,
}

impl Dialog {
    /// The dialog that is seen again when this one is closed.
    pub(crate) fn below(self) -> Option<Self> {
        match self {
            Self::File(FileForm { purpose: FilePurpose::Training(file), .. }) if file.is_of_form() => {
                Some(Self::Training)
            }
            _ => None,
        }
    }
}

/// Identity of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NoticeId(pub u64);

/// How grave a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// Goes away by itself.
    Info,
    /// Stays until it is dismissed.
    Error,
}

/// Something a person should know.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Its identity.
    pub id: NoticeId,
    /// How grave.
    pub kind: NoticeKind,
    /// One sentence.
    pub message: String,
    /// Behind the fold; empty where there is no more to say.
    pub details: String,
    /// How often it was said in a row.
    pub count: u32,
}

/// An entry of the library that is not open: a sample or a recent file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShelfKey {
    /// A bundled sample, by its place in [`super::SAMPLES`].
    Sample(usize),
    /// A recent file.
    Recent(PathBuf),
}

/// The error scale when nobody says otherwise.
const DEFAULT_ERROR_SCALE: f32 = 0.1;
/// A fitted picture leaves this much of the viewport free.
const FIT_MARGIN: f64 = 0.04;

impl State {
    /// An empty library under these settings.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            items: Vec::new(),
            selected: None,
            jobs: Vec::new(),
            image_model: ModelState::Loading,
            object_model: ModelState::Loading,
            sound_model: ModelState::Loading,
            notices: Vec::new(),
            dialog: None,
            look: Look {
                mode: ViewMode::Field,
                split: 0.5,
                error_scale: DEFAULT_ERROR_SCALE,
                is_peeking: false,
                object: ObjectLook::default(),
                sound: SoundLook::default(),
            },
            training: Training::new(),
            player: audio::State::default(),
            outputs: Vec::new(),
            viewport_px: (0.0, 0.0),
            thumbnails: BTreeMap::new(),
            lacks_file_dialogs: false,
            next_id: 1,
        }
    }

    /// A number that was never given before.
    pub(crate) fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// The item that is looked at.
    #[must_use]
    pub fn current(&self) -> Option<&Item> {
        self.selected.and_then(|id| self.item(id))
    }

    pub(crate) fn current_mut(&mut self) -> Option<&mut Item> {
        self.selected.and_then(|id| self.item_mut(id))
    }

    /// An item by its identity.
    #[must_use]
    pub fn item(&self, id: ItemId) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    pub(crate) fn item_mut(&mut self, id: ItemId) -> Option<&mut Item> {
        self.items.iter_mut().find(|item| item.id == id)
    }

    /// The hypernetwork that reads a kind of signal.
    #[must_use]
    pub fn model(&self, kind: SignalKind) -> &ModelState {
        match kind {
            SignalKind::Image => &self.image_model,
            SignalKind::Object => &self.object_model,
            SignalKind::Sound => &self.sound_model,
        }
    }

    pub(crate) fn model_mut(&mut self, kind: SignalKind) -> &mut ModelState {
        match kind {
            SignalKind::Image => &mut self.image_model,
            SignalKind::Object => &mut self.object_model,
            SignalKind::Sound => &mut self.sound_model,
        }
    }

    /// The kind of the item that is looked at; pictures where nothing is.
    #[must_use]
    pub fn shown_kind(&self) -> SignalKind {
        self.current().map_or(SignalKind::Image, Item::shown_kind)
    }

    /// A job by its identity.
    #[must_use]
    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == id)
    }

    /// The way the current item can be looked at: the chosen one, or what there is to see already.
    #[must_use]
    pub fn shown_mode(&self) -> ViewMode {
        let (has_field, has_source) =
            self.current().map_or((false, false), |item| (item.record().is_some(), item.signal.is_some()));
        match (self.look.mode, has_field, has_source) {
            (_, false, _) => ViewMode::Source,
            (_, true, false) => ViewMode::Field,
            _ if self.look.is_peeking => ViewMode::Source,
            (mode, true, true) => mode,
        }
    }

    /// The view over the current item: where one looks, or the whole of it.
    #[must_use]
    pub fn view(&self) -> Option<ImageView> {
        let item = self.current()?;
        Some(item.view.unwrap_or_else(|| self.fitted(item)))
    }

    /// The whole of an item, with a little room around it.
    pub(crate) fn fitted(&self, item: &Item) -> ImageView {
        let (width, height) = item.size_px();
        let viewport = (self.viewport_px.0.max(1.0), self.viewport_px.1.max(1.0)).into();
        let mut view = ImageView::fit((f64::from(width), f64::from(height)).into(), viewport);
        view.zoom = (view.zoom * (1.0 - FIT_MARGIN)).max(ImageView::MIN_ZOOM);
        view
    }

    /// Say something once; a repetition counts up instead.
    pub(crate) fn notify(
        &mut self,
        kind: NoticeKind,
        message: impl Into<String>,
        details: impl Into<String>,
    ) {
        let (message, details) = (message.into(), details.into());
        if let Some(same) = self.notices.last_mut()
            && same.kind == kind
            && same.message == message
        {
            same.count += 1;
            return;
        }
        let id = NoticeId(self.fresh_id());
        self.notices.push(Notice { id, kind, message, details, count: 1 });
    }
}
