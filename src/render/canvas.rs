use std::sync::Arc;

use half::f16;

use super::cells::Layer;
use super::frame::Target;
use super::plan::{COARSEST_STEP, PxRect, StepMap};
use super::work::Work;
use crate::camera::ImageView;

/// Half floats hold 8-bit colours with room to spare, and cost half of what floats do on the way up.
pub(super) const CANVAS_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba16Float;

/// Samples of a field as a texture, and which of them are there.
#[derive(Debug)]
pub(super) struct Canvas {
    pub(super) target: Target,
    pub(super) work: Arc<Work>,
    pub(super) textures: CanvasTextures,
    steps: StepMap,
    /// Blocks of the work that are complete, from the first.
    num_blocks: usize,
}

/// What a canvas lives in; outlives it, to be used for the next of the same size.
#[derive(Debug)]
pub(super) struct CanvasTextures {
    size_px: (u32, u32),
    pub(super) samples: wgpu::Texture,
    pub(super) samples_view: wgpu::TextureView,
}

impl CanvasTextures {
    /// A texture for a canvas of this size. `usage` is for the samples, besides being drawn.
    pub(super) fn new(device: &wgpu::Device, size_px: (u32, u32), usage: wgpu::TextureUsages) -> Self {
        let samples = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("canvas"),
            size: wgpu::Extent3d { width: size_px.0, height: size_px.1, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: CANVAS_FORMAT,
            usage: usage | wgpu::TextureUsages::TEXTURE_BINDING,
            view_formats: &[],
        });
        let samples_view = samples.create_view(&wgpu::TextureViewDescriptor::default());
        Self { size_px, samples, samples_view }
    }

    pub(super) fn size_px(&self) -> (u32, u32) {
        self.size_px
    }
}

impl Canvas {
    /// An empty canvas in textures of the target's size.
    pub(super) fn new(work_id: u64, target: Target, textures: CanvasTextures) -> Self {
        let work = Arc::new(Work::of_target(work_id, &target));
        let steps = StepMap::new(target.size_px);
        Self { target, work, textures, steps, num_blocks: 0 }
    }

    /// Blocks that are complete, from the first.
    pub(super) fn num_blocks(&self) -> usize {
        self.num_blocks
    }

    /// Note that the first `num_blocks` blocks are complete.
    pub(super) fn complete(&mut self, num_blocks: usize) {
        for block in self.work.blocks.iter().take(num_blocks).skip(self.num_blocks) {
            self.steps.set(block.rect, block.step);
        }
        self.num_blocks = self.num_blocks.max(num_blocks);
    }

    /// Whether there is a sample for every pixel.
    pub(super) fn is_exact(&self) -> bool {
        self.num_blocks >= self.work.blocks.len()
    }

    /// Whether every sample is at most the coarsest step from the next.
    pub(super) fn is_coarse(&self) -> bool {
        self.num_blocks >= self.work.coarse_blocks()
    }

    /// The share of samples that are there.
    pub(super) fn fraction(&self) -> f32 {
        self.work.fraction(self.num_blocks)
    }

    /// Picture pixels from one sample to the next, everywhere.
    fn spacing(&self) -> f64 {
        let mut step = COARSEST_STEP;
        while step > 1 && self.num_blocks >= self.work.blocks_to(step / 2) {
            step /= 2;
        }
        f64::from(step) / self.target.view.zoom
    }

    /// Whether this one, rather than `other`, should stay beneath the current canvas: it is finer, of the same
    /// field, and still shows a good part of what is seen.
    pub(super) fn is_better_beneath(&self, other: &Self, wanted: &Target) -> bool {
        self.target.is_field_of(&other.target)
            && self.spacing() < other.spacing()
            && coverage(&self.target.view, self.target.size_px, wanted) >= 0.25
    }

    /// Upload evaluated texels, RGBA, of a rectangle.
    pub(super) fn upload(&self, queue: &wgpu::Queue, rect: PxRect, texels: &[[f16; 4]]) {
        let (width, height) = (rect.width(), rect.height());
        if rect.is_empty() || texels.len() != width as usize * height as usize {
            return;
        }
        queue.write_texture(
            wgpu::TexelCopyTextureInfo {
                origin: wgpu::Origin3d { x: rect.x0, y: rect.y0, z: 0 },
                ..self.textures.samples.as_image_copy()
            },
            bytemuck::cast_slice(texels.as_flattened()),
            wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(8 * width), rows_per_image: None },
            wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        );
    }

    /// It as a layer in another view.
    pub(super) fn layer(&self, view: &ImageView, viewport_px: (u32, u32), penalty: f64) -> Layer<'_> {
        let (scale, offset) = self.target.place_in(view, viewport_px);
        Layer { steps: &self.steps, area: self.work.area, scale, offset, penalty }
    }
}

/// The share of what `wanted` shows of its picture that another view shows too.
fn coverage(view: &ImageView, size_px: (u32, u32), wanted: &Target) -> f64 {
    let picture = super::frame::size(wanted.picture_px);
    let shown = |view: &ImageView, size_px| {
        let half = super::frame::size(size_px) / 2.0 / view.zoom;
        let within = |point: glam::DVec2| point.clamp(glam::DVec2::ZERO, picture);
        (within(view.center_px - half), within(view.center_px + half))
    };
    let (from, to) = shown(&wanted.view, wanted.size_px);
    let (other_from, other_to) = shown(view, size_px);
    let common = (to.min(other_to) - from.max(other_from)).max(glam::DVec2::ZERO);
    let all = to - from;
    if all.x * all.y > 0.0 { common.x * common.y / (all.x * all.y) } else { 0.0 }
}
