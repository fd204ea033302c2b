use std::path::Path;

use glam::{DAffine3, DVec2, DVec3};
use hyperscope::camera::{Camera, Intrinsics};
use hyperscope::dataset::{ObjectFolder, Split, ViewSet};
use hyperscope::media::png_rgba8_bytes;
use safetensors::SafeTensors;
use serde_json::{Value, json};

use crate::common::golden;
use crate::write;

fn numbers(file: &SafeTensors, name: &str) -> Vec<f64> {
    let data = file.tensor(name).unwrap();
    data.data().as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()
}

/// Rays of every pixel and premultiplied colours, of Blender's, nerfstudio's and ShapeNet-SRN's folders.
#[test]
fn posed_views_are_read_as_numpy_reads_them() {
    let folder = ObjectFolder::scan(&golden("views")).unwrap();
    assert!(folder.rejected.is_empty(), "{:?}", folder.rejected);
    let bytes = std::fs::read(golden("views.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let names: Vec<&str> = folder.objects(Split::All).map(|object| object.relative.as_str()).collect();
    assert_eq!(names, ["blender", "nerfstudio", "srn"]);
    for object in folder.objects(Split::All) {
        let rays = numbers(&file, &format!("{}.rays", object.relative));
        let pictures = numbers(&file, &format!("{}.pictures", object.relative));
        assert_eq!(object.views.views.len(), 3);
        // The scene is scaled, so that the cameras stand at 4 in the mean.
        let distance = |view: &[f64]| view[..3].iter().map(|value| value * value).sum::<f64>().sqrt();
        let scale = 12.0 / rays.chunks_exact(6 * 4 * 6).map(distance).sum::<f64>();
        let depths = if object.relative == "srn" { [0.8 * scale, 1.8 * scale] } else { [2.0, 6.0] };
        let gap = [object.views.near - depths[0], object.views.far - depths[1]];
        assert!((scale - 1.0).abs() > 0.01 && gap.iter().all(|gap| gap.abs() < 1e-9), "{scale}, {gap:?}");
        let mut rays = rays.chunks_exact(6);
        for (view, picture) in object.views.views.iter().zip(pictures.chunks_exact(6 * 4 * 4)) {
            assert_eq!((view.picture.width(), view.picture.height()), (6, 4));
            for (found, expected) in view.picture.rgba().iter().zip(picture) {
                assert!((f64::from(*found) / 255.0 - expected).abs() <= 0.51 / 255.0, "{}", object.relative);
            }
            for y in 0..4 {
                for x in 0..6 {
                    let ray = view.camera.pixel_ray(x, y);
                    let found = [ray.origin.to_array(), ray.direction.to_array()].concat();
                    let [x0, y0, z0, direction @ ..] = rays.next().unwrap() else { panic!("six numbers") };
                    let place = [x0, y0, z0].map(|at| at * scale);
                    let expected = [place.to_vec(), direction.to_vec()].concat();
                    let gap = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                    assert!(gap < 1e-6, "{}: {found:?}, not {expected:?}", object.relative);
                    let mirrored = view.camera.mirrored().pixel_ray(5 - x, y);
                    let turned = [mirrored.origin, mirrored.direction].map(|at| [-at.x, at.y, at.z]);
                    assert!(
                        turned.concat().iter().zip(&found).all(|(a, b)| (a - b).abs() < 1e-9),
                        "mirrored"
                    );
                    let (px, depth) = view.camera.project(ray.origin + ray.direction * 2.5);
                    assert!((depth - 2.5).abs() < 1e-9 && (px.x - f64::from(x) - 0.5).abs() < 1e-9);
                }
            }
        }
    }
}

/// Cameras at this distance around the origin, of pictures without a pixel that is seen.
fn circle(folder: &Path, distance: f64, depths: &Value) -> (Vec<Camera>, ViewSet) {
    write(&folder.join("clear.png"), &png_rgba8_bytes(8, 8, &[0; 256]).unwrap());
    let camera = |view: u32| Camera::around(0.3, f64::from(view), distance, Intrinsics::square(8, 1.5));
    let cameras: Vec<Camera> = (0..5).map(camera).collect();
    let row = |pose: &DAffine3, row: usize| {
        let at = pose.translation;
        let axis = pose.matrix3.row(row);
        [axis.x, axis.y, axis.z, at[row]]
    };
    let frame = |camera: &Camera| {
        let rows = [0, 1, 2].map(|index| row(&camera.world_from_camera, index));
        json!({"file_path": "clear", "transform_matrix": rows})
    };
    let frames: Vec<Value> = cameras.iter().map(frame).collect();
    let mut document = json!({"fl_x": 12.0, "seed": "of another program", "near": depths[0], "far": depths[1], "frames": frames});
    document.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    write(&folder.join("transforms.json"), document.to_string().as_bytes());
    (cameras, ViewSet::read(folder).unwrap())
}

/// From wherever an object was seen, its first view is the canonical one; what was seen from there already stays as it is,
/// bit for bit.
#[test]
fn scenes_of_any_size_are_seen_from_the_canonical_distance() {
    let folder = tempfile::tempdir().unwrap();
    let canonical = Camera::canonical(Intrinsics::square(8, 1.5)).world_from_camera;
    for (distance, said, depths) in [
        (1.3, json!([0.8, 1.8]), (3.2 / 1.3, 7.2 / 1.3)),
        (250.0, json!([null, null]), (2.0, 6.0)),
        (0.01, json!([0.005, null]), (2.0, 6.0)),
    ] {
        let (cameras, set) = circle(folder.path(), distance, &said);
        assert!((set.near - depths.0).abs() < 1e-12 && (set.far - depths.1).abs() < 1e-12, "{set:?}");
        let first = &set.from_first(5)[0].1;
        assert!(first.world_from_camera.abs_diff_eq(canonical, 1e-12), "{first:?}");
        for (view, own) in set.views.iter().zip(&cameras) {
            assert!((view.camera.world_from_camera.translation.length() - 4.0).abs() < 1e-12);
            assert!(view.camera.world_from_camera.matrix3.abs_diff_eq(own.world_from_camera.matrix3, 1e-12));
        }
    }
    for distance in [3.97, 4.0, 4.0311] {
        let (cameras, set) = circle(folder.path(), distance, &json!([3.5, 4.5]));
        assert!(set.views.iter().zip(&cameras).all(|(view, own)| {
            view.camera.world_from_camera.translation == own.world_from_camera.translation
        }));
        assert_eq!((set.near, set.far), (3.5, 4.5));
        assert!(
            set.reaches(3.0, 5.0)
                && set.reaches(4.4, 9.0)
                && !set.reaches(4.5, 9.0)
                && !set.reaches(1.0, 3.5)
        );
    }
}

/// A large view is reduced, and what is seen of it stays where it is: the middle of a half transparent rectangle, and the
/// ray through it, whether the lens is said for the file's own size or for another one.
#[test]
fn large_views_are_reduced_with_their_lenses() {
    let folder = tempfile::tempdir().unwrap();
    let (width, height) = (1_200, 800);
    let is_inside = |x: u32, y: u32| (300..630).contains(&x) && (200..410).contains(&y);
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let rgba: Vec<u8> =
        pixels.flat_map(|(x, y)| if is_inside(x, y) { [200, 100, 0, 128] } else { [0; 4] }).collect();
    write(&folder.path().join("a.png"), &png_rgba8_bytes(width, height, &rgba).unwrap());
    let pose = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 4.0]];
    for (factor, says_size) in [(1.0, false), (0.5, true)] {
        let lens = [900.0, 850.0, 580.0, 420.0].map(|px| px * factor);
        let mut document = json!({"fl_x": lens[0], "fl_y": lens[1], "cx": lens[2], "cy": lens[3],
            "frames": [{"file_path": "a.png", "transform_matrix": pose}]});
        if says_size {
            document["w"] = json!(f64::from(width) * factor);
            document["h"] = json!(f64::from(height) * factor);
        }
        write(&folder.path().join("transforms.json"), document.to_string().as_bytes());
        let view = &ViewSet::read(folder.path()).unwrap().views[0];
        assert_eq!((view.picture.width(), view.picture.height()), (512, 341));
        let at = |index: usize| DVec2::new((index % 512) as f64 + 0.5, (index / 512) as f64 + 0.5);
        let alphas = view.picture.rgba().chunks_exact(4).map(|pixel| f64::from(pixel[3]) / 255.0);
        let (sum, moment) = alphas.enumerate().fold((0.0, DVec2::ZERO), |(sum, moment), (index, alpha)| {
            (sum + alpha, moment + at(index) * alpha)
        });
        let scale = DVec2::new(512.0 / 1_200.0, 341.0 / 800.0);
        let expected = 330.0 * 210.0 * 128.0 / 255.0 * scale.x * scale.y;
        assert!((sum / expected - 1.0).abs() < 2e-3, "{sum}, not {expected}");
        assert!((moment / sum).abs_diff_eq(DVec2::new(465.0, 305.0) * scale, 0.02), "{}", moment / sum);
        let ray = view.camera.ray(moment / sum).direction;
        let own = DVec3::new((465.0 - 580.0) / 900.0, -(305.0 - 420.0) / 850.0, -1.0);
        assert!(ray.abs_diff_eq(own, 1e-4), "{ray}, not {own}");
        let middle = &view.picture.rgba()[4 * (130 * 512 + 198)..][..4];
        assert_eq!(middle, [100, 50, 0, 128]);
    }
}
