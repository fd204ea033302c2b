//! What can be shown of an object without a field: the training set's own pictures.

use glam::DMat3;
use rayon::prelude::*;

use super::TrainError;
use super::batch::WHITE;
use crate::camera::Camera;
use crate::dataset::ObjectEntry;
use crate::media::{Picture, resize};

/// Side of the pictures that are compared, in pixels.
const SMALL_PX: u32 = 24;

/// The training objects, at least one, and small pictures of all their views.
pub(super) struct Retrieval<'a> {
    objects: Vec<&'a ObjectEntry>,
    /// Of every view of every object, `[SMALL_PX, SMALL_PX, 3]`.
    small: Vec<Vec<Vec<f32>>>,
}

/// A view of a training object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    object: usize,
    view: usize,
}

impl<'a> Retrieval<'a> {
    /// # Errors
    /// [`TrainError::Config`] if there is no object.
    pub(super) fn new(objects: Vec<&'a ObjectEntry>) -> Result<Self, TrainError> {
        if objects.is_empty() {
            return Err(TrainError::Config(
                "no object of this data is one to learn from, and baselines are made of those: measure without \
                 baselines, or with more of the data"
                    .into(),
            ));
        }
        let small = objects
            .par_iter()
            .map(|object| object.views.views.iter().map(|view| small(&view.picture.on(WHITE))).collect())
            .collect();
        Ok(Self { objects, small })
    }

    /// The view that is most like a picture.
    pub(super) fn nearest(&self, picture: &Picture) -> Option<Found> {
        let wanted = small(picture);
        let distance = |own: &[f32]| own.iter().zip(&wanted).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
        let views = self.small.par_iter().enumerate().flat_map_iter(|(object, views)| {
            views.iter().enumerate().map(move |(view, own)| (Found { object, view }, own))
        });
        let measured = views.map(|(found, own)| (found, distance(own)));
        measured.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(found, _)| found)
    }

    /// The object of a view, from where it was seen nearest to `camera`, which is in the frame of that view; white
    /// where nothing was found. `[height, width, 3]`
    pub(super) fn seen_from(&self, found: Option<Found>, camera: &Camera) -> Vec<f32> {
        let white = || vec![1.0; camera.intrinsics.width as usize * camera.intrinsics.height as usize * 3];
        let Some(found) = found else { return white() };
        let views = &self.objects[found.object].views.views;
        let input = views[found.view].camera;
        let nearest = views.iter().max_by(|a, b| {
            let likeness = |view: &Camera| likeness(&view.seen_from(&input), camera);
            likeness(&a.camera).total_cmp(&likeness(&b.camera))
        });
        nearest.map_or_else(white, |view| fitted(&view.picture.on(WHITE), camera))
    }

    /// The mean over all objects, each from where it was seen nearest to a camera of the world's.
    pub(super) fn mean_picture(&self, camera: &Camera) -> Vec<f32> {
        let pictures = self.objects.par_iter().filter_map(|object| {
            let nearest = object
                .views
                .views
                .iter()
                .max_by(|a, b| likeness(&a.camera, camera).total_cmp(&likeness(&b.camera, camera)));
            nearest.map(|view| fitted(&view.picture.on(WHITE), camera))
        });
        let sum = pictures.reduce(Vec::new, |mut sum, picture| {
            if sum.is_empty() {
                return picture;
            }
            sum.iter_mut().zip(picture).for_each(|(sum, value)| *sum += value);
            sum
        });
        let count = self.objects.len() as f32;
        sum.into_iter().map(|sum| sum / count).collect()
    }
}

/// How alike the orientations of two cameras are: the trace of the rotation between them, 3 if they are the same.
fn likeness(one: &Camera, other: &Camera) -> f64 {
    let turn: DMat3 = one.world_from_camera.matrix3.transpose() * other.world_from_camera.matrix3;
    turn.x_axis.x + turn.y_axis.y + turn.z_axis.z
}

fn small(picture: &Picture) -> Vec<f32> {
    resize(picture, SMALL_PX, SMALL_PX).to_f32()
}

/// At a camera's size: `[height, width, 3]`.
pub(super) fn fitted(picture: &Picture, camera: &Camera) -> Vec<f32> {
    let (width, height) = (camera.intrinsics.width, camera.intrinsics.height);
    if (picture.width(), picture.height()) == (width, height) {
        return picture.to_f32();
    }
    resize(picture, width, height).to_f32()
}
