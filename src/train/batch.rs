use burn::tensor::{Device, Tensor, TensorData};
use glam::{Vec3, vec3};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::data::{learned, learned_pictures};
use super::windows::Windows;
use super::{RunConfig, TrainingData};
use crate::camera::Camera;
use crate::dataset::{Entry, ObjectEntry, View};
use crate::field::{sample_depths, spacings};
use crate::media::{Cutout, Picture, inset};
use crate::model::{BackboneConfig, PixelScale, encode_points, normalise, patch_rays};

/// What transparent pixels are laid on.
pub(super) const WHITE: [u8; 3] = [255; 3];
/// How often a pixel of the object is looked for before any will do.
const TRIES: usize = 32;

/// What one step learns from.
pub(super) struct Batch {
    pub(super) input: Input,
    /// Of objects, between the samples of a ray, `[batch * rays, samples]`.
    pub(super) spacings: Option<Tensor<2>>,
    /// Points as the field takes them, `[batch, n, encoding width]`.
    pub(super) features: Tensor<3>,
    /// The colours of pixels, all items after one another, `[all, 3]`, in [0, 1]; of rays also the opacity, `[all, 4]`;
    /// of sounds the amplitudes, `[all, 1]`.
    pub(super) targets: Tensor<2>,
}

/// What the backbone reads.
#[expect(clippy::large_enum_variant, reason = "one for each step, made of handles")]
pub(super) enum Input {
    /// `[batch, 3, side, side]`, normalised.
    Pictures(Tensor<4>),
    /// `[batch * views, 3, side, side]`, and the rays through their patches, `[batch * views, patches, 6]`.
    Views { images: Tensor<4>, patch_rays: Tensor<3>, views: usize },
    /// `[batch, patches, samples of a patch]`
    Sounds(Tensor<3>),
}

/// How an object is read: so many views, so many patches along a side, normalised so.
struct Reading<'a> {
    views: usize,
    grid: usize,
    scale: &'a PixelScale,
}

/// One item's part of a batch.
#[derive(Default)]
pub(super) struct Item {
    /// Pictures, or a window of a sound.
    pub(super) input: Vec<f32>,
    pub(super) patch_rays: Vec<f32>,
    pub(super) features: Vec<f32>,
    pub(super) spacings: Vec<f32>,
    pub(super) targets: Vec<f32>,
}

/// Random crops of random training pictures, random rays to random views of random objects, or random instants of
/// random windows of random sounds, as this backbone reads them. The draws depend on the seed and the step alone, so that a resumed run sees what it would have seen.
pub(super) fn draw(
    config: &RunConfig,
    backbone: &BackboneConfig,
    data: &TrainingData,
    step: u32,
    device: &Device,
) -> Batch {
    let mut random = ChaCha8Rng::seed_from_u64(config.seed);
    random.set_stream(u64::from(step) + 1);
    let seeds: Vec<u64> = (0..config.batch_size).map(|_| random.random()).collect();
    let seeds = seeds.into_par_iter().map(ChaCha8Rng::seed_from_u64);
    let scale = backbone.pixel_scale();
    let (views, items): (usize, Vec<Item>) = match data {
        TrainingData::Pictures(pictures) => {
            let entries: Vec<&Entry> = learned_pictures(pictures, config).collect();
            let draw =
                |mut random| crop(config, entries[pick(entries.len(), &mut random)], &scale, &mut random);
            (1, seeds.map(draw).collect())
        }
        TrainingData::Objects(objects) => {
            let fewest = learned(objects, config).map(|entry| entry.views.views.len()).min().unwrap_or(1);
            let (variants, originals): (Vec<_>, Vec<_>) =
                learned(objects, config).partition(|entry| entry.is_variant());
            let views = random.random_range(1..=config.objects.most_views.min(fewest));
            let reading = Reading { views, grid: config.input_size / backbone.patch, scale: &scale };
            let foreground_part = config.objects.foreground_part_at(config.done(step));
            let draw = |mut random: ChaCha8Rng| {
                let entries = match (variants.is_empty(), originals.is_empty()) {
                    (true, _) => &originals,
                    (_, true) => &variants,
                    _ if random.random_bool(config.objects.varied_part) => &variants,
                    _ => &originals,
                };
                object(
                    config,
                    entries[pick(entries.len(), &mut random)],
                    &reading,
                    foreground_part,
                    &mut random,
                )
            };
            (views, seeds.map(draw).collect())
        }
        TrainingData::Sounds(sounds) => {
            let windows = Windows::of(sounds, config);
            (1, seeds.map(|mut random| windows.draw(&mut random)).collect())
        }
    };
    let mut all = Item::default();
    for item in items {
        all.input.extend(item.input);
        all.patch_rays.extend(item.patch_rays);
        all.features.extend(item.features);
        all.spacings.extend(item.spacings);
        all.targets.extend(item.targets);
    }
    let (batch, side) = (config.batch_size, config.input_size);
    let width = config.field.encoding.width(config.field.inputs);
    let points = all.features.len() / batch / width;
    let samples = config.objects.samples_per_ray;
    let rays = all.spacings.len() / samples;
    let (input, channels) = match data {
        TrainingData::Pictures(_) => (
            Input::Pictures(Tensor::from_data(TensorData::new(all.input, [batch, 3, side, side]), device)),
            3,
        ),
        TrainingData::Objects(_) => {
            let count = batch * views;
            let rays = [count, all.patch_rays.len() / (count * 6), 6];
            let images = Tensor::from_data(TensorData::new(all.input, [count, 3, side, side]), device);
            let patch_rays = Tensor::from_data(TensorData::new(all.patch_rays, rays), device);
            (Input::Views { images, patch_rays, views }, 4)
        }
        TrainingData::Sounds(_) => {
            let patch = config.sounds.patch;
            let waves = TensorData::new(all.input, [batch, side / patch, patch]);
            (Input::Sounds(Tensor::from_data(waves, device)), 1)
        }
    };
    let rows = all.targets.len() / channels;
    Batch {
        input,
        spacings: (rays > 0)
            .then(|| Tensor::from_data(TensorData::new(all.spacings, [rays, samples]), device)),
        features: Tensor::from_data(TensorData::new(all.features, [batch, points, width]), device),
        targets: Tensor::from_data(TensorData::new(all.targets, [rows, channels]), device),
    }
}

fn pick(count: usize, random: &mut ChaCha8Rng) -> usize {
    random.random_range(0..count)
}

fn crop(config: &RunConfig, entry: &Entry, scale: &PixelScale, random: &mut ChaCha8Rng) -> Item {
    let side = config.input_size;
    let crop = entry.random_crop(side as u32, random);
    let colours = crop.to_f32();
    let centre = |index: usize| (2 * index + 1) as f32 / side as f32 - 1.0;
    let mut points = Vec::with_capacity(2 * config.pixels_per_picture);
    let mut targets = Vec::with_capacity(3 * config.pixels_per_picture);
    for _ in 0..config.pixels_per_picture {
        let pixel = random.random_range(0..side * side);
        points.extend([centre(pixel / side), centre(pixel % side)]);
        targets.extend_from_slice(&colours[3 * pixel..][..3]);
    }
    let input = normalise(&crop, side as u32, scale);
    Item { input, features: encode_points(&config.field, &points), targets, ..Item::default() }
}

/// The first of the views that are read is the frame of everything: see [`Camera::seen_from`]. In that frame some
/// objects are mirrored or squeezed, and of some the colours are exchanged.
fn object(
    config: &RunConfig,
    entry: &ObjectEntry,
    &Reading { views, grid, scale }: &Reading,
    foreground_part: f64,
    random: &mut ChaCha8Rng,
) -> Item {
    let all = &entry.views.views;
    let settings = &config.objects;
    let read = rand::seq::index::sample(random, all.len(), views);
    let input: Camera = all[read.index(0)].camera;
    let is_mirrored = random.random_bool(settings.mirrored_part);
    let order = channel_order(settings.recoloured_part, random);
    let placed = |camera: &Camera| {
        let camera = camera.seen_from(&input);
        if is_mirrored { camera.mirrored() } else { camera }
    };
    let may_squeeze = views == 1 && input.intrinsics.is_centred();
    let squeeze = (random.random_bool(settings.squeezed_part) && may_squeeze)
        .then(|| Squeeze::draw(&placed(&input), random));
    let side = config.input_size;
    let mut item = Item::default();
    for index in read {
        let View { picture, camera } = &all[index];
        let picture = picture.on(WHITE);
        let picture = if is_mirrored { picture.mirrored() } else { picture };
        let picture = if let Some(squeeze) = squeeze { squeeze.picture(&picture) } else { picture };
        item.input.extend(normalise(&picture.with_channels(order), side as u32, scale));
        item.patch_rays.extend(patch_rays(&placed(camera), grid));
    }
    let (near, far) = settings.depths;
    let even = sample_depths(near, far, settings.samples_per_ray);
    let jitter = (far - near) / settings.samples_per_ray as f32;
    let mut points = Vec::with_capacity(3 * settings.rays_per_object * settings.samples_per_ray);
    for _ in 0..settings.rays_per_object {
        let View { picture, camera } = &all[pick(all.len(), random)];
        let on_object = random.random_bool(foreground_part);
        let pixel = pixel(picture, on_object, random);
        let (x, y) = ((pixel % picture.width() as usize) as u32, (pixel / picture.width() as usize) as u32);
        let x = if is_mirrored { picture.width() - 1 - x } else { x };
        let ray = placed(camera).pixel_ray(x, y);
        let (origin, direction) = (ray.origin.as_vec3(), ray.direction.as_vec3());
        let depths: Vec<f32> = even.iter().map(|depth| depth + jitter * random.random::<f32>()).collect();
        points.extend(depths.iter().flat_map(|depth| {
            let point = origin + depth * direction;
            squeeze.map_or(point, |squeeze| squeeze.point(point)).to_array()
        }));
        item.spacings.extend(spacings(&depths));
        let rgba = &picture.rgba()[4 * pixel..][..4];
        item.targets
            .extend(order.map(|channel| f32::from(rgba[channel].saturating_add(255 - rgba[3])) / 255.0));
        item.targets.push(opacity(picture, rgba));
    }
    item.features = encode_points(&config.field, &points);
    item
}

/// An object made narrower and lower across the axis of the view that is read. A point stays at its depth and its picture
/// comes nearer to the middle, so that this view is the same picture, narrower and lower.
#[derive(Clone, Copy)]
struct Squeeze {
    /// Of the picture, in pixels.
    width: u32,
    height: u32,
    /// Of the object, in the frame of the view.
    scale: Vec3,
    /// A point of the axis.
    eye: Vec3,
}

impl Squeeze {
    /// As the camera of the view that is read, in its own frame, sees it.
    fn draw(camera: &Camera, random: &mut ChaCha8Rng) -> Self {
        // As much on either side, so that the middle stays.
        let mut squeezed = |side: u32| side - 2 * random.random_range(0..=side / 8);
        let (all_width, all_height) = (camera.intrinsics.width, camera.intrinsics.height);
        let (width, height) = (squeezed(all_width), squeezed(all_height));
        let scale = vec3(width as f32 / all_width as f32, height as f32 / all_height as f32, 1.0);
        Self { width, height, scale, eye: camera.world_from_camera.translation.as_vec3() }
    }

    fn picture(&self, picture: &Picture) -> Picture {
        inset(picture, self.width, self.height, WHITE)
    }

    fn point(&self, point: Vec3) -> Vec3 {
        self.eye + (point - self.eye) * self.scale
    }
}

/// Which channel stands at the place of each, in this part of all draws another order than theirs.
fn channel_order(recoloured_part: f64, random: &mut ChaCha8Rng) -> [usize; 3] {
    const OTHERS: [[usize; 3]; 5] = [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let is_recoloured = random.random_bool(recoloured_part);
    if is_recoloured { OTHERS[pick(OTHERS.len(), random)] } else { [0, 1, 2] }
}

/// How much a pixel hides: its alpha; without any transparency what is not white is taken to hide all.
fn opacity(picture: &Cutout, rgba: &[u8]) -> f32 {
    if picture.is_transparent() {
        return f32::from(rgba[3]) / 255.0;
    }
    if rgba == [255; 4] { 0.0 } else { 1.0 }
}

/// A random pixel, one of the object if that is wanted and found: one that is not clear, or not white where nothing is
/// clear.
fn pixel(picture: &Cutout, on_object: bool, random: &mut ChaCha8Rng) -> usize {
    let rgba = picture.rgba();
    let count = rgba.len() / 4;
    let behind = if picture.is_transparent() { [0; 4] } else { [255; 4] };
    let mut found = random.random_range(0..count);
    for _ in 0..TRIES {
        if !on_object || rgba[4 * found..4 * found + 4] != behind {
            break;
        }
        found = random.random_range(0..count);
    }
    found
}

#[cfg(test)]
#[path = "batch_tests.rs"]
mod tests;
