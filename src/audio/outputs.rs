use cpal::traits::{DeviceTrait, HostTrait};

/// Names of the sound outputs that can be opened; empty on a machine without any.
#[must_use]
pub fn output_names() -> Vec<String> {
    let Ok(devices) = cpal::default_host().output_devices() else { return Vec::new() };
    devices.filter(|device| device.default_output_config().is_ok()).map(|device| device.to_string()).collect()
}
