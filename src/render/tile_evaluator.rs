use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Instant;

use super::canvas::{CANVAS_FORMAT, Canvas};
use super::gpu_evaluator::GpuEvaluator;
use super::kernel::{KernelShape, Kernels};
use super::work::Goal;
use super::worker::{CpuWorker, Finished, Wake};
use super::{EvaluatorKind, RenderError};
use crate::field::{Evaluator, FieldRecord};

/// Fills canvases: two ways, one interface.
pub(super) enum TileEvaluator {
    /// By the worker thread.
    Cpu(CpuTiles),
    /// By the graphics device.
    Gpu(Box<GpuTiles>),
}

impl TileEvaluator {
    /// # Errors
    /// [`RenderError::Worker`] if the worker thread cannot be started.
    pub(super) fn new(kind: EvaluatorKind, wake: Wake) -> Result<Self, RenderError> {
        Ok(match kind {
            EvaluatorKind::Cpu => Self::Cpu(CpuTiles::new(wake)?),
            EvaluatorKind::Gpu => {
                Self::Gpu(Box::new(GpuTiles { wake, field: None, kernels: None, building: None }))
            }
        })
    }

    pub(super) fn kind(&self) -> EvaluatorKind {
        match self {
            Self::Cpu(_) => EvaluatorKind::Cpu,
            Self::Gpu(_) => EvaluatorKind::Gpu,
        }
    }

    /// What a canvas's samples are used for besides being drawn.
    pub(super) fn canvas_usage(&self) -> wgpu::TextureUsages {
        match self {
            Self::Cpu(_) => wgpu::TextureUsages::COPY_DST,
            Self::Gpu(_) => wgpu::TextureUsages::STORAGE_BINDING,
        }
    }

    /// Go on with a canvas until `deadline`, as far as the goal says at most. Gives whether it should be
    /// called again at once; otherwise `wake` will be called, or nothing is left.
    ///
    /// # Errors
    /// [`RenderError`]: this evaluator cannot go on.
    pub(super) fn advance(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        canvas: &mut Canvas,
        goal: Goal,
        deadline: Instant,
    ) -> Result<bool, RenderError> {
        match self {
            Self::Cpu(tiles) => tiles.advance(queue, canvas, goal, deadline),
            Self::Gpu(tiles) => tiles.advance(device, queue, canvas, goal.num_blocks, deadline),
        }
    }

    /// Stop: nothing is wanted any more.
    pub(super) fn clear(&mut self) {
        match self {
            Self::Cpu(tiles) => {
                tiles.worker.clear();
                tiles.finished.clear();
            }
            Self::Gpu(tiles) => {
                let ready = tiles.field.take().map(|(_, evaluator)| evaluator.into_kernels());
                tiles.kernels = ready.or(tiles.kernels.take());
            }
        }
    }

    /// Compile the shaders anew.
    pub(super) fn reload(&mut self) {
        if let Self::Gpu(tiles) = self {
            (tiles.field, tiles.kernels, tiles.building) = (None, None, None);
        }
    }
}

/// The worker thread's results, on their way to the canvas.
pub(super) struct CpuTiles {
    worker: CpuWorker,
    field: Option<(Arc<FieldRecord>, Evaluator)>,
    finished: VecDeque<Finished>,
}

impl CpuTiles {
    fn new(wake: Wake) -> Result<Self, RenderError> {
        Ok(Self { worker: CpuWorker::start(wake)?, field: None, finished: VecDeque::new() })
    }

    fn advance(
        &mut self,
        queue: &wgpu::Queue,
        canvas: &mut Canvas,
        goal: Goal,
        deadline: Instant,
    ) -> Result<bool, RenderError> {
        let record = &canvas.target.field;
        let evaluator = match self.field.take() {
            Some((of, evaluator)) if Arc::ptr_eq(&of, record) => evaluator,
            _ => Evaluator::new(&record.field),
        };
        let (_, evaluator) = self.field.insert((Arc::clone(record), evaluator));
        self.worker.request(&canvas.work, evaluator, goal);
        self.finished.extend(self.worker.take_finished(canvas.work.id)?);
        while let Some(finished) = self.finished.pop_front() {
            // Blocks come in order; what is left of another canvas is not looked at.
            if finished.work_id == canvas.work.id && finished.block == canvas.num_blocks() {
                canvas.upload(queue, finished.rect, &finished.texels);
                canvas.complete(finished.block + 1);
            }
            if Instant::now() >= deadline {
                break;
            }
        }
        Ok(!self.finished.is_empty())
    }
}

/// The graphics device's evaluator, as soon as its kernels are compiled.
pub(super) struct GpuTiles {
    wake: Wake,
    field: Option<(Arc<FieldRecord>, GpuEvaluator)>,
    /// Compiled, and not in use by `field`.
    kernels: Option<Kernels>,
    /// Being compiled on a thread of its own, for that may take seconds.
    building: Option<(KernelShape, Receiver<Result<Kernels, RenderError>>)>,
}

impl GpuTiles {
    fn advance(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        canvas: &mut Canvas,
        num_blocks: usize,
        deadline: Instant,
    ) -> Result<bool, RenderError> {
        let record = &canvas.target.field;
        if !self.field.as_ref().is_some_and(|(of, _)| Arc::ptr_eq(of, record)) {
            if let Some((_, evaluator)) = self.field.take() {
                self.kernels = Some(evaluator.into_kernels());
            }
            let shape = KernelShape::of_image(record.field.architecture(), &device.limits(), CANVAS_FORMAT)?;
            let Some(kernels) = self.kernels_for(device, shape)? else { return Ok(false) };
            let evaluator = GpuEvaluator::new(device, kernels, &record.field)?;
            self.field = Some((Arc::clone(record), evaluator));
        }
        let Some((_, evaluator)) = &mut self.field else { return Ok(false) };
        let samples = &canvas.textures.samples_view;
        let done = evaluator.advance(device, queue, &canvas.work, samples, num_blocks, deadline)?;
        canvas.complete(done);
        Ok(done < num_blocks)
    }

    /// The kernels of this shape; `None` while they are being compiled.
    fn kernels_for(
        &mut self,
        device: &wgpu::Device,
        shape: KernelShape,
    ) -> Result<Option<Kernels>, RenderError> {
        if let Some(kernels) = self.kernels.take_if(|kernels| kernels.shape == shape) {
            return Ok(Some(kernels));
        }
        if let Some((_, receiver)) = self.building.take_if(|(building, _)| *building == shape) {
            return match receiver.try_recv() {
                Ok(kernels) => kernels.map(Some),
                Err(TryRecvError::Empty) => {
                    self.building = Some((shape, receiver));
                    Ok(None)
                }
                Err(TryRecvError::Disconnected) => {
                    Err(RenderError::Worker("the shader compiler panicked".into()))
                }
            };
        }
        let (sender, receiver) = sync_channel(1);
        let (device, wake) = (device.clone(), Arc::clone(&self.wake));
        let build = move || {
            // Nobody listens any more if another architecture was wanted meanwhile.
            sender.send(Kernels::build(&device, shape)).ok();
            wake();
        };
        std::thread::Builder::new()
            .name("hyperscope-shaders".into())
            .spawn(build)
            .map_err(|err| RenderError::Worker(err.to_string()))?;
        self.building = Some((shape, receiver));
        Ok(None)
    }
}
