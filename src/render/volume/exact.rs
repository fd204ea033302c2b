//! The field itself drawn by WGSL, square by square, in submissions that are cut to a time.

use std::time::Instant;

use wgpu::util::DeviceExt;

use super::VolumeFrame;
use super::grid::{Grid, Looking};
use super::tiles::tiles;
use crate::field::{FieldRecord, LAST_SPACING, OPAQUE, Sampling, doubt_max};
use crate::render::RenderError;
use crate::render::compose::Pass;
use crate::render::device::{bind, guessed_flops, read_buffer, scoped};
use crate::render::field_buffers::FieldBuffers;
use crate::render::gpu_data::Tracing;
use crate::render::gpu_evaluator::LONGEST_SUBMIT;
use crate::render::kernel::{KernelShape, build_kernel};

/// Side of a square, in pixels: `SQUARE_PX` of `shaders/pass/trace_rays.wgsl`.
const SQUARE_PX: u32 = 8;
/// Squares of one submission, at most: workgroups that a device can be given at once.
const SQUARES_MAX: usize = 65_535;
/// The part of its samples at which a field is evaluated, as a first guess.
const EVALUATED: f64 = 0.25;

/// The compiled pass of one architecture.
#[derive(Debug, Clone)]
pub(super) struct ExactKernel {
    shape: KernelShape,
    pipeline: wgpu::ComputePipeline,
}

/// Draws one field.
#[derive(Debug)]
pub(super) struct ExactPass {
    kernel: ExactKernel,
    field: FieldBuffers,
    looking: Looking,
    tracing: wgpu::Buffer,
    /// Evaluations of the field, counted by the device, and where they are read.
    count: wgpu::Buffer,
    readback: wgpu::Buffer,
    gain: f32,
    flops_per_point: f64,
    /// Measured; at first guessed.
    secs_per_square: Option<f64>,
    begun: Option<Begun>,
}

/// What is to be drawn, and where.
pub(super) struct Target<'a> {
    /// Of this picture; another one begins anew.
    pub(super) id: u64,
    pub(super) grid: &'a Grid,
    pub(super) frame: &'a VolumeFrame,
    pub(super) sampling: &'a Sampling,
    /// As large as the frame's viewport, to be stored to.
    pub(super) picture: &'a wgpu::TextureView,
}

/// The picture in hand.
#[derive(Debug)]
struct Begun {
    id: u64,
    grid: wgpu::BindGroup,
    field: wgpu::BindGroup,
    progress: SquaresDrawn,
}

/// How far a picture is.
#[derive(Debug, Clone, Copy)]
pub(super) struct SquaresDrawn {
    pub(super) drawn: usize,
    pub(super) of: usize,
    /// Evaluations of the field for them.
    pub(super) evaluated: u64,
}

impl SquaresDrawn {
    pub(super) fn is_done(&self) -> bool {
        self.drawn == self.of
    }
}

impl ExactKernel {
    /// The kernel that a field needs on a device, for pictures of this format.
    ///
    /// # Errors
    /// [`RenderError::NotAnObject`] or [`RenderError::FieldTooLarge`].
    pub(super) fn shape_for(
        device: &wgpu::Device,
        record: &FieldRecord,
        format: wgpu::TextureFormat,
    ) -> Result<KernelShape, RenderError> {
        KernelShape::of_object(record.field.architecture(), &device.limits(), format)
    }

    /// Compile it: a fraction of a second on a GPU, seconds on a software rasteriser.
    ///
    /// # Errors
    /// [`RenderError::Shader`] with the compiler's message.
    pub(super) fn build(device: &wgpu::Device, shape: KernelShape) -> Result<Self, RenderError> {
        let pipeline = build_kernel(device, &shape, Pass::TraceRays, "trace_rays")?;
        Ok(Self { shape, pipeline })
    }

    /// What it was compiled for.
    pub(super) fn shape(&self) -> &KernelShape {
        &self.shape
    }
}

impl ExactPass {
    /// Ready to draw this field.
    ///
    /// # Errors
    /// [`RenderError::Gpu`] if the device has no room.
    pub(super) fn new(
        device: &wgpu::Device,
        kernel: ExactKernel,
        record: &FieldRecord,
    ) -> Result<Self, RenderError> {
        let architecture = record.field.architecture();
        let buffer = |label, size: usize, usage| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size: size as u64,
                usage: usage | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        let counting = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC;
        scoped(device, || Self {
            kernel,
            field: FieldBuffers::new(device, &record.field),
            looking: Looking::new(device),
            tracing: buffer("tracing", size_of::<Tracing>(), wgpu::BufferUsages::UNIFORM),
            count: buffer("evaluations", size_of::<u32>(), counting),
            readback: buffer("evaluations read", size_of::<u32>(), wgpu::BufferUsages::MAP_READ),
            gain: architecture.density_gain.unwrap_or(1.0),
            flops_per_point: architecture.flops_per_point() as f64,
            secs_per_square: None,
            begun: None,
        })
        .map_err(RenderError::Gpu)
    }

    /// The kernel, for another field of the same architecture.
    pub(super) fn into_kernel(self) -> ExactKernel {
        self.kernel
    }

    /// Draw the next squares, from the middle outwards, as many as one submission has time for, and wait for them
    /// without keeping the device from others. `submit` gives the commands to the queue, or refuses to, if the picture
    /// is not wanted any more. Gives how far the picture is.
    ///
    /// # Errors
    /// [`RenderError::Gpu`] or [`RenderError::Unresponsive`]; the pass should be dropped then.
    pub(super) fn advance(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        target: &Target<'_>,
        submit: impl FnOnce(wgpu::CommandBuffer) -> bool,
    ) -> Result<SquaresDrawn, RenderError> {
        let mut begun = match self.begun.take() {
            Some(begun) if begun.id == target.id => begun,
            _ => scoped(device, || self.begin(device, queue, target)).map_err(RenderError::Gpu)??,
        };
        let first = begun.progress.drawn;
        let samples = target.sampling.samples;
        let secs_per_square = self.secs_per_square.unwrap_or_else(|| {
            let points = EVALUATED * f64::from(SQUARE_PX * SQUARE_PX) * samples as f64;
            points * self.flops_per_point / guessed_flops(device)
        });
        let fits = (LONGEST_SUBMIT.as_secs_f64() / secs_per_square.max(1e-9)) as usize;
        let count = fits.clamp(1, SQUARES_MAX).min(begun.progress.of - first);
        if count > 0 {
            let (width, height) = target.frame.viewport_px;
            let tracing = Tracing {
                viewport_px: [width, height],
                first_square: first as u32,
                samples: samples as u32,
                gain: self.gain,
                doubt_max: doubt_max(samples),
                opaque: OPAQUE,
                last_spacing: LAST_SPACING,
            };
            let start = Instant::now();
            let is_submitted = scoped(device, || {
                queue.write_buffer(&self.tracing, 0, bytemuck::bytes_of(&tracing));
                submit(self.commands(device, &begun, count as u32))
            })
            .map_err(RenderError::Gpu)?;
            if is_submitted {
                let bytes = read_buffer(device, &self.readback)?;
                let evaluated: Vec<u32> = bytemuck::pod_collect_to_vec(&bytes);
                begun.progress.drawn += count;
                begun.progress.evaluated += evaluated.into_iter().map(u64::from).sum::<u64>();
                // Squares differ, and what is to come may be dearer than what was: grow step by step.
                let measured = start.elapsed().as_secs_f64() / count as f64;
                self.secs_per_square = Some(measured.max(secs_per_square / 2.0));
            }
        }
        let progress = begun.progress;
        self.begun = Some(begun);
        Ok(progress)
    }

    fn begin(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        target: &Target<'_>,
    ) -> Result<Begun, RenderError> {
        let layout = |group| self.kernel.pipeline.get_bind_group_layout(group);
        let nothing = || RenderError::Gpu("there is no grid to look at".into());
        let grid = self.looking.bind(device, &layout(0), target.grid).ok_or_else(nothing)?;
        self.looking.look(queue, target.grid, target.frame, target.sampling);
        let squares: Vec<[u32; 2]> = tiles(target.frame.viewport_px, SQUARE_PX)
            .into_iter()
            .map(|[x0, y0, ..]| [x0 / SQUARE_PX, y0 / SQUARE_PX])
            .collect();
        let square_buffer = device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some("squares"),
            contents: bytemuck::cast_slice(&squares),
            usage: wgpu::BufferUsages::STORAGE,
        });
        let FieldBuffers { shape, weights, frequencies } = &self.field;
        let buffers = [shape, weights, frequencies, &self.tracing, &square_buffer, &self.count];
        let [shape, weights, frequencies, tracing, squares_bound, count] =
            buffers.map(wgpu::Buffer::as_entire_binding);
        let picture = wgpu::BindingResource::TextureView(target.picture);
        let doubts = wgpu::BindingResource::TextureView(target.grid.doubts().ok_or_else(nothing)?);
        let resources = [shape, weights, frequencies, tracing, squares_bound, count, picture, doubts];
        Ok(Begun {
            id: target.id,
            grid,
            field: bind(device, &layout(1), &resources),
            progress: SquaresDrawn { drawn: 0, of: squares.len(), evaluated: 0 },
        })
    }

    fn commands(&self, device: &wgpu::Device, begun: &Begun, num_squares: u32) -> wgpu::CommandBuffer {
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.clear_buffer(&self.count, 0, None);
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_pipeline(&self.kernel.pipeline);
            pass.set_bind_group(0, &begun.grid, &[]);
            pass.set_bind_group(1, &begun.field, &[]);
            pass.dispatch_workgroups(num_squares, 1, 1);
        }
        encoder.copy_buffer_to_buffer(&self.count, 0, &self.readback, 0, size_of::<u32>() as u64);
        encoder.finish()
    }
}
