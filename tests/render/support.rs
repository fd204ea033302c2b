//! A device, fields with seeded weights, and an image pass drawn into a texture.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use glam::{DVec2, dvec2};
use hyperscope::camera::ImageView;
use hyperscope::field::{Architecture, Field, FieldKind, FieldRecord, Layer};
use hyperscope::render::{EvaluatorKind, FrameState, ImageFrame, ImagePass, ViewMode};

pub(super) const BACKGROUND: [f32; 3] = [0.25, 0.5, 0.125];
/// Of a half float near 1, and a little for the arithmetic.
pub(super) const CANVAS_TOLERANCE: f32 = 6e-4;

/// Numbers in [-1, 1], the same on every machine.
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// A field whose values are spread over [0, 1].
pub(super) fn random_field(architecture: &Architecture, seed: u64) -> Arc<FieldRecord> {
    let mut numbers = Numbers(seed);
    let num_layers = architecture.layers;
    let layers = architecture.layer_shapes().into_iter().enumerate().map(|(index, shape)| {
        let omega0 = architecture.activation.omega0(index);
        let gain = match index {
            0 if omega0 > 1.0 => 0.5,
            _ if index + 1 == num_layers => 0.25 * (3.0 / shape.d_in as f32).sqrt(),
            _ => (6.0 / shape.d_in as f32).sqrt() / omega0,
        };
        let mut values = |count: usize, gain: f32| (0..count).map(|_| gain * numbers.next()).collect();
        Layer { weight: values(shape.d_in * shape.d_out, gain), bias: values(shape.d_out, 0.1 / omega0) }
    });
    let field = Field::new(architecture.clone(), layers.collect()).unwrap();
    let kind = FieldKind::Image { width: 40, height: 24 };
    Arc::new(FieldRecord {
        field,
        others: Vec::new(),
        kind,
        source: None,
        model: None,
        extra: BTreeMap::new(),
    })
}

/// A small field, quick on a software rasteriser too.
pub(super) fn small_field(seed: u64) -> Arc<FieldRecord> {
    random_field(&Architecture { hidden: 16, layers: 3, ..Architecture::live_image() }, seed)
}

/// A device of any adapter; `None`, with the reason printed, where there is none.
pub(super) fn device() -> Option<(wgpu::Device, wgpu::Queue)> {
    let backends = wgpu::Backends::PRIMARY;
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let adapters = pollster::block_on(instance.enumerate_adapters(backends));
    let Some(adapter) = adapters.into_iter().next() else {
        println!("skipped: there is no graphics adapter on this machine");
        return None;
    };
    let descriptor = wgpu::DeviceDescriptor::default();
    Some(pollster::block_on(adapter.request_device(&descriptor)).unwrap())
}

/// An image pass and what it is drawn into.
pub(super) struct Stage {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) pass: ImagePass,
    pub(super) format: wgpu::TextureFormat,
    pub(super) wakes: Arc<AtomicUsize>,
}

impl Stage {
    pub(super) fn new(kind: EvaluatorKind) -> Option<Self> {
        Self::with_format(kind, wgpu::TextureFormat::Rgba32Float)
    }

    pub(super) fn with_format(kind: EvaluatorKind, format: wgpu::TextureFormat) -> Option<Self> {
        let (device, queue) = device()?;
        let wakes = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&wakes);
        let wake = Arc::new(move || {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        let pass = ImagePass::new(&device, &queue, format, kind, wake).unwrap();
        Some(Self { device, queue, pass, format, wakes })
    }

    pub(super) fn step(&mut self, frame: &ImageFrame, budget: Duration) -> FrameState {
        let state = self.pass.frame(&self.device, &self.queue, frame, budget);
        if let Some(err) = self.pass.take_error() {
            panic!("{err}");
        }
        state
    }

    /// Frames until the picture is exact, as many as it takes; gives their number.
    pub(super) fn settle(&mut self, frame: &ImageFrame) -> usize {
        let start = Instant::now();
        let mut count = 0;
        loop {
            count += 1;
            let state = self.step(frame, Duration::from_millis(20));
            assert!((0.0..=1.0).contains(&state.fraction), "{state:?}");
            if state.is_exact {
                assert!(!state.needs_repaint);
                return count;
            }
            assert!(start.elapsed() < Duration::from_mins(2), "not exact after two minutes: {state:?}");
            if !state.needs_repaint {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }

    /// What is seen, RGB, `[height, width, 3]`, as it lies in the target.
    pub(super) fn picture(&self, size: (u32, u32)) -> Vec<f32> {
        painted(&self.device, &self.queue, self.format, size, |pass| self.pass.paint(pass))
    }
}

/// What is painted into a target of this format, RGB, `[height, width, 3]`, as it lies there.
pub(super) fn painted(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    format: wgpu::TextureFormat,
    (width, height): (u32, u32),
    paint: impl FnOnce(&mut wgpu::RenderPass<'_>),
) -> Vec<f32> {
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: None,
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
        view_formats: &[],
    });
    let texel_bytes = format.block_copy_size(None).unwrap();
    let row_bytes = (width * texel_bytes).next_multiple_of(256);
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: u64::from(row_bytes * height),
        usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
        mapped_at_creation: false,
    });
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    {
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let attachment = wgpu::RenderPassColorAttachment {
            view: &view,
            depth_slice: None,
            resolve_target: None,
            ops: wgpu::Operations::default(),
        };
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            color_attachments: &[Some(attachment)],
            ..wgpu::RenderPassDescriptor::default()
        });
        paint(&mut pass);
    }
    let layout =
        wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(row_bytes), rows_per_image: None };
    encoder.copy_texture_to_buffer(
        texture.as_image_copy(),
        wgpu::TexelCopyBufferInfo { buffer: &buffer, layout },
        texture.size(),
    );
    queue.submit([encoder.finish()]);
    let bytes = read(device, &buffer);
    let rows = bytes.chunks_exact(row_bytes as usize);
    let texels = rows.flat_map(|row| row.chunks_exact(texel_bytes as usize).take(width as usize));
    texels
        .flat_map(|texel| match texel_bytes {
            16 => bytemuck::pod_collect_to_vec::<u8, f32>(&texel[..12]),
            _ => texel[..3].iter().map(|value| f32::from(*value) / 255.0).collect(),
        })
        .collect()
}

/// A buffer's bytes, when all submitted work is done.
pub(super) fn read(device: &wgpu::Device, buffer: &wgpu::Buffer) -> Vec<u8> {
    buffer.slice(..).map_async(wgpu::MapMode::Read, |result| result.unwrap());
    device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
    buffer.slice(..).get_mapped_range().unwrap().to_vec()
}

/// A frame with nothing special.
pub(super) fn frame(picture_px: (u32, u32), viewport_px: (u32, u32), view: ImageView) -> ImageFrame {
    ImageFrame {
        view,
        viewport_px,
        picture_px,
        mode: ViewMode::Field,
        split: 0.5,
        error_scale: 1.0,
        background: BACKGROUND,
        is_moving: false,
    }
}

pub(super) fn px((width, height): (u32, u32)) -> DVec2 {
    dvec2(f64::from(width), f64::from(height))
}

/// The picture point under the middle of a viewport pixel, counted row by row.
pub(super) fn picture_point(frame: &ImageFrame, index: usize) -> DVec2 {
    let width = frame.viewport_px.0 as usize;
    let screen = dvec2((index % width) as f64 + 0.5, (index / width) as f64 + 0.5);
    frame.view.picture_from_screen(screen, px(frame.viewport_px))
}

#[track_caller]
pub(super) fn assert_close(found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len());
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let is_close = (found - expected).abs() <= tolerance;
        assert!(is_close, "value {index} (pixel {}): {found}, expected {expected}", index / 3);
    }
}
