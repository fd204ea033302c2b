use std::sync::Arc;

use rand::Rng;
use rand::seq::index::sample;

use super::gradient::{Lattice, PixelGrid, loss_and_gradient};
use super::metrics::{psnr_db, quality_by};
use super::object_rays::ObjectRays;
use super::ray_gradient::loss_and_gradient_of_rays;
use super::window_gradient::loss_and_gradient_of_windows;
use super::windowed_sound::WindowedSound;
use super::{Closeness, Quality, RefineConfig, SoundQuality, TrainError};
use crate::camera::Camera;
use crate::field::{CropBox, Field, FieldKind, FieldRecord, Region, Sampling, Synthesizer, Tracer};
use crate::media::{Picture, Sound};
use crate::model::Lpips;

/// Samples of a ray where the whole is compared: as published figures are measured.
const MEASURED_SAMPLES: usize = 128;

/// What a field is refined towards and compared with.
#[derive(Debug, Clone)]
pub enum Reference {
    /// Of a picture's field: the framed picture.
    Picture(Arc<Picture>),
    /// Of an object's field: pictures on white, and the cameras that saw them in the field's own frame.
    Views(Arc<Vec<(Picture, Camera)>>),
    /// Of a sound's field: the sound at the rate that its model read it at.
    Sound(Arc<Sound>),
}

impl From<Arc<Sound>> for Reference {
    fn from(sound: Arc<Sound>) -> Self {
        Self::Sound(sound)
    }
}

impl From<Arc<Picture>> for Reference {
    fn from(picture: Arc<Picture>) -> Self {
        Self::Picture(picture)
    }
}

impl From<Arc<Vec<(Picture, Camera)>>> for Reference {
    fn from(views: Arc<Vec<(Picture, Camera)>>) -> Self {
        Self::Views(views)
    }
}

/// A reference, ready to be compared with.
pub(super) enum Target {
    Pixels { reference: Arc<Picture>, expected: Vec<f32>, grid: PixelGrid },
    Rays { views: Arc<Vec<(Picture, Camera)>>, rays: ObjectRays },
    Windows { sound: Arc<Sound>, windows: WindowedSound },
}

impl Target {
    /// # Errors
    /// [`TrainError::Config`] if the reference is of another kind than the field, or there is no view.
    pub(super) fn new(
        record: &FieldRecord,
        reference: Reference,
        config: &RefineConfig,
    ) -> Result<Self, TrainError> {
        match (record.kind, reference) {
            (FieldKind::Image { .. }, Reference::Picture(reference)) => Ok(Self::Pixels {
                expected: reference.to_f32(),
                grid: PixelGrid::new(record.field.architecture(), &reference),
                reference,
            }),
            (FieldKind::Object { near, far }, Reference::Views(views)) if !views.is_empty() => {
                Ok(Self::Rays { rays: ObjectRays::new(record, (near, far), &views, config), views })
            }
            (FieldKind::Sound(layout), Reference::Sound(sound)) => {
                Ok(Self::Windows { windows: WindowedSound::new(layout, record.field.architecture(), &sound)?, sound })
            }
            _ => Err(TrainError::Config(
                "the field of a picture is compared with a picture, an object's with views of it, and a sound's with \
                 the sound"
                    .into(),
            )),
        }
    }

    /// What the last layer of each field is divided by while it is refined.
    pub(super) fn scales(&self) -> Vec<f32> {
        match self {
            Self::Pixels { .. } | Self::Rays { .. } => vec![1.0],
            Self::Windows { windows, .. } => windows.gains().to_vec(),
        }
    }

    /// Mean squared error at random places, and its gradient: of every field each layer's weight and then its bias.
    pub(super) fn loss_and_gradient(
        &self,
        fields: &[Field],
        config: &RefineConfig,
        random: &mut impl Rng,
    ) -> (f64, Vec<f32>) {
        let [field, ..] = fields else { return (f64::NAN, Vec::new()) };
        match self {
            Self::Windows { windows, .. } => {
                let samples = if config.spectral_weight > 0.0 {
                    windows.draw_spectral(fields, config.spectral_weight, random)
                } else {
                    windows.draw(config.pixels_per_step, random)
                };
                loss_and_gradient_of_windows(fields, &samples)
            }
            Self::Pixels { grid, .. } => {
                let (rows, columns) = config.lattice(grid.width(), grid.height());
                // None of them twice.
                let mut draw = |length, amount| sample(random, length, amount).into_vec();
                let lattice =
                    Lattice { rows: draw(grid.height(), rows), columns: draw(grid.width(), columns) };
                loss_and_gradient(field, grid, &lattice)
            }
            Self::Rays { rays, .. } => {
                loss_and_gradient_of_rays(field, &rays.draw(config.pixels_per_step, random))
            }
        }
    }

    /// Over the whole reference, the mean over its views.
    pub(super) fn psnr_db(&self, record: &FieldRecord) -> f64 {
        match self {
            Self::Pixels { reference, expected, .. } => {
                psnr_db(&record.render(reference.width(), reference.height(), Region::WHOLE), expected)
            }
            Self::Rays { views, rays } => {
                let seen = seen_through(record, &Tracer::of(record), views.iter().map(|(_, camera)| camera));
                let sum: f64 = seen.iter().zip(rays.expected()).map(|(seen, own)| psnr_db(seen, own)).sum();
                sum / views.len() as f64
            }
            Self::Windows { sound, .. } => heard(record, sound).psnr_db,
        }
    }

    /// As [`psnr_db`](Self::psnr_db), with everything else that is measured.
    pub(super) fn closeness(&self, record: &FieldRecord) -> Closeness {
        match self {
            Self::Pixels { reference, .. } => quality_of_picture(None, record, reference),
            Self::Rays { views, .. } => {
                Closeness::Seen(quality_of_views(None, record, &Tracer::of(record), views))
            }
            Self::Windows { sound, .. } => Closeness::Heard(heard(record, sound)),
        }
    }
}

impl Reference {
    /// How close a field is to it.
    #[must_use]
    pub fn closeness(&self, record: &FieldRecord) -> Closeness {
        self.closeness_by(None, record)
    }

    /// As [`closeness`](Self::closeness), of what is seen with LPIPS by a network for it if there is one.
    #[must_use]
    pub fn closeness_by(&self, lpips: Option<&Lpips>, record: &FieldRecord) -> Closeness {
        match self {
            Self::Picture(picture) => quality_of_picture(lpips, record, picture),
            Self::Views(views) => {
                Closeness::Seen(quality_of_views(lpips, record, &Tracer::of(record), views))
            }
            Self::Sound(sound) => Closeness::Heard(heard(record, sound)),
        }
    }
}

fn quality_of_picture(lpips: Option<&Lpips>, record: &FieldRecord, picture: &Picture) -> Closeness {
    let values = record.render(picture.width(), picture.height(), Region::WHOLE);
    Closeness::Seen(quality_by(lpips, &values, picture))
}

/// How close a sound's field is to it, at its rate: the mean over its channels. NaN of another kind of field.
fn heard(record: &FieldRecord, sound: &Sound) -> SoundQuality {
    // A sound whose channels are the same has one field for both.
    let is_mono = record.sound().is_some_and(|layout| layout.channels.count() == 1);
    let mixed =
        (is_mono && sound.channels().len() > 1).then(|| Sound::new(sound.rate_hz(), vec![sound.mono()]));
    let sound = mixed.as_ref().and_then(Option::as_ref).unwrap_or(sound);
    let values = Synthesizer::new(record)
        .filter(|synthesizer| synthesizer.channels() == sound.channels().len())
        .map(|synthesizer| synthesizer.samples(sound.rate_hz(), 0, sound.len()));
    match values {
        Some(values) => SoundQuality::of_sound(&values, sound),
        None => SoundQuality::mean(std::iter::empty()),
    }
}

/// How close an object's field is to views of it, on white at 128 samples a ray: the mean over them. `tracer` is the
/// field's own, for it is dear to make.
pub(super) fn quality_of_views(
    lpips: Option<&Lpips>,
    record: &FieldRecord,
    tracer: &Tracer,
    views: &[(Picture, Camera)],
) -> Quality {
    let seen = seen_through(record, tracer, views.iter().map(|(_, camera)| camera));
    Quality::mean(seen.iter().zip(views).map(|(seen, (picture, _))| quality_by(lpips, seen, picture)))
}

/// An object on white through cameras in its own frame: `[height, width, 3]` each.
pub(super) fn seen_through<'a>(
    record: &FieldRecord,
    tracer: &Tracer,
    cameras: impl Iterator<Item = &'a Camera>,
) -> Vec<Vec<f32>> {
    let Some(sampling) = Sampling::of(record, MEASURED_SAMPLES) else { return Vec::new() };
    let seen = |camera: &Camera| {
        let traced = tracer.trace(&camera.pixel_rays(), &sampling, &CropBox::ALL);
        traced.iter().flat_map(|traced| traced.seen.on([1.0; 3])).collect()
    };
    cameras.map(seen).collect()
}
