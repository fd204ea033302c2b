use half::f16;

use crate::media::Picture;

/// Longest side of the source on the device; a larger one is averaged down to it.
const LONGEST_SIDE_PX: u32 = 8192;

/// The source picture as a texture with averaged smaller levels, values sRGB-encoded.
#[derive(Debug)]
pub(super) struct SourceTexture {
    pub(super) view: wgpu::TextureView,
    pub(super) size_px: (u32, u32),
}

/// A level: `[height, width, 3]`.
struct Level {
    width: u32,
    height: u32,
    rgb: Vec<f32>,
}

impl SourceTexture {
    /// Upload a picture.
    pub(super) fn new(device: &wgpu::Device, queue: &wgpu::Queue, picture: &Picture) -> Self {
        let mut level = Level { width: picture.width(), height: picture.height(), rgb: picture.to_f32() };
        let longest = device.limits().max_texture_dimension_2d.min(LONGEST_SIDE_PX);
        while level.width.max(level.height) > longest {
            level = level.halved();
        }
        let (width, height) = (level.width, level.height);
        let num_levels = width.max(height).ilog2() + 1;
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("source"),
            size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            mip_level_count: num_levels,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: wgpu::TextureFormat::Rgba16Float,
            usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        });
        for index in 0..num_levels {
            level.upload(queue, &texture, index);
            if index + 1 < num_levels {
                level = level.halved();
            }
        }
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        Self { view, size_px: (width, height) }
    }
}

impl Level {
    /// Half as wide and high, rounded down, every pixel the mean of the area that it covers.
    fn halved(&self) -> Self {
        let (width, height) = ((self.width / 2).max(1), (self.height / 2).max(1));
        let (across, down) = (areas(self.width, width), areas(self.height, height));
        let mut rgb = Vec::with_capacity(width as usize * height as usize * 3);
        for rows in &down {
            for columns in &across {
                let mut sum = [0.0; 3];
                for &(y, of_row) in rows {
                    for &(x, of_column) in columns {
                        let place = (y as usize * self.width as usize + x as usize) * 3;
                        for (sum, value) in sum.iter_mut().zip(&self.rgb[place..place + 3]) {
                            *sum += of_row * of_column * value;
                        }
                    }
                }
                rgb.extend(sum);
            }
        }
        Self { width, height, rgb }
    }

    fn upload(&self, queue: &wgpu::Queue, texture: &wgpu::Texture, mip_level: u32) {
        let texels: Vec<f16> = self
            .rgb
            .chunks_exact(3)
            .flat_map(|rgb| [f16::from_f32(rgb[0]), f16::from_f32(rgb[1]), f16::from_f32(rgb[2]), f16::ONE])
            .collect();
        queue.write_texture(
            wgpu::TexelCopyTextureInfo { mip_level, ..texture.as_image_copy() },
            bytemuck::cast_slice(&texels),
            wgpu::TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(8 * self.width),
                rows_per_image: None,
            },
            wgpu::Extent3d { width: self.width, height: self.height, depth_or_array_layers: 1 },
        );
    }
}

/// For each of `to` pixels, the pixels of `from` that it covers, with their shares, which sum to 1.
fn areas(from: u32, to: u32) -> Vec<Vec<(u32, f32)>> {
    let ratio = f64::from(from) / f64::from(to);
    let shares = |index: u32| {
        let (start, end) = (f64::from(index) * ratio, f64::from(index + 1) * ratio);
        let last = (end.ceil() as u32).min(from);
        let share = move |pixel: u32| {
            let overlap = end.min(f64::from(pixel) + 1.0) - start.max(f64::from(pixel));
            (pixel, (overlap / ratio) as f32)
        };
        (start as u32..last).map(share).filter(|(_, share)| *share > 0.0).collect()
    };
    (0..to).map(shares).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_keeps_the_mean() {
        let rgb = (0..5 * 3 * 3).map(|value| (value * value % 17) as f32).collect();
        let level = Level { width: 5, height: 3, rgb };
        let half = level.halved();
        assert_eq!((half.width, half.height), (2, 1));
        for channel in 0..3 {
            let mean = |level: &Level| {
                let values: Vec<f32> = level.rgb.iter().skip(channel).step_by(3).copied().collect();
                values.iter().sum::<f32>() / values.len() as f32
            };
            assert!((mean(&level) - mean(&half)).abs() < 1e-4);
        }
    }
}
