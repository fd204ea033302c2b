use std::ops::Range;

use glam::{DVec2, IVec2, dvec2};
use wgpu::util::DeviceExt;

use super::canvas::Canvas;
use super::cells::{Layer, ScreenRect, cells};
use super::device::{bind, scoped};
use super::frame::{ImageFrame, ViewMode, size};
use super::gpu_data::{Instance, Place, Screen};
use super::screen_pipelines::{Paint, ScreenPipelines};
use super::source::SourceTexture;
use super::{RenderError, color_map};

/// What a canvas of another field than the current one counts for in coarseness: it stands in only where
/// nothing else is.
const STALE_PENALTY: f64 = 1e6;
/// The line between source and field, sRGB-encoded.
const DIVIDER_COLOR: [f32; 3] = [0.96; 3];
/// Half of the line's width, in screen pixels.
const DIVIDER_HALF_PX: f64 = 1.0;
/// Place of the screen itself among the canvases: rectangles in screen pixels.
const OWN_PLACE: usize = 3;

/// The canvases that may be seen: the current one, the one before it, the overview.
pub(super) type Canvases<'a> = [Option<&'a Canvas>; 3];

/// Draws what is seen: background, canvases, source and divider, as rectangles from back to front.
#[derive(Debug)]
pub(super) struct ScreenPass {
    target: wgpu::TextureFormat,
    pipelines: ScreenPipelines,
    screen: wgpu::Buffer,
    color_map: wgpu::Buffer,
    /// Of the canvases, and of the screen itself.
    places: [wgpu::Buffer; 4],
    instances: wgpu::Buffer,
    sampler: wgpu::Sampler,
    /// Stands in for a canvas or a source that is not there.
    nothing: wgpu::TextureView,
    bindings: Option<Bindings>,
    seen: Seen,
}

#[derive(Debug)]
struct Bindings {
    screen: wgpu::BindGroup,
    places: [wgpu::BindGroup; 4],
}

/// Everything that a frame draws.
#[derive(Debug, Default)]
struct Seen {
    screen: Screen,
    places: [Place; 4],
    instances: Vec<Instance>,
    draws: Vec<Draw>,
}

/// Instances that are drawn alike.
#[derive(Debug)]
struct Draw {
    paint: Paint,
    place: usize,
    instances: Range<u32>,
}

impl ScreenPass {
    /// # Errors
    /// [`RenderError::Shader`] if the shader is refused, [`RenderError::Gpu`] if the device has no room.
    pub(super) fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Result<Self, RenderError> {
        let pipelines = ScreenPipelines::build(device, target)?;
        let uniform = |label, size: usize| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size: size as u64,
                usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        let stops = color_map::stops().map(|[r, g, b]| [r, g, b, 1.0]);
        scoped(device, || Self {
            target,
            pipelines,
            screen: uniform("screen", size_of::<Screen>()),
            color_map: device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some("colour map"),
                contents: bytemuck::cast_slice(&stops),
                usage: wgpu::BufferUsages::UNIFORM,
            }),
            places: std::array::from_fn(|_| uniform("place", size_of::<Place>())),
            instances: instance_buffer(device, 64),
            sampler: device.create_sampler(&wgpu::SamplerDescriptor {
                label: Some("source"),
                mag_filter: wgpu::FilterMode::Linear,
                min_filter: wgpu::FilterMode::Linear,
                mipmap_filter: wgpu::MipmapFilterMode::Linear,
                ..wgpu::SamplerDescriptor::default()
            }),
            nothing: nothing(device),
            bindings: None,
            seen: Seen::default(),
        })
        .map_err(RenderError::Gpu)
    }

    /// Compile the shader anew; the old one stays if it is refused.
    ///
    /// # Errors
    /// [`RenderError::Shader`].
    pub(super) fn reload(&mut self, device: &wgpu::Device) -> Result<(), RenderError> {
        self.pipelines = ScreenPipelines::build(device, self.target)?;
        self.bindings = None;
        Ok(())
    }

    /// The textures are others than in the last frame.
    pub(super) fn forget_bindings(&mut self) {
        self.bindings = None;
    }

    /// Make ready to draw a frame; what is as in the last one is left alone.
    pub(super) fn prepare(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        frame: &ImageFrame,
        canvases: Canvases<'_>,
        source: Option<&SourceTexture>,
    ) {
        let seen = Seen::of(frame, canvases, source);
        write_if_new(
            queue,
            &self.screen,
            bytemuck::bytes_of(&seen.screen),
            bytemuck::bytes_of(&self.seen.screen),
        );
        for ((buffer, new), old) in self.places.iter().zip(&seen.places).zip(&self.seen.places) {
            write_if_new(queue, buffer, bytemuck::bytes_of(new), bytemuck::bytes_of(old));
        }
        let bytes: &[u8] = bytemuck::cast_slice(&seen.instances);
        if bytes.len() as u64 > self.instances.size() {
            self.instances = instance_buffer(device, seen.instances.len().next_power_of_two());
            queue.write_buffer(&self.instances, 0, bytes);
        } else {
            write_if_new(queue, &self.instances, bytes, bytemuck::cast_slice(&self.seen.instances));
        }
        self.seen = seen;
        if self.bindings.is_none() {
            self.bindings = Some(self.bind(device, canvases, source));
        }
    }

    /// Draw the frame that was made ready.
    pub(super) fn paint(&self, pass: &mut wgpu::RenderPass<'_>) {
        let Some(bindings) = &self.bindings else { return };
        pass.set_bind_group(0, &bindings.screen, &[]);
        pass.set_vertex_buffer(0, self.instances.slice(..));
        for draw in &self.seen.draws {
            pass.set_pipeline(self.pipelines.of(draw.paint));
            pass.set_bind_group(1, &bindings.places[draw.place], &[]);
            pass.draw(0..4, draw.instances.clone());
        }
    }

    fn bind(
        &self,
        device: &wgpu::Device,
        canvases: Canvases<'_>,
        source: Option<&SourceTexture>,
    ) -> Bindings {
        let view = wgpu::BindingResource::TextureView;
        let screen = [
            self.screen.as_entire_binding(),
            self.color_map.as_entire_binding(),
            view(source.map_or(&self.nothing, |source| &source.view)),
            wgpu::BindingResource::Sampler(&self.sampler),
        ];
        let place = |index: usize| {
            let canvas = canvases.get(index).copied().flatten();
            let samples = canvas.map_or(&self.nothing, |canvas| &canvas.textures.samples_view);
            let resources = [self.places[index].as_entire_binding(), view(samples)];
            bind(device, &self.pipelines.canvas_layout, &resources)
        };
        Bindings {
            screen: bind(device, &self.pipelines.screen_layout, &screen),
            places: std::array::from_fn(place),
        }
    }
}

impl Seen {
    fn of(frame: &ImageFrame, canvases: Canvases<'_>, source: Option<&SourceTexture>) -> Self {
        let viewport = ScreenRect { from: DVec2::ZERO, to: size(frame.viewport_px) };
        let picture = visible_pixels(frame);
        let mode = if source.is_some() { frame.mode } else { ViewMode::Field };
        // The first pixel column whose centre is right of the split.
        let split_px = f64::from(frame.split.clamp(0.0, 1.0)) * viewport.to.x;
        let split_column = (split_px - 0.5).ceil();
        let field_clip = match mode {
            ViewMode::Split => ScreenRect { from: picture.from.max(dvec2(split_column, 0.0)), ..picture },
            _ => picture,
        };
        let screen = screen_of(frame, source);
        let mut seen = Self { screen, ..Self::default() };
        seen.places[OWN_PLACE] = place(DVec2::ZERO, 1.0, viewport);
        seen.fill(viewport, frame.background);
        let is_small = screen.source_lod > 0.0;
        let nearest = if is_small { Paint::SourceMinified } else { Paint::SourceNearest };
        match mode {
            ViewMode::Field | ViewMode::Error => seen.draw_canvases(frame, canvases, mode, field_clip),
            ViewMode::Source => seen.draw_source(nearest, picture),
            ViewMode::Nearest => seen.draw_source(Paint::SourceNearest, picture),
            ViewMode::Bicubic if is_small => seen.draw_source(Paint::SourceMinified, picture),
            ViewMode::Bicubic => seen.draw_source(Paint::SourceBicubic, picture),
            ViewMode::Split => {
                let left = ScreenRect { to: picture.to.min(dvec2(split_column, f64::MAX)), ..picture };
                seen.draw_source(nearest, left);
                seen.draw_canvases(frame, canvases, mode, field_clip);
                // Pixels whose centres are less than half the width away.
                let from = (split_px - DIVIDER_HALF_PX - 0.5).floor() + 1.0;
                let to = (split_px + DIVIDER_HALF_PX - 0.5).ceil();
                let line = ScreenRect { from: dvec2(from, 0.0), to: dvec2(to, viewport.to.y) };
                seen.fill(line.common(viewport), DIVIDER_COLOR);
            }
        }
        seen
    }

    fn fill(&mut self, rect: ScreenRect, [r, g, b]: [f32; 3]) {
        self.push(Paint::Fill, OWN_PLACE, instance(rect, [r, g, b, 1.0]));
    }

    fn draw_source(&mut self, paint: Paint, rect: ScreenRect) {
        if !rect.is_empty() {
            self.push(paint, OWN_PLACE, instance(rect, [0.0; 4]));
        }
    }

    fn draw_canvases(
        &mut self,
        frame: &ImageFrame,
        canvases: Canvases<'_>,
        mode: ViewMode,
        clip: ScreenRect,
    ) {
        let is_stale =
            |canvas: &Canvas| canvases[0].is_some_and(|current| !canvas.target.is_field_of(&current.target));
        let layers: [Option<Layer<'_>>; 3] = canvases.map(|canvas| {
            let canvas = canvas?;
            let penalty = if is_stale(canvas) { STALE_PENALTY } else { 1.0 };
            Some(canvas.layer(&frame.view, frame.viewport_px, penalty))
        });
        for (own, layer) in self.places.iter_mut().zip(&layers) {
            if let Some(layer) = layer {
                *own = place(layer.offset, layer.scale, clip);
            }
        }
        for cell in cells(&layers, clip) {
            let is_exact = cell.step == 1 && layers[cell.layer].is_some_and(|layer| layer.is_aligned());
            let paint = match (mode, is_exact) {
                (ViewMode::Error, true) => Paint::ErrorExact,
                (ViewMode::Error, false) => Paint::ErrorBetween,
                (_, true) => Paint::FieldExact,
                (_, false) => Paint::FieldBetween,
            };
            let rect = [cell.rect.x0, cell.rect.y0, cell.rect.x1, cell.rect.y1].map(|px| px as f32);
            let value = [cell.step as f32, cell.last.0 as f32, cell.last.1 as f32, 0.0];
            self.push(paint, cell.layer, Instance { rect, value });
        }
    }

    fn push(&mut self, paint: Paint, place: usize, instance: Instance) {
        let index = self.instances.len() as u32;
        self.instances.push(instance);
        match self.draws.last_mut() {
            Some(last) if last.paint == paint && last.place == place => last.instances.end = index + 1,
            _ => self.draws.push(Draw { paint, place, instances: index..index + 1 }),
        }
    }
}

/// The whole pixels whose centres lie in the picture.
fn visible_pixels(frame: &ImageFrame) -> ScreenRect {
    let viewport = size(frame.viewport_px);
    let edge = |point: DVec2| {
        let screen = frame.view.screen_from_picture(point, viewport);
        (screen - 0.5).ceil().clamp(DVec2::ZERO, viewport)
    };
    ScreenRect { from: edge(DVec2::ZERO), to: edge(size(frame.picture_px)) }
}

fn instance(rect: ScreenRect, value: [f32; 4]) -> Instance {
    let (from, to) = (rect.from.as_vec2(), rect.to.as_vec2());
    Instance { rect: [from.x, from.y, to.x, to.y], value }
}

fn place(offset: DVec2, scale: f64, clip: ScreenRect) -> Place {
    let (from, to) = (clip.from.as_vec2(), clip.to.as_vec2());
    let clip = [from.x, from.y, to.x, to.y];
    Place { offset: offset.as_vec2().into(), scale: scale as f32, padding: 0.0, clip }
}

/// Screen pixels to source pixels, whole pixels apart from the rest: at a high zoom the rest is small, and an
/// f32 holds it exactly enough.
fn screen_of(frame: &ImageFrame, source: Option<&SourceTexture>) -> Screen {
    let source_px = source.map_or((1, 1), |source| source.size_px);
    let ratio = size(source_px) / size(frame.picture_px).max(DVec2::ONE);
    let origin = frame.view.picture_from_screen(DVec2::ZERO, size(frame.viewport_px)) * ratio;
    let step = ratio / frame.view.zoom;
    let source_base: IVec2 = origin.floor().as_ivec2();
    Screen {
        viewport_px: size(frame.viewport_px).as_vec2().into(),
        source_base: source_base.into(),
        source_fraction: (origin - origin.floor()).as_vec2().into(),
        source_step: step.as_vec2().into(),
        source_px: [source_px.0 as i32, source_px.1 as i32],
        source_lod: step.max_element().log2() as f32,
        error_scale: frame.error_scale,
    }
}

fn write_if_new(queue: &wgpu::Queue, buffer: &wgpu::Buffer, new: &[u8], old: &[u8]) {
    if new != old && !new.is_empty() {
        queue.write_buffer(buffer, 0, new);
    }
}

fn instance_buffer(device: &wgpu::Device, count: usize) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("rectangles"),
        size: (count * size_of::<Instance>()) as u64,
        usage: wgpu::BufferUsages::VERTEX | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

fn nothing(device: &wgpu::Device) -> wgpu::TextureView {
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("nothing"),
        size: wgpu::Extent3d { width: 1, height: 1, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba16Float,
        usage: wgpu::TextureUsages::TEXTURE_BINDING,
        view_formats: &[],
    });
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}
