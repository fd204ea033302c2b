"""Hyperscope's image hypernetwork in plain PyTorch: an independent twin of the Rust program.

Written from SPEC.md (section 2: the field; section 3: the hypernetwork and its checkpoint file).
One picture goes in, one small MLP (the field) comes out, in a single forward pass:

    model = load("image.safetensors")
    layers = model(pixels)                                   # pixels [B, 3, S, S] in [0, 1]
    colours = evaluate(model.arch, layers, pixel_grid(S, S)) # [B, S*S, 3]
"""
import json
import math

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn


# ---------------------------------------------------------------------------------- the field
def pixel_grid(height, width):
    """Pixel centres as (row, column), each mapped to [-1, 1]; row-major, [height*width, 2]."""
    rows = (torch.arange(height) + 0.5) / height * 2 - 1
    cols = (torch.arange(width) + 0.5) / width * 2 - 1
    return torch.stack(torch.meshgrid(rows, cols, indexing="ij"), -1).reshape(-1, 2)


def frequencies(encoding):
    """A geometric progression from min to max, both included."""
    n, low, high = encoding["count"], encoding["min"], encoding["max"]
    steps = torch.arange(n, dtype=torch.float64) / max(n - 1, 1)
    return (math.log(low) + steps * (math.log(high) - math.log(low))).exp().float()


def encode(points, encoding):
    """[..., axes] -> all cosines (axes outermost), then all sines; no raw coordinate."""
    if encoding["kind"] == "identity":
        return points
    angles = (points.unsqueeze(-1) * frequencies(encoding)).flatten(-2)
    return torch.cat([angles.cos(), angles.sin()], -1)


def layer_sizes(arch):
    """[(d_in, d_out), ...] of every layer."""
    enc = arch["encoding"]
    first = arch["inputs"] * (2 * enc["count"] if enc["kind"] == "fourier" else 1)
    last = arch["outputs"] * (2 if arch.get("spread") else 1)
    widths = [first] + [arch["hidden"]] * (arch["layers"] - 1) + [last]
    return list(zip(widths[:-1], widths[1:]))


def run_layers(arch, layers, x):
    """The MLP on already encoded points. `layers` is a list of (W [.., d_in, d_out], b [d_out])."""
    act = arch["activation"]
    for i, (weight, bias) in enumerate(layers):
        x = x @ weight + bias
        if i + 1 == len(layers):
            break
        if act["kind"] == "relu":
            x = x.relu()
        else:
            x = torch.sin(x * (act["omega0_first"] if i == 0 else act["omega0"]))
    return x + arch.get("output_offset", 0.0)


def evaluate(arch, layers, points):
    """Field values at `points` [N, 2], not clamped."""
    return run_layers(arch, layers, encode(points, arch["encoding"]))


# ------------------------------------------------------------------------------- the backbone
class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.proj(mixed.transpose(1, 2).reshape(b, n, d))


class Mlp(nn.Module):
    def __init__(self, dim, inner):
        super().__init__()
        self.fc1 = nn.Linear(dim, inner)
        self.fc2 = nn.Linear(inner, dim)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, dim, heads, inner):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, heads)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = Mlp(dim, inner)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, dim, patch):
        super().__init__()
        self.proj = nn.Conv2d(3, dim, patch, patch)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


def resample_positions(pos, grid):
    """[1, 1 + n*n, d] -> [1, 1 + grid*grid, d]: bicubic, no antialias; the class position is kept."""
    side = math.isqrt(pos.shape[1] - 1)
    if side == grid:
        return pos
    square = pos[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
    square = F.interpolate(square, (grid, grid), mode="bicubic", align_corners=False, antialias=False)
    return torch.cat([pos[:, :1], square.flatten(2).transpose(1, 2)], 1)


class Backbone(nn.Module):
    """AugReg ViT, timm names, its first `depth` blocks; no classifier."""

    def __init__(self, dim, depth, heads, mlp, patch, grid, **_):
        super().__init__()
        self.patch_embed = PatchEmbed(dim, patch)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + grid * grid, dim))
        self.blocks = nn.ModuleList(Block(dim, heads, mlp) for _ in range(depth))
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.reset()

    def reset(self):
        """Random weights (for `scratch`): truncated normals of 0.02, biases zero."""
        for name, p in self.named_parameters():
            if p.dim() > 1 and name != "cls_token":
                nn.init.trunc_normal_(p, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(p)
        nn.init.normal_(self.cls_token, std=1e-6)

    def load_pretrained(self, path):
        grid = math.isqrt(self.pos_embed.shape[1] - 1)
        wanted = self.state_dict()
        with safe_open(path, "pt") as file:
            found = {name: file.get_tensor(name).float() for name in wanted}
        found["pos_embed"] = resample_positions(found["pos_embed"], grid)
        self.load_state_dict(found, strict=True)

    def forward(self, pixels, weight_tokens):
        """Outputs at the weight tokens only; pixels in [0, 1]."""
        data = self.patch_embed((pixels - 0.5) / 0.5)
        data = torch.cat([self.cls_token.expand(len(data), -1, -1), data], 1) + self.pos_embed
        x = torch.cat([data, weight_tokens.expand(len(data), -1, -1)], 1)
        for block in self.blocks:
            x = block(x)
        return self.norm(x[:, data.shape[1]:])


# --------------------------------------------------------------------------- the hypernetwork
class Head(nn.Module):
    def __init__(self, dim, d_in):
        super().__init__()
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.proj = nn.Linear(dim, d_in)

    def forward(self, tokens):
        return self.proj(self.norm(tokens))


class Dense(nn.Module):
    """A layer of the base: weight [d_in, d_out], bias [d_out]."""

    def __init__(self, d_in, d_out):
        super().__init__()
        bound = d_in ** -0.5
        self.weight = nn.Parameter(torch.empty(d_in, d_out).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(d_out).uniform_(-bound, bound))


def group_count(groups, d_out):
    """The largest divisor of d_out that is at most `groups`."""
    return max(g for g in range(1, min(groups, d_out) + 1) if d_out % g == 0)


def unit_columns(weight):
    return weight / weight.norm(dim=-2, keepdim=True).clamp_min(1e-12)


class HyperNet(nn.Module):
    """`weight_tokens`, `heads` and `base` are keyed by the layer's index, so that the names in the
    state dict are the names in the file. With `ipc` only layer 1 has tokens and a head, and its base
    weight is V [rank, d_out]."""

    def __init__(self, config):
        super().__init__()
        self.config, self.arch, self.composer = config, config["field"], config["composer"]
        dim = config["backbone"]["dim"]
        self.backbone = Backbone(**config["backbone"])
        self.weight_tokens, self.heads, self.base = nn.ParameterDict(), nn.ModuleDict(), nn.ModuleList()
        for i, (d_in, d_out) in enumerate(layer_sizes(self.arch)):
            own, rows = True, d_in
            tokens = group_count(config["groups"], d_out)
            if self.composer == "ipc":
                own = i == 1
                if own:
                    tokens = rows = config["groups"]
            layer = Dense(rows, d_out)
            if self.composer == "ipc":
                nn.init.zeros_(layer.bias)
            self.base.append(layer)
            if own:
                self.weight_tokens[str(i)] = nn.Parameter(torch.randn(tokens, dim) * 0.02)
                self.heads[str(i)] = head = Head(dim, d_in)
                if self.composer == "residual":
                    nn.init.zeros_(head.proj.weight)
                    nn.init.zeros_(head.proj.bias)

    def compose(self, i, tokens):
        """Token outputs of layer i, [B, g, dim] (None: not the instance's own) -> W [B, d_in, d_out]."""
        base = self.base[i].weight
        if tokens is None:
            return unit_columns(base)
        m = self.heads[str(i)](tokens).transpose(1, 2)                     # [B, d_in, g]
        if self.composer == "ipc":
            return unit_columns(m @ base)
        m = m.repeat(1, 1, base.shape[1] // m.shape[2])                     # column j: m[j mod g]
        return base * (1 + m) if self.composer == "residual" else unit_columns(base * m)

    def forward(self, pixels):
        """Pixels [B, 3, S, S] in [0, 1] -> the fields' layers, [(W [B, d_in, d_out], b [d_out]), ...]."""
        keys = list(self.weight_tokens)
        out = self.backbone(pixels, torch.cat([self.weight_tokens[k] for k in keys]))
        parts = dict(zip(keys, out.split([len(self.weight_tokens[k]) for k in keys], 1)))
        return [(self.compose(i, parts.get(str(i))), layer.bias) for i, layer in enumerate(self.base)]


# ------------------------------------------------------------------------------ the checkpoint
def save(model, path, half_backbone=False, **notes):
    """`notes` are further strings for the file's metadata."""
    tensors = {}
    for name, value in model.state_dict().items():
        half = half_backbone and name.startswith("backbone.")
        tensors[name] = value.detach().to(torch.float16 if half else torch.float32).contiguous().clone()
    meta = {"format": "hyperscope.model", "version": "1", "config": json.dumps(model.config)}
    save_file(tensors, path, metadata={**meta, **notes})


def load(path):
    with safe_open(path, "pt") as file:
        meta = file.metadata()
        if meta.get("format") != "hyperscope.model" or meta.get("version") != "1":
            raise ValueError("not a hyperscope.model, version 1")
        model = HyperNet(json.loads(meta["config"]))
        model.load_state_dict({name: file.get_tensor(name).float() for name in file.keys()}, strict=True)
    return model.eval()
