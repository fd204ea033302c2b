use std::collections::BTreeMap;

use hyperscope::field::{Architecture, Field, FieldKind, FieldRecord};
use hyperscope::storage::{Identity, Precision};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use serde_json::{Value, json};

use crate::random_field;

fn record() -> FieldRecord {
    let architecture = Architecture { layers: 3, hidden: 10, ..Architecture::siren_image() };
    FieldRecord {
        field: random_field(&architecture, 7),
        others: Vec::new(),
        kind: FieldKind::Image { width: 31, height: 17 },
        source: Some(Identity::of("a b.png", b"picture")),
        model: Some(Identity::of("m.safetensors", b"model")),
        extra: BTreeMap::from([("of a later day".into(), "kept".into())]),
    }
}

/// A safetensors file with this header and these bytes after it.
pub(crate) fn with_header(header: &Value, data: &[u8]) -> Vec<u8> {
    let text = header.to_string();
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text.bytes());
    bytes.extend(data);
    bytes
}

/// Header and data of a good file.
fn parts() -> (Value, Vec<u8>) {
    let bytes = record().to_bytes(Precision::F32).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    (serde_json::from_slice(&bytes[8..8 + length]).unwrap(), bytes[8 + length..].to_vec())
}

#[test]
fn the_file_is_what_the_specification_says() {
    let record = record();
    let bytes = record.to_bytes(Precision::F32).unwrap();
    assert_eq!(bytes, record.to_bytes(Precision::F32).unwrap(), "the same record gives the same bytes");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let metadata = header.metadata().clone().unwrap();
    let entry = |key: &str| metadata[key].as_str();
    assert_eq!((entry("format"), entry("version"), entry("kind")), ("hyperscope.field", "1", "image"));
    assert_eq!((entry("width"), entry("height"), entry("of a later day")), ("31", "17", "kept"));
    assert!(entry("source").starts_with("a b.png sha256:"));
    let arch: Value = serde_json::from_str(entry("arch")).unwrap();
    let expected = json!({
        "inputs": 2, "outputs": 3, "layers": 3, "hidden": 10, "encoding": {"kind": "identity"},
        "activation": {"kind": "sine", "omega0": 30.0, "omega0_first": 30.0}, "output_offset": 0.5, "spread": false,
    });
    assert_eq!(arch, expected);
    assert_eq!(file.len(), 6);
    let weight = file.tensor("layers.1.weight").unwrap();
    assert_eq!((weight.dtype(), weight.shape()), (Dtype::F32, &[10, 10][..]));
    let numbers: Vec<f32> = bytemuck::pod_collect_to_vec(weight.data());
    assert_eq!(numbers, record.field.layers()[1].weight);
}

#[test]
fn files_come_back_as_they_were_and_close_in_16_bits() {
    let record = record();
    let back = FieldRecord::from_bytes(&record.to_bytes(Precision::F32).unwrap()).unwrap();
    assert_eq!(back, record);
    let half = record.to_bytes(Precision::F16).unwrap();
    let back = FieldRecord::from_bytes(&half).unwrap();
    for (found, expected) in back.field.layers().iter().zip(record.field.layers()) {
        for (found, expected) in found.weight.iter().zip(&expected.weight) {
            assert!((found - expected).abs() <= expected.abs() / 2048.0 + 1e-7);
        }
    }
    let mut layers = record.field.layers().to_vec();
    layers[0].weight[3] = 1e5;
    let large =
        FieldRecord { field: Field::new(record.field.architecture().clone(), layers).unwrap(), ..record };
    assert!(large.to_bytes(Precision::F16).unwrap_err().to_string().contains("32 bits"));
}

#[test]
fn a_write_replaces_the_file_whole_and_leaves_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.safetensors");
    std::fs::File::create(&path).unwrap();
    record().write(&path, Precision::F32).unwrap();
    assert_eq!(FieldRecord::read(&path).unwrap(), record());
    assert!(record().write(&folder.path().join("none/f"), Precision::F32).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// What each change of a good file's header is refused with.
#[test]
fn every_malformed_file_is_refused_with_what_is_wrong() {
    let (good, data) = parts();
    let arch = |change: &dyn Fn(&mut Value)| {
        let mut header = good.clone();
        let mut arch: Value = serde_json::from_str(header["__metadata__"]["arch"].as_str().unwrap()).unwrap();
        change(&mut arch);
        header["__metadata__"]["arch"] = arch.to_string().into();
        header
    };
    let edit = |change: &dyn Fn(&mut Value)| {
        let mut header = good.clone();
        change(&mut header);
        header
    };
    let meta = |key: &'static str, value: Option<&'static str>| {
        edit(&move |header| match value {
            Some(value) => header["__metadata__"][key] = value.into(),
            None => drop(header["__metadata__"].as_object_mut().unwrap().remove(key)),
        })
    };
    let cases: Vec<(Value, &str)> = vec![
        (meta("format", None), "no format"),
        (meta("format", Some("hyperscope.model")), "hyperscope.model"),
        (meta("version", Some("2")), "version 1"),
        (meta("kind", Some("sound")), "sound"),
        (meta("kind", Some("smell")), "smell"),
        (meta("arch", None), "no arch"),
        (meta("arch", Some("{}")), "inputs"),
        (meta("width", None), "no width"),
        (meta("width", Some("-3")), "width"),
        (meta("height", Some("99999")), "height"),
        (meta("source", Some("no hash")), "source"),
        (arch(&|a| a["layers"] = 1_000_000.into()), "layers"),
        (arch(&|a| a["hidden"] = 4_000_000_000_u64.into()), "hidden"),
        (arch(&|a| a["hidden"] = 60_000.into()), "parameters"),
        (arch(&|a| a["inputs"] = 0.into()), "inputs"),
        (arch(&|a| a["outputs"] = 5.into()), "outputs"),
        (arch(&|a| a["hidden"] = 11.into()), "should be"),
        (arch(&|a| a["layers"] = 4.into()), "should be"),
        (arch(&|a| a["layers"] = 2.into()), "should be"),
        (
            arch(&|a| a["encoding"] = json!({"kind": "fourier", "count": 0, "min": 1, "max": 2})),
            "frequencies",
        ),
        (arch(&|a| a["encoding"] = json!({"kind": "fourier", "count": 9, "min": 3, "max": 2})), "min"),
        (arch(&|a| a["encoding"] = json!({"kind": "hash"})), "hash"),
        (arch(&|a| a["activation"] = json!({"kind": "gelu"})), "gelu"),
        (edit(&|h| drop(h.as_object_mut().unwrap().remove("layers.0.bias"))), ""),
        (edit(&|h| h["layers.0.bias"]["dtype"] = "I32".into()), "I32"),
        (edit(&|h| h["layers.0.bias"]["data_offsets"] = json!([0, u64::MAX])), ""),
        (edit(&|h| h["layers.0.bias"]["shape"] = json!([u64::MAX, 4])), ""),
    ];
    for (header, expected) in cases {
        let message = FieldRecord::from_bytes(&with_header(&header, &data)).unwrap_err().to_string();
        assert!(message.contains(expected), "{message:?} does not say {expected:?}");
    }
    let mut with_nan = data.clone();
    with_nan[40..44].copy_from_slice(&f32::NAN.to_le_bytes());
    let message = FieldRecord::from_bytes(&with_header(&good, &with_nan)).unwrap_err().to_string();
    assert!(message.contains("not a finite number"), "{message:?}");
}

/// Damage of every kind: refused, or read as something that is consistent, but never a panic.
#[test]
fn damaged_files_do_no_harm() {
    let good = record().to_bytes(Precision::F32).unwrap();
    for length in 0..good.len() {
        let message = FieldRecord::from_bytes(&good[..length]).unwrap_err().to_string();
        assert!(!message.is_empty());
    }
    let mut random = ChaCha8Rng::seed_from_u64(11);
    for _ in 0..3_000 {
        let mut bytes = good.clone();
        for _ in 0..random.random_range(1..6) {
            let at = random.random_range(0..bytes.len());
            bytes[at] = random.random();
        }
        if let Ok(record) = FieldRecord::from_bytes(&bytes) {
            assert!(record.field.layers().iter().flat_map(|l| &l.weight).all(|w| w.is_finite()));
        }
    }
    let mut lying = good;
    lying[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(FieldRecord::from_bytes(&lying).is_err());
}
