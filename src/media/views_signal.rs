use std::sync::Arc;

use super::resize::shrunk;
use super::{Picture, resize};
use crate::camera::Camera;
use crate::limits;
use crate::storage::Identity;

/// Posed views of an object, ready to be encoded.
#[derive(Debug, Clone)]
pub struct ViewsSignal {
    /// The file that says where they were taken.
    pub identity: Identity,
    /// On white, in the frame that is centred on the first one's view; at least one. What a field is compared with and
    /// refined towards.
    pub views: Arc<Vec<(Picture, Camera)>>,
    /// The first one: what a model reads.
    pub reference: Arc<Picture>,
    /// Width and height of the first one, as it was read.
    pub original_size: (u32, u32),
    /// Between which depths the object lies.
    pub depths: (f64, f64),
    /// How many views there were to choose from.
    pub given: usize,
}

impl ViewsSignal {
    /// Of `views` in the frame of the first one, the longer side of each at most [`limits::OBJECT_SIDE_PX`]; of so many
    /// `given`, of an object between these `depths`. `None` if there is none.
    #[must_use]
    pub fn of(
        identity: Identity,
        views: Vec<(Picture, Camera)>,
        depths: (f64, f64),
        given: usize,
    ) -> Option<Self> {
        let (first, _) = views.first()?;
        let original_size = (first.width(), first.height());
        let views: Vec<_> = views.into_iter().map(reduced).collect();
        let reference = Arc::new(views.first()?.0.clone());
        Some(Self { identity, views: Arc::new(views), reference, original_size, depths, given })
    }
}

fn reduced((picture, camera): (Picture, Camera)) -> (Picture, Camera) {
    let (width, height) = shrunk(picture.width(), picture.height(), limits::OBJECT_SIDE_PX);
    if (width, height) == (picture.width(), picture.height()) {
        return (picture, camera);
    }
    let intrinsics = camera.intrinsics.resized(width, height);
    (resize(&picture, width, height), Camera { intrinsics, ..camera })
}
