"""Golden files for tests/model, from timm and from hypernet.py (plain PyTorch).

    python make_model.py PATH/TO/vit_tiny_patch16_224.augreg_in21k_ft_in1k.f32.safetensors

Pictures are made by a formula that the test repeats, so only outputs are stored.
"""
import sys
from pathlib import Path

import numpy as np
import timm
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

import hypernet

HERE = Path(__file__).parent


def pictures(batch, side):
    """[batch, 3, side, side] in [0, 1]; computed in f64, rounded once."""
    b, c, y, x = np.meshgrid(*(np.arange(n, dtype=np.float64) for n in (batch, 3, side, side)), indexing="ij")
    waves = np.sin(0.11 * x * (c + 1) + 0.07 * y + b) * np.cos(0.05 * y * (c + 2) - 0.02 * x + 0.5 * c)
    return torch.from_numpy((0.5 + 0.5 * waves).astype(np.float32))


def vit_outputs(weights, side):
    """What every block of timm's ViT-Ti gives: a few whole tokens, and the norm of all."""
    tensors = load_file(weights)
    grid = side // 16
    if grid != 14:
        # timm resamples with antialias; SPEC section 3.1 says without.
        square = tensors["pos_embed"][:, 1:].reshape(1, 14, 14, 192).permute(0, 3, 1, 2)
        square = F.interpolate(square, (grid, grid), mode="bicubic", align_corners=False, antialias=False)
        tensors["pos_embed"] = torch.cat([tensors["pos_embed"][:, :1], square.flatten(2).mT], 1)
    model = timm.create_model("vit_tiny_patch16_224", pretrained=False, img_size=side).eval()
    model.load_state_dict(tensors, strict=True)
    count = grid * grid + 1
    picked = torch.tensor([0, 1, 2, 17, 41, 63, count - 2, count - 1])
    stages = []
    grab = lambda _module, _args, output: stages.append(output.detach())
    model.patch_embed.register_forward_hook(grab)
    for block in model.blocks:
        block.register_forward_hook(grab)
    model.norm.register_forward_hook(grab)
    with torch.no_grad():
        model(pictures(1, side) * 2 - 1)
    out = {f"{side}.picked": picked.to(torch.int64), f"{side}.patches": stages[0][0, picked[1:-1] - 1].contiguous()}
    for index, stage in enumerate(stages[1:]):
        out[f"{side}.stage.{index}"] = stage[0, picked].contiguous()
        out[f"{side}.norm.{index}"] = stage.double().norm().float().reshape(1)
    return out


def hypernetwork(composer, activation, seed):
    """A whole small hypernetwork with every weight random, its input grid not the stored one."""
    torch.manual_seed(seed)
    config = {
        "kind": "image", "mode": "finetune", "composer": composer, "groups": 6, "objective": "mse", "input_size": 40,
        "backbone": {"family": "augreg-vit", "dim": 64, "depth": 2, "heads": 2, "mlp": 96, "patch": 8, "grid": 4},
        "field": {
            "inputs": 2, "outputs": 3, "layers": 4, "hidden": 18,
            "encoding": {"kind": "fourier", "count": 5, "min": 3.14159265, "max": 201.06193}, "activation": activation,
            "output_offset": 0.5, "spread": False,
        },
    }
    model = hypernet.HyperNet(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            # Norms near one, everything else large enough to matter.
            parameter.copy_(torch.randn_like(parameter) * 0.15 + (1.0 if "norm" in name and "weight" in name else 0.0))
    path = HERE / f"model_{composer}.safetensors"
    hypernet.save(model, path, half_backbone=True, note="a golden file")
    model = hypernet.load(path)
    points = torch.rand(2, 33, 2, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    with torch.no_grad():
        # The stored grid is 4 and the input's 5.
        model.backbone.pos_embed = torch.nn.Parameter(hypernet.resample_positions(model.backbone.pos_embed, 5))
        layers = model(pictures(2, 40))
        # Angles in f64, as the program computes them.
        frequencies = hypernet.frequencies(config["field"]["encoding"]).double()
        angles = (points.double().unsqueeze(-1) * frequencies).flatten(-2)
        features = torch.cat([angles.cos(), angles.sin()], -1).float()
        values = hypernet.run_layers(config["field"], layers, features)
    out = {f"layers.{index}.weight": weight.contiguous() for index, (weight, _) in enumerate(layers)}
    save_file({**out, "points": points, "values": values}, HERE / f"model_{composer}_out.safetensors")


class ObjectNet(hypernet.HyperNet):
    """Reads posed views: patches also say which rays they were seen by, and an object's views stand side by side."""

    def __init__(self, config):
        super().__init__(config)
        self.ray_embed = torch.nn.Linear(6, config["backbone"]["dim"])

    def forward(self, pixels, rays, views):
        net = self.backbone
        patches = net.patch_embed(pixels * 2 - 1) + net.pos_embed[:, 1:] + self.ray_embed(rays)
        classes = (net.cls_token + net.pos_embed[:, :1]).expand(len(patches), -1, -1)
        data = torch.cat([classes, patches], 1)
        data = data.reshape(len(data) // views, views * data.shape[1], -1)
        own = torch.cat(list(self.weight_tokens.values()))
        x = torch.cat([data, own.expand(len(data), -1, -1)], 1)
        for block in net.blocks:
            x = block(x)
        parts = net.norm(x[:, data.shape[1]:]).split([len(tokens) for tokens in self.weight_tokens.values()], 1)
        return [self.compose(i, part) for i, part in enumerate(parts)]


def objects():
    """Two objects, each by two views, every weight random."""
    torch.manual_seed(3)
    config = {
        "kind": "object", "mode": "finetune", "composer": "trans-inr", "groups": 6, "objective": "mse", "input_size": 40,
        "backbone": {"family": "augreg-vit", "dim": 64, "depth": 2, "heads": 2, "mlp": 96, "patch": 8, "grid": 5},
        "field": {
            "inputs": 3, "outputs": 4, "layers": 3, "hidden": 18, "density_gain": 10.0,
            "encoding": {"kind": "fourier", "count": 4, "min": 1.0, "max": 8.0}, "activation": {"kind": "relu"},
            "output_offset": 0.0, "spread": False,
        },
        "depths": [3.0, 5.0],
    }
    model = ObjectNet(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.15 + (1.0 if "norm" in name and "weight" in name else 0.0))
    hypernet.save(model, HERE / "model_object.safetensors")
    rays = torch.randn(4, 25, 6)
    with torch.no_grad():
        layers = model(pictures(4, 40), rays, 2)
    out = {f"layers.{index}.weight": weight.contiguous() for index, weight in enumerate(layers)}
    save_file({**out, "rays": rays}, HERE / "model_object_out.safetensors")


def local_start():
    """The bumps of src/model/local_start.rs, six along an axis, by QR of the augmented system."""
    frequencies = hypernet.frequencies({"count": 24, "min": 1.5707964, "max": 100.53097}).double()
    line = torch.linspace(-1, 1, 512, dtype=torch.float64)
    angles = line[:, None] * frequencies
    features = torch.cat([angles.cos(), angles.sin()], 1)
    ridge = 1e-2 * 512 * (1e-3 + (frequencies.repeat(2) / 40) ** 2)
    centres = (torch.arange(6) + 0.5) / 3 - 1
    bumps = torch.exp(-0.5 * ((line[:, None] - centres) / (0.9 / 3)) ** 2)
    system = torch.cat([features, ridge.sqrt().diag()])
    q, r = torch.linalg.qr(system)
    weights = torch.linalg.solve_triangular(r, q.T @ torch.cat([bumps, torch.zeros(48, 6)]), upper=True)
    save_file({"bumps": weights.T.float().contiguous()}, HERE / "model_local_start.safetensors")


def main():
    with torch.no_grad():
        save_file({**vit_outputs(sys.argv[1], 224), **vit_outputs(sys.argv[1], 160)}, HERE / "model_vit_tiny.safetensors")
    hypernetwork("trans-inr", {"kind": "relu"}, 1)
    hypernetwork("residual", {"kind": "sine", "omega0": 3.0, "omega0_first": 5.0}, 2)
    objects()
    local_start()


if __name__ == "__main__":
    main()
