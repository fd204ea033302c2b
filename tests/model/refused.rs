//! Files of weights that are not loaded: what is said of them, and that nothing of them is run.

use hyperscope::model::{Checkpoint, Contents, cpu_device, inspect, recognise_backbone};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::SafeTensors;

use crate::backbones::file;
use crate::read;

/// Names of tensors and their shapes.
type Shapes = Vec<(String, Vec<usize>)>;

#[test]
fn nothing_is_run_from_a_file_and_what_it_asks_for_is_named() {
    for (name, asked) in [
        ("refused_namespace.pth", "argparse.Namespace"),
        ("refused_shell.pth", "posix.system"),
        ("refused_shell_legacy.pth", "posix.system"),
    ] {
        let bytes = read(&file(name));
        for said in [
            inspect(&bytes).unwrap_err().to_string(),
            recognise_backbone(&bytes).unwrap_err().to_string(),
            Checkpoint::from_bytes(&bytes, &[], &cpu_device()).unwrap_err().to_string(),
        ] {
            assert!(said.contains(&format!("asks for {asked}")), "{said}");
        }
    }
}

#[test]
fn incomplete_backbones_are_named_with_what_is_missing() {
    let tensors = |change: &dyn Fn(&mut Shapes)| {
        let bytes = read(&file("clip_timm.safetensors"));
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let mut shapes: Vec<_> =
            file.iter().map(|(name, view)| (name.to_owned(), view.shape().to_vec())).collect();
        change(&mut shapes);
        let zeros = vec![0; 4 * 64 * 64 * 64];
        let views = shapes.iter().map(|(name, shape)| {
            let data = &zeros[..4 * shape.iter().product::<usize>()];
            (
                name,
                safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), data).unwrap(),
            )
        });
        inspect(&safetensors::serialize(views, None).unwrap()).unwrap()
    };
    let found = tensors(&|all| {
        all.retain(|(name, _)| name != "blocks.1.mlp.fc2.bias");
        all.iter_mut()
            .filter(|(name, _)| name == "blocks.0.norm1.weight")
            .for_each(|(_, shape)| shape[0] = 63);
        all.push(("surprise".into(), vec![1]));
    });
    assert!(matches!(&found.contents, Contents::Backbone { name, .. } if name == "CLIP-64/4"));
    assert_eq!(found.tensors.missing, ["blocks.1.mlp.fc2.bias"]);
    assert_eq!(found.tensors.unexpected, ["surprise"]);
    assert_eq!(found.tensors.wrong_shape[0].to_string(), "blocks.0.norm1.weight is [63] and should be [64]");
    assert!(
        found.summary().contains("cannot be loaded: blocks.0.norm1.weight is [63]"),
        "{}",
        found.summary()
    );
    let nearest = |change: &dyn Fn(&mut Shapes)| match tensors(change).contents {
        Contents::Unknown { nearest } => nearest,
        other => panic!("{other:?}"),
    };
    let said = nearest(&|all| all.retain(|(name, _)| name != "norm.weight" && name != "cls_token"));
    assert!(said.contains("timm's names") && said.ends_with("without cls_token, norm.weight"), "{said}");
    let said = nearest(&|all| {
        all.retain(|(name, _)| !name.starts_with("norm_pre."));
        all.push(("dist_token".into(), vec![1, 1, 64]));
    });
    assert!(said.ends_with("it is a distilled DeiT, whose second class token is not read"), "{said}");
    let said = nearest(&|all| {
        all.retain(|(name, _)| !name.starts_with("norm_pre."));
        all.push(("blocks.0.ls1.gamma".into(), vec![64]));
    });
    assert!(said.contains("patches of 4 px and 0 registers, where a DINOv2 has 14 px"), "{said}");
    let said = nearest(&|all| all.retain(|(name, _)| name == "pos_embed_other"));
    assert!(said.starts_with("no tensor in it is named as in the backbones that are known here"), "{said}");
}

#[test]
fn damaged_pytorch_files_are_answered() {
    for name in ["clip.pt", "mae.pth", "deit.pth"] {
        let good = read(&file(name));
        let mut random = ChaCha8Rng::seed_from_u64(8);
        // What says what there is lies at the ends.
        let ends: Vec<usize> = (0..6_000).chain(good.len() - 6_000..good.len()).collect();
        for round in 0..400 {
            let mut bytes = good.clone();
            match round % 3 {
                0 => bytes.truncate(random.random_range(0..good.len())),
                1 => bytes[ends[random.random_range(0..ends.len())]] = random.random(),
                _ => {
                    let at = ends[random.random_range(0..ends.len() - 8)];
                    let end = (at + 8).min(bytes.len());
                    bytes[at..end].fill(random.random());
                }
            }
            let said = match inspect(&bytes) {
                Ok(found) => found.summary(),
                Err(err) => err.to_string(),
            };
            assert!(!said.is_empty() && !said.contains('\n') && said.len() < 1_000, "{said}");
        }
    }
    // An archive without weights, and one that says that it has more entries than it can have.
    let mut empty = b"PK\x03\x04".to_vec();
    empty.extend(b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    let said = inspect(&empty).unwrap_err().to_string();
    assert!(said.contains("without a data.pkl"), "{said}");
    let at = empty.len() - 12;
    empty[at..at + 2].copy_from_slice(&u16::MAX.to_le_bytes());
    let said = inspect(&empty).unwrap_err().to_string();
    assert!(said.contains("65535 entries"), "{said}");
}
