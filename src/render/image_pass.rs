use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::canvas::Canvas;
use super::canvases::Canvases;
use super::device::scoped;
use super::frame::{FrameState, ImageFrame, Target};
use super::screen_pass::ScreenPass;
use super::source::SourceTexture;
use super::tile_evaluator::TileEvaluator;
use super::work::Goal;
use super::worker::Wake;
use super::{EvaluatorKind, RenderError, compose};
use crate::field::{Architecture, FieldRecord};
use crate::media::Picture;

/// How often a debug build looks whether a shader was changed.
const RELOAD_INTERVAL: Duration = Duration::from_millis(500);

/// A picture in a viewport: the field evaluated for every screen pixel at any zoom, coarsely while the view
/// moves and exactly when it rests, and the source to compare with.
///
/// The present view's canvas is filled coarse to fine. Where it is coarser than the canvas of a moment ago seen
/// through the present view, that one is drawn instead; where neither is, an overview of the whole picture.
///
/// Everything can be rebuilt from the CPU's side: after the loss of a device, make a new one.
pub struct ImagePass {
    evaluator: TileEvaluator,
    screen: ScreenPass,
    field: Option<Arc<FieldRecord>>,
    source: Option<Arc<Picture>>,
    /// On the device, for that picture.
    source_texture: Option<(Arc<Picture>, SourceTexture)>,
    canvases: Canvases,
    wake: Wake,
    error: Option<RenderError>,
    /// The graphics device evaluates, but for the present field, which is too large for it.
    is_field_too_large: bool,
    shaders: Option<(SystemTime, Instant)>,
}

impl ImagePass {
    /// Ready to draw into targets of this format. `wake` is called, from another thread, when there is
    /// something new to be drawn.
    ///
    /// # Errors
    /// [`RenderError`] if a shader is refused, the device has no room, or no thread can be started.
    pub fn new(
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        target: wgpu::TextureFormat,
        kind: EvaluatorKind,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Result<Self, RenderError> {
        let mut screen = ScreenPass::new(device, target)?;
        let blank = ImageFrame {
            view: crate::camera::ImageView { center_px: glam::DVec2::ZERO, zoom: 1.0 },
            viewport_px: (1, 1),
            picture_px: (0, 0),
            mode: super::ViewMode::Field,
            split: 0.0,
            error_scale: 1.0,
            background: [0.0; 3],
            is_moving: false,
        };
        scoped(device, || screen.prepare(device, queue, &blank, [None; 3], None))
            .map_err(RenderError::Gpu)?;
        Ok(Self {
            evaluator: TileEvaluator::new(kind, Arc::clone(&wake))?,
            screen,
            field: None,
            source: None,
            source_texture: None,
            canvases: Canvases::default(),
            wake,
            error: None,
            is_field_too_large: false,
            shaders: compose::newest_change().map(|changed| (changed, Instant::now())),
        })
    }

    /// Show this field from now on; the same `Arc` again changes nothing. The old picture stays until there is
    /// something of the new one; `None` takes it away, and so does a field that is not of a picture.
    pub fn set_field(&mut self, field: Option<Arc<FieldRecord>>) {
        let field = field.filter(|record| self.is_drawable(record));
        if self.is_field_too_large && !self.has_architecture_of(field.as_deref()) {
            self.is_field_too_large = false;
            self.set_evaluator(EvaluatorKind::Gpu);
        }
        if field.is_none() && self.field.is_some() {
            self.evaluator.clear();
            self.canvases.clear();
            self.screen.forget_bindings();
        }
        self.field = field;
    }

    fn is_drawable(&mut self, record: &FieldRecord) -> bool {
        let Architecture { inputs, outputs, .. } = *record.field.architecture();
        let is_drawable = inputs == 2 && outputs >= 3;
        if !is_drawable {
            self.error = Some(RenderError::NotAnImage { inputs, outputs });
        }
        is_drawable
    }

    fn has_architecture_of(&self, record: Option<&FieldRecord>) -> bool {
        let architecture = |record: &FieldRecord| record.field.architecture().clone();
        self.field.as_deref().map(architecture) == record.map(architecture)
    }

    fn set_evaluator(&mut self, kind: EvaluatorKind) {
        match TileEvaluator::new(kind, Arc::clone(&self.wake)) {
            Ok(evaluator) => self.evaluator = evaluator,
            Err(err) => self.error = Some(err),
        }
        // What another evaluator left unfinished cannot be gone on with.
        (self.canvases.next, self.canvases.next_overview) = (None, None);
        self.canvases.current = self.canvases.current.take().filter(Canvas::is_exact);
        self.screen.forget_bindings();
    }

    /// Compare with this picture from now on; it is uploaded with the next frame.
    pub fn set_source(&mut self, source: Option<Arc<Picture>>) {
        self.source = source;
    }

    /// Who evaluates the field: the kind that was asked for, unless it failed.
    #[must_use]
    pub fn evaluator(&self) -> EvaluatorKind {
        self.evaluator.kind()
    }

    /// What went wrong last, for a notice; it stays until it is taken.
    pub fn take_error(&mut self) -> Option<RenderError> {
        self.error.take()
    }

    /// Do what fits into `budget` towards this frame, and make it ready to be painted. Work on the graphics device
    /// is waited for, in submissions of about 25 ms at most, so that `budget` is kept. What goes wrong is kept
    /// for [`take_error`](Self::take_error); when the graphics device cannot evaluate a field, the CPU does.
    pub fn frame(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        frame: &ImageFrame,
        budget: Duration,
    ) -> FrameState {
        let deadline = Instant::now() + budget;
        self.reload_shaders(device);
        let refined = scoped(device, || {
            self.upload_source(device, queue);
            match self.wanted(frame) {
                Some(wanted) => self.refine(device, queue, &wanted, frame.is_moving, deadline),
                None => Ok(FrameState::EXACT),
            }
        });
        let state = match refined.map_err(RenderError::Gpu).and_then(|state| state) {
            Ok(state) => state,
            Err(err) => self.fall_back(err),
        };
        let prepared = scoped(device, || {
            let Canvases { current, previous, overview, .. } = &self.canvases;
            let layers = [current.as_ref(), previous.as_ref(), overview.as_ref()];
            let source = self.source_texture.as_ref().map(|(_, texture)| texture);
            self.screen.prepare(device, queue, frame, layers, source);
        });
        if let Err(reason) = prepared {
            self.error = Some(RenderError::Gpu(reason));
        }
        state
    }

    /// Draw the last frame into the pass's current viewport.
    pub fn paint(&self, pass: &mut wgpu::RenderPass<'_>) {
        self.screen.paint(pass);
    }

    /// The canvas that this frame calls for; `None` if the field is not seen.
    fn wanted(&self, frame: &ImageFrame) -> Option<Target> {
        let is_seen = frame.mode.needs_field() || self.source.is_none();
        let has_area = frame.viewport_px.0.min(frame.viewport_px.1) > 0
            && frame.picture_px.0.min(frame.picture_px.1) > 0
            && frame.view.zoom > 0.0
            && frame.view.center_px.is_finite();
        let field = self.field.as_ref().filter(|_| is_seen && has_area)?;
        Some(Target {
            field: Arc::clone(field),
            view: frame.view,
            size_px: frame.viewport_px,
            picture_px: frame.picture_px,
        })
    }

    fn upload_source(&mut self, device: &wgpu::Device, queue: &wgpu::Queue) {
        let present = self.source_texture.as_ref().map(|(picture, _)| picture);
        let is_present = match (present, &self.source) {
            (Some(present), Some(wanted)) => Arc::ptr_eq(present, wanted),
            (None, None) => true,
            _ => false,
        };
        if !is_present {
            let upload =
                |picture: &Arc<Picture>| (Arc::clone(picture), SourceTexture::new(device, queue, picture));
            self.source_texture = self.source.as_ref().map(upload);
            self.screen.forget_bindings();
        }
    }

    /// Bring the canvases closer to the wanted one.
    fn refine(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        wanted: &Target,
        is_moving: bool,
        deadline: Instant,
    ) -> Result<FrameState, RenderError> {
        loop {
            let is_waiting = self.refine_view(device, queue, wanted, is_moving, deadline)?;
            let current = self.canvases.current.as_ref().filter(|current| current.target == *wanted);
            let Some(current) = current else {
                let fraction = self.canvases.next.as_ref().map_or(0.0, Canvas::fraction);
                if is_waiting || Instant::now() >= deadline {
                    return Ok(FrameState { is_exact: false, fraction, needs_repaint: !is_waiting });
                }
                continue;
            };
            let fraction = current.fraction();
            if !current.is_exact() {
                let is_enough = is_waiting || (is_moving && current.is_coarse());
                return Ok(FrameState { is_exact: false, fraction, needs_repaint: !is_enough });
            }
            if is_moving {
                return Ok(FrameState { is_exact: true, fraction, needs_repaint: false });
            }
            return self.refine_overview(device, queue, &wanted.overview(), deadline);
        }
    }

    /// One step towards a canvas of the wanted view. Gives whether the answer is awaited from another thread.
    ///
    /// A canvas once begun is completed coarsely even if the view has moved on: or, with a slow field, nothing
    /// new would be seen before the movement ends.
    fn refine_view(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        wanted: &Target,
        is_moving: bool,
        deadline: Instant,
    ) -> Result<bool, RenderError> {
        let limit = |canvas: &Canvas| {
            if is_moving { canvas.work.coarse_blocks() } else { canvas.work.blocks.len() }
        };
        let canvases = &mut self.canvases;
        if let Some(current) = canvases.current.as_mut().filter(|current| current.target == *wanted) {
            canvases.next = None;
            let num_blocks = limit(current);
            if current.num_blocks() >= num_blocks {
                return Ok(false);
            }
            let goal = Goal { num_blocks, unseen_blocks: 0 };
            return self.evaluator.advance(device, queue, current, goal, deadline).map(|again| !again);
        }
        canvases.next_overview = None;
        let mut next = match canvases.next.take() {
            Some(next) => next,
            None => canvases.begin(device, wanted.clone(), self.evaluator.canvas_usage()),
        };
        let presentable = canvases.presentable_blocks(&next);
        // The rest of a canvas that is not wanted any more would be in vain.
        let num_blocks = if next.target == *wanted { limit(&next).max(presentable) } else { presentable };
        let goal = Goal { num_blocks, unseen_blocks: presentable };
        let advanced = self.evaluator.advance(device, queue, &mut next, goal, deadline);
        if next.num_blocks() >= presentable {
            self.canvases.promote(next);
            self.screen.forget_bindings();
            return advanced.map(|_| false);
        }
        self.canvases.next = Some(next);
        advanced.map(|again| !again)
    }

    /// One step towards the overview of the picture that is exact already.
    fn refine_overview(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        wanted: &Target,
        deadline: Instant,
    ) -> Result<FrameState, RenderError> {
        let canvases = &mut self.canvases;
        if canvases.overview.as_ref().is_some_and(|overview| overview.target == *wanted) {
            return Ok(FrameState::EXACT);
        }
        let mut next = match canvases.next_overview.take() {
            Some(next) if next.target == *wanted => next,
            _ => canvases.begin(device, wanted.clone(), self.evaluator.canvas_usage()),
        };
        let num_blocks = next.work.blocks.len();
        let goal = Goal { num_blocks, unseen_blocks: num_blocks };
        let again = self.evaluator.advance(device, queue, &mut next, goal, deadline)?;
        if next.is_exact() {
            self.canvases.overview = Some(next);
            self.screen.forget_bindings();
            return Ok(FrameState::EXACT);
        }
        self.canvases.next_overview = Some(next);
        Ok(FrameState { is_exact: false, fraction: 0.999, needs_repaint: again })
    }

    /// Keep an error; if the graphics device failed, let the CPU evaluate from now on.
    fn fall_back(&mut self, err: RenderError) -> FrameState {
        tracing::warn!("{err}");
        let is_gpu = self.evaluator.kind() == EvaluatorKind::Gpu;
        self.is_field_too_large = is_gpu && matches!(err, RenderError::FieldTooLarge(_));
        self.error = Some(err);
        if is_gpu {
            self.set_evaluator(EvaluatorKind::Cpu);
        }
        FrameState { is_exact: false, fraction: 0.0, needs_repaint: is_gpu }
    }

    /// In a debug build, compile shaders that were changed on disk; the last good ones stay on an error.
    fn reload_shaders(&mut self, device: &wgpu::Device) {
        let Some((changed, looked)) = &mut self.shaders else { return };
        if looked.elapsed() < RELOAD_INTERVAL {
            return;
        }
        *looked = Instant::now();
        let Some(newest) = compose::newest_change().filter(|newest| newest != changed) else { return };
        *changed = newest;
        match self.screen.reload(device) {
            Ok(()) => self.evaluator.reload(),
            Err(err) => self.error = Some(err),
        }
    }
}
