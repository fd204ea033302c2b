use std::sync::Arc;

use super::screen::Screen;
use super::worker::VolumeWorker;
use super::{Drawn, VolumeFrame, VolumeState};
use crate::field::{FieldKind, FieldRecord};
use crate::render::RenderError;
use crate::render::device::scoped;

/// An object in a viewport: baked while anything moves, exact once it rests.
///
/// Everything can be rebuilt from the CPU's side: after the loss of a device, make a new one.
pub struct VolumePass {
    worker: VolumeWorker,
    screen: Screen,
    field: Option<Arc<FieldRecord>>,
    /// The picture that was asked for last, and its number.
    wanted: Option<(Arc<FieldRecord>, VolumeFrame)>,
    request: u64,
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
        target: wgpu::TextureFormat,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Result<Self, RenderError> {
        Ok(Self {
            worker: VolumeWorker::start(wake)?,
            screen: Screen::new(device, target)?,
            field: None,
            wanted: None,
            request: 0,
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
            self.wanted = None;
            self.state = nothing();
        }
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
        self.worker.request(self.request, &field, *frame);
        let taken = self.worker.take();
        let prepared = scoped(device, || {
            self.screen.prepare(device, queue, frame);
            if let Ok((patches, _)) = &taken {
                // A tile of another picture than the baked one below it would be a patch of another view.
                for patch in patches {
                    self.screen.write(queue, patch.rect, &patch.rgba);
                }
            }
        });
        if let Err(reason) = prepared {
            self.error = Some(RenderError::Gpu(reason));
        }
        match taken {
            Ok((_, Some((request, state)))) => {
                let is_done = state.is_done && request == self.request;
                self.state = VolumeState { is_done, ..state };
            }
            Ok((_, None)) => {}
            Err(err) => self.error = Some(err),
        }
        self.state
    }

    /// Draw the last frame into the pass's current viewport.
    pub fn paint(&self, pass: &mut wgpu::RenderPass<'_>) {
        self.screen.paint(pass);
    }
}

fn nothing() -> VolumeState {
    VolumeState { drawn: Drawn::Nothing, is_done: false, spared: None, baked_ms: None }
}
