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

impl KernelShape {
    /// The shape for an architecture on a device, with as many samples to a workgroup as its memory holds:
    /// so many share each weight that is loaded.
    ///
    /// # Errors
    /// [`RenderError::NotAnImage`]; [`RenderError::FieldTooLarge`] if not even eight samples fit.
    pub(super) fn new(
        architecture: &Architecture,
        limits: &wgpu::Limits,
        format: wgpu::TextureFormat,
    ) -> Result<Self, RenderError> {
        let Architecture { inputs, outputs, layers, hidden, .. } = *architecture;
        if inputs != 2 || outputs < 3 {
            return Err(RenderError::NotAnImage { inputs, outputs });
        }
        if layers < 2 {
            return Err(RenderError::FieldTooLarge("it has no hidden layer".into()));
        }
        let hidden_quads = hidden.div_ceil(4) as u32;
        let fits = |samples: &u32| {
            let memory = samples.saturating_mul(hidden_quads).saturating_mul(QUAD_BYTES);
            let threads = hidden_quads.saturating_mul(samples / THREAD_SAMPLES);
            let most_threads =
                limits.max_compute_invocations_per_workgroup.min(limits.max_compute_workgroup_size_x);
            memory <= limits.max_compute_workgroup_storage_size && threads <= most_threads
        };
        let samples = [64, 32, 16, 8].into_iter().find(fits).ok_or_else(|| {
            RenderError::FieldTooLarge(format!("hidden layers of {hidden} are too wide for its workgroups"))
        })?;
        let num_bytes = 4 * super::field_buffers::num_weights(architecture) as u64;
        if num_bytes > limits.max_storage_buffer_binding_size.min(limits.max_buffer_size) {
            return Err(RenderError::FieldTooLarge(format!("{} MB of weights", num_bytes / 1_000_000)));
        }
        let is_sine = matches!(architecture.activation, Activation::Sine { .. });
        let is_fourier = matches!(architecture.encoding, Encoding::Fourier { .. });
        Ok(Self { hidden_quads, samples, is_sine, is_fourier, format })
    }

    fn workgroup_size(&self) -> u32 {
        self.hidden_quads * (self.samples / THREAD_SAMPLES)
    }

    /// The text in front of a field pass.
    pub(super) fn header(&self) -> String {
        let format =
            if self.format == wgpu::TextureFormat::Rgba32Float { "rgba32float" } else { "rgba16float" };
        let mut text = String::new();
        // Writing to a String cannot fail.
        writeln!(text, "const HIDDEN_QUADS: u32 = {}u;", self.hidden_quads).ok();
        writeln!(text, "const SAMPLES: u32 = {}u;", self.samples).ok();
        writeln!(text, "const WORKGROUP_SIZE: u32 = {}u;", self.workgroup_size()).ok();
        writeln!(text, "const ACTIVATION_IS_SINE: bool = {};", self.is_sine).ok();
        writeln!(text, "const ENCODING_IS_FOURIER: bool = {};", self.is_fourier).ok();
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
/// [`RenderError::Shader`] if a file is missing; for the field passes also if the architecture is not of a
/// picture, or does not fit.
pub fn shader_source(pass: Pass, architecture: &Architecture) -> Result<String, RenderError> {
    if matches!(pass, Pass::Screen | Pass::VolumeBaked | Pass::VolumeScreen) {
        return compose(pass, &screen_header(wgpu::TextureFormat::Bgra8UnormSrgb));
    }
    let shape = KernelShape::new(architecture, &wgpu::Limits::default(), wgpu::TextureFormat::Rgba16Float)?;
    compose(pass, &shape.header())
}

/// The two passes that evaluate a field, compiled.
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
        let build = |pass: Pass, entry: &str| {
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
        };
        let project_axes = build(Pass::ProjectAxes, "project_axes")?;
        let evaluate_tiles = build(Pass::EvaluateTiles, "evaluate_tiles")?;
        Ok(Self { shape, project_axes, evaluate_tiles })
    }
}
