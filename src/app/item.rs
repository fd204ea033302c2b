use std::sync::Arc;

use super::object_look::Surface;
use super::settings::Goal;
use super::sound_look::SoundPlace;
use crate::camera::{Camera, ImageView, Intrinsics, Orbit};
use crate::dataset::{FOCAL, ViewSet};
use crate::engine::{Encoded, ItemId, JobId, Origin};
use crate::field::{FieldKind, FieldRecord};
use crate::media::{ObjectFraming, Picture, Signal};
use crate::model::SignalKind;
use crate::train::{Closeness, RefineProgress};

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
    pub direct: Option<Closeness>,
    /// The field as it was written or read, before it was refined.
    pub written: Option<Arc<FieldRecord>>,
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
    /// Places that were kept, for films from one to the next.
    pub places: Vec<Orbit>,
    /// How the picture of an object is framed.
    pub object_framing: ObjectFraming,
    /// The surface of an object.
    pub surface: Surface,
    /// Where one is in a sound.
    pub sound: SoundPlace,
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
    /// Of each field that began with random weights, if it is a race.
    pub rivals: Vec<Vec<[f64; 2]>>,
}

impl Item {
    /// An entry that nothing is known of yet.
    pub(crate) fn new(id: ItemId, origin: Origin, sample: Option<usize>) -> Self {
        let name = match &origin {
            Origin::Path(path) => ViewSet::name_at(path).to_string_lossy().into_owned(),
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
            written: None,
            opening: None,
            refinement: None,
            curve: Curve::default(),
            steps_done: 0,
            failure: None,
            view: None,
            orbit: Orbit::canonical(FOCAL),
            orbit_goal: None,
            places: Vec::new(),
            object_framing: ObjectFraming::default(),
            surface: Surface::default(),
            sound: SoundPlace::default(),
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
        live.map(|progress| progress.psnr_db).or(self.closeness().map(|own| own.psnr_db()))
    }

    /// How close the field is to its reference; a refinement measures no more than PSNR on its way.
    #[must_use]
    pub fn closeness(&self) -> Option<Closeness> {
        self.encoded.as_ref().and_then(|encoded| encoded.closeness)
    }

    /// What it is of, as it is shown: what was read, or what its field is of.
    #[must_use]
    pub fn shown_kind(&self) -> SignalKind {
        match (&self.signal, self.record().map(|record| record.kind)) {
            (Some(Signal::Object(_) | Signal::Views(_)), _) | (None, Some(FieldKind::Object { .. })) => {
                SignalKind::Object
            }
            (Some(Signal::Sound(_)), _) | (None, Some(FieldKind::Sound(_))) => SignalKind::Sound,
            _ => SignalKind::Image,
        }
    }

    /// What its field is refined towards.
    #[must_use]
    pub fn goal(&self) -> Goal {
        match &self.signal {
            Some(Signal::Views(views)) if views.views.len() > 1 => Goal::Views,
            _ => match self.shown_kind() {
                SignalKind::Image => Goal::Picture,
                SignalKind::Object => Goal::Object,
                SignalKind::Sound => Goal::Sound,
            },
        }
    }

    /// Whether an object is to be looked at: there is a field of one.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.shown_kind() == SignalKind::Object && self.record().is_some()
    }

    /// Whether a sound is to be looked at and listened to.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.shown_kind() == SignalKind::Sound
    }

    /// How long a sound is, in seconds; `None` of anything else.
    #[must_use]
    pub fn duration_secs(&self) -> Option<f64> {
        match (&self.signal, self.record().and_then(|record| record.sound())) {
            (Some(Signal::Sound(signal)), _) => Some(signal.reference.duration_secs()),
            (_, Some(layout)) => Some(layout.duration_secs()),
            _ => None,
        }
    }

    /// Width and height of the picture, in pixels of the reference.
    #[must_use]
    pub fn size_px(&self) -> (u32, u32) {
        if let Some(picture) = self.signal.as_ref().and_then(Signal::picture) {
            return (picture.width(), picture.height());
        }
        match self.record().map(|record| record.kind) {
            Some(FieldKind::Image { width, height }) => (width, height),
            Some(FieldKind::Object { .. } | FieldKind::Sound(_)) | None => (1, 1),
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

    /// The cameras of the input pictures: of a plain picture the canonical one; none of a field file.
    #[must_use]
    pub fn input_cameras(&self) -> Vec<Camera> {
        match &self.signal {
            Some(Signal::Views(signal)) => signal.views.iter().map(|(_, camera)| *camera).collect(),
            Some(Signal::Object(signal)) => {
                vec![Camera::canonical(Intrinsics::square(signal.reference.width(), FOCAL))]
            }
            _ => Vec::new(),
        }
    }

    /// Where the first input camera stands, or would stand if the picture is not at hand.
    #[must_use]
    pub fn home(&self) -> Orbit {
        match &self.signal {
            Some(Signal::Views(views)) if !views.views.is_empty() => Orbit::of_camera(&views.views[0].1),
            _ => Orbit::canonical(FOCAL),
        }
    }

    /// Whether there is a signal to refine towards and a field to begin with.
    #[must_use]
    pub fn can_refine(&self) -> bool {
        self.signal.is_some() && self.encoded.is_some()
    }
}
