use std::collections::HashMap;
use std::sync::Arc;

use eframe::egui::{ColorImage, Context, TextureHandle, TextureOptions};

use crate::media::Picture;

/// Small pictures on the device, each uploaded once.
#[derive(Default)]
pub(crate) struct Textures {
    known: HashMap<usize, (Arc<Picture>, TextureHandle)>,
}

impl Textures {
    /// The texture of a picture.
    pub(crate) fn of(&mut self, ctx: &Context, picture: &Arc<Picture>) -> TextureHandle {
        // The picture is kept beside its texture, so its address is not given to another one.
        let key = Arc::as_ptr(picture) as usize;
        let (_, texture) = self.known.entry(key).or_insert_with(|| {
            let size = [picture.width() as usize, picture.height() as usize];
            let image = ColorImage::from_rgba_unmultiplied(size, &picture.to_rgba8());
            (Arc::clone(picture), ctx.load_texture("thumbnail", image, TextureOptions::LINEAR))
        });
        texture.clone()
    }

    /// Forget pictures that nobody else has.
    pub(crate) fn prune(&mut self) {
        self.known.retain(|_, (picture, _)| Arc::strong_count(picture) > 1);
    }
}
