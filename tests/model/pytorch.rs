//! What `golden/make_model.py` computed with timm and plain `PyTorch`.

use burn::tensor::{Tensor, TensorData};
use hyperscope::model::{
    Backbone, Checkpoint, Guess, cpu_device, evaluate_batch, load_backbone, recognise_backbone,
};
use safetensors::SafeTensors;

use crate::{common, golden, pictures, read, relative_error, values};

const VIT_TINY: &str = "data/weights/vit_tiny_patch16_224.augreg_in21k_ft_in1k.f32.safetensors";

#[test]
fn every_block_of_the_real_vit_tiny_agrees_with_pytorch() {
    let Some(path) = common::shared(VIT_TINY) else { return };
    let bytes = read(&path);
    let expected = read(&common::golden("model_vit_tiny.safetensors"));
    let expected = SafeTensors::deserialize(&expected).unwrap();
    let device = cpu_device();
    let Guess::Backbone(config) = recognise_backbone(&bytes).unwrap() else { panic!("not recognised") };
    let (vit, report): (Backbone, _) = load_backbone(&bytes, &config, &device).unwrap();
    assert_eq!((config.name().as_str(), config.depth, config.heads, config.grid), ("ViT-Ti/16", 12, 3, 14));
    assert_eq!(
        (report.missing.len(), report.ignored.as_slice()),
        (0, ["head.bias", "head.weight"].map(String::from).as_slice())
    );
    for side in [224, 160] {
        let picked = expected.tensor(&format!("{side}.picked")).unwrap();
        let picked: Vec<i64> = bytemuck::pod_collect_to_vec(picked.data());
        let check = |index: usize, tokens: Tensor<3>| {
            let norm = golden(&expected, &format!("{side}.norm.{index}"))[0];
            let whole = values(tokens.clone().square().sum().sqrt())[0];
            assert!((whole / norm - 1.0).abs() < 1e-4, "{side} px, stage {index}: norm {whole} and {norm}");
            let rows = picked.iter().map(|&token| tokens.clone().narrow(1, token as usize, 1)).collect();
            let error = relative_error(
                &values(Tensor::cat(rows, 1)),
                &golden(&expected, &format!("{side}.stage.{index}")),
            );
            println!("{side} px, stage {index}: relative error {error:.1e}");
            assert!(error < 1e-4, "{side} px, stage {index}: relative error {error:e}");
        };
        let mut tokens = vit.embed(pictures(1, side, &device));
        for (index, block) in vit.blocks.iter().enumerate() {
            tokens = block.forward(tokens);
            check(index, tokens.clone());
        }
        check(12, vit.norm.forward(tokens));
    }
}

#[test]
fn a_whole_hypernetwork_agrees_with_pytorch() {
    // The plain form is what trains, the fused one what infers: both.
    for device in [cpu_device(), cpu_device().autodiff()] {
        for composer in ["trans-inr", "residual"] {
            let checkpoint = read(&common::golden(&format!("model_{composer}.safetensors")));
            let Checkpoint { network, notes, report, .. } =
                Checkpoint::from_bytes(&checkpoint, &[], &device).unwrap();
            assert_eq!(notes.get("note").map(String::as_str), Some("a golden file"));
            assert!(report.unexpected.is_empty(), "{report}");
            let expected = read(&common::golden(&format!("model_{composer}_out.safetensors")));
            let expected = SafeTensors::deserialize(&expected).unwrap();
            let weights = network.forward(pictures(2, 40, &device));
            for (index, weight) in weights.iter().enumerate() {
                let error = relative_error(
                    &values(weight.clone()),
                    &golden(&expected, &format!("layers.{index}.weight")),
                );
                println!("{composer}, layer {index}: relative error {error:.1e}");
                assert!(error < 1e-4, "{composer}, layer {index}: relative error {error:e}");
            }
            let points = TensorData::new(golden(&expected, "points"), [2, 33, 2]);
            let field = &network.config().field;
            let found =
                evaluate_batch(field, &weights, &network.biases(), Tensor::from_data(points, &device));
            let error = relative_error(&values(found), &golden(&expected, "values"));
            assert!(error < 1e-4, "{composer}, values: relative error {error:e}");
        }
    }
}

#[test]
fn objects_by_several_views_agree_with_pytorch() {
    for device in [cpu_device(), cpu_device().autodiff()] {
        let checkpoint = read(&common::golden("model_object.safetensors"));
        let Checkpoint { network, report, .. } = Checkpoint::from_bytes(&checkpoint, &[], &device).unwrap();
        assert!(report.unexpected.is_empty(), "{report}");
        let expected = read(&common::golden("model_object_out.safetensors"));
        let expected = SafeTensors::deserialize(&expected).unwrap();
        let rays = TensorData::new(golden(&expected, "rays"), [4, 25, 6]);
        let tokens = network.tokens_of_views(pictures(4, 40, &device), Tensor::from_data(rays, &device), 2);
        for (index, weight) in network.compose(network.modulations(tokens)).into_iter().enumerate() {
            let error =
                relative_error(&values(weight), &golden(&expected, &format!("layers.{index}.weight")));
            assert!(error < 1e-4, "layer {index}: relative error {error:e}");
        }
    }
}
