use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use glam::dvec2;
use hyperscope::camera::ImageView;
use hyperscope::field::{Architecture, Evaluator, FieldRecord, Region};
use hyperscope::render::{EvaluatorKind, ImageFrame, RenderError};

use super::support::{
    BACKGROUND, CANVAS_TOLERANCE, Stage, assert_close, frame, picture_point, px, random_field, small_field,
};

const KINDS: [EvaluatorKind; 2] = [EvaluatorKind::Cpu, EvaluatorKind::Gpu];

/// What a frame should show of a field, pixel by pixel.
fn expected(record: &FieldRecord, frame: &ImageFrame) -> Vec<f32> {
    let evaluator = Evaluator::new(&record.field);
    let num_pixels = (frame.viewport_px.0 * frame.viewport_px.1) as usize;
    let picture = px(frame.picture_px);
    (0..num_pixels)
        .flat_map(|index| {
            let point = picture_point(frame, index);
            if point.x < 0.0 || point.y < 0.0 || point.x >= picture.x || point.y >= picture.y {
                return BACKGROUND.to_vec();
            }
            let at = ImageView::field_from_picture(point, picture).as_vec2();
            evaluator.evaluate(&[at.x, at.y]).iter().map(|value| value.clamp(0.0, 1.0)).collect()
        })
        .collect()
}

#[test]
fn at_one_to_one_it_is_the_rendered_field() {
    for kind in KINDS {
        let Some(mut stage) = Stage::new(kind) else { return };
        let record = small_field(21);
        let size = (75, 41);
        let frame = frame(size, size, ImageView { center_px: px(size) / 2.0, zoom: 1.0 });
        stage.pass.set_field(Some(Arc::clone(&record)));
        stage.settle(&frame);
        assert_eq!(stage.pass.evaluator(), kind);
        assert_close(&stage.picture(size), &record.render(75, 41, Region::WHOLE), CANVAS_TOLERANCE);
    }
}

#[test]
fn at_a_zoom_of_5000_and_of_65536_every_pixel_is_evaluated_where_it_lies() {
    let architecture = Architecture { hidden: 16, layers: 3, ..Architecture::reference_image() };
    let record = random_field(&architecture, 33);
    for kind in KINDS {
        let Some(mut stage) = Stage::new(kind) else { return };
        stage.pass.set_field(Some(Arc::clone(&record)));
        for (zoom, center) in [(5000.0, dvec2(17.312_345, 9.871_234)), (65_536.0, dvec2(39.9, 0.000_05))] {
            let frame = frame((40, 24), (34, 22), ImageView { center_px: center, zoom });
            stage.settle(&frame);
            let picture = stage.picture(frame.viewport_px);
            assert_close(&picture, &expected(&record, &frame), CANVAS_TOLERANCE);
        }
    }
}

#[test]
fn around_the_picture_there_is_background() {
    let Some(mut stage) = Stage::new(EvaluatorKind::Cpu) else { return };
    let record = small_field(2);
    let frame = frame((40, 24), (97, 83), ImageView { center_px: dvec2(12.3, 20.9), zoom: 1.7 });
    stage.pass.set_field(Some(Arc::clone(&record)));
    stage.settle(&frame);
    let picture = stage.picture(frame.viewport_px);
    assert_close(&picture, &expected(&record, &frame), CANVAS_TOLERANCE);
    assert!(picture.chunks_exact(3).any(|pixel| pixel == BACKGROUND));

    stage.pass.set_field(None);
    assert!(stage.step(&frame, Duration::from_millis(5)).is_exact);
    assert!(stage.picture(frame.viewport_px).chunks_exact(3).all(|pixel| pixel == BACKGROUND));
}

#[test]
fn it_becomes_exact_and_then_nothing_is_done() {
    for kind in KINDS {
        let Some(mut stage) = Stage::new(kind) else { return };
        stage.pass.set_field(Some(small_field(3)));
        let frame = frame((40, 24), (150, 130), ImageView::fit(dvec2(40.0, 24.0), dvec2(150.0, 130.0)));
        stage.settle(&frame);
        std::thread::sleep(Duration::from_millis(50));
        let wakes = stage.wakes.load(Ordering::SeqCst);
        let start = Instant::now();
        for _ in 0..20 {
            let state = stage.step(&frame, Duration::from_secs(1));
            assert!(state.is_exact && !state.needs_repaint, "{state:?}");
        }
        assert!(start.elapsed() < Duration::from_millis(200), "idle frames took {:?}", start.elapsed());
        assert_eq!(stage.wakes.load(Ordering::SeqCst), wakes, "woken with nothing new");
    }
}

/// While the view moves, the exact picture of a moment ago is seen, shifted; never background.
#[test]
fn the_previous_picture_stands_in_while_the_view_moves() {
    for kind in KINDS {
        let Some(mut stage) = Stage::new(kind) else { return };
        let record = small_field(4);
        stage.pass.set_field(Some(Arc::clone(&record)));
        let rest = frame((400, 240), (96, 64), ImageView { center_px: dvec2(200.0, 120.0), zoom: 1.0 });
        stage.settle(&rest);
        let moved = ImageFrame { view: rest.view.panned(dvec2(9.0, -5.0)), is_moving: true, ..rest };
        stage.step(&moved, Duration::ZERO);
        let (picture, expected) = (stage.picture(moved.viewport_px), expected(&record, &moved));
        // What the old view had: 9 columns at the left and 5 rows at the bottom are new.
        for y in 0..64 - 5 {
            let row = |all: &[f32]| all[(y * 96 + 9) * 3..(y + 1) * 96 * 3].to_vec();
            assert_close(&row(&picture), &row(&expected), CANVAS_TOLERANCE);
        }
        assert!(picture.chunks_exact(3).all(|pixel| pixel != BACKGROUND), "background shows through");
        // Still moving: it is coarse, and waits.
        let start = Instant::now();
        while stage.step(&moved, Duration::from_millis(20)).fraction < 1.0 / 64.0 {
            assert!(start.elapsed() < Duration::from_mins(1));
        }
        let state = stage.step(&moved, Duration::from_millis(20));
        assert!(!state.is_exact && !state.needs_repaint && state.fraction < 0.1, "{state:?}");
        let still = ImageFrame { is_moving: false, ..moved };
        stage.settle(&still);
        assert_close(&stage.picture(still.viewport_px), &expected, CANVAS_TOLERANCE);
    }
}

/// A view that never rests still shows something of itself.
#[test]
fn endless_movement_does_not_starve_the_picture() {
    let Some(mut stage) = Stage::new(EvaluatorKind::Cpu) else { return };
    stage.pass.set_field(Some(random_field(&Architecture::live_image(), 6)));
    let view = |tick: u32| ImageView { center_px: dvec2(200.0 + f64::from(tick) * 3.0, 500.0), zoom: 1.0 };
    let moving = |tick| ImageFrame { is_moving: true, ..frame((4000, 1000), (200, 150), view(tick)) };
    for tick in 0..200 {
        stage.step(&moving(tick), Duration::from_millis(4));
        std::thread::sleep(Duration::from_millis(3));
    }
    let picture = stage.picture((200, 150));
    let num_empty = picture.chunks_exact(3).filter(|pixel| *pixel == BACKGROUND).count();
    assert!(num_empty < 200 * 150 / 4, "{num_empty} pixels are empty");
}

#[test]
fn a_new_field_replaces_the_old_one_and_an_old_one_stays_until_then() {
    for kind in KINDS {
        let Some(mut stage) = Stage::new(kind) else { return };
        let (first, second) = (small_field(8), small_field(9));
        let frame = frame((40, 24), (80, 48), ImageView { center_px: dvec2(20.0, 12.0), zoom: 2.0 });
        stage.pass.set_field(Some(Arc::clone(&first)));
        stage.settle(&frame);
        stage.pass.set_field(Some(Arc::clone(&second)));
        stage.step(&frame, Duration::ZERO);
        assert!(stage.picture((80, 48)).chunks_exact(3).all(|pixel| pixel != BACKGROUND));
        stage.settle(&frame);
        assert_close(&stage.picture((80, 48)), &expected(&second, &frame), CANVAS_TOLERANCE);
    }
}

#[test]
fn a_field_too_wide_for_the_device_is_evaluated_by_the_cpu() {
    let Some(mut stage) = Stage::new(EvaluatorKind::Gpu) else { return };
    let wide = random_field(&Architecture { hidden: 2048, layers: 2, ..Architecture::siren_image() }, 1);
    let frame = frame((40, 24), (40, 24), ImageView { center_px: dvec2(20.0, 12.0), zoom: 1.0 });
    stage.pass.set_field(Some(Arc::clone(&wide)));
    let state = stage.pass.frame(&stage.device, &stage.queue, &frame, Duration::from_millis(5));
    assert!(!state.is_exact && state.needs_repaint);
    assert!(matches!(stage.pass.take_error(), Some(RenderError::FieldTooLarge(_))));
    assert_eq!(stage.pass.evaluator(), EvaluatorKind::Cpu);
    stage.settle(&frame);
    assert_close(&stage.picture((40, 24)), &wide.render(40, 24, Region::WHOLE), CANVAS_TOLERANCE);

    stage.pass.set_field(Some(small_field(1)));
    assert_eq!(stage.pass.evaluator(), EvaluatorKind::Gpu);
    stage.settle(&frame);
}

#[test]
fn a_field_of_something_else_is_refused() {
    let Some(mut stage) = Stage::new(EvaluatorKind::Cpu) else { return };
    let architecture = Architecture { inputs: 3, outputs: 4, ..Architecture::live_image() };
    stage.pass.set_field(Some(random_field(&architecture, 1)));
    assert!(matches!(stage.pass.take_error(), Some(RenderError::NotAnImage { inputs: 3, outputs: 4 })));
}

#[test]
fn an_srgb_target_gets_linear_values() {
    let record = small_field(5);
    let size = (40, 24);
    let frame = frame(size, size, ImageView { center_px: px(size) / 2.0, zoom: 1.0 });
    let formats = [wgpu::TextureFormat::Rgba8Unorm, wgpu::TextureFormat::Rgba8UnormSrgb];
    for format in formats {
        let Some(mut stage) = Stage::with_format(EvaluatorKind::Cpu, format) else { return };
        stage.pass.set_field(Some(Arc::clone(&record)));
        stage.settle(&frame);
        // The bytes are the same: one target encodes what the other was given encoded.
        assert_close(&stage.picture(size), &record.render(40, 24, Region::WHOLE), 1.01 / 255.0);
    }
}

/// Zooming far out, before anything of the new view is evaluated, shows the overview and not background.
#[test]
fn the_overview_stands_in_where_no_canvas_has_been() {
    for kind in KINDS {
        let Some(mut stage) = Stage::new(kind) else { return };
        let record = small_field(15);
        stage.pass.set_field(Some(Arc::clone(&record)));
        let size = (96, 64);
        let near = frame((400, 240), size, ImageView { center_px: dvec2(300.0, 60.0), zoom: 40.0 });
        stage.settle(&near);
        let view = ImageView::fit(dvec2(400.0, 240.0), px(size));
        let far = ImageFrame { view, is_moving: true, ..near };
        // Longer than nothing, shorter than any evaluation: what is seen is what was there.
        stage.step(&far, Duration::ZERO);
        let (picture, expected) = (stage.picture(size), expected(&record, &far));
        let mut sum = 0.0;
        for (found, expected) in picture.chunks_exact(3).zip(expected.chunks_exact(3)) {
            assert_eq!(found == BACKGROUND, expected == BACKGROUND);
            sum += (found[0] - expected[0]).abs();
        }
        assert!(sum / ((96 * 64) as f32) < 0.1, "the overview is of something else: {sum}");
    }
}
