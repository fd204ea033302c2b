//! The baked grid drawn by WGSL, on a graphics device that is faster at it than the processor.

use half::f16;
use wgpu::util::DeviceExt;

use super::VolumeFrame;
use crate::field::{Bake, Sampling};
use crate::render::adapter::open_device;
use crate::render::compose::{Pass, compose};
use crate::render::device::{bind, read_texture, scoped};
use crate::render::gpu_data::BakedView;
use crate::render::kernel::screen_header;
use crate::render::{RenderError, color_map};

/// The picture's format.
pub(super) const PICTURE: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

/// Draws the grid that it was given last.
pub(super) struct BakedPass {
    pipeline: wgpu::RenderPipeline,
    uniform: wgpu::Buffer,
    color_map: wgpu::Buffer,
    sampler: wgpu::Sampler,
    grid: Option<Grid>,
}

/// A bake on the device.
struct Grid {
    binding: wgpu::BindGroup,
    low: [f32; 3],
    voxel: f32,
    finer: f32,
}

impl BakedPass {
    /// # Errors
    /// [`RenderError::Shader`] with the compiler's message.
    pub(super) fn new(device: &wgpu::Device) -> Result<Self, RenderError> {
        let source = compose(Pass::VolumeBaked, &screen_header(PICTURE))?;
        let refused = |reason| RenderError::Shader { pass: Pass::VolumeBaked.path().into(), reason };
        scoped(device, || {
            let pipeline = super::screen::whole_picture(device, source, ("whole_picture", "baked"), PICTURE);
            let stops = color_map::stops().map(|[r, g, b]| [r, g, b, 1.0]);
            Self {
                pipeline,
                uniform: device.create_buffer(&wgpu::BufferDescriptor {
                    label: Some("baked view"),
                    size: size_of::<BakedView>() as u64,
                    usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                    mapped_at_creation: false,
                }),
                color_map: device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
                    label: Some("colour map"),
                    contents: bytemuck::cast_slice(&stops),
                    usage: wgpu::BufferUsages::UNIFORM,
                }),
                sampler: device.create_sampler(&wgpu::SamplerDescriptor {
                    label: Some("nodes"),
                    mag_filter: wgpu::FilterMode::Linear,
                    min_filter: wgpu::FilterMode::Linear,
                    ..wgpu::SamplerDescriptor::default()
                }),
                grid: None,
            }
        })
        .map_err(refused)
    }

    /// Draw this grid from now on; nothing is drawn of one that is empty, or larger than the device can hold.
    pub(super) fn upload(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, bake: &Bake) {
        let (nodes, cells) = (bake.size(), bake.cells());
        let most = device.limits().max_texture_dimension_3d as usize;
        if cells.contains(&0) || nodes.iter().any(|nodes| *nodes > most) {
            self.grid = None;
            return;
        }
        // In 8 bits haze would be rounded away.
        let colors: Vec<[f16; 4]> = bake.nodes().iter().map(|node| node.map(f16::from_f32)).collect();
        let texture = |size: [usize; 3], format, bytes: &[u8]| {
            let [width, height, depth] = size.map(|side| side as u32);
            let descriptor = wgpu::TextureDescriptor {
                label: Some("bake"),
                size: wgpu::Extent3d { width, height, depth_or_array_layers: depth },
                mip_level_count: 1,
                sample_count: 1,
                dimension: wgpu::TextureDimension::D3,
                format,
                usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
                view_formats: &[],
            };
            let order = wgpu::util::TextureDataOrder::LayerMajor;
            let texture = device.create_texture_with_data(queue, &descriptor, order, bytes);
            texture.create_view(&wgpu::TextureViewDescriptor::default())
        };
        let nodes = texture(nodes, wgpu::TextureFormat::Rgba16Float, bytemuck::cast_slice(&colors));
        let reaches = texture(cells, wgpu::TextureFormat::R8Uint, bake.reaches());
        let resources = [
            self.uniform.as_entire_binding(),
            wgpu::BindingResource::TextureView(&nodes),
            wgpu::BindingResource::Sampler(&self.sampler),
            wgpu::BindingResource::TextureView(&reaches),
            self.color_map.as_entire_binding(),
        ];
        let binding = bind(device, &self.pipeline.get_bind_group_layout(0), &resources);
        let finer = bake.finer() as f32;
        self.grid = Some(Grid { binding, low: bake.corner(), voxel: bake.voxel(), finer });
    }

    /// Draw the grid into a picture.
    pub(super) fn draw(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        picture: &wgpu::TextureView,
        frame: &VolumeFrame,
        sampling: &Sampling,
    ) {
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        if let Some(grid) = &self.grid {
            queue.write_buffer(&self.uniform, 0, bytemuck::bytes_of(&grid.view(frame, sampling)));
        }
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
            if let Some(grid) = &self.grid {
                pass.set_pipeline(&self.pipeline);
                pass.set_bind_group(0, &grid.binding, &[]);
                pass.draw(0..3, 0..1);
            }
        }
        queue.submit([encoder.finish()]);
    }
}

impl Grid {
    fn view(&self, frame: &VolumeFrame, sampling: &Sampling) -> BakedView {
        let (width, height) = frame.viewport_px;
        let camera = frame.place.camera(width, height);
        let rays = camera.ray_grid();
        let axes = camera.world_from_camera.matrix3;
        let [camera_x, camera_y, camera_z] =
            [axes.x_axis, axes.y_axis, axes.z_axis].map(|axis| axis.as_vec3().to_array());
        // What is infinite in a shader may become anything.
        let finite = |corner: [f32; 3]| corner.map(|at| at.clamp(-1e6, 1e6));
        BakedView {
            origin: rays.origin,
            near: sampling.near,
            corner: rays.corner,
            far: sampling.far,
            along_x: rays.along_x,
            voxel: self.voxel,
            along_y: rays.along_y,
            finer: self.finer,
            low: self.low,
            mode: frame.mode as u32,
            crop_low: finite(frame.crop.low),
            padding_low: 0.0,
            crop_high: finite(frame.crop.high),
            padding_high: 0.0,
            camera_x,
            padding_x: 0.0,
            camera_y,
            padding_y: 0.0,
            camera_z,
            padding_z: 0.0,
        }
    }
}

/// A baked object as a picture, by WGSL on the best adapter, be it a software one: what the window shows while
/// anything moves where the graphics device evaluates.
///
/// # Shapes
/// - result: `[height, width]` of red, green, blue, multiplied by alpha, and alpha
///
/// # Errors
/// [`RenderError::NoAdapter`] where there is no adapter; others if it refuses.
pub fn draw_baked_gpu(
    bake: &Bake,
    frame: &VolumeFrame,
    sampling: &Sampling,
) -> Result<Vec<[u8; 4]>, RenderError> {
    let (device, queue) = open_device()?;
    let mut pass = BakedPass::new(&device)?;
    let (width, height) = frame.viewport_px;
    let size = wgpu::Extent3d { width, height, depth_or_array_layers: 1 };
    let picture = scoped(&device, || {
        let picture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("object"),
            size,
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: PICTURE,
            usage: wgpu::TextureUsages::COPY_SRC | wgpu::TextureUsages::RENDER_ATTACHMENT,
            view_formats: &[],
        });
        pass.upload(&device, &queue, bake);
        let view = picture.create_view(&wgpu::TextureViewDescriptor::default());
        pass.draw(&device, &queue, &view, frame, sampling);
        picture
    })
    .map_err(RenderError::Gpu)?;
    let row_bytes = (4 * width).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
    let bytes = read_texture(&device, &queue, &picture, row_bytes)?;
    let rows = bytes.chunks_exact(row_bytes as usize);
    Ok(rows.flat_map(|row| row.as_chunks::<4>().0.iter().take(width as usize).copied()).collect())
}
