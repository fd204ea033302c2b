//! Small things that every use of a device needs.

use std::time::Duration;

use super::RenderError;

/// How long a piece of work that was cut for milliseconds may take before the device counts as gone.
const PATIENCE: Duration = Duration::from_secs(20);

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
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    buffer.slice(..).map_async(wgpu::MapMode::Read, move |result| {
        sender.send(result).ok();
    });
    wait(device, submission)?;
    let gone = |reason: String| RenderError::Unresponsive(reason);
    receiver
        .recv_timeout(PATIENCE)
        .map_err(|err| gone(err.to_string()))?
        .map_err(|err| gone(err.to_string()))?;
    let bytes = buffer.slice(..).get_mapped_range().map_err(|err| gone(err.to_string()))?;
    Ok(bytes.to_vec())
}
