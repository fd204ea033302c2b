"""Golden files for tests/model/backbones.rs: small random backbones of every family, in files as their publishers write
them, and what timm or transformers computes with them.

    python make_backbones.py

Each model is 64 wide with 2 blocks and every weight random. Weights are rounded to what their file keeps before anything
is computed. Pictures are made by the formula that the test repeats. Positions are resampled here, bicubic without
antialias, where a library would do it otherwise.
"""
import argparse
import json
import os
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import transformers
from safetensors.torch import load_file, save_file
from timm.models.vision_transformer import VisionTransformer, checkpoint_filter_fn

HERE = Path(__file__).parent / "backbones"
DIM, DEPTH, MLP, HEADS = 64, 2, 32, 1


def pictures(side):
    """[1, 3, side, side] in [-1, 1]; computed in f64, rounded once, as in make_model.py."""
    _, c, y, x = np.meshgrid(*(np.arange(n, dtype=np.float64) for n in (1, 3, side, side)), indexing="ij")
    waves = np.sin(0.11 * x * (c + 1) + 0.07 * y) * np.cos(0.05 * y * (c + 2) - 0.02 * x + 0.5 * c)
    return torch.from_numpy((0.5 + 0.5 * waves).astype(np.float32)) * 2 - 1


def randomise(model, seed, dtype):
    """Norms and scales near one, everything else large enough to matter; rounded to what the file keeps."""
    random = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        is_gain = any(word in name for word in ("norm", "ln_", "gamma", "lambda", "layrnorm")) and not name.endswith("bias")
        value = 0.12 * torch.randn(parameter.shape, generator=random) + float(is_gain)
        parameter.data = value.to(dtype).float()
    return model.eval()


def timm_vit(side, patch, **more):
    return VisionTransformer(
        img_size=side, patch_size=patch, embed_dim=DIM, depth=DEPTH, num_heads=HEADS, mlp_ratio=MLP / DIM,
        num_classes=more.pop("num_classes", 0), norm_layer=partial(nn.LayerNorm, eps=more.pop("eps", 1e-6)), **more,
    )


def resampled(positions, prefix, grid):
    """[1, prefix + n, dim] -> [1, prefix + grid * grid, dim]"""
    square = positions[:, prefix:]
    old = int(square.shape[1] ** 0.5)
    if old == grid:
        return positions
    square = square.reshape(1, old, old, -1).permute(0, 3, 1, 2)
    square = F.interpolate(square, (grid, grid), mode="bicubic", align_corners=False, antialias=False)
    return torch.cat([positions[:, :prefix], square.flatten(2).mT], 1)


def timm_features(state, patch, sides, **more):
    """Of timm's model with these weights: every token after the final norm, for pictures of these sides."""
    out = {}
    prefix = 0 if more.get("no_embed_class") else 1
    for side in sides:
        model = timm_vit(side, patch, **dict(more)).eval()
        own = dict(state)
        own["pos_embed"] = resampled(state["pos_embed"], prefix, side // patch)
        model.load_state_dict({k: v.float() for k, v in own.items() if k in model.state_dict()}, strict=True)
        with torch.no_grad():
            out[f"{side}"] = model.forward_features(pictures(side))[0].contiguous()
    return out


def hf_features(model, embeddings, patch, sides, finish=lambda x: x):
    """The same of a model of transformers; `embeddings` holds its positions."""
    out = {}
    with torch.no_grad():
        stored = embeddings.position_embeddings.data.clone()
        for side in sides:
            embeddings.position_embeddings.data = resampled(stored, 1, side // patch)
            # What is resampled already is taken as it is.
            embeddings.interpolate_pos_encoding = lambda *_: embeddings.position_embeddings
            hidden = model(pictures(side), interpolate_pos_encoding=True).last_hidden_state
            out[f"{side}"] = finish(hidden)[0].contiguous()
        embeddings.position_embeddings.data = stored
    return out


def narrow(state, dtype):
    return {k: v.to(dtype).contiguous() if v.is_floating_point() else v for k, v in state.items()}


def hf_names(model, dtype):
    """A model's weights under the names that transformers publishes, which since its version 5 are not those of its
    modules."""
    folder = HERE / "scratch"
    model.save_pretrained(folder)
    state = narrow(load_file(folder / "model.safetensors"), dtype)
    shutil.rmtree(folder)
    return state


def dino():
    """Facebook's file: the weights alone, timm's names."""
    model = randomise(timm_vit(16, 4), 1, torch.float16)
    torch.save(narrow(model.state_dict(), torch.float16), HERE / "dino.pth")
    return timm_features(model.state_dict(), 4, (16, 24))


def dino_hf():
    config = transformers.ViTConfig(
        hidden_size=DIM, num_hidden_layers=DEPTH, num_attention_heads=HEADS, intermediate_size=MLP, image_size=16,
        patch_size=4, layer_norm_eps=1e-6,
    )
    model = randomise(transformers.ViTModel(config, add_pooling_layer=False), 2, torch.float16)
    save_file(hf_names(model, torch.float16), HERE / "dino_hf.safetensors")
    return hf_features(model, model.embeddings, 4, (16, 12))


def deit():
    """Facebook's file: a dictionary around the weights, in the format of before PyTorch 1.6, with a classifier."""
    model = randomise(timm_vit(16, 4, num_classes=5), 3, torch.float32)
    # Float32 alone, so that the other kinds are not all there is; kept in memory as a transposed view, as some are.
    state = dict(model.state_dict())
    state["blocks.0.attn.proj.weight"] = state["blocks.0.attn.proj.weight"].T.contiguous().T
    torch.save({"model": state}, HERE / "deit.pth", _use_new_zipfile_serialization=False)
    state = {k: v for k, v in model.state_dict().items() if not k.startswith("head.")}
    return timm_features(state, 4, (16,))


def sines(grid):
    """MAE's fixed positions, [1, 1 + grid * grid, dim]: transformers' of rows before columns, which MAE has exchanged."""
    from transformers.models.vit_mae.modeling_vit_mae import build_2d_sinusoidal_position_embedding

    rows_first = build_2d_sinusoidal_position_embedding(grid, grid, DIM, cls_token=True)
    return torch.cat([rows_first[:, DIM // 2 :], rows_first[:, : DIM // 2]], 1)[None].float()


def mae():
    """Facebook's file of pretraining, with its decoder."""
    model = randomise(timm_vit(16, 4), 4, torch.bfloat16)
    model.pos_embed.data = sines(4).bfloat16().float()
    state = narrow(model.state_dict(), torch.bfloat16)
    decoder = {"mask_token": torch.ones(1, 1, 8), "decoder_embed.weight": torch.ones(8, DIM), "decoder_pos_embed": torch.ones(1, 17, 8)}
    torch.save({"model": {**state, **narrow(decoder, torch.bfloat16)}}, HERE / "mae.pth")
    return {**timm_features(model.state_dict(), 4, (16, 20)), "sines": sines(4)[0].contiguous()}


def mae_hf():
    config = transformers.ViTMAEConfig(
        hidden_size=DIM, num_hidden_layers=DEPTH, num_attention_heads=HEADS, intermediate_size=MLP, image_size=16,
        patch_size=4, layer_norm_eps=1e-6, mask_ratio=0.0, decoder_hidden_size=8, decoder_num_hidden_layers=1,
        decoder_num_attention_heads=1, decoder_intermediate_size=8,
    )
    model = randomise(transformers.ViTMAEForPreTraining(config), 5, torch.bfloat16)
    save_file(hf_names(model, torch.bfloat16), HERE / "mae_hf.safetensors")
    with torch.no_grad():
        # Nothing is masked, and patches are left in their order.
        hidden = model.vit(pictures(16), noise=torch.arange(16.0)[None]).last_hidden_state
    return {"16": hidden[0].contiguous()}


def dinov2():
    """Facebook's file: timm's names and a token for what is masked."""
    model = randomise(timm_vit(42, 14, init_values=1.0), 6, torch.bfloat16)
    state = {**model.state_dict(), "mask_token": torch.zeros(1, DIM)}
    save_file(narrow(state, torch.bfloat16), HERE / "dinov2.safetensors")
    return timm_features(model.state_dict(), 14, (42, 56), init_values=1.0)


def dinov2_registers():
    """Facebook's names, read by timm's own converter; and timm's."""
    more = dict(init_values=1.0, reg_tokens=4, no_embed_class=True)
    model = randomise(timm_vit(42, 14, **more), 7, torch.float16)
    original = dict(model.state_dict())
    # As trained, the class token has a position of its own.
    at_class = 0.12 * torch.randn(1, 1, DIM, generator=torch.Generator().manual_seed(70)).half().float()
    original["pos_embed"] = torch.cat([at_class, original["pos_embed"]], 1)
    original["register_tokens"] = original.pop("reg_token")
    original["mask_token"] = torch.zeros(1, DIM)
    torch.save(narrow(original, torch.float16), HERE / "dinov2_registers.pth")
    converted = checkpoint_filter_fn(dict(original), model)
    save_file({k: v.contiguous() for k, v in narrow(converted, torch.float16).items()}, HERE / "dinov2_registers_timm.safetensors")
    out = timm_features(converted, 14, (42, 28), **more)
    rounded = {k: v.float() for k, v in narrow(converted, torch.float16).items()}
    timm = timm_features(rounded, 14, (42, 28), **more)
    return {**out, **{f"timm.{k}": v for k, v in timm.items()}}


def dinov2_registers_hf():
    config = transformers.Dinov2WithRegistersConfig(
        hidden_size=DIM, num_hidden_layers=DEPTH, num_attention_heads=HEADS, mlp_ratio=1, image_size=42, patch_size=14,
    )
    model = randomise(transformers.Dinov2WithRegistersModel(config), 8, torch.float16)
    save_file(hf_names(model, torch.float16), HERE / "dinov2_registers_hf.safetensors")
    return hf_features(model, model.embeddings, 14, (42,))


class OpenAiClip(nn.Module):
    """Modules named as in OpenAI's archives, which hold code beside weights."""

    def __init__(self):
        super().__init__()
        self.visual = Tower()
        self.positional_embedding = nn.Parameter(torch.zeros(3, 8))
        self.logit_scale = nn.Parameter(torch.zeros([]))

    def forward(self, x):
        return self.visual(x)


class Tower(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, DIM, 4, 4, bias=False)
        self.class_embedding = nn.Parameter(torch.zeros(DIM))
        self.positional_embedding = nn.Parameter(torch.zeros(17, DIM))
        self.ln_pre, self.ln_post = nn.LayerNorm(DIM), nn.LayerNorm(DIM)
        self.transformer = nn.Module()
        self.transformer.resblocks = nn.Sequential(*(Resblock() for _ in range(DEPTH)))
        self.proj = nn.Parameter(torch.zeros(DIM, 8))

    def forward(self, x):
        return self.ln_post(self.ln_pre(x))


class Resblock(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = nn.Module()
        self.attn.in_proj_weight, self.attn.in_proj_bias = nn.Parameter(torch.zeros(3 * DIM, DIM)), nn.Parameter(torch.zeros(3 * DIM))
        self.attn.out_proj = nn.Linear(DIM, DIM)
        self.ln_1, self.ln_2 = nn.LayerNorm(DIM), nn.LayerNorm(DIM)
        self.mlp = nn.Module()
        self.mlp.c_fc, self.mlp.c_proj = nn.Linear(DIM, MLP), nn.Linear(MLP, DIM)

    def forward(self, x):
        return self.ln_2(self.ln_1(x))


def clip():
    """OpenAI's archive, read by timm's own converter; and timm's names."""
    more = dict(pre_norm=True, act_layer="quick_gelu", eps=1e-5)
    original = randomise(OpenAiClip(), 9, torch.float16)
    state = original.state_dict()
    torch.jit.save(torch.jit.trace(original.half(), torch.zeros(1, 1, DIM).half()), HERE / "clip.pt")
    model = timm_vit(16, 4, **dict(more))
    state = checkpoint_filter_fn({k: v.float() for k, v in state.items()}, model)
    state = {k: v for k, v in state.items() if not k.startswith("head.")}
    save_file(narrow(state, torch.float16), HERE / "clip_timm.safetensors")
    return timm_features(state, 4, (16, 24), **more)


def clip_hf():
    """A folder, whose pixels are normalised otherwise than CLIP's."""
    config = transformers.CLIPVisionConfig(
        hidden_size=DIM, num_hidden_layers=DEPTH, num_attention_heads=HEADS, intermediate_size=MLP, image_size=16, patch_size=4,
    )
    model = randomise(transformers.CLIPVisionModel(config), 10, torch.float16)
    folder = HERE / "clip_hf"
    folder.mkdir(exist_ok=True)
    # As CLIPModel has it: before every name, and beside the reader of texts.
    state = {f"vision_model.{k}": v for k, v in hf_names(model, torch.float16).items()}
    state["vision_model.embeddings.position_ids"] = torch.arange(17)[None]
    state["text_model.final_layer_norm.weight"] = torch.ones(8).half()
    state["logit_scale"] = torch.tensor(4.6).half()
    state["visual_projection.weight"] = torch.ones(8, DIM).half()
    torch.save(state, folder / "pytorch_model.bin")
    clip = {"model_type": "clip", "architectures": ["CLIPModel"], "vision_config": {"num_attention_heads": HEADS, "hidden_act": "quick_gelu"}}
    (folder / "config.json").write_text(json.dumps(clip))
    pixels = {"do_normalize": True, "image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.25, 0.3]}
    (folder / "preprocessor_config.json").write_text(json.dumps(pixels))
    with torch.no_grad():
        # What stands at the class token alone is normed in transformers; here every token is.
        hidden = model(pictures(16)).last_hidden_state
        tower = getattr(model, "vision_model", model)
        return {"16": tower.post_layernorm(hidden)[0].contiguous()}


def whisper_hf():
    config = transformers.WhisperConfig(
        d_model=DIM, encoder_layers=DEPTH, encoder_attention_heads=HEADS, encoder_ffn_dim=MLP, max_source_positions=20,
        decoder_layers=1, decoder_attention_heads=1, decoder_ffn_dim=8, vocab_size=8, max_target_positions=4, pad_token_id=0,
        bos_token_id=1, eos_token_id=2, decoder_start_token_id=1,
    )
    model = randomise(transformers.WhisperModel(config), 11, torch.float16)
    state = {f"model.{k}": v for k, v in narrow(model.state_dict(), torch.float16).items() if "encoder." in k or "layer_norm" in k}
    save_file(state, HERE / "whisper_hf.safetensors")
    mel = torch.randn(1, 80, 40, generator=torch.Generator().manual_seed(12))
    with torch.no_grad():
        return {"mel": mel, "features": model.encoder(mel).last_hidden_state[0].contiguous()}


class Shell:
    def __reduce__(self):
        return os.system, ("true",)


def refused():
    """Files that are no weights alone."""
    torch.save({"model": {"w": torch.ones(2)}, "args": argparse.Namespace(rate=1)}, HERE / "refused_namespace.pth")
    torch.save({"w": torch.ones(2), "x": Shell()}, HERE / "refused_shell.pth")
    torch.save({"w": torch.ones(2), "x": Shell()}, HERE / "refused_shell_legacy.pth", _use_new_zipfile_serialization=False)


def main():
    HERE.mkdir(exist_ok=True)
    makers = [dino, dino_hf, deit, mae, mae_hf, dinov2, dinov2_registers, dinov2_registers_hf, clip, clip_hf, whisper_hf]
    out = {f"{make.__name__}.{name}": value for make in makers for name, value in make().items()}
    save_file(out, HERE / "features.safetensors")
    refused()
    for path in sorted(HERE.rglob("*")):
        print(path.stat().st_size, path.relative_to(HERE))
    print({name: (tuple(value.shape), round(value.norm().item(), 3)) for name, value in out.items()})


main()
