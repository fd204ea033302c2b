use std::sync::Arc;

use super::baked::BakedPass;
use super::ready::Graphics;
use super::screen::Screen;
use super::worker::VolumeWorker;
use super::{Drawn, VolumeFrame, VolumeState};
use crate::field::{FieldKind, FieldRecord, Sampling};
use crate::render::device::scoped;
use crate::render::{EvaluatorKind, RenderError};

/// An object in a viewport: baked while anything moves, exact once it rests.
///
/// Everything can be rebuilt from the CPU's side: after the loss of a device, make a new one.
pub struct VolumePass {
    worker: VolumeWorker,
    screen: Screen,
    /// Draws what was baked, where the graphics device is the faster one.
    baked: Option<BakedPass>,
    field: Option<Arc<FieldRecord>>,
    /// The picture that was asked for last, and its number.
    wanted: Option<(Arc<FieldRecord>, VolumeFrame)>,
    request: u64,
    /// Answers to older ones are of another object.
    oldest_request: u64,
    state: VolumeState,
    error: Option<RenderError>,
}

impl VolumePass {
    /// Ready to draw into targets of this format. `wake` is called, from another thread, when there is
    /// something new to be drawn.
    ///
    /// # Errors
    /// [`RenderError`] if the shader is refused or no thread can be started.
    pub fn new(
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        target: wgpu::TextureFormat,
        kind: EvaluatorKind,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Result<Self, RenderError> {
        // Where the device cannot, the processor draws.
        let baked = match kind {
            EvaluatorKind::Gpu => BakedPass::new(device)
                .inspect_err(|err| tracing::warn!("objects are drawn by the CPU: {err}"))
                .ok(),
            EvaluatorKind::Cpu => None,
        };
        let graphics = baked.as_ref().map(|_| Graphics { device: device.clone(), queue: queue.clone() });
        let usage = match graphics {
            Some(_) => wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::STORAGE_BINDING,
            None => wgpu::TextureUsages::empty(),
        };
        Ok(Self {
            worker: VolumeWorker::start(graphics, wake)?,
            screen: Screen::new(device, target, usage)?,
            baked,
            field: None,
            wanted: None,
            request: 0,
            oldest_request: 0,
            state: nothing(),
            error: None,
        })
    }

    /// Show this field from now on. The old picture stays until there is something of the new one; `None` takes it
    /// away, and so does a field that is not of an object.
    pub fn set_field(&mut self, field: Option<Arc<FieldRecord>>) {
        self.field = field.filter(|record| matches!(record.kind, FieldKind::Object { .. }));
        if self.field.is_none() {
            self.worker.clear();
            self.screen.clear();
            // What the worker is at may still arrive.
            self.oldest_request = self.request + 1;
            self.wanted = None;
            if let Some(baked) = &mut self.baked {
                baked.clear();
            }
            self.state = nothing();
        }
    }

    /// Who evaluates now: the CPU does where the device cannot.
    #[must_use]
    pub fn evaluator(&self) -> EvaluatorKind {
        let is_device = self.baked.is_some() && !self.worker.is_refused();
        if is_device { EvaluatorKind::Gpu } else { EvaluatorKind::Cpu }
    }

    /// What went wrong last, for a notice; it stays until it is taken.
    pub fn take_error(&mut self) -> Option<RenderError> {
        self.error.take()
    }

    /// Ask for this frame, and make ready to be painted what there is of it. Never waits.
    pub fn frame(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, frame: &VolumeFrame) -> VolumeState {
        let Some(field) = self.field.clone() else { return nothing() };
        if frame.viewport_px.0.min(frame.viewport_px.1) == 0 {
            return nothing();
        }
        let is_known = self
            .wanted
            .as_ref()
            .is_some_and(|(record, wanted)| Arc::ptr_eq(record, &field) && wanted.is_picture_of(frame));
        if !is_known {
            self.request += 1;
            self.wanted = Some((Arc::clone(&field), *frame));
            self.state.is_done = false;
        }
        let prepared = scoped(device, || self.screen.prepare(device, queue, frame));
        self.worker.request(self.request, &field, *frame, self.screen.picture());
        let taken = self.worker.take();
        let drawn = scoped(device, || {
            self.draw_baked(device, queue, frame, !is_known);
            if let Ok((patches, _)) = &taken {
                // What the worker draws comes in order; where the device draws, a tile may be of the view before.
                let is_wanted = |request| {
                    request == self.request || (self.baked.is_none() && request >= self.oldest_request)
                };
                for patch in patches.iter().filter(|patch| is_wanted(patch.request)) {
                    self.screen.write(queue, patch.rect, &patch.rgba);
                }
            }
        });
        if let Err(reason) = prepared.and(drawn) {
            self.error = Some(RenderError::Gpu(reason));
        }
        match taken {
            Ok((_, Some((request, state)))) if request >= self.oldest_request => {
                let is_done = state.is_done && request == self.request;
                self.state = VolumeState { is_done, ..state };
            }
            Ok(_) => {}
            Err(err) => self.error = Some(err),
        }
        self.state
    }

    /// Where the device draws what was baked: a new bake, or what there is from another view.
    fn draw_baked(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        frame: &VolumeFrame,
        is_other_view: bool,
    ) {
        let Some(pass) = &mut self.baked else { return };
        // The same bake again comes with every request.
        let is_new = self.worker.take_grid().is_some_and(|grid| pass.set_grid(device, grid));
        let sampling = self.field.as_ref().and_then(|field| Sampling::of(field, frame.samples));
        if let (Some(picture), Some(sampling)) = (self.screen.picture(), sampling)
            && (is_new || is_other_view)
        {
            pass.draw(device, queue, picture, frame, &sampling.moved(frame.place.depth_offset() as f32));
        }
        self.worker.bake_is_shown(self.request);
    }

    /// Draw the last frame into the pass's current viewport.
    pub fn paint(&self, pass: &mut wgpu::RenderPass<'_>) {
        self.screen.paint(pass);
    }
}

fn nothing() -> VolumeState {
    VolumeState { drawn: Drawn::Nothing, is_done: false, spared: None, baked_ms: None }
}
