"""Golden files for the other ways to tune and to compose: `ipc`, `lora` with deep prompts, and `nll`.

    python make_methods.py

Written from SPEC.md (sections 3.5, 3.6 and the table of tuning modes) in plain PyTorch; every gradient is autograd's.
"""
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

import hypernet
from make_model import pictures

HERE = Path(__file__).parent


def config(**own):
    field = {
        "inputs": 2, "outputs": 3, "layers": 4, "hidden": 12,
        "encoding": {"kind": "fourier", "count": 5, "min": 3.14159265, "max": 201.06193}, "activation": {"kind": "relu"},
        "output_offset": 0.5, "spread": own.get("objective") == "nll",
    }
    backbone = {"family": "augreg-vit", "dim": 32, "depth": 2, "heads": 2, "mlp": 40, "patch": 8, "grid": 2}
    return {
        "kind": "image", "mode": "finetune", "composer": "trans-inr", "groups": 4, "objective": "mse", "input_size": 16,
        "backbone": backbone, "field": field, **own,
    }


def fill(model, seed):
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            # Norms near one, everything else large enough to matter.
            parameter.copy_(torch.randn_like(parameter) * 0.15 + (1.0 if "norm" in name and "weight" in name else 0.0))


class LowRank(torch.nn.Module):
    """`x A B` times alpha / rank; queries, keys and values have an A and a B each, laid side by side."""

    def __init__(self, d_in, d_out, rank, alpha, parts=1):
        super().__init__()
        self.parts, self.scale = parts, alpha / rank
        self.down = torch.nn.Parameter(torch.zeros(d_in, parts * rank))
        self.up = torch.nn.Parameter(torch.zeros(rank, d_out))

    def forward(self, x):
        pairs = zip(self.down.chunk(self.parts, 1), self.up.chunk(self.parts, 1))
        return torch.cat([x @ a @ b for a, b in pairs], -1) * self.scale


class TunedNet(hypernet.HyperNet):
    """With updates of every block, and tokens that each block reads and that end there."""

    def __init__(self, config):
        super().__init__(config)
        rank, alpha = config["lora"]["rank"], config["lora"]["alpha"]
        dim, mlp, depth = (config["backbone"][key] for key in ("dim", "mlp", "depth"))
        block = lambda: torch.nn.ModuleDict({
            "qkv": LowRank(dim, 3 * dim, rank, alpha, parts=3), "proj": LowRank(dim, dim, rank, alpha),
            "fc1": LowRank(dim, mlp, rank, alpha), "fc2": LowRank(mlp, dim, rank, alpha),
        })
        self.lora = torch.nn.ModuleList(block() for _ in range(depth))
        prompts = torch.nn.Parameter
        self.deep_prompts = torch.nn.ParameterList(prompts(torch.zeros(config["deep_prompts"], dim)) for _ in range(depth))

    def block(self, block, update, x):
        b, n, d = x.shape
        attention, normed = block.attn, block.norm1(x)
        qkv = attention.qkv(normed) + update["qkv"](normed)
        q, k, v = qkv.view(b, n, 3, attention.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, d)
        x = x + attention.proj(mixed) + update["proj"](mixed)
        normed = block.norm2(x)
        inner = F.gelu(block.mlp.fc1(normed) + update["fc1"](normed))
        return x + block.mlp.fc2(inner) + update["fc2"](inner)

    def forward(self, pixels):
        net, own = self.backbone, torch.cat(list(self.weight_tokens.values()))
        data = net.patch_embed(pixels * 2 - 1)
        x = torch.cat([net.cls_token.expand(len(data), -1, -1), data], 1) + net.pos_embed
        x = torch.cat([x, own.expand(len(data), -1, -1)], 1)
        for block, update, prompts in zip(net.blocks, self.lora, self.deep_prompts):
            x = torch.cat([prompts.expand(len(x), -1, -1), x], 1)
            x = self.block(block, update, x)[:, len(prompts):]
        parts = net.norm(x[:, -len(own):]).split([len(tokens) for tokens in self.weight_tokens.values()], 1)
        return [(self.compose(i, part), layer.bias) for i, (part, layer) in enumerate(zip(parts, self.base))]


def values_of(model, layers, points):
    """Outputs with the offset, and after them what deviations are made of, without it."""
    arch = {**model.arch, "output_offset": 0.0}
    angles = (points.double().unsqueeze(-1) * hypernet.frequencies(arch["encoding"]).double()).flatten(-2)
    values = hypernet.run_layers(arch, layers, torch.cat([angles.cos(), angles.sin()], -1).float())
    outputs = model.arch["outputs"]
    return torch.cat([values[..., :outputs] + model.arch["output_offset"], values[..., outputs:]], -1)


def write(model, name, learned):
    """The model, and what it gives: layers, values at some points, and the gradients of the sum of their squares."""
    hypernet.save(model, HERE / f"model_{name}.safetensors")
    points = torch.rand(2, 17, 2, generator=torch.Generator().manual_seed(7)) * 2 - 1
    layers = model(pictures(2, 16))
    values = values_of(model, layers, points)
    values.square().sum().backward()
    out = {f"layers.{index}.weight": weight.expand(2, -1, -1) for index, (weight, _) in enumerate(layers)}
    out |= {f"gradient.{key}": own.grad for key, own in model.named_parameters() if learned(key)}
    out |= {"points": points, "values": values}
    out = {key: value.detach().contiguous() for key, value in out.items()}
    save_file(out, HERE / f"model_{name}_out.safetensors")


def ipc():
    model = hypernet.HyperNet(config(composer="ipc", groups=10)).eval()
    fill(model, 4)
    write(model, "ipc", lambda key: not key.startswith("backbone."))


def lora():
    model = TunedNet(config(mode="lora", lora={"rank": 3, "alpha": 4.5}, deep_prompts=2, objective="nll")).eval()
    fill(model, 5)
    write(model, "lora", lambda key: not key.startswith("backbone."))


def nll():
    """torch's own Gaussian negative log-likelihood, for values as fields give them, zeros and large ones among them."""
    torch.manual_seed(6)
    values, targets = torch.randn(9, 6), torch.rand(9, 3)
    values[0], values[1, 3:], values[2, 3:] = 0, 200, -200
    values.requires_grad_()
    deviation = 0.1 + 0.9 * F.softplus(values[:, 3:])
    loss = F.gaussian_nll_loss(values[:, :3], targets, deviation.square(), full=True)
    loss.backward()
    out = {"values": values, "targets": targets, "deviation": deviation, "loss": loss.reshape(1), "gradient": values.grad}
    save_file({key: value.detach().contiguous() for key, value in out.items()}, HERE / "train_nll.safetensors")


if __name__ == "__main__":
    ipc()
    lora()
    nll()
