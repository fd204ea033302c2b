use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::files::FileForm;
use super::settings::Settings;
use super::object_look::{ObjectLook, Surface};
use crate::camera::{ImageView, Orbit};
use crate::dataset::FOCAL;
use crate::engine::{Encoded, ItemId, JobId, ModelInfo, Origin, Stage};
use crate::field::{FieldKind, FieldRecord};
use crate::media::{ObjectFraming, Picture, Signal};
use crate::model::SignalKind;
use crate::render::ViewMode;
use crate::train::{Quality, RefineProgress};

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
    /// What a person should know, oldest first.
    pub notices: Vec<Notice>,
    /// The dialog over the window.
    pub dialog: Option<Dialog>,
    /// How the selected item is looked at.
    pub look: Look,
    /// The viewport's size in physical pixels.
    pub viewport_px: (f64, f64),
    /// Small pictures of the shelf.
    pub thumbnails: BTreeMap<ShelfKey, Arc<Picture>>,
    /// Whether the platform has shown no file dialog when asked for one.
    pub lacks_file_dialogs: bool,
    next_id: u64,
}

/// One thing in the library.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its identity.
    pub id: ItemId,
    /// For people.
    pub name: String,
    /// Where its bytes come from.
    pub origin: Origin,
    /// The bundled sample that it is.
    pub sample: Option<usize>,
    /// What a person says that it is of; `None` leaves it to the picture.
    pub kind: Option<SignalKind>,
    /// The framed picture, once decoded.
    pub signal: Option<Signal>,
    /// Small enough for a list.
    pub thumbnail: Option<Arc<Picture>>,
    /// Its field, once written or read.
    pub encoded: Option<Encoded>,
    /// What the field was worth before it was refined.
    pub direct: Option<Quality>,
    /// The job that opens or encodes it.
    pub opening: Option<JobId>,
    /// The refinement that is under way.
    pub refinement: Option<Refinement>,
    /// PSNR over the refine steps so far.
    pub curve: Curve,
    /// Refine steps that its field has had since it was written.
    pub steps_done: u32,
    /// Why it has no field.
    pub failure: Option<String>,
    /// Where one looks; `None` is the whole picture.
    pub view: Option<ImageView>,
    /// From where one looks at an object.
    pub orbit: Orbit,
    /// Where the view is on its way to.
    pub orbit_goal: Option<Orbit>,
    /// How the picture of an object is framed.
    pub object_framing: ObjectFraming,
    /// The surface of an object.
    pub surface: Surface,
}

/// A refinement under way.
#[derive(Debug, Clone)]
pub struct Refinement {
    /// Its job.
    pub job: JobId,
    /// Refine steps that the field had before.
    pub steps_before: u32,
    /// The latest field.
    pub record: Option<Arc<FieldRecord>>,
    /// The latest figures.
    pub progress: Option<RefineProgress>,
}

/// PSNR in dB over refine steps: points `[step, dB]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curve {
    /// Over the whole reference.
    pub measured: Vec<[f64; 2]>,
    /// Of the pixels of a step.
    pub batch: Vec<[f64; 2]>,
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
            notices: Vec::new(),
            dialog: None,
            look: Look {
                mode: ViewMode::Field,
                split: 0.5,
                error_scale: DEFAULT_ERROR_SCALE,
                is_peeking: false,
                object: ObjectLook::default(),
            },
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
        }
    }

    pub(crate) fn model_mut(&mut self, kind: SignalKind) -> &mut ModelState {
        match kind {
            SignalKind::Image => &mut self.image_model,
            SignalKind::Object => &mut self.object_model,
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

impl Item {
    /// An entry that nothing is known of yet.
    pub(crate) fn new(id: ItemId, origin: Origin, sample: Option<usize>) -> Self {
        let name = match &origin {
            Origin::Path(path) => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            Origin::Bytes { name, .. } => name.clone(),
        };
        Self {
            id,
            name,
            origin,
            sample,
            signal: None,
            thumbnail: None,
            encoded: None,
            direct: None,
            opening: None,
            refinement: None,
            curve: Curve::default(),
            steps_done: 0,
            failure: None,
            view: None,
            orbit: Orbit::canonical(FOCAL),
            orbit_goal: None,
            object_framing: ObjectFraming::default(),
            surface: Surface::default(),
            kind: None,
        }
    }

    /// The field to show: the one being refined, or the one at hand.
    #[must_use]
    pub fn record(&self) -> Option<&Arc<FieldRecord>> {
        let live = self.refinement.as_ref().and_then(|refinement| refinement.record.as_ref());
        live.or(self.encoded.as_ref().map(|encoded| &encoded.record))
    }

    /// PSNR against the reference in dB, as of now.
    #[must_use]
    pub fn psnr_db(&self) -> Option<f64> {
        let live = self.refinement.as_ref().and_then(|refinement| refinement.progress);
        live.map(|progress| progress.psnr_db).or(self.encoded_quality().map(|quality| quality.psnr_db))
    }

    /// SSIM against the reference; a refinement does not measure it on its way.
    #[must_use]
    pub fn ssim(&self) -> Option<f64> {
        let is_known = self.refinement.is_none();
        self.encoded_quality().filter(|_| is_known).map(|quality| quality.ssim)
    }

    fn encoded_quality(&self) -> Option<Quality> {
        self.encoded.as_ref().and_then(|encoded| encoded.quality)
    }

    /// What it is of, as it is shown: what was read, or what its field is of.
    #[must_use]
    pub fn shown_kind(&self) -> SignalKind {
        match (&self.signal, self.record().map(|record| record.kind)) {
            (Some(Signal::Object(_)), _) | (None, Some(FieldKind::Object { .. })) => SignalKind::Object,
            _ => SignalKind::Image,
        }
    }

    /// Whether an object is to be looked at: there is a field of one.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.shown_kind() == SignalKind::Object && self.record().is_some()
    }

    /// Width and height of the picture, in pixels of the reference.
    #[must_use]
    pub fn size_px(&self) -> (u32, u32) {
        if let Some(signal) = &self.signal {
            return (signal.reference().width(), signal.reference().height());
        }
        match self.record().map(|record| record.kind) {
            Some(FieldKind::Image { width, height }) => (width, height),
            Some(FieldKind::Object { .. }) | None => (1, 1),
        }
    }

    /// The name without its extensions: what files made from it are called.
    #[must_use]
    pub fn stem(&self) -> &str {
        let name = self.name.strip_suffix(".safetensors").unwrap_or(&self.name);
        let name = name.strip_suffix(".field").unwrap_or(name);
        match name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() && extension.len() <= 5 => stem,
            _ => name,
        }
    }

    /// Whether there is a signal to refine towards and a field to begin with.
    #[must_use]
    pub fn can_refine(&self) -> bool {
        self.signal.is_some() && self.encoded.is_some()
    }
}
