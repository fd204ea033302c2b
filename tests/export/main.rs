//! Files out of an object, read again by others.

#![expect(clippy::unwrap_used, reason = "helpers of tests are not in test functions")]

#[path = "../common/mod.rs"]
mod common;
#[cfg(feature = "mp4")]
mod mp4;

use std::ops::ControlFlow;

use hyperscope::camera::Orbit;
use hyperscope::export::{
    ExportError, FilmConfig, Mesh, Progress, Still, StillConfig, check_film, check_mesh, check_still,
    turntable, write_density, write_film, write_mesh,
};
use hyperscope::field::{Bake, CropBox, FieldRecord, Occupancy, Tracer};
use image::AnimationDecoder;

/// Orange everywhere.
fn ball() -> FieldRecord {
    common::ball([2.0, 0.0, -2.0], 0.0)
}

fn density([x, y, z]: [f32; 3]) -> f32 {
    (30.0 * ((2.0 * x).cos() + (2.0 * y).cos() + (2.0 * z).cos() - 2.4)).max(0.0)
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn mesh(threshold: f32, crop: &CropBox) -> Result<Mesh, ExportError> {
    let record = ball();
    let bake = Bake::of(&record, Occupancy::of(&record), 2);
    Mesh::of(&record, &bake, threshold, crop, &mut on)
}

fn on(_: f32) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Parts that it was told, in order; it goes on until one is above `most`.
fn watched(told: &mut Vec<f32>, most: f32) -> impl FnMut(f32) -> ControlFlow<()> {
    move |part| {
        told.push(part);
        if part > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// The work is told from the beginning to the end, and never that there is less done than before.
fn is_steady(told: &[f32]) -> bool {
    told.is_sorted() && told.first().is_some_and(|first| *first < 0.1) && told.last() == Some(&1.0)
}

/// By the theorem of Gauss: positive if the triangles are counter-clockwise from outside.
fn volume(mesh: &Mesh) -> f64 {
    let corner = |index: u32| mesh.positions[index as usize].map(f64::from);
    let of = |[a, b, c]: [[f64; 3]; 3]| {
        a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0])
            + a[2] * (b[0] * c[1] - b[1] * c[0])
    };
    mesh.triangles.iter().map(|triangle| of(triangle.map(corner))).sum::<f64>() / 6.0
}

/// Volume where the density is above a threshold, by counting.
fn counted_volume(threshold: f32) -> f64 {
    let steps = 120;
    let at = |index: usize| (index as f32 + 0.5) / steps as f32 * 2.0 - 1.0;
    let all = (0..steps).flat_map(|x| (0..steps).flat_map(move |y| (0..steps).map(move |z| [x, y, z])));
    let inside = all.filter(|place| density(place.map(at)) > threshold).count();
    inside as f64 * (2.0 / steps as f64).powi(3)
}

#[test]
fn a_mesh_lies_where_the_density_is_what_was_asked_for() {
    for threshold in [2.0, 8.0] {
        let mesh = mesh(threshold, &CropBox::ALL).unwrap();
        for (position, normal) in mesh.positions.iter().zip(&mesh.normals) {
            assert!((density(*position) - threshold).abs() < 0.9, "{}", density(*position));
            let outwards: f32 = position.iter().zip(normal).map(|(at, normal)| at * normal).sum();
            assert!(outwards > 0.0 && (normal.iter().map(|n| n * n).sum::<f32>() - 1.0).abs() < 1e-4);
        }
        let (found, expected) = (volume(&mesh), counted_volume(threshold));
        assert!((found / expected - 1.0).abs() < 0.05, "a volume of {found}, not {expected}");
        for (found, logit) in mesh.colors[0].iter().zip([2.0, 0.0, -2.0]) {
            assert!((found - sigmoid(logit)).abs() < 1e-5);
        }
    }
    // Cut through its middle, and closed there.
    let half = CropBox { high: [f32::INFINITY, 0.0, f32::INFINITY], ..CropBox::ALL };
    let (found, expected) = (volume(&mesh(8.0, &half).unwrap()), counted_volume(8.0) / 2.0);
    assert!((found / expected - 1.0).abs() < 0.12, "half a volume of {found}, not {expected}");
    assert!(matches!(mesh(1e4, &CropBox::ALL), Err(ExportError::NoSurface { .. })));
}

#[test]
fn mesh_files_are_read_by_others() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(5.0, &CropBox::ALL).unwrap();
    let glb = folder.path().join("ball.glb");
    write_mesh(&glb, &mesh, &mut on).unwrap();
    let gltf::Gltf { document, blob } = gltf::Gltf::open(&glb).unwrap();
    let primitive = document.meshes().next().unwrap().primitives().next().unwrap();
    let reader = primitive.reader(|_| blob.as_deref());
    assert!(reader.read_positions().unwrap().eq(mesh.positions.iter().copied()));
    assert!(reader.read_normals().unwrap().eq(mesh.normals.iter().copied()));
    assert!(reader.read_indices().unwrap().into_u32().eq(mesh.triangles.iter().flatten().copied()));
    // Linear, as glTF has them: 0.5 in sRGB is 0.214.
    let color = reader.read_colors(0).unwrap().into_rgb_f32().next().unwrap();
    assert!((color[1] - 0.214_04).abs() < 1e-3, "{color:?}");

    let ply = folder.path().join("ball.ply");
    write_mesh(&ply, &mesh, &mut on).unwrap();
    let bytes = std::fs::read(&ply).unwrap();
    let header_end = bytes.windows(11).position(|window| window == b"end_header\n").unwrap() + 11;
    assert_eq!(bytes.len() - header_end, mesh.positions.len() * 27 + mesh.triangles.len() * 13);
    let obj = folder.path().join("ball.obj");
    write_mesh(&obj, &mesh, &mut on).unwrap();
    let text = std::fs::read_to_string(&obj).unwrap();
    let count = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!(
        (count("v "), count("vn "), count("f ")),
        (mesh.positions.len(), mesh.positions.len(), mesh.triangles.len())
    );
    assert!(text.lines().all(|line| !line.starts_with("f 0")));
    assert!(check_mesh(&folder.path().join("ball.stl")).is_err());
}

/// Up to a multiple of the field's cells, 32 to the unit cube; and as fine as six million nodes allow where more are asked.
#[test]
fn a_mesh_says_how_fine_its_grid_was() {
    let record = ball();
    let grid = |asked| Mesh::find(&record, 5.0, asked, &CropBox::ALL, &mut on).unwrap().grid;
    assert_eq!([grid(20), grid(32), grid(33)], [32, 32, 64]);
    let lowered = grid(512);
    let cells = Bake::of(&record, Occupancy::of(&record), 1).cells();
    let nodes = |grid: usize| cells.iter().map(|cells| cells * grid / 32 + 1).product::<usize>();
    assert!(lowered.is_multiple_of(32) && lowered < 512, "{lowered}");
    assert!(nodes(lowered) <= 6_000_000 && nodes(lowered + 32) > 6_000_000, "{lowered}: {}", nodes(lowered));
}

/// Wherever a mesh or a volume is stopped, also when all is evaluated and only the file is missing, the file that was
/// there stays as it was.
#[test]
fn what_is_stopped_leaves_the_file_that_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let record = ball();
    let (glb, npy) = (folder.path().join("ball.glb"), folder.path().join("ball.npy"));
    let mesh = |progress: &mut Progress<'_>| {
        let mesh = Mesh::find(&record, 5.0, 64, &CropBox::ALL, progress)?;
        write_mesh(&glb, &mesh, progress)
    };
    let volume = |progress: &mut Progress<'_>| write_density(&npy, &record, 24, progress);
    for (path, write) in
        [(&glb, &mesh as &dyn Fn(&mut Progress<'_>) -> Result<(), ExportError>), (&npy, &volume)]
    {
        common::put(path, b"before");
        for most in [-1.0, 0.05, 0.5, 0.99] {
            let written = write(&mut watched(&mut Vec::new(), most));
            assert!(matches!(written, Err(ExportError::Cancelled)), "{most}: {written:?}");
            assert_eq!(std::fs::read(path).unwrap(), b"before", "{most}");
        }
        let mut told = Vec::new();
        write(&mut watched(&mut told, 1.0)).unwrap();
        assert!(is_steady(&told) && told.len() > 20, "{told:?}");
        assert!(std::fs::read(path).unwrap().len() > 1_000);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "something is left behind");
}

#[test]
fn a_density_file_is_an_array_of_numpys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ball.npy");
    write_density(&path, &ball(), 9, &mut |_| ControlFlow::Continue(())).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert_eq!((header + 10) % 64, 0);
    let text = std::str::from_utf8(&bytes[10..10 + header]).unwrap();
    assert!(text.contains("'shape': (9, 9, 9)") && text.ends_with('\n'), "{text}");
    let values: Vec<f32> =
        bytes[10 + header..].as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    let at = |index: usize| index as f32 / 4.0 - 1.0;
    for (index, found) in values.iter().enumerate() {
        let place = [at(index % 9), at(index / 9 % 9), at(index / 81)];
        assert!((found - density(place)).abs() < 2e-3, "{found} at {place:?}");
    }
    for (name, side) in [("ball.npz", 9), ("ball.npy", 1), ("ball.npy", 100_000)] {
        let refused =
            write_density(&folder.path().join(name), &ball(), side, &mut |_| ControlFlow::Continue(()));
        assert!(refused.is_err(), "{name} {side}");
    }
}

fn still(width: u32, height: u32, background: Option<[u8; 3]>) -> StillConfig {
    StillConfig { width, height, samples: 64, crop: CropBox::ALL, background }
}

#[test]
fn stills_keep_alpha_and_depth() {
    let folder = tempfile::tempdir().unwrap();
    let record = ball();
    let tracer = Tracer::of(&record);
    let place = Orbit::canonical(1.85);
    let drawn = |config| Still::draw(&record, &tracer, &place, &config, &mut |_| ControlFlow::Continue(()));
    let clear = drawn(still(24, 20, None)).unwrap();
    for name in ["a.png", "a.webp"] {
        let path = folder.path().join(name);
        clear.write(&path).unwrap();
        let found = image::open(&path).unwrap().to_rgba8();
        assert_eq!(found.dimensions(), (24, 20));
        assert_eq!(found.get_pixel(0, 0).0[3], 0, "{name}");
        let middle = found.get_pixel(12, 10).0;
        assert!(middle[3] > 250, "{middle:?}");
        for (found, logit) in middle.iter().zip([2.0, 0.0, -2.0]) {
            assert!((f32::from(*found) / 255.0 - sigmoid(logit)).abs() < 0.01, "{name}: {middle:?}");
        }
    }
    let path = folder.path().join("a.exr");
    clear.write(&path).unwrap();
    let read = exr::prelude::read_first_flat_layer_from_file(&path).unwrap();
    let channel = |name: &str| {
        let channels = &read.layer_data.channel_data.list;
        let own = channels.iter().find(|channel| channel.name.to_string() == name).unwrap();
        own.sample_data.values_as_f32().collect::<Vec<f32>>()
    };
    let depth = channel("Z");
    // The ball's front is before the origin, 4 away; at the corner there is nothing up to the end.
    assert!(
        (3.3..4.0).contains(&depth[10 * 24 + 12]) && (depth[0] - 5.0).abs() < 1e-4,
        "{}",
        depth[10 * 24 + 12]
    );
    assert!(channel("A")[0] == 0.0 && (channel("G")[10 * 24 + 12] - 0.214).abs() < 0.01);
    let blue = drawn(still(8, 8, Some([0, 0, 255]))).unwrap();
    assert_eq!(&blue.rgba8()[..4], [0, 0, 255, 255]);
    assert!(drawn(still(0, 8, None)).is_err() && drawn(still(1 << 20, 8, None)).is_err());
    assert!(check_still(&folder.path().join("a.tiff")).is_err());
}

#[test]
fn films_have_all_their_pictures_and_a_cancelled_one_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let record = ball();
    let tracer = Tracer::of(&record);
    let places = turntable(Orbit::canonical(1.85), 5);
    let config = FilmConfig { still: still(16, 12, Some([255; 3])), frames_per_sec: 10 };
    let film = |name: &str| {
        let path = folder.path().join(name);
        write_film(&path, &record, &tracer, &places, &config, &mut |_| ControlFlow::Continue(()))
            .map(|()| path)
    };
    let bytes = std::fs::read(film("a.gif").unwrap()).unwrap();
    let gif = image::codecs::gif::GifDecoder::new(std::io::Cursor::new(bytes)).unwrap();
    assert_eq!(gif.into_frames().collect_frames().unwrap().len(), 5);
    let bytes = std::fs::read(film("a.apng").unwrap()).unwrap();
    let png = image::codecs::png::PngDecoder::new(std::io::Cursor::new(bytes)).unwrap();
    assert_eq!(png.apng().unwrap().into_frames().collect_frames().unwrap().len(), 5);
    let pictures = film("pictures").unwrap();
    assert_eq!(std::fs::read_dir(&pictures).unwrap().count(), 5);
    assert_eq!(image::open(pictures.join("0004.png")).unwrap().width(), 16);
    assert!(matches!(film("pictures"), Err(ExportError::Exists { .. })));
    let sheet = image::open(film("sheet.png").unwrap()).unwrap().to_rgba8();
    assert_eq!(sheet.dimensions(), (3 * 16, 2 * 12));
    for index in 0..5u32 {
        let alone = image::open(pictures.join(format!("{index:04}.png"))).unwrap().to_rgba8();
        let (left, top) = (index % 3 * 16, index / 3 * 12);
        let part = image::imageops::crop_imm(&sheet, left, top, 16, 12).to_image();
        assert!(part == alone, "picture {index} of the sheet");
    }
    assert!(image::imageops::crop_imm(&sheet, 32, 12, 16, 12).to_image().iter().all(|value| *value == 0));
    assert!(film("a.mov").is_err() && check_film(&folder.path().join("a.mov"), false).is_err());
    let without = check_film(&folder.path().join("a.mp4"), false).map_err(|err| err.to_string());
    if cfg!(feature = "mp4") {
        assert!(without.is_ok());
    } else {
        assert!(without.is_err_and(|what| what.contains("--features mp4")) && film("a.mp4").is_err());
    }

    let before = std::fs::read_dir(folder.path()).unwrap().count();
    for name in ["b.gif", "b.apng", "b.png", "b"] {
        let path = folder.path().join(name);
        // While it is drawn, among the encoding, and when only the file is missing.
        for most in [0.3, 0.92, 0.99] {
            let mut told = Vec::new();
            let mut stop = watched(&mut told, most);
            let cancelled = write_film(&path, &record, &tracer, &places, &config, &mut stop);
            drop(stop);
            assert!(matches!(cancelled, Err(ExportError::Cancelled)), "{name}: {cancelled:?}");
            assert_eq!(told.last() == Some(&1.0), most > 0.98, "{name}: {told:?}");
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), before, "something is left behind");
    for name in ["c.gif", "c.apng", "c.png", "c"] {
        let mut told = Vec::new();
        let mut go_on = watched(&mut told, 1.0);
        write_film(&folder.path().join(name), &record, &tracer, &places, &config, &mut go_on).unwrap();
        drop(go_on);
        assert!(is_steady(&told) && told.iter().filter(|part| **part > 0.9).count() > 1, "{name}: {told:?}");
    }
}
