use std::time::{Duration, Instant};

use super::RenderError;
use super::device::{bind, guessed_flops, scoped, wait};
use super::field_buffers::FieldBuffers;
use super::gpu_data::{AxisRange, Tile};
use super::kernel::Kernels;
use super::plan::Grid;
use super::work::Work;
use crate::field::Field;

/// Longest submission that is aimed at.
pub(super) const LONGEST_SUBMIT: Duration = Duration::from_millis(25);
/// Grids of one submission, at most.
const MAX_TILES: usize = 1024;
/// Samples of one submission, at least.
const MIN_SAMPLES: u64 = 64;
/// Coordinates that are projected in one submission.
const AXIS_COORDINATES: u32 = 512;

/// Evaluates the samples of a canvas by WGSL, in submissions that are cut to a time.
#[derive(Debug)]
pub(super) struct GpuEvaluator {
    kernels: Kernels,
    field: FieldBuffers,
    range: wgpu::Buffer,
    tiles: wgpu::Buffer,
    begun: Option<Begun>,
    /// Measured, and at first guessed.
    samples_per_sec: f64,
}

/// The work in hand.
#[derive(Debug)]
struct Begun {
    work_id: u64,
    projection: wgpu::BindGroup,
    evaluation: wgpu::BindGroup,
    num_coordinates: u32,
    projected: u32,
    /// The next rows to be evaluated.
    block: usize,
    grid: usize,
    row: u32,
}

impl GpuEvaluator {
    /// Ready to evaluate this field with these kernels.
    ///
    /// # Errors
    /// [`RenderError::Gpu`] if the device has no room.
    pub(super) fn new(device: &wgpu::Device, kernels: Kernels, field: &Field) -> Result<Self, RenderError> {
        let samples_per_sec = guessed_flops(device) / field.architecture().flops_per_point().max(1) as f64;
        let buffer = |label, size, usage| {
            let usage = usage | wgpu::BufferUsages::COPY_DST;
            let size = size as u64;
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size,
                usage,
                mapped_at_creation: false,
            })
        };
        scoped(device, || Self {
            kernels,
            field: FieldBuffers::new(device, field),
            range: buffer("axis range", size_of::<AxisRange>(), wgpu::BufferUsages::UNIFORM),
            tiles: buffer("tiles", MAX_TILES * size_of::<Tile>(), wgpu::BufferUsages::STORAGE),
            begun: None,
            samples_per_sec,
        })
        .map_err(RenderError::Gpu)
    }

    /// The kernels, for another field of the same architecture.
    pub(super) fn into_kernels(self) -> Kernels {
        self.kernels
    }

    /// Go on with `work` until `deadline`, a submission at least, and to `num_blocks` of its blocks at most.
    /// Gives how many of them are complete.
    ///
    /// # Errors
    /// [`RenderError::Gpu`] or [`RenderError::Unresponsive`]; the evaluator should be dropped then.
    pub(super) fn advance(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        work: &Work,
        canvas: &wgpu::TextureView,
        num_blocks: usize,
        deadline: Instant,
    ) -> Result<usize, RenderError> {
        loop {
            let begun = match self.begun.take() {
                Some(begun) if begun.work_id == work.id => begun,
                _ => scoped(device, || self.begin(device, work, canvas)).map_err(RenderError::Gpu)?,
            };
            let begun = self.begun.insert(begun);
            if begun.block >= num_blocks {
                return Ok(begun.block);
            }
            let left = deadline.saturating_duration_since(Instant::now()).min(LONGEST_SUBMIT);
            if begun.projected < begun.num_coordinates {
                scoped(device, || self.project(device, queue, work)).map_err(RenderError::Gpu)??;
            } else {
                let wished = (self.samples_per_sec * left.as_secs_f64()) as u64;
                let evaluate = || self.evaluate(device, queue, work, num_blocks, wished.max(MIN_SAMPLES));
                scoped(device, evaluate).map_err(RenderError::Gpu)??;
            }
            if Instant::now() >= deadline {
                return Ok(self.begun.as_ref().map_or(0, |begun| begun.block));
            }
        }
    }

    fn begin(&self, device: &wgpu::Device, work: &Work, canvas: &wgpu::TextureView) -> Begun {
        use wgpu::util::DeviceExt;
        let coordinates = [&work.rows[..], &work.columns[..]].concat();
        let coordinate_buffer = device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some("coordinates"),
            contents: bytemuck::cast_slice(&coordinates),
            usage: wgpu::BufferUsages::STORAGE,
        });
        let projections = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("projections"),
            size: coordinates.len() as u64 * u64::from(self.kernels.shape.hidden_quads) * 16,
            usage: wgpu::BufferUsages::STORAGE,
            mapped_at_creation: false,
        });
        let FieldBuffers { shape, weights, frequencies } = &self.field;
        let projection_layout = self.kernels.project_axes.get_bind_group_layout(0);
        let projection = [shape, &self.range, weights, frequencies, &coordinate_buffer, &projections]
            .map(wgpu::Buffer::as_entire_binding);
        let evaluation_layout = self.kernels.evaluate_tiles.get_bind_group_layout(0);
        let [shape, weights, projections, tiles] =
            [shape, weights, &projections, &self.tiles].map(wgpu::Buffer::as_entire_binding);
        let canvas = wgpu::BindingResource::TextureView(canvas);
        let evaluation = [shape, weights, projections, tiles, canvas];
        Begun {
            work_id: work.id,
            projection: bind(device, &projection_layout, &projection),
            evaluation: bind(device, &evaluation_layout, &evaluation),
            num_coordinates: coordinates.len() as u32,
            projected: 0,
            block: 0,
            grid: 0,
            row: 0,
        }
    }

    /// The first layer of the next coordinates.
    fn project(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        work: &Work,
    ) -> Result<(), RenderError> {
        let Some(begun) = &mut self.begun else { return Ok(()) };
        let count = AXIS_COORDINATES.min(begun.num_coordinates - begun.projected);
        let range = AxisRange {
            first: begun.projected,
            column_base: work.size_px.1,
            end: begun.num_coordinates,
            padding: 0,
        };
        queue.write_buffer(&self.range, 0, bytemuck::bytes_of(&range));
        begun.projected += count;
        submit(device, queue, &self.kernels.project_axes, &begun.projection, (count, 1))
    }

    /// About `wished` samples, and how long they took.
    fn evaluate(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        work: &Work,
        num_blocks: usize,
        wished: u64,
    ) -> Result<(), RenderError> {
        let Some(begun) = &mut self.begun else { return Ok(()) };
        let grids = begun.next_grids(work, num_blocks, wished);
        let column_base = work.size_px.1;
        let tiles: Vec<Tile> = grids
            .iter()
            .map(|grid| Tile {
                origin: [grid.x, grid.y],
                step: [grid.step_x, grid.step_y],
                columns: grid.columns,
                rows: grid.rows,
                column_base,
                padding: 0,
            })
            .collect();
        let samples = u64::from(self.kernels.shape.samples);
        let groups = grids.iter().map(|grid| grid.num_samples().div_ceil(samples)).max().unwrap_or(0);
        if groups == 0 {
            return Ok(());
        }
        queue.write_buffer(&self.tiles, 0, bytemuck::cast_slice(&tiles));
        let start = Instant::now();
        let size = (groups as u32, tiles.len() as u32);
        submit(device, queue, &self.kernels.evaluate_tiles, &begun.evaluation, size)?;
        let num_samples: u64 = grids.iter().map(Grid::num_samples).sum();
        let measured = num_samples as f64 / start.elapsed().as_secs_f64().max(1e-6);
        // Grow step by step: a short submission is measured badly.
        self.samples_per_sec = measured.min(4.0 * self.samples_per_sec);
        Ok(())
    }
}

impl Begun {
    /// Grids with about `wished` samples, the last cut after a row; the place moves on behind them.
    fn next_grids(&mut self, work: &Work, num_blocks: usize, wished: u64) -> Vec<Grid> {
        let mut grids = Vec::new();
        let mut left = wished;
        while left > 0 && self.block < num_blocks && grids.len() < MAX_TILES {
            let Some(grid) = work.blocks.get(self.block).and_then(|block| block.grids.get(self.grid)) else {
                self.block += 1;
                self.grid = 0;
                continue;
            };
            let rows = left.div_ceil(u64::from(grid.columns.max(1))).min(u64::from(grid.rows));
            let band = grid.rows_from(self.row, rows as u32);
            left = left.saturating_sub(band.num_samples());
            self.row += band.rows;
            if self.row >= grid.rows {
                self.row = 0;
                self.grid += 1;
            }
            grids.push(band);
        }
        // A block ends with its last grid.
        if work.blocks.get(self.block).is_some_and(|block| self.grid >= block.grids.len()) {
            self.block += 1;
            self.grid = 0;
        }
        grids
    }
}

/// Run one dispatch and wait for it: what is measured is what the window would feel.
fn submit(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    pipeline: &wgpu::ComputePipeline,
    bindings: &wgpu::BindGroup,
    groups: (u32, u32),
) -> Result<(), RenderError> {
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, bindings, &[]);
        pass.dispatch_workgroups(groups.0, groups.1, 1);
    }
    wait(device, queue.submit([encoder.finish()]))
}
