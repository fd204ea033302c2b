use half::f16;
use wgpu::util::DeviceExt;

use super::VolumeFrame;
use crate::field::{Bake, Doubt, Sampling};
use crate::render::device::{bind, scoped};
use crate::render::gpu_data::BakedView;
use crate::render::{RenderError, color_map};

/// A bake on the device, as `shaders/field/bake.wgsl` has it.
#[derive(Debug)]
pub(super) struct Grid {
    /// `None` where the bake is empty, or larger than the device can hold.
    textures: Option<Textures>,
    low: [f32; 3],
    voxel: f32,
    finer: f32,
}

#[derive(Debug)]
struct Textures {
    nodes: wgpu::TextureView,
    /// `None` of a bake that nothing exact is drawn by.
    doubts: Option<wgpu::TextureView>,
    reaches: wgpu::TextureView,
}

/// What the passes that look at a grid need besides, whatever grid it is.
#[derive(Debug)]
pub(super) struct Looking {
    uniform: wgpu::Buffer,
    color_map: wgpu::Buffer,
    sampler: wgpu::Sampler,
}

impl Grid {
    /// Put a bake on the device, with its doubts, or none if nothing exact is to be drawn by it.
    ///
    /// # Errors
    /// [`RenderError::Gpu`] if it has no room.
    pub(super) fn upload(
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        bake: &Bake,
        doubts: &[Doubt],
    ) -> Result<Self, RenderError> {
        let (nodes, cells) = (bake.size(), bake.cells());
        let most = device.limits().max_texture_dimension_3d as usize;
        let fits = !cells.contains(&0) && nodes.iter().all(|nodes| *nodes <= most);
        let textures = scoped(device, || fits.then(|| Textures::new(device, queue, bake, doubts)));
        Ok(Self {
            textures: textures.map_err(RenderError::Gpu)?,
            low: bake.corner(),
            voxel: bake.voxel(),
            finer: bake.finer() as f32,
        })
    }

    /// How wrong it may be; `None` where nothing exact can be drawn by it.
    pub(super) fn doubts(&self) -> Option<&wgpu::TextureView> {
        self.textures.as_ref()?.doubts.as_ref()
    }

    /// What a frame sees of it.
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

impl Textures {
    fn new(device: &wgpu::Device, queue: &wgpu::Queue, bake: &Bake, doubts: &[Doubt]) -> Self {
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
        // In 8 bits haze would be rounded away.
        let colors: Vec<[f16; 4]> = bake.nodes().iter().map(|node| node.map(f16::from_f32)).collect();
        let doubts: Vec<[f16; 2]> =
            doubts.iter().map(|doubt| [f16::from_f32(doubt.depth), f16::from_f32(doubt.color)]).collect();
        let reaches: Vec<[u8; 2]> =
            bake.reaches().iter().zip(bake.leaps()).map(|(reach, leap)| [*reach, leap]).collect();
        Self {
            nodes: texture(bake.size(), wgpu::TextureFormat::Rgba16Float, bytemuck::cast_slice(&colors)),
            doubts: (!doubts.is_empty())
                .then(|| texture(bake.size(), wgpu::TextureFormat::Rg16Float, bytemuck::cast_slice(&doubts))),
            reaches: texture(bake.cells(), wgpu::TextureFormat::Rg8Uint, bytemuck::cast_slice(&reaches)),
        }
    }
}

impl Looking {
    pub(super) fn new(device: &wgpu::Device) -> Self {
        let stops = color_map::stops().map(|[r, g, b]| [r, g, b, 1.0]);
        Self {
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
        }
    }

    /// A grid as group 0 of a pass; `None` where nothing is there.
    pub(super) fn bind(
        &self,
        device: &wgpu::Device,
        layout: &wgpu::BindGroupLayout,
        grid: &Grid,
    ) -> Option<wgpu::BindGroup> {
        let textures = grid.textures.as_ref()?;
        let resources = [
            self.uniform.as_entire_binding(),
            wgpu::BindingResource::TextureView(&textures.nodes),
            wgpu::BindingResource::Sampler(&self.sampler),
            wgpu::BindingResource::TextureView(&textures.reaches),
            self.color_map.as_entire_binding(),
        ];
        Some(bind(device, layout, &resources))
    }

    /// Look at a grid as a frame does, from the next submission on.
    pub(super) fn look(&self, queue: &wgpu::Queue, grid: &Grid, frame: &VolumeFrame, sampling: &Sampling) {
        queue.write_buffer(&self.uniform, 0, bytemuck::bytes_of(&grid.view(frame, sampling)));
    }
}
