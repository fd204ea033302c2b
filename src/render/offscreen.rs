use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use super::adapter::{AdapterSummary, open_adapter};
use super::device::{scoped, wait};
use super::{EvaluatorKind, ImageFrame, ImagePass, RenderError};
use crate::field::FieldRecord;
use crate::media::Picture;

/// Time of one frame's work, as in the window.
const BUDGET: Duration = Duration::from_millis(12);
/// How long a worker may be silent.
const PATIENCE: Duration = Duration::from_mins(1);
const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

/// An image pass with a device and a target of its own, without a window.
pub struct Offscreen {
    adapter: AdapterSummary,
    device: wgpu::Device,
    queue: wgpu::Queue,
    target: wgpu::Texture,
    pass: ImagePass,
    woken: Receiver<()>,
}

impl Offscreen {
    /// On the best adapter, be it a software one, with a target of this size in pixels.
    ///
    /// # Errors
    /// [`RenderError`] if there is no adapter, or it refuses.
    pub fn open(kind: EvaluatorKind, width: u32, height: u32) -> Result<Self, RenderError> {
        let (adapter, device, queue) = open_adapter()?;
        let target = scoped(&device, || {
            device.create_texture(&wgpu::TextureDescriptor {
                label: Some("offscreen"),
                size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
                mip_level_count: 1,
                sample_count: 1,
                dimension: wgpu::TextureDimension::D2,
                format: FORMAT,
                usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
                view_formats: &[],
            })
        })
        .map_err(RenderError::Gpu)?;
        let (sender, woken) = sync_channel(1);
        let wake = move || {
            sender.try_send(()).ok();
        };
        let pass = ImagePass::new(&device, &queue, FORMAT, kind, Arc::new(wake))?;
        Ok(Self { adapter, device, queue, target, pass, woken })
    }

    /// What it draws with.
    #[must_use]
    pub fn adapter(&self) -> &AdapterSummary {
        &self.adapter
    }

    /// Draw a frame until it is exact. Gives how long it took to the last pixel.
    ///
    /// # Errors
    /// What the pass complains of, or that it does not end.
    pub fn draw(
        &mut self,
        field: Option<Arc<FieldRecord>>,
        source: Option<Arc<Picture>>,
        frame: &ImageFrame,
    ) -> Result<Duration, RenderError> {
        let begun = Instant::now();
        self.pass.set_field(field);
        self.pass.set_source(source);
        loop {
            let state = self.pass.frame(&self.device, &self.queue, frame, BUDGET);
            if let Some(err) = self.pass.take_error() {
                return Err(err);
            }
            if state.is_exact {
                break;
            }
            if !state.needs_repaint && self.woken.recv_timeout(PATIENCE).is_err() {
                return Err(RenderError::Unresponsive("the evaluator does not answer".into()));
            }
        }
        self.paint()?;
        Ok(begun.elapsed())
    }

    /// Draw what is there into the target, and wait for it.
    fn paint(&self) -> Result<(), RenderError> {
        let view = self.target.create_view(&wgpu::TextureViewDescriptor::default());
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let attachment = wgpu::RenderPassColorAttachment {
                view: &view,
                resolve_target: None,
                depth_slice: None,
                ops: wgpu::Operations::default(),
            };
            let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                label: Some("offscreen"),
                color_attachments: &[Some(attachment)],
                ..wgpu::RenderPassDescriptor::default()
            });
            self.pass.paint(&mut pass);
        }
        wait(&self.device, self.queue.submit([encoder.finish()]))
    }
}
