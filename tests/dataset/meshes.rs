use std::collections::BTreeSet;
use std::path::Path;

use glam::{DVec2, DVec3};
use hyperscope::camera::Camera;
use hyperscope::dataset::{MeshFolder, ObjectFolder, RenderConfig, Rendered, Split, Subject, mesh_size};
use hyperscope::media::png_rgba8_bytes;
use serde_json::json;

use crate::forge::{cuboid, glb};
use crate::write;

const CONFIG: RenderConfig = RenderConfig { views: 5, side_px: 64, seed: 3 };

/// Render the files of a folder; what became of each.
fn render(meshes: &Path, out: &Path) -> Vec<(String, Rendered)> {
    let folder = MeshFolder::scan(meshes).unwrap();
    let each = |subject: &Subject| (subject.relative(), folder.render(subject, out, &CONFIG).unwrap());
    folder.subjects(0).iter().map(each).collect()
}

/// Corners of the outline of some points, in order, by gift wrapping.
fn hull(points: &[DVec2]) -> Vec<DVec2> {
    let mut outline = vec![*points.iter().min_by(|a, b| a.x.total_cmp(&b.x)).unwrap()];
    loop {
        let last = *outline.last().unwrap();
        let others = points.iter().copied().filter(|point| *point != last);
        let next = others
            .reduce(|best, point| if (best - last).perp_dot(point - last) > 0.0 { point } else { best })
            .unwrap();
        if next == outline[0] {
            return outline;
        }
        outline.push(next);
    }
}

/// How far inside an outline a point lies, negative outside, in pixels.
fn depth_inside(outline: &[DVec2], at: DVec2) -> f64 {
    let edges = outline.iter().zip(outline.iter().cycle().skip(1));
    edges.map(|(a, b)| -(*b - *a).normalize().perp_dot(at - *a)).fold(f64::INFINITY, f64::min)
}

fn area(outline: &[DVec2]) -> f64 {
    let edges = outline.iter().zip(outline.iter().cycle().skip(1));
    edges.map(|(a, b)| a.perp_dot(*b)).sum::<f64>().abs() / 2.0
}

/// A box of 3:2:1, off the origin and of any size, is moved into the unit ball; its outline is the hull of its
/// projected corners.
#[test]
fn a_box_has_its_exact_outline_and_color() {
    let folder = tempfile::tempdir().unwrap();
    let (meshes, out) = (folder.path().join("meshes/boxes"), folder.path().join("out"));
    std::fs::create_dir_all(&meshes).unwrap();
    let (document, binary) = cuboid([30.0, 20.0, 10.0], [100.0, -5.0, 7.0], [0.5, 0.0, 0.25, 1.0]);
    write(&meshes.join("long.glb"), &glb(&document, binary));
    let meshes = folder.path().join("meshes");
    let size = mesh_size(&std::fs::read(meshes.join("boxes/long.glb")).unwrap()).unwrap();
    assert_eq!((size.triangles, size.extent), (12, [60.0, 40.0, 20.0]));
    assert!(matches!(render(&meshes, &out)[..], [(_, Rendered::Done)]));
    assert!(matches!(render(&meshes, &out)[..], [(_, Rendered::Present)]));
    let objects = ObjectFolder::scan(&out).unwrap();
    let object = objects.objects(Split::All).next().unwrap();
    assert_eq!((object.relative.as_str(), object.class()), ("boxes/long", "boxes"));
    assert_eq!(object.views.views.len(), 5);
    let radius = 1_400f64.sqrt();
    for view in &object.views.views {
        let Camera { world_from_camera, .. } = view.camera;
        assert!((world_from_camera.translation.length() - 4.0).abs() < 1e-9);
        let elevation = (world_from_camera.translation.z / 4.0).asin().to_degrees();
        assert!((-5.0..=60.0).contains(&elevation), "{elevation}");
        // y up in the file is z up in the world.
        let corners = (0..8).map(|corner: usize| {
            let side = |axis: usize| if corner >> axis & 1 == 1 { 1.0 } else { -1.0 };
            let at = DVec3::new(30.0 * side(0), -10.0 * side(2), 20.0 * side(1)) / radius;
            view.camera.project(at).0
        });
        let outline = hull(&corners.collect::<Vec<_>>());
        let mut covered = 0.0;
        for (index, pixel) in view.picture.rgba().chunks_exact(4).enumerate() {
            let middle = DVec2::new((index % 64) as f64 + 0.5, (index / 64) as f64 + 0.5);
            let inside = depth_inside(&outline, middle);
            covered += f64::from(pixel[3]) / 255.0;
            assert!(inside < 0.75 || pixel[3] == 255, "{inside} px inside, alpha {}", pixel[3]);
            assert!(inside > -0.75 || pixel[3] == 0, "{inside} px outside, alpha {}", pixel[3]);
            if pixel[3] == 255 {
                // Light scales the linear colour: no green, and half as much blue as red.
                let linear = |value: u8| hyperscope::media::linear_from_srgb(f32::from(value) / 255.0);
                assert_eq!(pixel[1], 0);
                assert!((linear(pixel[0]) - 2.0 * linear(pixel[2])).abs() < 0.01, "{pixel:?}");
                assert!(pixel[0] > 100, "{pixel:?}");
            }
        }
        assert!((covered / area(&outline) - 1.0).abs() < 0.01, "{covered} and {}", area(&outline));
    }
}

/// What is half transparent is half there, wherever it is seen through to nothing.
#[test]
fn alpha_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (mut document, binary) = cuboid([1.0, 1.0, 0.0], [0.0; 3], [1.0, 1.0, 1.0, 0.5]);
    document["materials"][0]["alphaMode"] = json!("BLEND");
    // One face of a box without depth: two triangles.
    document["accessors"][1]["count"] = json!(6);
    write(&folder.path().join("glass.glb"), &glb(&document, binary));
    let out = folder.path().join("out");
    assert!(matches!(render(folder.path(), &out)[..], [(_, Rendered::Done)]));
    let objects = ObjectFolder::scan(&out).unwrap();
    let object = objects.objects(Split::All).next().unwrap();
    let alphas: Vec<u8> = object
        .views
        .views
        .iter()
        .flat_map(|view| view.picture.rgba().chunks_exact(4).map(|p| p[3]))
        .collect();
    let covered: u32 = alphas.iter().map(|alpha| u32::from(*alpha == 128)).sum();
    assert!(covered > 100 && alphas.iter().all(|alpha| *alpha <= 128), "{covered}");
}

/// Of an opaque surface the texture's alpha is not looked at, not even where it is nothing.
#[test]
fn an_opaque_surface_shows_what_its_texture_hides() {
    let folder = tempfile::tempdir().unwrap();
    let (mut document, mut binary) = cuboid([1.0; 3], [0.0; 3], [1.0; 4]);
    let hidden = png_rgba8_bytes(1, 1, &[255, 0, 0, 0]).unwrap();
    let view = json!({"buffer": 0, "byteOffset": binary.len(), "byteLength": hidden.len()});
    binary.extend(hidden);
    document["buffers"][0]["byteLength"] = json!(binary.len());
    document["bufferViews"].as_array_mut().unwrap().push(view);
    document["images"] = json!([{"bufferView": 2, "mimeType": "image/png"}]);
    document["textures"] = json!([{"source": 0}]);
    document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"] = json!({"index": 0});
    write(&folder.path().join("red.glb"), &glb(&document, binary));
    let out = folder.path().join("out");
    assert!(matches!(render(folder.path(), &out)[..], [(_, Rendered::Done)]));
    let objects = ObjectFolder::scan(&out).unwrap();
    let view = &objects.objects(Split::All).next().unwrap().views.views[0];
    let middle = &view.picture.rgba()[4 * (32 * 64 + 32)..][..4];
    assert!(middle[0] > 100 && middle[1..] == [0, 0, 255], "{middle:?}");
}

/// Each is left out with its reason, and nothing of it is written.
#[test]
fn broken_and_bent_meshes_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let whole = || cuboid([1.0; 3], [0.0; 3], [1.0; 4]);
    let changed = |pointer: &str, value: serde_json::Value| {
        let (mut document, binary) = whole();
        *document.pointer_mut(pointer).unwrap() = value;
        glb(&document, binary)
    };
    let (document, mut binary) = whole();
    binary[0..4].copy_from_slice(&f32::NAN.to_le_bytes());
    let not_a_number = glb(&document, binary);
    let (mut document, binary) = whole();
    document["skins"] = json!([{"joints": [0]}]);
    let bent = glb(&document, binary);
    let (document, mut binary) = whole();
    binary[96..98].copy_from_slice(&900u16.to_le_bytes());
    let beyond = glb(&document, binary);
    let good = {
        let (document, binary) = whole();
        glb(&document, binary)
    };
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("bent", bent, "joints"),
        ("beyond", beyond, "a corner that is not there"),
        ("count", changed("/accessors/0/count", json!(4_000_000_000u64)), ""),
        (
            "colors",
            {
                let (mut document, binary) = whole();
                document["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"] = json!(1);
                glb(&document, binary)
            },
            "",
        ),
        ("cut", good[..good.len() / 2].to_vec(), ""),
        ("cycle", changed("/nodes/0", json!({"mesh": 0, "children": [0]})), "contain each other"),
        (
            "elsewhere",
            changed("/buffers/0", json!({"byteLength": 168, "uri": "../x.bin"})),
            "in another file",
        ),
        ("empty", Vec::new(), ""),
        ("emptyindices", changed("/bufferViews/1/byteOffset", json!(160)), "ends early"),
        ("ends", changed("/bufferViews/0/byteOffset", json!(160)), "ends early"),
        ("floatindices", changed("/accessors/1/componentType", json!(5126)), ""),
        ("nan", not_a_number, "lies nowhere"),
        (
            "nosource",
            {
                let (mut document, binary) = whole();
                document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"] = json!({"index": 0});
                document["textures"] = json!([{"source": 0}]);
                document["images"] = json!([{"bufferView": 0}]);
                glb(&document, binary)
            },
            "",
        ),
        ("nothing", changed("/scenes/0/nodes", json!([])), "no triangle"),
        (
            "point",
            {
                let (d, b) = cuboid([0.0; 3], [0.0; 3], [1.0; 4]);
                glb(&d, b)
            },
            "no size",
        ),
    ];
    let mut cases = cases;
    cases.sort_by_key(|(name, ..)| *name);
    for (name, bytes, _) in &cases {
        write(&folder.path().join(format!("{name}.glb")), bytes);
    }
    let out = tempfile::tempdir().unwrap();
    let outcomes = render(folder.path(), out.path());
    assert_eq!(outcomes.len(), cases.len());
    for ((file, outcome), (name, _, reason)) in outcomes.iter().zip(&cases) {
        assert_eq!(file, name);
        let Rendered::Skipped(err) = outcome else { panic!("{name} was rendered") };
        assert!(err.to_string().contains(reason), "{name}: {err}");
    }
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 0);
}

/// A variant is another object, of those alone that are learned from, and stays with what it was made of.
#[test]
fn variants_are_made_of_what_is_learned_from_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("kit")).unwrap();
    for index in 0..30 {
        let (document, binary) = cuboid([3.0, 2.0, 1.0], [0.0; 3], [0.5, 0.0, 0.25, 1.0]);
        write(&folder.path().join(format!("kit/{index:02}.glb")), &glb(&document, binary));
    }
    let meshes = MeshFolder::scan(folder.path()).unwrap();
    let out = tempfile::tempdir().unwrap();
    let config = RenderConfig { views: 2, side_px: 16, ..CONFIG };
    let render = |variants: usize| {
        for subject in meshes.subjects(variants) {
            meshes.render(&subject, out.path(), &config).unwrap();
        }
        let objects = ObjectFolder::scan(out.path()).unwrap();
        let names =
            |split| -> Vec<String> { objects.objects(split).map(|own| own.relative.clone()).collect() };
        (names(Split::Train), names(Split::HeldOut), objects)
    };
    let (learned, held_out, _) = render(0);
    assert_eq!(learned.len() + held_out.len(), 30);
    let (with_variants, still_held_out, objects) = render(12);
    assert_eq!(still_held_out, held_out);
    let expected: Vec<String> = learned
        .iter()
        .flat_map(|name| {
            std::iter::once(name.clone()).chain((1..=12).map(move |variant| format!("{name}~{variant}")))
        })
        .collect();
    assert_eq!(BTreeSet::from_iter(with_variants), BTreeSet::from_iter(expected));
    let seen = |name: &str| {
        let object = objects.objects(Split::All).find(|own| own.relative == name).unwrap();
        assert_eq!(object.is_variant(), name.contains('~'));
        object.views.views[0].picture.rgba().to_vec()
    };
    let first = &learned[0];
    assert_ne!(seen(&format!("{first}~1")), seen(&format!("{first}~2")));
}

/// What was drawn stays only beside what is drawn alike: of another size, number or seed it is refused, but the files
/// themselves may have more views than their variants.
#[test]
fn views_of_another_size_number_or_seed_are_not_taken_for_these() {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..30 {
        let (document, binary) = cuboid([3.0, 2.0, 1.0], [0.0; 3], [0.5, 0.0, 0.25, 1.0]);
        write(&folder.path().join(format!("{index:02}.glb")), &glb(&document, binary));
    }
    let meshes = MeshFolder::scan(folder.path()).unwrap();
    let out = tempfile::tempdir().unwrap();
    let config = |views, side_px, seed| RenderConfig { views, side_px, seed };
    let check = |variants: usize, config: RenderConfig| {
        config.check_present(&meshes.subjects(variants), out.path()).map_err(|err| err.to_string())
    };
    assert_eq!(check(0, config(3, 16, 1)), Ok(()));
    let first = &meshes.subjects(0)[7];
    meshes.render(first, out.path(), &config(3, 16, 1)).unwrap();
    let [size, views, seed] = [config(3, 20, 1), config(2, 16, 1), config(3, 16, 2)];
    assert_eq!(check(0, config(3, 16, 1)), Ok(()));
    for (config, wanted) in [
        (size, "3 of 20x20 px with the seed 1"),
        (views, "2 of 16x16 px with the seed 1"),
        (seed, "3 of 16x16 px with the seed 2"),
    ] {
        let refused = check(0, config).unwrap_err();
        let present = format!("{} has 3 views of 16x16 px with the seed 1", out.path().join("07").display());
        assert!(refused.contains(&present) && refused.contains(wanted), "{refused}");
    }
    // Variants may have other views than what they are made of, but all of them the same, and of the same size.
    assert_eq!((check(2, views), check(2, seed)), (Ok(()), Ok(())));
    assert!(check(2, size).is_err());
    let subjects = meshes.subjects(2);
    let variant = subjects.iter().find(|subject| subject.variant == 2).unwrap();
    meshes.render(variant, out.path(), &views).unwrap();
    assert_eq!((check(2, views), check(0, config(3, 16, 1))), (Ok(()), Ok(())));
    assert!(check(2, config(3, 16, 1)).is_err());
    // Files of before have no seed, and others' may be damaged.
    let file = out.path().join("07/transforms.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut without: serde_json::Value = serde_json::from_str(&text).unwrap();
    without.as_object_mut().unwrap().remove("seed").unwrap();
    write(&file, without.to_string().as_bytes());
    assert_eq!(check(0, seed), Ok(()));
    write(&file, b"{");
    assert!(check(0, views).unwrap_err().contains("cannot be used"));
}
