use std::sync::OnceLock;

use burn::tensor::{Device, DeviceKind};
use wgpu::DeviceType;

use super::cpu;

/// A GPU that is hardware, as wgpu sees it.
struct Gpu {
    kind: DeviceKind,
    name: String,
}

/// The CPU, by burn's flex.
#[must_use]
pub fn cpu_device() -> Device {
    Device::flex()
}

/// A real GPU through wgpu where there is one, else the CPU. A software rasteriser is never chosen:
/// it is several times slower than [`cpu_device`].
#[must_use]
pub fn best_device() -> Device {
    hardware_gpu().map_or_else(cpu_device, |gpu| Device::wgpu(gpu.kind.clone()))
}

/// What a device is called, for people.
#[must_use]
pub fn device_name(device: &Device) -> String {
    match hardware_gpu() {
        Some(gpu) if *device == Device::wgpu(gpu.kind.clone()) => gpu.name.clone(),
        _ => {
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            format!("CPU, {threads} threads, {} (burn-flex with own kernels)", cpu::instruction_set())
        }
    }
}

/// Looked for once: the first discrete GPU, else an integrated or a virtual one.
fn hardware_gpu() -> Option<&'static Gpu> {
    static FOUND: OnceLock<Option<Gpu>> = OnceLock::new();
    FOUND.get_or_init(find_hardware_gpu).as_ref()
}

fn find_hardware_gpu() -> Option<Gpu> {
    if !has_gpu_driver() {
        return None;
    }
    // The same backends that burn's wgpu device looks at; OpenGL cannot run its kernels well.
    let backends = wgpu::Backends::PRIMARY;
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let adapters: Vec<wgpu::AdapterInfo> = pollster::block_on(instance.enumerate_adapters(backends))
        .iter()
        .map(wgpu::Adapter::get_info)
        .collect();
    let preference = [
        (DeviceType::DiscreteGpu, DeviceKind::DiscreteGpu(0)),
        (DeviceType::IntegratedGpu, DeviceKind::IntegratedGpu(0)),
        (DeviceType::VirtualGpu, DeviceKind::VirtualGpu(0)),
    ];
    preference.into_iter().find_map(|(wanted, kind)| {
        let info = adapters.iter().find(|info| info.device_type == wanted)?;
        Some(Gpu { kind, name: format!("{} ({})", info.name, info.backend) })
    })
}

/// Whether a GPU's driver can be there at all: probing a machine without one costs half a second and
/// prints the complaints of its libraries.
fn has_gpu_driver() -> bool {
    !cfg!(target_os = "linux")
        || ["/dev/dri", "/dev/nvidia0", "/dev/dxg"].iter().any(|path| std::path::Path::new(path).exists())
}
