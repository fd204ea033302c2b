//! The compute pipelines of one architecture, and the text that is compiled for them.

use std::fmt::Write;

use super::compose::{Pass, compose};
use super::device::scoped;
use super::{RenderError, color_map};
use crate::field::{Activation, Architecture, Encoding};

/// The generated constants that the field passes are compiled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct KernelShape {
    /// Padded width of a hidden layer, over 4.
    pub(super) hidden_quads: u32,
    /// Samples of a workgroup, a multiple of 8.
    pub(super) samples: u32,
    /// Quads of inputs whose weights are in workgroup memory at a time; 0 where they come through the cache.
    tile_quads: u32,
    /// Sines, or else rectifiers.
    is_sine: bool,
    /// Frequencies, or else plain coordinates.
    is_fourier: bool,
    /// Of the canvas.
    format: wgpu::TextureFormat,
}

/// Samples that a thread of the kernel keeps in registers.
const THREAD_SAMPLES: u32 = 8;
/// Bytes of a quad.
const QUAD_BYTES: u32 = 16;
/// Samples of a round that each ray of a workgroup has, while none is at its end.
const RAY_SAMPLES: u32 = 4;
/// Workgroup memory that a sample of an object takes beside its activations, with its part of a ray's, and that a
/// workgroup takes besides.
const TRACED_BYTES: u32 = 44;
const TRACING_BYTES: u32 = 64;

impl KernelShape {
    /// The shape for a picture's architecture on a device, with as many samples to a workgroup as its memory holds:
    /// so many share each weight that is loaded.
    ///
    /// # Errors
    /// [`RenderError::NotAnImage`]; [`RenderError::FieldTooLarge`] if not even eight samples fit.
    pub(super) fn of_image(
        architecture: &Architecture,
        limits: &wgpu::Limits,
        format: wgpu::TextureFormat,
    ) -> Result<Self, RenderError> {
        let Architecture { inputs, outputs, .. } = *architecture;
        if inputs != 2 || outputs < 3 {
            return Err(RenderError::NotAnImage { inputs, outputs });
        }
        Self::fitting(architecture, limits, format, &[0], |_| 0)
    }

    /// As [`of_image`](Self::of_image), for an object's, whose weights are streamed through workgroup memory.
    ///
    /// # Errors
    /// [`RenderError::NotAnObject`]; [`RenderError::FieldTooLarge`] if not even eight samples fit.
    pub(super) fn of_object(
        architecture: &Architecture,
        limits: &wgpu::Limits,
        format: wgpu::TextureFormat,
    ) -> Result<Self, RenderError> {
        let Architecture { inputs, outputs, .. } = *architecture;
        if inputs != 3 || outputs != 4 {
            return Err(RenderError::NotAnObject { inputs, outputs });
        }
        Self::fitting(architecture, limits, format, &[4, 2, 1], |samples| {
            samples * TRACED_BYTES + TRACING_BYTES
        })
    }

    /// The most samples, and with those the largest of `tiles`, that fit; of memory, so many samples take
    /// `bytes_beside(samples)` beside their activations.
    fn fitting(
        architecture: &Architecture,
        limits: &wgpu::Limits,
        format: wgpu::TextureFormat,
        tiles: &[u32],
        bytes_beside: impl Fn(u32) -> u32,
    ) -> Result<Self, RenderError> {
        let Architecture { layers, hidden, .. } = *architecture;
        if layers < 2 {
            return Err(RenderError::FieldTooLarge("it has no hidden layer".into()));
        }
        let hidden_quads = hidden.div_ceil(4) as u32;
        let fits = |(samples, tile_quads): &(u32, u32)| {
            let quads = samples.saturating_add(4 * tile_quads).saturating_mul(hidden_quads);
            let memory = quads.saturating_mul(QUAD_BYTES).saturating_add(bytes_beside(*samples));
            let threads = hidden_quads.saturating_mul(samples / THREAD_SAMPLES);
            let most_threads =
                limits.max_compute_invocations_per_workgroup.min(limits.max_compute_workgroup_size_x);
            memory <= limits.max_compute_workgroup_storage_size && threads <= most_threads
        };
        let all =
            [64, 32, 16, 8].into_iter().flat_map(|samples| tiles.iter().map(move |tile| (samples, *tile)));
        let (samples, tile_quads) = all.into_iter().find(fits).ok_or_else(|| {
            RenderError::FieldTooLarge(format!("hidden layers of {hidden} are too wide for its workgroups"))
        })?;
        let num_bytes = 4 * super::field_buffers::num_weights(architecture) as u64;
        if num_bytes > limits.max_storage_buffer_binding_size.min(limits.max_buffer_size) {
            return Err(RenderError::FieldTooLarge(format!("{} MB of weights", num_bytes / 1_000_000)));
        }
        let is_sine = matches!(architecture.activation, Activation::Sine { .. });
        let is_fourier = matches!(architecture.encoding, Encoding::Fourier { .. });
        Ok(Self { hidden_quads, samples, tile_quads, is_sine, is_fourier, format })
    }

    fn workgroup_size(&self) -> u32 {
        self.hidden_quads * (self.samples / THREAD_SAMPLES)
    }

    /// The text in front of a field pass.
    pub(super) fn header(&self) -> String {
        let format = match self.format {
            wgpu::TextureFormat::Rgba32Float => "rgba32float",
            wgpu::TextureFormat::Rgba8Unorm => "rgba8unorm",
            _ => "rgba16float",
        };
        let rays = (self.samples / RAY_SAMPLES).min(self.workgroup_size());
        let mut text = String::new();
        // Writing to a String cannot fail.
        writeln!(text, "const HIDDEN_QUADS: u32 = {}u;", self.hidden_quads).ok();
        writeln!(text, "const SAMPLES: u32 = {}u;", self.samples).ok();
        writeln!(text, "const RAYS: u32 = {rays}u;").ok();
        writeln!(text, "const WEIGHT_TILE_QUADS: u32 = {}u;", self.tile_quads).ok();
        writeln!(text, "const WORKGROUP_SIZE: u32 = {}u;", self.workgroup_size()).ok();
        writeln!(text, "const ACTIVATION_IS_SINE: bool = {};", self.is_sine).ok();
        writeln!(text, "const ENCODING_IS_FOURIER: bool = {};", self.is_fourier).ok();
        writeln!(text, "const COLOR_MAP_STOPS: u32 = {}u;", color_map::NUM_STOPS).ok();
        writeln!(text, "alias CanvasTexture = texture_storage_2d<{format}, write>;").ok();
        text
    }
}

/// The text in front of the screen pass, for a target that encodes sRGB by itself or one that does not.
pub(super) fn screen_header(target: wgpu::TextureFormat) -> String {
    let (stops, is_srgb) = (color_map::NUM_STOPS, target.is_srgb());
    format!("const COLOR_MAP_STOPS: u32 = {stops}u;\nconst TARGET_IS_SRGB: bool = {is_srgb};\n")
}

/// The complete WGSL of a pass, as it is compiled for this architecture on a device with WebGPU's default
/// limits.
///
/// # Errors
/// [`RenderError::Shader`] if a file is missing; for the field passes also if the architecture is not of what they
/// draw, or does not fit.
pub fn shader_source(pass: Pass, architecture: &Architecture) -> Result<String, RenderError> {
    let limits = wgpu::Limits::default();
    let shape = match pass {
        Pass::Screen | Pass::VolumeBaked | Pass::VolumeScreen => {
            return compose(pass, &screen_header(wgpu::TextureFormat::Bgra8UnormSrgb));
        }
        Pass::ProjectAxes | Pass::EvaluateTiles => {
            KernelShape::of_image(architecture, &limits, wgpu::TextureFormat::Rgba16Float)
        }
        Pass::TraceRays => KernelShape::of_object(architecture, &limits, wgpu::TextureFormat::Rgba8Unorm),
    };
    compose(pass, &shape?.header())
}

/// The two passes that evaluate a picture's field, compiled.
#[derive(Debug, Clone)]
pub(super) struct Kernels {
    pub(super) shape: KernelShape,
    pub(super) project_axes: wgpu::ComputePipeline,
    pub(super) evaluate_tiles: wgpu::ComputePipeline,
}

impl Kernels {
    /// Compile them: a fraction of a second on a GPU, seconds on a software rasteriser.
    ///
    /// # Errors
    /// [`RenderError::Shader`] with the compiler's message.
    pub(super) fn build(device: &wgpu::Device, shape: KernelShape) -> Result<Self, RenderError> {
        let project_axes = build_kernel(device, &shape, Pass::ProjectAxes, "project_axes")?;
        let evaluate_tiles = build_kernel(device, &shape, Pass::EvaluateTiles, "evaluate_tiles")?;
        Ok(Self { shape, project_axes, evaluate_tiles })
    }
}

/// Compile a field pass.
///
/// # Errors
/// [`RenderError::Shader`] with the compiler's message.
pub(super) fn build_kernel(
    device: &wgpu::Device,
    shape: &KernelShape,
    pass: Pass,
    entry: &str,
) -> Result<wgpu::ComputePipeline, RenderError> {
    let source = compose(pass, &shape.header())?;
    let refused = |reason| RenderError::Shader { pass: pass.path().into(), reason };
    scoped(device, || {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(pass.path()),
            source: wgpu::ShaderSource::Wgsl(source.into()),
        });
        device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(pass.path()),
            layout: None,
            module: &module,
            entry_point: Some(entry),
            compilation_options: wgpu::PipelineCompilationOptions {
                // Every place is written before it is read.
                zero_initialize_workgroup_memory: false,
                ..wgpu::PipelineCompilationOptions::default()
            },
            cache: None,
        })
    })
    .map_err(refused)
}
