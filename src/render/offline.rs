use std::time::{Duration, Instant};

use super::RenderError;
use super::adapter::open_device;
use super::device::{read_texture, scoped};
use super::gpu_evaluator::GpuEvaluator;
use super::kernel::{KernelShape, Kernels};
use super::plan::PxRect;
use super::work::Work;
use crate::field::{FieldRecord, Region, pixel_centres};
use crate::limits;

/// Full floats: a file deserves more than a screen does.
const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba32Float;
/// Side of a part that is evaluated and read back at once.
const PART_PX: u32 = 512;
const TEXEL_BYTES: u32 = 16;

/// An image field as a picture of any size, of the whole or of a part of it, by WGSL on the best adapter, be it
/// a software one; cut into submissions of less than about 50 ms.
///
/// # Shapes
/// - result: `[height, width, 3]`, sRGB-encoded, in [0, 1]
///
/// # Errors
/// [`RenderError::NoAdapter`] where there is no adapter; others if it cannot evaluate this field or size.
pub fn render_gpu(
    record: &FieldRecord,
    width: u32,
    height: u32,
    region: Region,
) -> Result<Vec<f32>, RenderError> {
    if width.min(height) == 0 || width.max(height) > limits::EXPORT_SIDE_PX {
        return Err(RenderError::Size { width, height });
    }
    let (device, queue) = open_device()?;
    let shape = KernelShape::of_image(record.field.architecture(), &device.limits(), FORMAT)?;
    let kernels = Kernels::build(&device, shape)?;
    let mut evaluator = GpuEvaluator::new(&device, kernels, &record.field)?;
    let canvas = scoped(&device, || part_canvas(&device)).map_err(RenderError::Gpu)?;
    let view = canvas.create_view(&wgpu::TextureViewDescriptor::default());

    let rows = pixel_centres(height, region.y0, region.y1);
    let columns = pixel_centres(width, region.x0, region.x1);
    let mut picture = vec![0.0; width as usize * height as usize * 3];
    let mut id = 0;
    for (rows, top) in rows.chunks(PART_PX as usize).zip((0..).step_by(PART_PX as usize)) {
        for (columns, left) in columns.chunks(PART_PX as usize).zip((0..).step_by(PART_PX as usize)) {
            id += 1;
            let area = PxRect { x0: 0, y0: 0, x1: columns.len() as u32, y1: rows.len() as u32 };
            let work = Work::new(id, rows.to_vec(), columns.to_vec(), area);
            while evaluator.advance(
                &device,
                &queue,
                &work,
                &view,
                work.blocks.len(),
                Instant::now() + Duration::from_secs(1),
            )? < work.blocks.len()
            {}
            let bytes = read_texture(&device, &queue, &canvas, PART_PX * TEXEL_BYTES)?;
            let part: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
            for (y, row) in part.chunks_exact(4 * PART_PX as usize).take(rows.len()).enumerate() {
                let start = ((top + y) * width as usize + left) * 3;
                let pixels = picture[start..start + columns.len() * 3].chunks_exact_mut(3);
                for (pixel, texel) in pixels.zip(row.chunks_exact(4)) {
                    pixel.copy_from_slice(&texel[..3]);
                }
            }
        }
    }
    Ok(picture)
}

fn part_canvas(device: &wgpu::Device) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some("part"),
        size: wgpu::Extent3d { width: PART_PX, height: PART_PX, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: FORMAT,
        usage: wgpu::TextureUsages::STORAGE_BINDING | wgpu::TextureUsages::COPY_SRC,
        view_formats: &[],
    })
}
