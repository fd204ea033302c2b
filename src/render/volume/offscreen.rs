use std::sync::Arc;

use super::VolumeFrame;
use super::baked::{BakedPass, PICTURE};
use super::exact::{ExactKernel, ExactPass, Target};
use super::grid::Grid;
use super::screen::new_picture;
use crate::field::{Bake, FieldRecord, Sampling, doubts};
use crate::render::RenderError;
use crate::render::adapter::{AdapterSummary, open_adapter};
use crate::render::device::{read_texture, scoped};

/// Full floats: what is compared with the oracle should not be rounded.
const EXACT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba32Float;

/// An object drawn by WGSL on the best adapter, be it a software one, without a window: what the window shows where the
/// graphics device evaluates.
pub struct VolumeOffscreen {
    adapter: AdapterSummary,
    device: wgpu::Device,
    queue: wgpu::Queue,
    baked: BakedPass,
    exact: ExactPass,
    grid: Arc<Grid>,
    num_drawn: u64,
}

impl VolumeOffscreen {
    /// Ready to draw this field, of which this is a bake.
    ///
    /// # Errors
    /// [`RenderError::NoAdapter`] where there is no adapter; others if it refuses, or the field does not fit.
    pub fn open(record: &FieldRecord, bake: &Bake) -> Result<Self, RenderError> {
        let (adapter, device, queue) = open_adapter()?;
        let mut baked = BakedPass::new(&device)?;
        let grid = Arc::new(Grid::upload(&device, &queue, bake, &doubts(bake))?);
        baked.set_grid(&device, Arc::clone(&grid));
        let kernel = ExactKernel::build(&device, ExactKernel::shape_for(&device, record, EXACT)?)?;
        let exact = ExactPass::new(&device, kernel, record)?;
        Ok(Self { adapter, device, queue, baked, exact, grid, num_drawn: 0 })
    }

    /// What it draws with.
    #[must_use]
    pub fn adapter(&self) -> &AdapterSummary {
        &self.adapter
    }

    /// The bake, as while anything moves.
    ///
    /// # Shapes
    /// - result: `[height, width]` of red, green, blue, multiplied by alpha, and alpha
    ///
    /// # Errors
    /// [`RenderError::Gpu`] or [`RenderError::Unresponsive`].
    pub fn draw_baked(&self, frame: &VolumeFrame, sampling: &Sampling) -> Result<Vec<[u8; 4]>, RenderError> {
        let picture = scoped(&self.device, || {
            let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC;
            let picture = new_picture(&self.device, frame.viewport_px, PICTURE, usage);
            let view = picture.create_view(&wgpu::TextureViewDescriptor::default());
            self.baked.draw(&self.device, &self.queue, &view, frame, sampling);
            picture
        })
        .map_err(RenderError::Gpu)?;
        self.read(&picture)
    }

    /// The field itself, as at rest, to the last pixel; and at how many samples it was evaluated.
    ///
    /// # Shapes
    /// - result: `[height, width]`, as [`draw_baked`](Self::draw_baked)
    ///
    /// # Errors
    /// [`RenderError::Gpu`] or [`RenderError::Unresponsive`].
    pub fn draw_exact(
        &mut self,
        frame: &VolumeFrame,
        sampling: &Sampling,
    ) -> Result<(Vec<[f32; 4]>, u64), RenderError> {
        let picture = scoped(&self.device, || {
            let usage = wgpu::TextureUsages::STORAGE_BINDING | wgpu::TextureUsages::COPY_SRC;
            new_picture(&self.device, frame.viewport_px, EXACT, usage)
        })
        .map_err(RenderError::Gpu)?;
        self.num_drawn += 1;
        let target = Target {
            id: self.num_drawn,
            grid: &self.grid,
            frame,
            sampling,
            picture: &picture.create_view(&wgpu::TextureViewDescriptor::default()),
        };
        loop {
            let submit = |commands| {
                self.queue.submit([commands]);
                true
            };
            let progress = self.exact.advance(&self.device, &self.queue, &target, submit)?;
            if progress.is_done() {
                return Ok((self.read(&picture)?, progress.evaluated));
            }
        }
    }

    /// A picture's pixels, each of the texture's own size.
    fn read<T: bytemuck::Pod>(&self, picture: &wgpu::Texture) -> Result<Vec<T>, RenderError> {
        let width_bytes = size_of::<T>() as u32 * picture.width();
        let row_bytes = width_bytes.next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let bytes = read_texture(&self.device, &self.queue, picture, row_bytes)?;
        let rows = bytes.chunks_exact(row_bytes as usize);
        Ok(rows.flat_map(|row| bytemuck::pod_collect_to_vec(&row[..width_bytes as usize])).collect())
    }
}
