use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use eframe::egui::{IconData, ViewportBuilder};
use eframe::egui_wgpu::WgpuSetup;
use eframe::wgpu::DeviceDescriptor;
use eframe::{NativeOptions, Renderer};

use super::settings::Settings;
use super::theme::size;
use super::window::{Opening, Window};
use crate::render::with_workgroup_memory;

/// Open the window, with these files in its library, and return when it is closed.
///
/// # Errors
/// If there is no display, or no graphics adapter to draw on.
pub fn run(files: Vec<PathBuf>) -> anyhow::Result<()> {
    let began = Instant::now();
    let config_folder = Settings::folder();
    let (settings, notice) = match &config_folder {
        Some(folder) => Settings::load(folder),
        None => (Settings::default(), None),
    };
    let place = settings.window;
    let viewport = ViewportBuilder::default()
        .with_title("Hyperscope")
        .with_app_id("hyperscope")
        .with_inner_size([place.width, place.height])
        .with_min_inner_size([size::WINDOW_SIDE_MIN, size::WINDOW_SIDE_MIN])
        .with_maximized(place.is_maximized)
        .with_drag_and_drop(true)
        .with_icon(icon());
    // The clipboard has its own thread, so its keys are ours to handle.
    let mut options = NativeOptions {
        viewport,
        renderer: Renderer::Wgpu,
        clipboard_shortcuts: false,
        // Nothing here has a gradient that would show bands, and a software rasteriser computes it for every pixel.
        dithering: false,
        ..NativeOptions::default()
    };
    if let WgpuSetup::CreateNew(setup) = &mut options.wgpu_options.wgpu_setup {
        let usual = Arc::clone(&setup.device_descriptor);
        setup.device_descriptor = Arc::new(move |adapter| {
            let own = usual(adapter);
            DeviceDescriptor { required_limits: with_workgroup_memory(&own.required_limits, adapter), ..own }
        });
    }
    let opening = Opening { files, settings, notice, config_folder, began };
    eframe::run_native(
        "Hyperscope",
        options,
        Box::new(move |creation| Ok(Box::new(Window::new(creation, opening)))),
    )
    .map_err(|err| anyhow::anyhow!("{err}"))
    .context("the window cannot be opened: check that there is a display and a graphics driver (Mesa's lavapipe is enough), or use the command line (hyperscope --help)")
}

/// Rings as of a wave seen through a lens.
fn icon() -> IconData {
    let side = size::ICON_PX;
    let half = f64::from(side) / 2.0;
    let rgba = (0..side * side).flat_map(|index| {
        let (x, y) = (f64::from(index % side) + 0.5 - half, f64::from(index / side) + 0.5 - half);
        let radius = x.hypot(y) / half;
        let wave = (radius * radius * 9.0).cos() * 0.5 + 0.5;
        let level = |low: f64, high: f64| (low + (high - low) * wave).round() as u8;
        let alpha = ((1.0 - radius) * half).clamp(0.0, 1.0);
        [level(24.0, 126.0), level(34.0, 166.0), level(78.0, 255.0), (alpha * 255.0).round() as u8]
    });
    IconData { rgba: rgba.collect(), width: side, height: side }
}
