use serde::Serialize;

use super::args::DoctorArgs;
use super::output;
use crate::limits;
use crate::model::{Model, SignalKind, best_device, device_name};
use crate::render::{AdapterSummary, adapters};

#[derive(Serialize)]
struct Report {
    version: &'static str,
    system: String,
    threads: usize,
    /// Where models compute.
    device: String,
    adapters: Vec<AdapterSummary>,
    sound: Vec<String>,
    /// What the default models are, or why there is none.
    image_model: String,
    object_model: String,
    sound_model: String,
    limits: Vec<(&'static str, String)>,
}

pub(super) fn run(args: &DoctorArgs) -> anyhow::Result<()> {
    let model = |kind| match Model::bundled(kind) {
        Ok(model) => format!("{}: {}", model.identity, model.summary()),
        Err(err) => err.to_string(),
    };
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        device: device_name(&best_device()),
        adapters: adapters(),
        sound: sound_outputs(),
        image_model: model(SignalKind::Image),
        object_model: model(SignalKind::Object),
        sound_model: model(SignalKind::Sound),
        limits: limits::table(),
    };
    if args.json {
        return output::json(&report);
    }
    output::line(format_args!(
        "hyperscope {} on {}, {} threads",
        report.version, report.system, report.threads
    ));
    output::line(format_args!("models compute on: {}", report.device));
    output::line(format_args!("default model for pictures: {}", report.image_model));
    output::line(format_args!("default model for objects: {}", report.object_model));
    output::line(format_args!("default model for sounds: {}", report.sound_model));
    if report.adapters.is_empty() {
        output::line(
            "graphics adapters: none; install a Vulkan driver (mesa-vulkan-drivers) to open the window; \
             every verb works without",
        );
    }
    for adapter in &report.adapters {
        let AdapterSummary { name, kind, backend, driver, .. } = adapter;
        output::line(format_args!("graphics adapter: {name}, {kind}, {backend}, {driver}"));
    }
    let sound = if report.sound.is_empty() { "none".into() } else { report.sound.join(", ") };
    output::line(format_args!("sound outputs: {sound}"));
    for (what, limit) in &report.limits {
        output::line(format_args!("limit: {what}, {limit}"));
    }
    Ok(())
}

#[cfg(feature = "sound")]
fn sound_outputs() -> Vec<String> {
    crate::audio::output_names()
}

#[cfg(not(feature = "sound"))]
fn sound_outputs() -> Vec<String> {
    Vec::new()
}
