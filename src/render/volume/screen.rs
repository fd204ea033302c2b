use super::baked::PICTURE;
use super::{Backdrop, VolumeFrame};
use crate::render::RenderError;
use crate::render::compose::{Pass, compose};
use crate::render::device::{bind, scoped};
use crate::render::gpu_data::VolumeScreen;
use crate::render::kernel::screen_header;

/// The picture as a texture, and the pass that lays it on its backdrop.
pub(super) struct Screen {
    pipeline: wgpu::RenderPipeline,
    uniform: wgpu::Buffer,
    /// What else its picture is used for.
    usage: wgpu::TextureUsages,
    written: VolumeScreen,
    picture: Option<Picture>,
}

struct Picture {
    texture: wgpu::Texture,
    view: wgpu::TextureView,
    binding: wgpu::BindGroup,
}

impl Screen {
    /// `usage` is what its picture is used for besides being filled and drawn.
    ///
    /// # Errors
    /// [`RenderError::Shader`] with the compiler's message.
    pub(super) fn new(
        device: &wgpu::Device,
        target: wgpu::TextureFormat,
        usage: wgpu::TextureUsages,
    ) -> Result<Self, RenderError> {
        let source = compose(Pass::VolumeScreen, &screen_header(target))?;
        let refused = |reason| RenderError::Shader { pass: Pass::VolumeScreen.path().into(), reason };
        scoped(device, || {
            let pipeline = whole_picture(device, source, ("whole_viewport", "on_backdrop"), target);
            let uniform = device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("volume screen"),
                size: size_of::<VolumeScreen>() as u64,
                usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            });
            Self { pipeline, uniform, usage, written: VolumeScreen::default(), picture: None }
        })
        .map_err(refused)
    }

    /// Make ready for a frame; the picture is emptied where its size changes.
    pub(super) fn prepare(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, frame: &VolumeFrame) {
        let (width, height) = frame.viewport_px;
        let size = wgpu::Extent3d { width: width.max(1), height: height.max(1), depth_or_array_layers: 1 };
        if self.picture.as_ref().is_none_or(|picture| picture.texture.size() != size) {
            let usage = self.usage | wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST;
            let texture = new_picture(device, (size.width, size.height), PICTURE, usage);
            let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
            let resources = [self.uniform.as_entire_binding(), wgpu::BindingResource::TextureView(&view)];
            let binding = bind(device, &self.pipeline.get_bind_group_layout(0), &resources);
            self.picture = Some(Picture { texture, view, binding });
        }
        let ([r, g, b], is_checker) = match frame.backdrop {
            Backdrop::Color(color) => (color, 0),
            Backdrop::Checker => ([0.0; 3], 1),
        };
        let wanted = VolumeScreen {
            backdrop: [r, g, b, 1.0],
            viewport_px: [width as f32, height as f32],
            is_checker,
            padding: 0,
        };
        if bytemuck::bytes_of(&wanted) != bytemuck::bytes_of(&self.written) {
            queue.write_buffer(&self.uniform, 0, bytemuck::bytes_of(&wanted));
            self.written = wanted;
        }
    }

    /// Put a rectangle into the picture, if it lies in it.
    pub(super) fn write(&self, queue: &wgpu::Queue, [x0, y0, x1, y1]: [u32; 4], rgba: &[[u8; 4]]) {
        let Some(Picture { texture, .. }) = &self.picture else { return };
        if x1 > texture.width() || y1 > texture.height() || x0 >= x1 || y0 >= y1 {
            return;
        }
        queue.write_texture(
            wgpu::TexelCopyTextureInfo {
                origin: wgpu::Origin3d { x: x0, y: y0, z: 0 },
                ..texture.as_image_copy()
            },
            bytemuck::cast_slice(rgba),
            wgpu::TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(4 * (x1 - x0)),
                rows_per_image: None,
            },
            wgpu::Extent3d { width: x1 - x0, height: y1 - y0, depth_or_array_layers: 1 },
        );
    }

    /// The picture, to be drawn into.
    pub(super) fn picture(&self) -> Option<&wgpu::TextureView> {
        self.picture.as_ref().map(|picture| &picture.view)
    }

    /// Nothing is seen any more.
    pub(super) fn clear(&mut self) {
        self.picture = None;
    }

    pub(super) fn paint(&self, pass: &mut wgpu::RenderPass<'_>) {
        let Some(Picture { binding, .. }) = &self.picture else { return };
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, binding, &[]);
        pass.draw(0..3, 0..1);
    }
}

/// A texture for a picture of an object.
pub(super) fn new_picture(
    device: &wgpu::Device,
    (width, height): (u32, u32),
    format: wgpu::TextureFormat,
    usage: wgpu::TextureUsages,
) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some("object"),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage,
        view_formats: &[],
    })
}

/// A pass over every pixel of its target: one triangle without vertices, by composed WGSL.
pub(super) fn whole_picture(
    device: &wgpu::Device,
    source: String,
    (vertex, fragment): (&str, &str),
    target: wgpu::TextureFormat,
) -> wgpu::RenderPipeline {
    let module = &device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(fragment),
        source: wgpu::ShaderSource::Wgsl(source.into()),
    });
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(fragment),
        layout: None,
        vertex: wgpu::VertexState {
            module,
            entry_point: Some(vertex),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module,
            entry_point: Some(fragment),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(target.into())],
        }),
        multiview_mask: None,
        cache: None,
    })
}
