//! Checkpoints and weights files: written, found, named, refused.

use std::collections::BTreeMap;
use std::path::Path;

use hyperscope::model::{
    Checkpoint, Composer, Contents, Hypernetwork, Mode, Model, ModelError, checkpoint_bytes, cpu_device,
    inspect, load_backbone,
};
use hyperscope::storage::{Precision, sha256_hex};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::SafeTensors;

use crate::{pictures, small_config, values};

#[test]
fn a_checkpoint_is_written_as_it_was_read() {
    let device = cpu_device();
    let network = Hypernetwork::init(&small_config(Composer::TransInr), 0, &device).unwrap();
    let notes: BTreeMap<_, _> = ["steps", "seed", "data", "psnr"].map(|key| (key.into(), "1".into())).into();
    let bytes = checkpoint_bytes(&network, None, &notes).unwrap();
    let again = Checkpoint::from_bytes(&bytes, &[], &device).unwrap();
    assert_eq!(again.notes, notes);
    assert!(again.to_bytes(Precision::F32).unwrap() == bytes, "the bytes differ");
    let inspection = inspect(&bytes).unwrap();
    assert!(inspection.tensors.is_complete() && inspection.tensors.unexpected.is_empty());
    assert!(
        matches!(inspection.contents, Contents::Checkpoint { config, .. } if *config == *again.network.config())
    );
    // Linear weights lie as PyTorch has them.
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.tensor("heads.0.proj.weight").unwrap().shape(), [256, 64]);
    assert_eq!(file.tensor("backbone.blocks.0.attn.qkv.weight").unwrap().shape(), [192, 64]);
    assert_eq!(file.tensor("base.0.weight").unwrap().shape(), [256, 12]);
}

#[test]
fn a_prompt_tuned_checkpoint_finds_its_backbone_by_its_hash() {
    let device = cpu_device();
    let mut config = small_config(Composer::TransInr);
    config.mode = Mode::Prompt;
    let network = Hypernetwork::init(&config, 0, &device).unwrap();
    let whole = checkpoint_bytes(&network, None, &BTreeMap::new()).unwrap();
    let weights = backbone_file(&whole);
    let sha256 = sha256_hex(&weights);
    let light = checkpoint_bytes(&network, Some(&sha256), &BTreeMap::new()).unwrap();
    assert!(light.len() < whole.len() / 2);
    let folder = tempfile::tempdir().unwrap();
    let err = Checkpoint::from_bytes(&light, &[folder.path().into()], &device).unwrap_err();
    assert!(matches!(err, ModelError::BackboneNotFound { .. }) && err.to_string().contains(&sha256), "{err}");
    write(&folder.path().join("other.safetensors"), &whole);
    write(&folder.path().join("weights.safetensors"), &weights);
    let found = Checkpoint::from_bytes(&light, &[folder.path().into()], &device).unwrap();
    let images = || pictures(1, 16, &device);
    for (a, b) in found.network.forward(images()).into_iter().zip(network.forward(images())) {
        assert_eq!(values(a), values(b));
    }
    assert!(found.to_bytes(Precision::F32).unwrap() == light, "the bytes differ");
}

/// The backbone of a checkpoint as a weights file of its own, in timm's names.
fn backbone_file(checkpoint: &[u8]) -> Vec<u8> {
    let file = SafeTensors::deserialize(checkpoint).unwrap();
    let tensors: BTreeMap<String, _> = file
        .iter()
        .filter_map(|(name, view)| Some((name.strip_prefix("backbone.")?.to_owned(), view)))
        .collect();
    safetensors::serialize(tensors, None).unwrap()
}

fn write(path: &Path, bytes: &[u8]) {
    hyperscope::storage::write_atomically(path, |out| out.write_all(bytes)).unwrap();
}

#[test]
fn other_weights_are_named_and_refused() {
    let numbers = [0; 4 * 64];
    let shaped = |names: &[&str]| {
        let view =
            safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![8, 8], &numbers).unwrap();
        safetensors::serialize(names.iter().map(|name| (*name, view.clone())), None).unwrap()
    };
    for (names, family, part) in [
        (["blocks.0.attn.qkv.weight", "fc.weight"], "AugReg ViT", "patch_embed"),
        (["encoder.blocks.0.attn.query.weight", "decoder.ln.weight"], "Whisper", "encoder.conv1.weight"),
    ] {
        let bytes = shaped(&names);
        let Contents::Unknown { nearest } = inspect(&bytes).unwrap().contents else {
            panic!("taken for something")
        };
        assert!(nearest.contains(family) && nearest.contains(part), "{nearest}");
        let config = small_config(Composer::TransInr).backbone;
        let err = load_backbone(&bytes, &config, &cpu_device()).unwrap_err();
        assert!(err.to_string().starts_with("this is not a backbone"), "{err}");
        let err = Model::load("other", &bytes, &[]).unwrap_err();
        assert!(err.to_string().starts_with("this is not a model checkpoint"), "{err}");
    }
}

type Metadata = BTreeMap<String, String>;

type Tensors = BTreeMap<String, (Vec<usize>, Vec<u8>)>;

/// A checkpoint with its metadata or its tensors changed.
fn altered(bytes: &[u8], change: impl Fn(&mut Metadata, &mut Tensors)) -> Vec<u8> {
    let (_, header) = SafeTensors::read_metadata(bytes).unwrap();
    let file = SafeTensors::deserialize(bytes).unwrap();
    let mut metadata: Metadata = header.metadata().clone().unwrap().into_iter().collect();
    let mut tensors: Tensors = file
        .iter()
        .map(|(name, view)| (name.to_owned(), (view.shape().to_vec(), view.data().to_vec())))
        .collect();
    change(&mut metadata, &mut tensors);
    let views = tensors.iter().map(|(name, (shape, data))| {
        (name, safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), data).unwrap())
    });
    safetensors::serialize(views, Some(metadata.into_iter().collect())).unwrap()
}

#[test]
fn damaged_checkpoints_are_refused_with_a_sentence() {
    let device = cpu_device();
    let network = Hypernetwork::init(&small_config(Composer::TransInr), 0, &device).unwrap();
    let good = checkpoint_bytes(&network, None, &BTreeMap::new()).unwrap();
    let refusal = |bytes: &[u8]| Checkpoint::from_bytes(bytes, &[], &device).unwrap_err().to_string();

    let missing = altered(&good, |_, tensors| drop(tensors.remove("heads.1.norm.weight")));
    assert!(refusal(&missing).contains("heads.1.norm.weight is missing"), "{}", refusal(&missing));
    let misshapen = altered(&good, |_, tensors| tensors.get_mut("base.0.weight").unwrap().0.reverse());
    assert!(
        refusal(&misshapen).contains("base.0.weight is [12, 256] and should be [256, 12]"),
        "{}",
        refusal(&misshapen)
    );
    let nan = altered(&good, |_, tensors| {
        tensors.get_mut("backbone.norm.bias").unwrap().1[..4].copy_from_slice(&f32::NAN.to_le_bytes());
    });
    assert!(
        refusal(&nan).contains("backbone.norm.bias has a value that is not a finite number"),
        "{}",
        refusal(&nan)
    );
    let version = altered(&good, |metadata, _| drop(metadata.insert("version".into(), "2".into())));
    assert!(refusal(&version).contains("its version is 2"), "{}", refusal(&version));

    let configured = |from: &str, to: &str| {
        let bytes = altered(&good, |metadata, _| {
            let config = metadata.get_mut("config").unwrap();
            assert!(config.contains(from), "{config}");
            *config = config.replace(from, to);
        });
        refusal(&bytes)
    };
    let large = "4000000000000";
    for (from, to, sentence) in [
        ("trans-inr", "magic", "magic"),
        // The weights of another composer.
        ("trans-inr", "ipc", "base.1.weight is [12, 12] and should be [4, 12]"),
        ("trans-inr\",\"groups\":4", "ipc\",\"groups\":20000", "20000 groups"),
        ("\"layers\":3", "\"layers\":2", "should be"),
        ("\"mode\":\"finetune\"", "\"mode\":\"lora\"", "lora needs a rank and an alpha"),
        ("\"depth\":1", "\"depth\":1000000", "a backbone of 1000000 blocks"),
        ("\"dim\":64", &format!("\"dim\":{large}"), "wide"),
        ("\"dim\":64", "\"dim\":128", "should be"),
        ("\"heads\":1", "\"heads\":0", "0 attention heads do not divide"),
        ("\"heads\":1", "\"heads\":3", "3 attention heads do not divide"),
        ("\"patch\":8", "\"patch\":0", "patches of 0 px"),
        ("\"grid\":2", &format!("\"grid\":{large}"), "on a grid of"),
        ("\"input_size\":16", "\"input_size\":17", "a multiple of the patch"),
        ("\"input_size\":16", "\"input_size\":1000000000", "a multiple of the patch"),
        ("\"groups\":4", "\"groups\":0", "0 groups"),
        ("\"hidden\":12", &format!("\"hidden\":{large}"), "hidden width"),
        ("\"hidden\":12", "\"hidden\":60000", "parameters"),
        ("\"objective\":\"mse\"", "\"objective\":\"nll\"", "nll needs a field with a spread"),
        ("\"spread\":false", "\"spread\":true", "the field has a spread, which mse does not use"),
        ("\"family\":\"augreg-vit\"", "\"family\":\"swin\"", "swin"),
        ("\"kind\":\"image\"", "\"kind\":\"smell\"", "smell"),
        ("{", "", "configuration is refused"),
    ] {
        let said = configured(from, to);
        assert!(said.contains(sentence), "{to}: {said}");
    }
}

#[test]
fn half_precision_tensors_are_widened() {
    let network = Hypernetwork::init(&small_config(Composer::TransInr), 0, &cpu_device()).unwrap();
    let bytes = checkpoint_bytes(&network, None, &BTreeMap::new()).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let narrowed: Vec<(String, Vec<usize>, Vec<u8>)> = file
        .iter()
        .map(|(name, view)| {
            let wide: Vec<f32> = bytemuck::pod_collect_to_vec(view.data());
            let narrow = wide.iter().flat_map(|value| half::bf16::from_f32(*value).to_le_bytes()).collect();
            (name.to_owned(), view.shape().to_vec(), narrow)
        })
        .collect();
    let views = narrowed.iter().map(|(name, shape, data)| {
        (name, safetensors::tensor::TensorView::new(safetensors::Dtype::BF16, shape.clone(), data).unwrap())
    });
    let narrowed = safetensors::serialize(views, header.metadata().clone()).unwrap();
    let read = Checkpoint::from_bytes(&narrowed, &[], &cpu_device()).unwrap().network;
    let rounded =
        values(network.base[0].weight.val()).into_iter().map(|value| half::bf16::from_f32(value).to_f32());
    assert_eq!(values(read.base[0].weight.val()), rounded.collect::<Vec<_>>());
}

#[test]
fn in_sixteen_bits_a_backbone_takes_half_the_bytes_and_its_weights_are_as_near_as_they_allow() {
    let device = cpu_device();
    let network = Hypernetwork::init(&small_config(Composer::Residual), 0, &device).unwrap();
    let whole = checkpoint_bytes(&network, None, &BTreeMap::new()).unwrap();
    let half = Checkpoint::from_bytes(&whole, &[], &device).unwrap().to_bytes(Precision::F16).unwrap();
    let (spared, backbone) = (whole.len() - half.len(), network.config().parameters().backbone);
    assert!(spared.abs_diff(2 * backbone) < 256, "{spared} bytes for {backbone} weights");
    assert_eq!(inspect(&half).unwrap().number_kinds, ["F16", "F32"].map(str::to_owned).into());
    let again = Checkpoint::from_bytes(&half, &[], &device).unwrap();
    let exact = again.to_bytes(Precision::F32).unwrap();
    assert!(again.to_bytes(Precision::F16).unwrap() == half, "the bytes differ");
    let (before, after) =
        (SafeTensors::deserialize(&whole).unwrap(), SafeTensors::deserialize(&exact).unwrap());
    for (name, view) in before.iter() {
        let rounded: Vec<f32> = bytemuck::pod_collect_to_vec(after.tensor(name).unwrap().data());
        for (a, b) in bytemuck::pod_collect_to_vec::<u8, f32>(view.data()).into_iter().zip(rounded) {
            // Half of the last of 11 bits, or of the smallest step.
            let rounding = (a.abs() * 0.5f32.powi(11)).max(0.5f32.powi(25));
            let bound = if name.starts_with("backbone.") { rounding } else { 0.0 };
            assert!((a - b).abs() <= bound, "{name}: {a} became {b}");
        }
    }
    // What does not fit is named.
    let (length, header) = SafeTensors::read_metadata(&whole).unwrap();
    let name = "backbone.norm.weight";
    let place = 8 + length + header.info(name).unwrap().data_offsets.0;
    let mut large = whole.clone();
    large[place..place + 4].copy_from_slice(&1e9f32.to_le_bytes());
    let err = Checkpoint::from_bytes(&large, &[], &device).unwrap().to_bytes(Precision::F16).unwrap_err();
    assert!(err.to_string().contains(name) && err.to_string().contains("32 bits"), "{err}");
}

#[test]
fn random_damage_never_panics() {
    let device = cpu_device();
    let network = Hypernetwork::init(&small_config(Composer::Residual), 0, &device).unwrap();
    let good = checkpoint_bytes(&network, None, &BTreeMap::new()).unwrap();
    let header_end = 8 + u64::from_le_bytes(*good.first_chunk().unwrap()) as usize;
    let mut random = ChaCha8Rng::seed_from_u64(7);
    for round in 0..600 {
        let mut bytes = good.clone();
        match round % 3 {
            0 => bytes.truncate(random.random_range(0..good.len())),
            1 => bytes[random.random_range(0..header_end)] = random.random(),
            _ => {
                let at = random.random_range(0..header_end - 8);
                bytes[at..at + 8].copy_from_slice(&random.random::<u64>().to_le_bytes());
            }
        }
        // Whatever it is now, it is answered: by a network, or by one line.
        if let Err(err) = Checkpoint::from_bytes(&bytes, &[], &device) {
            assert!(!err.to_string().contains('\n') && err.to_string().len() < 1_000, "{err}");
        }
        inspect(&bytes).map_or_else(|err| assert!(!err.to_string().is_empty()), drop);
    }
    for hostile in [vec![], vec![0xff; 8], [u64::MAX.to_le_bytes().as_slice(), b"{}"].concat(), vec![0; 64]] {
        assert!(matches!(inspect(&hostile), Err(ModelError::File(_))));
    }
}
