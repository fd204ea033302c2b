use hyperscope::dataset::ObjectFolder;
use hyperscope::dataset::Split;
use safetensors::SafeTensors;

use crate::common::golden;

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
                    let expected = rays.next().unwrap();
                    let gap = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
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
