//! Small things that every use of a device needs.

use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use super::RenderError;

/// How long a piece of work that was cut for milliseconds may take before the device counts as gone.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a buffer is looked at that is waited for.
const LOOK_INTERVAL: Duration = Duration::from_micros(300);

/// What `work` does with the device; what wgpu has against it becomes an error instead of a panic.
///
/// # Errors
/// wgpu's message.
pub(super) fn scoped<T>(device: &wgpu::Device, work: impl FnOnce() -> T) -> Result<T, String> {
    let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
    let internal = device.push_error_scope(wgpu::ErrorFilter::Internal);
    let validation = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let value = work();
    let errors = [validation, internal, memory].map(|scope| pollster::block_on(scope.pop()));
    match errors.into_iter().flatten().next() {
        Some(err) => Err(err.to_string()),
        None => Ok(value),
    }
}

/// Wait until a submission is done.
///
/// # Errors
/// [`RenderError::Unresponsive`] if the device is lost or takes too long.
pub(super) fn wait(device: &wgpu::Device, submission: wgpu::SubmissionIndex) -> Result<(), RenderError> {
    let poll = wgpu::PollType::Wait { submission_index: Some(submission), timeout: Some(PATIENCE) };
    device.poll(poll).map_err(|err| RenderError::Unresponsive(err.to_string()))?;
    Ok(())
}

/// Bind resources to the places 0, 1, … of a layout.
pub(super) fn bind(
    device: &wgpu::Device,
    layout: &wgpu::BindGroupLayout,
    resources: &[wgpu::BindingResource<'_>],
) -> wgpu::BindGroup {
    let entries: Vec<wgpu::BindGroupEntry<'_>> = (0..)
        .zip(resources)
        .map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource: resource.clone() })
        .collect();
    device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries: &entries })
}

/// A texture's bytes, rows `row_bytes` apart, which is a multiple of 256.
///
/// # Errors
/// [`RenderError::Gpu`] if the device has no room for them, [`RenderError::Unresponsive`] if it does not answer.
pub(super) fn read_texture(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    texture: &wgpu::Texture,
    row_bytes: u32,
) -> Result<Vec<u8>, RenderError> {
    let copy = || {
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("readback"),
            size: u64::from(row_bytes) * u64::from(texture.height()),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        let layout =
            wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(row_bytes), rows_per_image: None };
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.copy_texture_to_buffer(
            texture.as_image_copy(),
            wgpu::TexelCopyBufferInfo { buffer: &buffer, layout },
            texture.size(),
        );
        let submission = queue.submit([encoder.finish()]);
        (buffer, submission)
    };
    let (buffer, submission) = scoped(device, copy).map_err(RenderError::Gpu)?;
    wait(device, submission)?;
    read_buffer(device, &buffer)
}

/// A buffer's bytes, when all that is submitted with it is done. Whoever waits for a submission keeps other threads
/// from presenting a frame meanwhile, so this looks again and again instead.
///
/// # Errors
/// [`RenderError::Unresponsive`] if the device is lost or takes too long.
pub(super) fn read_buffer(device: &wgpu::Device, buffer: &wgpu::Buffer) -> Result<Vec<u8>, RenderError> {
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    buffer.slice(..).map_async(wgpu::MapMode::Read, move |result| {
        sender.send(result).ok();
    });
    let gone = |reason: String| RenderError::Unresponsive(reason);
    let begun = Instant::now();
    loop {
        device.poll(wgpu::PollType::Poll).map_err(|err| gone(err.to_string()))?;
        match receiver.recv_timeout(LOOK_INTERVAL) {
            Ok(result) => break result.map_err(|err| gone(err.to_string()))?,
            Err(RecvTimeoutError::Timeout) if begun.elapsed() < PATIENCE => {}
            Err(err) => return Err(gone(err.to_string())),
        }
    }
    let bytes = buffer.slice(..).get_mapped_range().map_err(|err| gone(err.to_string()))?.to_vec();
    buffer.unmap();
    Ok(bytes)
}

/// Floating-point operations a second that a device is taken for before anything is measured.
pub(super) fn guessed_flops(device: &wgpu::Device) -> f64 {
    if device.adapter_info().device_type == wgpu::DeviceType::Cpu { 1e9 } else { 1e11 }
}
