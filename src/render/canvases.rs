use super::canvas::{Canvas, CanvasTextures};
use super::frame::Target;
use super::plan::COARSEST_STEP;

/// The canvases by their part in the frame.
#[derive(Default)]
pub(super) struct Canvases {
    /// Drawn, and refined as long as it is of the wanted view.
    pub(super) current: Option<Canvas>,
    /// Beneath it.
    pub(super) previous: Option<Canvas>,
    /// To become current as soon as its coarse pass is complete.
    pub(super) next: Option<Canvas>,
    /// The whole picture, small.
    pub(super) overview: Option<Canvas>,
    pub(super) next_overview: Option<Canvas>,
    /// To be used again.
    spare: Option<CanvasTextures>,
    next_id: u64,
}

impl Canvases {
    /// Drop them all; numbers of work go on.
    pub(super) fn clear(&mut self) {
        *self = Self { next_id: self.next_id, ..Self::default() };
    }

    /// An empty canvas for a target, in textures that are no longer used if there are any.
    pub(super) fn begin(
        &mut self,
        device: &wgpu::Device,
        target: Target,
        usage: wgpu::TextureUsages,
    ) -> Canvas {
        let textures = self
            .spare
            .take_if(|spare| spare.size_px() == target.size_px && spare.samples.usage().contains(usage))
            .unwrap_or_else(|| CanvasTextures::new(device, target.size_px, usage));
        self.next_id += 1;
        Canvas::new(self.next_id, target, textures)
    }

    /// Blocks that the next canvas must have before it is shown. A field that changes under the eye, as one
    /// that is being refined does, is shown a little finer than one that moves, or it would flicker.
    pub(super) fn presentable_blocks(&self, next: &Canvas) -> usize {
        let is_same_view = |current: &Canvas| {
            let (current, next) = (&current.target, &next.target);
            current.view == next.view
                && current.size_px == next.size_px
                && current.picture_px == next.picture_px
        };
        let is_in_place = self.current.as_ref().is_some_and(is_same_view);
        next.work.blocks_to(if is_in_place { COARSEST_STEP / 2 } else { COARSEST_STEP })
    }

    /// The next canvas becomes the current one, and the current one, or what is beneath it, stays beneath.
    pub(super) fn promote(&mut self, next: Canvas) {
        let retired = match (self.previous.take(), self.current.take()) {
            (Some(previous), Some(current)) => {
                let (stays, goes) = if previous.is_better_beneath(&current, &next.target) {
                    (previous, current)
                } else {
                    (current, previous)
                };
                self.previous = Some(stays);
                Some(goes)
            }
            (previous, current) => {
                self.previous = current.or(previous);
                None
            }
        };
        self.spare = retired.map(|canvas| canvas.textures).or(self.spare.take());
        self.current = Some(next);
    }
}
