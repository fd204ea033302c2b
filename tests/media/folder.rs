//! Folders of pictures.

use std::collections::BTreeMap;
use std::path::Path;

use hyperscope::dataset::{DatasetError, Entry, PictureFolder, Split};
use hyperscope::media::{Picture, png_bytes};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::{common, ramp};

fn put(folder: &Path, relative: &str, bytes: &[u8]) {
    let path = folder.join(relative);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    hyperscope::storage::write_atomically(&path, |out| out.write_all(bytes)).unwrap();
}

fn names(folder: &PictureFolder, split: Split) -> Vec<&str> {
    folder.pictures(split).map(|entry| entry.relative.as_str()).collect()
}

#[test]
fn the_split_is_the_one_that_python_computes() {
    let text = std::fs::read_to_string(common::golden("media_split.json")).unwrap();
    let golden: BTreeMap<String, bool> = serde_json::from_str(&text).unwrap();
    assert!(golden.values().any(|held_out| *held_out) && golden.len() == 48);
    for (name, is_held_out) in golden {
        assert_eq!(Split::HeldOut.includes_one_in(&name, 8), is_held_out, "{name}");
        assert_eq!(Split::Train.includes_one_in(&name, 8), !is_held_out, "{name}");
        assert!(Split::All.includes_one_in(&name, 8));
    }
}

#[test]
fn a_folder_is_read_with_the_folders_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let png = png_bytes(&ramp(20, 30)).unwrap();
    for number in 0..16 {
        put(folder.path(), &format!("deep/er/{number:03}.png"), &png);
    }
    put(folder.path(), "b.jpg", &png);
    put(folder.path(), "a/z.txt", &png);
    put(folder.path(), ".hidden.png", &png);
    put(folder.path(), ".folder/picture.png", &png);
    put(folder.path(), "README.md", b"# Pictures\n");
    put(folder.path(), "SOURCES.tsv", b"name\tsha256\n");
    put(folder.path(), "broken.png", &png[..png.len() / 2]);
    put(folder.path(), "photo.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic");
    put(folder.path(), "empty.png", b"");

    let pictures = PictureFolder::scan(folder.path()).unwrap();
    let all = names(&pictures, Split::All);
    assert_eq!(all.len(), 18);
    assert!(all.is_sorted() && all.contains(&"a/z.txt") && all.contains(&"b.jpg"));
    let (train, held_out) = (names(&pictures, Split::Train), names(&pictures, Split::HeldOut));
    assert_eq!(train.len() + held_out.len(), all.len());
    assert!(held_out.iter().all(|name| Split::HeldOut.includes_one_in(name, 8)));

    let rejected: BTreeMap<&str, &str> =
        pictures.rejected.iter().map(|(path, why)| (path.to_str().unwrap(), why.as_str())).collect();
    assert_eq!(rejected.len(), 5, "{rejected:?}");
    assert_eq!(rejected["README.md"], "not a picture: this is a text file");
    assert_eq!(rejected["SOURCES.tsv"], "not a picture: this is a text file");
    assert!(rejected["broken.png"].contains("damaged or incomplete"));
    assert!(rejected["photo.heic"].contains("HEIC photo"));
    assert!(rejected["empty.png"].contains("empty file"));
}

#[test]
fn a_folder_without_pictures_says_so() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "README.md", b"nothing here");
    let err = PictureFolder::scan(folder.path()).unwrap_err();
    assert!(matches!(err, DatasetError::NoPictures { looked_at: 1, .. }), "{err}");
    assert!(err.to_string().contains("put PNG, JPEG or WebP pictures into it"));
    let err = PictureFolder::scan(&folder.path().join("absent")).unwrap_err();
    assert!(matches!(err, DatasetError::Io { .. }) && err.to_string().contains("absent"), "{err}");
    assert!(PictureFolder::scan(&folder.path().join("README.md")).is_err());
}

#[cfg(unix)]
#[test]
fn a_link_to_the_folder_itself_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "a.png", &png_bytes(&ramp(4, 4)).unwrap());
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("a.png"), folder.path().join("b.png")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("gone.png"), folder.path().join("c.png")).unwrap();
    let pictures = PictureFolder::scan(folder.path()).unwrap();
    assert_eq!(names(&pictures, Split::All), ["a.png", "b.png"]);
}

#[test]
fn large_pictures_are_reduced() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "large.png", &png_bytes(&ramp(1500, 1200)).unwrap());
    put(folder.path(), "long.png", &png_bytes(&ramp(3000, 100)).unwrap());
    let pictures = PictureFolder::scan(folder.path()).unwrap();
    let sizes: Vec<_> =
        pictures.pictures(Split::All).map(|entry| (entry.picture.width(), entry.picture.height())).collect();
    assert_eq!(sizes, [(1280, 1024), (3000, 100)]);
}

fn entry(width: u32, height: u32) -> Entry {
    Entry { relative: "x.png".into(), sha256: String::new(), picture: ramp(width, height) }
}

#[test]
fn the_centre_is_the_central_square() {
    let centre = entry(40, 20).centre(20);
    let expected: Vec<u16> =
        ramp(40, 20).rgb().chunks_exact(120).flat_map(|row| row[30..90].to_vec()).collect();
    assert_eq!(centre, Picture::new(20, 20, expected).unwrap());
    assert_eq!((entry(5, 9).centre(64).width(), entry(5, 9).centre(64).height()), (64, 64));
}

#[test]
fn random_crops_cover_what_they_should() {
    let entry = entry(200, 100);
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let (mut mirrored, mut spans) = (0, Vec::new());
    for _ in 0..400 {
        let crop = entry.random_crop(16, &mut rng);
        assert_eq!((crop.width(), crop.height()), (16, 16));
        let values = crop.to_f32();
        // Red rises by 1 / 199 a pixel; its rise over 15 of 16 pixels tells the side.
        let rise = values[15 * 3] - values[0];
        mirrored += i32::from(rise < 0.0);
        spans.push(rise.abs() * 199.0 * 16.0 / 15.0);
    }
    assert!((150..250).contains(&mirrored), "{mirrored} of 400");
    let (least, most) = spans.iter().fold((f32::MAX, 0.0f32), |(a, b), span| (a.min(*span), b.max(*span)));
    assert!(least > 28.0 && least < 33.0 && most < 102.0 && most > 95.0, "{least} to {most}");
    // Log-uniform: half of the crops are smaller than the geometric mean of the bounds.
    let below = spans.iter().filter(|span| **span < (30.0f32 * 100.0).sqrt()).count();
    assert!((150..250).contains(&below), "{below} of 400");
    let again = |seed| entry.random_crop(16, &mut ChaCha8Rng::seed_from_u64(seed));
    assert!(again(1) == again(1) && again(1) != again(2));
    let mut small = ChaCha8Rng::seed_from_u64(1);
    let crop = Entry { picture: ramp(5, 9), ..entry.clone() }.random_crop(64, &mut small);
    assert_eq!((crop.width(), crop.height()), (64, 64));
}

#[test]
fn the_shared_pictures_can_all_be_read() {
    let Some(path) = common::shared("data/images") else { return };
    let pictures = PictureFolder::scan(&path).unwrap();
    let all = names(&pictures, Split::All).len();
    println!(
        "{all} pictures, {} held out, rejected: {:?}",
        names(&pictures, Split::HeldOut).len(),
        pictures.rejected
    );
    assert!(all >= 60);
    assert!(pictures.rejected.iter().all(|(_, why)| why.starts_with("not a picture")));
}
