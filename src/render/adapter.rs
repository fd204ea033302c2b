use super::RenderError;

/// Workgroup memory that the kernels have a use for: 32 samples of the reference object field, and a tile of its weights.
const WORKGROUP_BYTES: u32 = 48 << 10;

/// Who evaluates the field for the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EvaluatorKind {
    /// The SIMD evaluator of [`field`](crate::field), on a thread of its own.
    Cpu,
    /// WGSL on the graphics device.
    Gpu,
}

impl EvaluatorKind {
    /// The faster one for this adapter: a software rasteriser runs WGSL tens of times slower than the SIMD
    /// evaluator runs on the same cores.
    #[must_use]
    pub fn for_adapter(info: &wgpu::AdapterInfo) -> Self {
        if info.device_type == wgpu::DeviceType::Cpu { Self::Cpu } else { Self::Gpu }
    }
}

/// A graphics adapter, for people.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AdapterSummary {
    /// The device's own name.
    pub name: String,
    /// What it is: "discrete GPU", "software", …
    pub kind: &'static str,
    /// The interface it is reached by: "Vulkan", "Metal", …
    pub backend: String,
    /// Driver and version, as far as they are told.
    pub driver: String,
    /// Whether it is a software rasteriser.
    pub is_software: bool,
}

impl AdapterSummary {
    /// What is to be said of an adapter.
    #[must_use]
    pub fn new(info: &wgpu::AdapterInfo) -> Self {
        let kind = match info.device_type {
            wgpu::DeviceType::DiscreteGpu => "discrete GPU",
            wgpu::DeviceType::IntegratedGpu => "integrated GPU",
            wgpu::DeviceType::VirtualGpu => "virtual GPU",
            wgpu::DeviceType::Cpu => "software",
            wgpu::DeviceType::Other => "other",
        };
        Self {
            name: info.name.clone(),
            kind,
            backend: format!("{:?}", info.backend),
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
            is_software: info.device_type == wgpu::DeviceType::Cpu,
        }
    }
}

/// Every graphics adapter of this machine, the best first; empty where there is none.
#[must_use]
pub fn adapters() -> Vec<AdapterSummary> {
    ranked().iter().map(|adapter| AdapterSummary::new(&adapter.get_info())).collect()
}

/// Adapters that can compute, GPUs before software; those of OpenGL only where there is no other interface:
/// they are the same devices again.
fn ranked() -> Vec<wgpu::Adapter> {
    let mut adapters = compute_adapters(wgpu::Backends::PRIMARY);
    if adapters.is_empty() {
        adapters = compute_adapters(wgpu::Backends::SECONDARY);
    }
    adapters.sort_by_key(|adapter| match adapter.get_info().device_type {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    });
    adapters
}

fn compute_adapters(backends: wgpu::Backends) -> Vec<wgpu::Adapter> {
    let descriptor =
        wgpu::InstanceDescriptor { backends, ..wgpu::InstanceDescriptor::new_without_display_handle() };
    // What WGPU_BACKEND asks for is all there is.
    let descriptor = descriptor.with_env();
    let instance = wgpu::Instance::new(descriptor);
    let mut adapters = pollster::block_on(instance.enumerate_adapters(backends));
    adapters.retain(|adapter| {
        adapter.get_downlevel_capabilities().flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS)
    });
    adapters
}

/// These limits with as much workgroup memory as the kernels have a use for and the adapter has: the more, the more
/// samples share each weight.
#[must_use]
pub fn with_workgroup_memory(limits: &wgpu::Limits, adapter: &wgpu::Adapter) -> wgpu::Limits {
    let most = adapter.limits().max_compute_workgroup_storage_size.min(WORKGROUP_BYTES);
    let max_compute_workgroup_storage_size = limits.max_compute_workgroup_storage_size.max(most);
    wgpu::Limits { max_compute_workgroup_storage_size, ..limits.clone() }
}

/// A device of the best adapter, for work without a window.
///
/// # Errors
/// [`RenderError::NoAdapter`] or [`RenderError::Device`].
pub(super) fn open_device() -> Result<(wgpu::Device, wgpu::Queue), RenderError> {
    open_adapter().map(|(_, device, queue)| (device, queue))
}

/// [`open_device`], with what it is a device of.
pub(super) fn open_adapter() -> Result<(AdapterSummary, wgpu::Device, wgpu::Queue), RenderError> {
    let adapter = ranked().into_iter().next().ok_or(RenderError::NoAdapter)?;
    let limits = adapter.limits();
    let wished = with_workgroup_memory(&wgpu::Limits::default(), &adapter);
    let required_limits = if wished.check_limits(&limits) { wished } else { limits };
    let descriptor = wgpu::DeviceDescriptor {
        label: Some("hyperscope offline"),
        required_limits,
        ..wgpu::DeviceDescriptor::default()
    };
    let summary = AdapterSummary::new(&adapter.get_info());
    pollster::block_on(adapter.request_device(&descriptor))
        .map(|(device, queue)| (summary, device, queue))
        .map_err(|err| RenderError::Device { name: adapter.get_info().name, reason: err.to_string() })
}
