use std::sync::Arc;

use glam::{DVec2, IVec2, dvec2};
use hyperscope::camera::ImageView;
use hyperscope::field::Region;
use hyperscope::media::Picture;
use hyperscope::render::{EvaluatorKind, ImageFrame, ViewMode, error_color};

use super::support::{BACKGROUND, Numbers, Stage, assert_close, frame, picture_point, px, small_field};

/// Of the source, which the device holds in half floats.
const SOURCE_TOLERANCE: f32 = 3e-4;

fn noise((width, height): (u32, u32)) -> Arc<Picture> {
    let mut numbers = Numbers(17);
    let values: Vec<f32> = (0..width * height * 3).map(|_| numbers.next() * 0.5 + 0.5).collect();
    Arc::new(Picture::from_f32(width, height, &values).unwrap())
}

fn texel(picture: &Picture, at: IVec2) -> [f32; 3] {
    let size = IVec2::new(picture.width() as i32, picture.height() as i32);
    let at = at.clamp(IVec2::ZERO, size - 1);
    let place = (at.y * size.x + at.x) as usize * 3;
    std::array::from_fn(|channel| f32::from(picture.rgb()[place + channel]) / 65535.0)
}

fn catmull_rom(t: f64) -> [f64; 4] {
    let kernel = |x: f64| match x.abs() {
        x if x < 1.0 => 1.5 * x.powi(3) - 2.5 * x.powi(2) + 1.0,
        x if x < 2.0 => -0.5 * x.powi(3) + 2.5 * x.powi(2) - 4.0 * x + 2.0,
        _ => 0.0,
    };
    [kernel(1.0 + t), kernel(t), kernel(1.0 - t), kernel(2.0 - t)]
}

fn bicubic(picture: &Picture, point: DVec2) -> [f32; 3] {
    let place = point - 0.5;
    let (across, down) = (catmull_rom(place.x - place.x.floor()), catmull_rom(place.y - place.y.floor()));
    let corner = place.floor().as_ivec2() - 1;
    std::array::from_fn(|channel| {
        let mut sum = 0.0;
        for (j, of_row) in (0..).zip(down) {
            for (i, of_column) in (0..).zip(across) {
                sum += of_row * of_column * f64::from(texel(picture, corner + IVec2::new(i, j))[channel]);
            }
        }
        sum.clamp(0.0, 1.0) as f32
    })
}

/// Each viewport pixel by a function of its picture point, background outside.
fn by_point(frame: &ImageFrame, color: impl Fn(DVec2) -> [f32; 3]) -> Vec<f32> {
    let size = px(frame.picture_px);
    let color = |index| {
        let point = picture_point(frame, index);
        let is_inside = point.cmpge(DVec2::ZERO).all() && point.cmplt(size).all();
        if is_inside { color(point) } else { BACKGROUND }
    };
    (0..(frame.viewport_px.0 * frame.viewport_px.1) as usize).flat_map(color).collect()
}

#[test]
fn nearest_and_bicubic_are_the_closed_forms_at_any_zoom() {
    let Some(mut stage) = Stage::new(EvaluatorKind::Cpu) else { return };
    let source = noise((40, 24));
    stage.pass.set_source(Some(Arc::clone(&source)));
    for (zoom, center) in
        [(1.0, dvec2(20.0, 12.0)), (3.3, dvec2(3.1, 5.7)), (65_536.0, dvec2(39.0, 13.000_1))]
    {
        let base = frame((40, 24), (61, 47), ImageView { center_px: center, zoom });
        for mode in [ViewMode::Nearest, ViewMode::Source] {
            let frame = ImageFrame { mode, ..base };
            assert_eq!(stage.settle(&frame), 1, "the source needs no evaluation");
            let expected = by_point(&frame, |point| texel(&source, point.floor().as_ivec2()));
            assert_close(&stage.picture(frame.viewport_px), &expected, SOURCE_TOLERANCE);
        }
        let frame = ImageFrame { mode: ViewMode::Bicubic, ..base };
        stage.settle(&frame);
        let expected = by_point(&frame, |point| bicubic(&source, point));
        assert_close(&stage.picture(frame.viewport_px), &expected, 6e-4);
    }
}

#[test]
fn a_source_of_another_size_covers_the_same_picture() {
    let Some(mut stage) = Stage::new(EvaluatorKind::Cpu) else { return };
    let source = noise((80, 36));
    stage.pass.set_source(Some(Arc::clone(&source)));
    let mode = ViewMode::Nearest;
    let frame = ImageFrame {
        mode,
        ..frame((40, 24), (50, 50), ImageView { center_px: dvec2(11.0, 9.0), zoom: 4.1 })
    };
    stage.settle(&frame);
    let expected = by_point(&frame, |point| texel(&source, (point * dvec2(2.0, 1.5)).floor().as_ivec2()));
    assert_close(&stage.picture(frame.viewport_px), &expected, SOURCE_TOLERANCE);
}

#[test]
fn a_source_made_smaller_is_averaged() {
    let Some(mut stage) = Stage::new(EvaluatorKind::Cpu) else { return };
    let source = noise((64, 64));
    stage.pass.set_source(Some(Arc::clone(&source)));
    let view = ImageView { center_px: dvec2(32.0, 32.0), zoom: 0.25 };
    let frame = ImageFrame { mode: ViewMode::Source, ..frame((64, 64), (16, 16), view) };
    stage.settle(&frame);
    let expected = by_point(&frame, |point| {
        let corner = (point - 2.0).round().as_ivec2();
        std::array::from_fn(|channel| {
            let texels =
                (0..16).map(|index| texel(&source, corner + IVec2::new(index % 4, index / 4))[channel]);
            texels.sum::<f32>() / 16.0
        })
    });
    assert_close(&stage.picture((16, 16)), &expected, 2e-3);
}

#[test]
fn the_split_has_the_source_to_its_left() {
    let Some(mut stage) = Stage::new(EvaluatorKind::Cpu) else { return };
    let (record, source) = (small_field(12), noise((40, 24)));
    stage.pass.set_field(Some(Arc::clone(&record)));
    stage.pass.set_source(Some(Arc::clone(&source)));
    let view = ImageView { center_px: dvec2(20.0, 12.0), zoom: 1.0 };
    let frame = ImageFrame { mode: ViewMode::Split, split: 0.25, ..frame((40, 24), (40, 24), view) };
    stage.settle(&frame);
    let picture = stage.picture((40, 24));
    let field = record.render(40, 24, Region::WHOLE);
    for (index, pixel) in picture.chunks_exact(3).enumerate() {
        match index % 40 {
            0..9 => {
                assert_close(pixel, &texel(&source, IVec2::new(index as i32 % 40, index as i32 / 40)), 3e-4);
            }
            9 | 10 => assert_close(pixel, &[0.96; 3], 1e-6),
            _ => assert_close(pixel, &field[index * 3..][..3], 6e-4),
        }
    }
}

#[test]
fn the_error_view_has_the_colours_of_the_legend() {
    let Some(mut stage) = Stage::with_format(EvaluatorKind::Cpu, wgpu::TextureFormat::Rgba8Unorm) else {
        return;
    };
    let (record, source) = (small_field(13), noise((40, 24)));
    stage.pass.set_field(Some(Arc::clone(&record)));
    stage.pass.set_source(Some(Arc::clone(&source)));
    let view = ImageView { center_px: dvec2(20.0, 12.0), zoom: 1.0 };
    let frame = ImageFrame { mode: ViewMode::Error, error_scale: 2.5, ..frame((40, 24), (40, 24), view) };
    stage.settle(&frame);
    let field = record.render(40, 24, Region::WHOLE);
    let expected: Vec<f32> = field
        .chunks_exact(3)
        .zip(source.to_f32().chunks_exact(3))
        .flat_map(|(field, source)| {
            let error: f32 = field.iter().zip(source).map(|(a, b)| (a - b).abs()).sum::<f32>() / 3.0;
            error_color(error * 2.5).map(|value| f32::from(value) / 255.0)
        })
        .collect();
    assert_close(&stage.picture((40, 24)), &expected, 2.01 / 255.0);
}

#[test]
fn without_a_source_the_field_is_shown() {
    let Some(mut stage) = Stage::new(EvaluatorKind::Cpu) else { return };
    let record = small_field(14);
    stage.pass.set_field(Some(Arc::clone(&record)));
    let view = ImageView { center_px: dvec2(20.0, 12.0), zoom: 1.0 };
    let frame = ImageFrame { mode: ViewMode::Error, ..frame((40, 24), (40, 24), view) };
    stage.settle(&frame);
    assert_close(&stage.picture((40, 24)), &record.render(40, 24, Region::WHOLE), 6e-4);
}
