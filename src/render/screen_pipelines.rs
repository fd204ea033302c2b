use super::RenderError;
use super::compose::{Pass, compose};
use super::device::scoped;
use super::gpu_data::Instance;
use super::kernel::screen_header;

/// A kind of rectangle: an entry point of `shaders/pass/screen.wgsl`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Fill,
    FieldExact,
    FieldBetween,
    ErrorExact,
    ErrorBetween,
    SourceNearest,
    SourceMinified,
    SourceBicubic,
}

/// In the order of [`Paint`].
const ENTRY_POINTS: [&str; 8] = [
    "fill",
    "field_exact",
    "field_between",
    "error_exact",
    "error_between",
    "source_nearest",
    "source_minified",
    "source_bicubic",
];

/// The pipelines of the screen pass, and the layouts that they share.
#[derive(Debug)]
pub(super) struct ScreenPipelines {
    pipelines: [wgpu::RenderPipeline; ENTRY_POINTS.len()],
    /// Of group 0: the screen, the colour map, the source and its sampler.
    pub(super) screen_layout: wgpu::BindGroupLayout,
    /// Of group 1: a canvas's place and samples.
    pub(super) canvas_layout: wgpu::BindGroupLayout,
}

impl ScreenPipelines {
    /// Compile them for a target.
    ///
    /// # Errors
    /// [`RenderError::Shader`] with the compiler's message.
    pub(super) fn build(device: &wgpu::Device, target: wgpu::TextureFormat) -> Result<Self, RenderError> {
        let source = compose(Pass::Screen, &screen_header(target))?;
        let refused = |reason| RenderError::Shader { pass: Pass::Screen.path().into(), reason };
        scoped(device, || {
            let uniform = wgpu::BindingType::Buffer {
                ty: wgpu::BufferBindingType::Uniform,
                has_dynamic_offset: false,
                min_binding_size: None,
            };
            let texture = wgpu::BindingType::Texture {
                sample_type: wgpu::TextureSampleType::Float { filterable: true },
                view_dimension: wgpu::TextureViewDimension::D2,
                multisampled: false,
            };
            let sampler = wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering);
            let screen_layout = layout(device, "screen", &[uniform, uniform, texture, sampler]);
            let canvas_layout = layout(device, "canvas", &[uniform, texture]);
            let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: Some("screen"),
                bind_group_layouts: &[Some(&screen_layout), Some(&canvas_layout)],
                immediate_size: 0,
            });
            let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(Pass::Screen.path()),
                source: wgpu::ShaderSource::Wgsl(source.into()),
            });
            let pipelines =
                ENTRY_POINTS.map(|entry| pipeline(device, &pipeline_layout, &module, entry, target));
            Self { pipelines, screen_layout, canvas_layout }
        })
        .map_err(refused)
    }

    /// The pipeline of a kind of rectangle.
    pub(super) fn of(&self, paint: Paint) -> &wgpu::RenderPipeline {
        &self.pipelines[paint as usize]
    }
}

fn layout(device: &wgpu::Device, label: &str, kinds: &[wgpu::BindingType]) -> wgpu::BindGroupLayout {
    let visibility = wgpu::ShaderStages::VERTEX_FRAGMENT;
    let entries: Vec<wgpu::BindGroupLayoutEntry> = (0..)
        .zip(kinds)
        .map(|(binding, ty)| wgpu::BindGroupLayoutEntry { binding, visibility, ty: *ty, count: None })
        .collect();
    device
        .create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(label), entries: &entries })
}

fn pipeline(
    device: &wgpu::Device,
    layout: &wgpu::PipelineLayout,
    module: &wgpu::ShaderModule,
    entry: &str,
    target: wgpu::TextureFormat,
) -> wgpu::RenderPipeline {
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(entry),
        layout: Some(layout),
        vertex: wgpu::VertexState {
            module,
            entry_point: Some("rectangle_corner"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[Some(wgpu::VertexBufferLayout {
                array_stride: size_of::<Instance>() as u64,
                step_mode: wgpu::VertexStepMode::Instance,
                attributes: &wgpu::vertex_attr_array![0 => Float32x4, 1 => Float32x4],
            })],
        },
        primitive: wgpu::PrimitiveState {
            topology: wgpu::PrimitiveTopology::TriangleStrip,
            ..wgpu::PrimitiveState::default()
        },
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module,
            entry_point: Some(entry),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(target.into())],
        }),
        multiview_mask: None,
        cache: None,
    })
}
