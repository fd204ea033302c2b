use std::path::Path;

use hyperscope::dataset::{DatasetError, ObjectFolder, Split};
use hyperscope::media::{Picture, png_bytes};
use serde_json::{Value, json};

use crate::write;

const POSE: [[f64; 4]; 4] =
    [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 4.0], [0.0, 0.0, 0.0, 1.0]];

fn document() -> Value {
    json!({"camera_angle_x": 0.5, "frames": [{"file_path": "a.png", "transform_matrix": POSE}]})
}

fn object(folder: &Path, name: &str, text: &str) {
    let folder = folder.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let grey = Picture::from_f32(2, 2, &[0.5; 12]).unwrap();
    write(&folder.join("a.png"), &png_bytes(&grey).unwrap());
    write(&folder.join("transforms.json"), text.as_bytes());
}

/// A tenth of every class, the same when others come.
#[test]
fn a_tenth_of_each_class_is_held_out_and_stays_so() {
    let folder = tempfile::tempdir().unwrap();
    let held_out = |count: usize| -> Vec<String> {
        for index in 0..count {
            object(folder.path(), &format!("class-{}/{index:03}", index % 3), &document().to_string());
        }
        let objects = ObjectFolder::scan(folder.path()).unwrap();
        assert_eq!(objects.objects(Split::All).count(), count);
        assert_eq!(objects.objects(Split::Train).count() + objects.objects(Split::HeldOut).count(), count);
        objects.objects(Split::HeldOut).map(|object| object.relative.clone()).collect()
    };
    let (few, many) = (held_out(60), held_out(300));
    assert!(few.iter().all(|name| many.contains(name)));
    for class in 0..3 {
        let count = many.iter().filter(|name| name.starts_with(&format!("class-{class}/"))).count();
        assert!((4..=17).contains(&count), "{count} of 100 held out");
    }
}

#[test]
fn views_that_make_no_sense_are_refused_with_a_sentence() {
    let changed = |pointer: &str, value: Value| {
        let mut document = document();
        *document.pointer_mut(pointer).unwrap() = value;
        document.to_string()
    };
    let matrix = "/frames/0/transform_matrix";
    let own_frame = |text: &str| document().to_string().replacen("[{", &format!("[{{{text}"), 1);
    let fisheye = "{\"camera_model\": \"OPENCV_FISHEYE\",";
    let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
    let cases = [
        ("no JSON", "{".to_owned(), ""),
        ("deep JSON", deep, ""),
        ("no frames", changed("/frames", json!([])), "0 views"),
        ("a path out", changed("/frames/0/file_path", json!("../../etc/passwd.png")), "out of the folder"),
        ("an absolute path", changed("/frames/0/file_path", json!("/etc/passwd")), "out of the folder"),
        ("a missing picture", changed("/frames/0/file_path", json!("b.png")), "b.png"),
        ("no lens", changed("/camera_angle_x", Value::Null), "how long its lens"),
        ("a lens of nothing", changed("/camera_angle_x", json!(0.0)), "focal length"),
        (
            "three columns",
            changed(matrix, json!([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])),
            "no matrix",
        ),
        (
            "singular",
            changed(matrix, json!([[1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 4.0]])),
            "singular",
        ),
        (
            "mirroring",
            changed(matrix, json!([[-1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 4.0]])),
            "mirrors",
        ),
        (
            "skewed",
            changed(matrix, json!([[1.0, 0.5, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 4.0]])),
            "right angles",
        ),
        ("a bent lens", document().to_string().replacen('{', "{\"k1\": 0.1,", 1), "bends rays"),
        ("a bent lens of a frame", own_frame("\"p2\": -0.01,"), "bends rays"),
        ("a fisheye", document().to_string().replacen('{', fisheye, 1), "OPENCV_FISHEYE"),
        ("a fisheye of a frame", own_frame("\"camera_model\": \"EQUIRECTANGULAR\","), "EQUIRECTANGULAR"),
        ("a camera in the middle", document().to_string().replace("4.0", "0.0"), "from the origin"),
        ("far before near", document().to_string().replacen('{', "{\"near\": 7,", 1), "its near is 7"),
        ("a picture of nothing", document().to_string().replacen('{', "{\"w\": 0,", 1), "0x2 pixels"),
        ("too large a number", document().to_string().replace("4.0", "1e999"), ""),
        ("NaN", document().to_string().replace("4.0", "NaN"), ""),
    ];
    for (name, text, reason) in cases {
        let folder = tempfile::tempdir().unwrap();
        object(folder.path(), "good", &document().to_string());
        object(folder.path(), "odd", &text);
        let objects = ObjectFolder::scan(folder.path()).unwrap();
        assert_eq!(objects.objects(Split::All).count(), 1, "{name}");
        let (path, found) = &objects.rejected[0];
        assert!(path == Path::new("odd") && found.contains(reason), "{name}: {found}");
    }
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(ObjectFolder::scan(empty.path()), Err(DatasetError::NoObjects { .. })));
}
