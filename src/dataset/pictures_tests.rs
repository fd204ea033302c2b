use super::*;
use crate::dataset::transforms;
use crate::media::png_rgba8_bytes;
use crate::storage::write_atomically;

/// Reading ends with the picture that is one byte too much; what is left out takes nothing.
#[test]
fn all_pictures_together_are_limited_while_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        write_atomically(&folder.path().join(name), |out| out.write_all(bytes)).unwrap();
    };
    put("a.png", &png_rgba8_bytes(4, 4, &[9; 64]).unwrap());
    let frame = |name: &str| {
        format!(
            r#"{{"file_path":"{name}","transform_matrix":[[1.0,0.0,0.0,0.0],[0.0,1.0,0.0,0.0],[0.0,0.0,1.0,4.0]]}}"#
        )
    };
    let read = |names: [&str; 3], used: &AtomicU64| {
        let frames = names.map(frame).join(",");
        put("transforms.json", format!(r#"{{"fl_x":4.0,"frames":[{frames}]}}"#).as_bytes());
        let mut pictures = ViewPictures::new(used);
        let outcome = transforms::read(&folder.path().join("transforms.json"), &mut pictures);
        if outcome.is_err() {
            pictures.give_back();
        }
        outcome
    };
    for (free, is_enough) in [(3 * 64, true), (3 * 64 - 1, false)] {
        let used = AtomicU64::new(limits::DATASET_BYTES - free);
        let outcome = read(["a.png", "a.png", "a.png"], &used);
        assert_eq!(outcome.is_ok(), is_enough);
        assert!(is_enough || matches!(outcome, Err(DatasetError::TooLarge { .. })), "{outcome:?}");
        let left = limits::DATASET_BYTES - used.into_inner();
        assert_eq!(left, if is_enough { 0 } else { free });
    }
    let used = AtomicU64::new(0);
    assert!(matches!(read(["a.png", "a.png", "b.png"], &used), Err(DatasetError::Views { .. })));
    assert_eq!(used.into_inner(), 0);
}
