//! The baked grid drawn by WGSL, on a graphics device that is faster at it than the processor.

use std::sync::Arc;

use super::VolumeFrame;
use super::grid::{Grid, Looking};
use crate::field::Sampling;
use crate::render::RenderError;
use crate::render::compose::{Pass, compose};
use crate::render::device::scoped;
use crate::render::kernel::screen_header;

/// The picture's format.
pub(super) const PICTURE: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

/// Draws the grid that it was given last.
pub(super) struct BakedPass {
    pipeline: wgpu::RenderPipeline,
    looking: Looking,
    grid: Option<(Arc<Grid>, Option<wgpu::BindGroup>)>,
}

impl BakedPass {
    /// # Errors
    /// [`RenderError::Shader`] with the compiler's message.
    pub(super) fn new(device: &wgpu::Device) -> Result<Self, RenderError> {
        let source = compose(Pass::VolumeBaked, &screen_header(PICTURE))?;
        let refused = |reason| RenderError::Shader { pass: Pass::VolumeBaked.path().into(), reason };
        scoped(device, || {
            let pipeline = super::screen::whole_picture(device, source, ("whole_picture", "baked"), PICTURE);
            Self { pipeline, looking: Looking::new(device), grid: None }
        })
        .map_err(refused)
    }

    /// Draw this grid from now on; gives whether it is another one than before.
    pub(super) fn set_grid(&mut self, device: &wgpu::Device, grid: Arc<Grid>) -> bool {
        if self.grid.as_ref().is_some_and(|(own, _)| Arc::ptr_eq(own, &grid)) {
            return false;
        }
        let binding = self.looking.bind(device, &self.pipeline.get_bind_group_layout(0), &grid);
        self.grid = Some((grid, binding));
        true
    }

    /// Nothing is drawn any more.
    pub(super) fn clear(&mut self) {
        self.grid = None;
    }

    /// Draw the grid into a picture; nothing happens where there has been none.
    pub(super) fn draw(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        picture: &wgpu::TextureView,
        frame: &VolumeFrame,
        sampling: &Sampling,
    ) {
        let Some((grid, binding)) = &self.grid else { return };
        self.looking.look(queue, grid, frame, sampling);
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let attachment = wgpu::RenderPassColorAttachment {
                view: picture,
                resolve_target: None,
                depth_slice: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT),
                    store: wgpu::StoreOp::Store,
                },
            };
            let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                label: Some("baked"),
                color_attachments: &[Some(attachment)],
                ..wgpu::RenderPassDescriptor::default()
            });
            if let Some(binding) = binding {
                pass.set_pipeline(&self.pipeline);
                pass.set_bind_group(0, binding, &[]);
                pass.draw(0..3, 0..1);
            }
        }
        queue.submit([encoder.finish()]);
    }
}
