//! How files name the tensors of a backbone. A parameter is called by timm's name here; a table for each way of naming
//! says what it is called there.

use crate::model::loading::Part;

/// A way of naming, and how it is known.
#[derive(Debug)]
pub(super) struct Naming {
    /// What has such names, for people.
    pub(super) described: &'static str,
    /// Which tensors tell it, with the number of their axes; sizes are read from them.
    pub(super) telltales: &'static [(&'static str, usize)],
    /// Before the number of a block.
    pub(super) blocks: &'static str,
    /// Within a block, ours and theirs; whole names, or what stands before `.weight` and `.bias`.
    within: &'static [(&'static str, &'static str)],
    qkv: Qkv,
    /// Outside of the blocks, likewise.
    outside: &'static [(&'static str, &'static str)],
    /// Whether class token and positions have no axes of length one.
    is_flat: bool,
    /// Whether sounds are read.
    pub(super) is_whisper: bool,
}

/// How queries, keys and values are kept.
#[derive(Debug)]
enum Qkv {
    /// As one, with this before `weight` and `bias`.
    Joined(&'static str),
    /// Each for itself; keys may have no bias.
    Apart { names: [&'static str; 3], has_key_bias: bool },
}

/// timm's names, and those of the papers by Facebook, which timm took over.
pub(super) const TIMM: Naming = Naming {
    described: "a vision transformer (AugReg ViT, DINO, MAE, DeiT) in timm's names",
    telltales: &[
        ("patch_embed.proj.weight", 4),
        ("cls_token", 3),
        ("pos_embed", 3),
        ("blocks.0.attn.qkv.weight", 2),
        ("blocks.0.mlp.fc1.weight", 2),
        ("norm.weight", 1),
    ],
    blocks: "blocks.",
    within: &[],
    qkv: Qkv::Joined("attn.qkv."),
    outside: &[],
    is_flat: false,
    is_whisper: false,
};

/// Facebook's `DINOv2` with registers: timm's names but for these.
pub(super) const FACEBOOK_REGISTERS: Naming = Naming {
    described: "a DINOv2 with registers in Facebook's names",
    telltales: &[
        ("patch_embed.proj.weight", 4),
        ("cls_token", 3),
        ("register_tokens", 3),
        ("pos_embed", 3),
        ("blocks.0.attn.qkv.weight", 2),
        ("blocks.0.mlp.fc1.weight", 2),
        ("norm.weight", 1),
    ],
    outside: &[("reg_token", "register_tokens")],
    ..TIMM
};

/// Hugging Face's `ViTModel`, and the others that are made of it.
pub(super) const HF_VIT: Naming = Naming {
    described: "a vision transformer (ViT, DINO, MAE, DeiT) in Hugging Face's names",
    telltales: &[
        ("embeddings.patch_embeddings.projection.weight", 4),
        ("embeddings.cls_token", 3),
        ("embeddings.position_embeddings", 3),
        ("encoder.layer.0.attention.attention.query.weight", 2),
        ("encoder.layer.0.intermediate.dense.weight", 2),
        ("layernorm.weight", 1),
    ],
    blocks: "encoder.layer.",
    within: &[
        ("norm1", "layernorm_before"),
        ("attn.proj", "attention.output.dense"),
        ("norm2", "layernorm_after"),
        ("mlp.fc1", "intermediate.dense"),
        ("mlp.fc2", "output.dense"),
    ],
    qkv: Qkv::Apart {
        names: ["attention.attention.query", "attention.attention.key", "attention.attention.value"],
        has_key_bias: true,
    },
    outside: HF_OUTSIDE,
    is_flat: false,
    is_whisper: false,
};

const HF_OUTSIDE: &[(&str, &str)] = &[
    ("patch_embed.proj", "embeddings.patch_embeddings.projection"),
    ("cls_token", "embeddings.cls_token"),
    ("reg_token", "embeddings.register_tokens"),
    ("pos_embed", "embeddings.position_embeddings"),
    ("norm", "layernorm"),
];

/// Hugging Face's `Dinov2Model`, with and without registers.
pub(super) const HF_DINOV2: Naming = Naming {
    described: "a DINOv2 in Hugging Face's names",
    telltales: &[
        ("embeddings.patch_embeddings.projection.weight", 4),
        ("embeddings.cls_token", 3),
        ("embeddings.position_embeddings", 3),
        ("encoder.layer.0.attention.attention.query.weight", 2),
        ("encoder.layer.0.mlp.fc1.weight", 2),
        ("encoder.layer.0.layer_scale1.lambda1", 1),
        ("layernorm.weight", 1),
    ],
    within: &[
        ("attn.proj", "attention.output.dense"),
        ("ls1.gamma", "layer_scale1.lambda1"),
        ("ls2.gamma", "layer_scale2.lambda1"),
    ],
    ..HF_VIT
};

/// `OpenAI`'s CLIP, within its `visual`.
pub(super) const OPENAI_CLIP: Naming = Naming {
    described: "a CLIP vision tower in OpenAI's names",
    telltales: &[
        ("conv1.weight", 4),
        ("class_embedding", 1),
        ("positional_embedding", 2),
        ("ln_pre.weight", 1),
        ("transformer.resblocks.0.attn.in_proj_weight", 2),
        ("transformer.resblocks.0.mlp.c_fc.weight", 2),
        ("ln_post.weight", 1),
    ],
    blocks: "transformer.resblocks.",
    within: &[
        ("norm1", "ln_1"),
        ("attn.proj", "attn.out_proj"),
        ("norm2", "ln_2"),
        ("mlp.fc1", "mlp.c_fc"),
        ("mlp.fc2", "mlp.c_proj"),
    ],
    qkv: Qkv::Joined("attn.in_proj_"),
    outside: &[
        ("patch_embed.proj", "conv1"),
        ("cls_token", "class_embedding"),
        ("pos_embed", "positional_embedding"),
        ("norm_pre", "ln_pre"),
        ("norm", "ln_post"),
    ],
    is_flat: true,
    is_whisper: false,
};

/// Hugging Face's `CLIPVisionModel`, and `CLIPModel` with it.
pub(super) const HF_CLIP: Naming = Naming {
    described: "a CLIP vision tower in Hugging Face's names",
    telltales: &[
        ("embeddings.patch_embedding.weight", 4),
        ("embeddings.class_embedding", 1),
        ("embeddings.position_embedding.weight", 2),
        // So it is spelled.
        ("pre_layrnorm.weight", 1),
        ("encoder.layers.0.self_attn.q_proj.weight", 2),
        ("encoder.layers.0.mlp.fc1.weight", 2),
        ("post_layernorm.weight", 1),
    ],
    blocks: "encoder.layers.",
    within: &[("norm1", "layer_norm1"), ("attn.proj", "self_attn.out_proj"), ("norm2", "layer_norm2")],
    qkv: Qkv::Apart {
        names: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
        has_key_bias: true,
    },
    outside: &[
        ("patch_embed.proj", "embeddings.patch_embedding"),
        ("cls_token", "embeddings.class_embedding"),
        ("pos_embed", "embeddings.position_embedding.weight"),
        ("norm_pre", "pre_layrnorm"),
        ("norm", "post_layernorm"),
    ],
    is_flat: true,
    is_whisper: false,
};

/// `OpenAI`'s Whisper, within its `encoder`.
pub(super) const OPENAI_WHISPER: Naming = Naming {
    described: "a Whisper encoder in OpenAI's names",
    telltales: &[
        ("conv1.weight", 3),
        ("conv2.weight", 3),
        ("positional_embedding", 2),
        ("blocks.0.attn.query.weight", 2),
        ("blocks.0.mlp.0.weight", 2),
        ("ln_post.weight", 1),
    ],
    blocks: "blocks.",
    within: &[
        ("norm1", "attn_ln"),
        ("attn.proj", "attn.out"),
        ("norm2", "mlp_ln"),
        ("mlp.fc1", "mlp.0"),
        ("mlp.fc2", "mlp.2"),
    ],
    qkv: Qkv::Apart { names: ["attn.query", "attn.key", "attn.value"], has_key_bias: false },
    outside: &[],
    is_flat: false,
    is_whisper: true,
};

/// Hugging Face's Whisper, within its `encoder`.
pub(super) const HF_WHISPER: Naming = Naming {
    described: "a Whisper encoder in Hugging Face's names",
    telltales: &[
        ("conv1.weight", 3),
        ("conv2.weight", 3),
        ("embed_positions.weight", 2),
        ("layers.0.self_attn.q_proj.weight", 2),
        ("layers.0.fc1.weight", 2),
        ("layer_norm.weight", 1),
    ],
    blocks: "layers.",
    within: &[
        ("norm1", "self_attn_layer_norm"),
        ("attn.proj", "self_attn.out_proj"),
        ("norm2", "final_layer_norm"),
        ("mlp.fc1", "fc1"),
        ("mlp.fc2", "fc2"),
    ],
    qkv: Qkv::Apart {
        names: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
        has_key_bias: false,
    },
    outside: &[("positional_embedding", "embed_positions.weight"), ("ln_post", "layer_norm")],
    is_flat: false,
    is_whisper: true,
};

/// All of them; of two that fit, the one that tells more comes first.
pub(super) const NAMINGS: [&Naming; 8] =
    [&FACEBOOK_REGISTERS, &TIMM, &HF_DINOV2, &HF_VIT, &OPENAI_CLIP, &HF_CLIP, &OPENAI_WHISPER, &HF_WHISPER];

/// How one file names its tensors.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) naming: &'static Naming,
    /// Before every name of the backbone, and of nothing else.
    pub(super) prefix: String,
    /// timm adds the class token's position to the token itself where there are registers.
    pub(super) has_class_position: bool,
}

/// In the file beside a backbone and not needed: classifiers, decoders, CLIP's reader of texts, and what was only needed
/// to train it.
const EXTRAS: [&str; 20] = [
    "head.",
    "head_dist.",
    "pre_logits.",
    "fc_norm.",
    "classifier.",
    "pooler.",
    "mask_token",
    "position_ids",
    "decoder",
    "proj",
    "proj_out.",
    "text_model.",
    "text_projection",
    "visual_projection.",
    "logit_scale",
    "transformer.",
    "token_embedding.",
    "positional_embedding",
    "ln_final.",
    "context_length",
];

impl Layout {
    /// What a parameter is made of, by its name and its shape in a file of timm's.
    pub(super) fn parts(&self, name: &str, shape: &[usize]) -> Vec<Part> {
        let naming = self.naming;
        let block = name.strip_prefix("blocks.").and_then(|rest| rest.split_once('.'));
        let Some((index, within)) = block else { return self.parts_outside(name, shape) };
        let named = |theirs: &str| Some(format!("{}{index}.{theirs}", naming.blocks));
        let Some(kind) = within.strip_prefix("attn.qkv.") else {
            return vec![Part { name: named(&renamed(within, naming.within)), shape: shape.to_vec() }];
        };
        match &naming.qkv {
            Qkv::Joined(before) => {
                vec![Part { name: named(&format!("{before}{kind}")), shape: shape.to_vec() }]
            }
            Qkv::Apart { names, has_key_bias } => {
                let mut third = shape.to_vec();
                third.iter_mut().take(1).for_each(|rows| *rows /= 3);
                let [query, key, value] = names.map(|theirs| named(&format!("{theirs}.{kind}")));
                let key = key.filter(|_| *has_key_bias || kind != "bias");
                [query, key, value].map(|name| Part { name, shape: third.clone() }).into()
            }
        }
    }

    fn parts_outside(&self, name: &str, shape: &[usize]) -> Vec<Part> {
        let mut parts = Part::own(&renamed(name, self.naming.outside), shape);
        if self.naming.is_flat && matches!(name, "cls_token" | "pos_embed") {
            let axes = usize::from(name == "pos_embed") + 1;
            for part in &mut parts {
                part.shape.drain(..part.shape.len() - axes);
            }
        }
        if let ("pos_embed", [one, count, dim], false) = (name, shape, self.has_class_position) {
            for part in &mut parts {
                part.shape = vec![*one, count - 1, *dim];
            }
            parts.insert(0, Part { name: None, shape: vec![*one, 1, *dim] });
        }
        parts
    }

    /// In the file and not needed, for a known reason, or of a block after the last one in use.
    pub(super) fn is_known_extra(&self, name: &str, depth: usize) -> bool {
        let block =
            name.strip_prefix(self.prefix.as_str()).and_then(|own| own.strip_prefix(self.naming.blocks));
        if let Some(index) = block.and_then(|rest| rest.split('.').next()?.parse::<usize>().ok()) {
            return index >= depth;
        }
        // At the beginning, or after the name of a part.
        EXTRAS.iter().any(|extra| {
            name.match_indices(extra).any(|(at, _)| at == 0 || name.as_bytes().get(at - 1) == Some(&b'.'))
        })
    }
}

/// A name by a table of whole names, and of what stands before the last dot.
fn renamed(name: &str, table: &[(&str, &str)]) -> String {
    let theirs = |ours: &str| table.iter().find(|(own, _)| *own == ours).map(|(_, theirs)| *theirs);
    if let Some(whole) = theirs(name) {
        return whole.to_owned();
    }
    let split = name.rsplit_once('.').and_then(|(stem, kind)| Some(format!("{}.{kind}", theirs(stem)?)));
    split.unwrap_or_else(|| name.to_owned())
}
