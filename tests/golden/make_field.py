"""Golden files for tests/field and tests/train, from hypernet.py (plain PyTorch) and scikit-image.

    python make_field.py
"""
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from skimage.metrics import structural_similarity

import hypernet

HERE = Path(__file__).parent
RELU = {"kind": "relu"}
SINE = {"kind": "sine", "omega0": 20.0, "omega0_first": 30.0}
FOURIER = {"kind": "fourier", "count": 12, "min": 3.14159265, "max": 3216.99088}


def architecture(layers, hidden, encoding, activation):
    return {
        "inputs": 2, "outputs": 3, "layers": layers, "hidden": hidden, "encoding": encoding,
        "activation": activation, "output_offset": 0.5, "spread": False,
    }


def weights(arch, seed):
    torch.manual_seed(seed)
    bound = lambda d_in: (2.0 if arch["activation"]["kind"] == "relu" else 0.3) / d_in ** 0.5
    return [((torch.rand(i, o) * 2 - 1) * bound(i), (torch.rand(o) - 0.5) * 0.4) for i, o in hypernet.layer_sizes(arch)]


def tensors(layers):
    out = {}
    for index, (weight, bias) in enumerate(layers):
        out[f"layers.{index}.weight"], out[f"layers.{index}.bias"] = weight.contiguous(), bias.contiguous()
    return out


def values(arch, layers, points):
    """In f64 from the f32 frequencies, weights and points on."""
    layers = [(weight.double(), bias.double()) for weight, bias in layers]
    x = points.double()
    if arch["encoding"]["kind"] == "fourier":
        angles = (x.unsqueeze(-1) * hypernet.frequencies(arch["encoding"]).double()).flatten(-2)
        x = torch.cat([angles.cos(), angles.sin()], -1)
    return hypernet.run_layers(arch, layers, x).float()


def field(name, arch, seed, half):
    layers = weights(arch, seed)
    if half:
        layers = [(weight.half(), bias.half()) for weight, bias in layers]
    metadata = {
        "format": "hyperscope.field", "version": "1", "kind": "image", "arch": json.dumps(arch), "width": "40",
        "height": "30", "source": "a photo.png sha256:" + "ab" * 32, "model": "m.safetensors sha256:" + "cd" * 32,
        "of a later day": "kept",
    }
    save_file(tensors(layers), HERE / f"field_{name}.safetensors", metadata=metadata)
    points = torch.rand(50, 2, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return {f"{name}.points": points, f"{name}.values": values(arch, [(w.float(), b.float()) for w, b in layers], points)}


# Polar Express, arXiv 2505.16932, the paper's list for singular values down to 1e-3.
POLYNOMIALS = [
    (8.28721201814563, -23.595886519098837, 17.300387312530933),
    (4.107059111542203, -2.9478499167379106, 0.5448431082926601),
    (3.9486908534822946, -2.908902115962949, 0.5518191394370137),
    (3.3184196573706015, -2.488488024314874, 0.51004894012372),
]


def polar(matrix):
    """The same odd polynomials of the singular values themselves."""
    u, sizes, v = torch.linalg.svd(matrix, full_matrices=False)
    sizes = sizes / (matrix.norm() * 1.01)
    for a, b, c in POLYNOMIALS:
        sizes = a * sizes + b * sizes**3 + c * sizes**5
    return u @ torch.diag(sizes) @ v


def refined(prefix, hidden_by_muon):
    """The running mean of 40 steps on one pixel: the draws of pixels cannot matter. The rate falls over the last third."""
    arch = architecture(3, 8, FOURIER, SINE)
    layers = [(w.double().requires_grad_(), b.double().requires_grad_()) for w, b in weights(arch, 9)]
    start = {f"start.{name}": tensor.detach().float() for name, tensor in tensors(layers).items()}
    target = torch.tensor([0.2, 0.9, 0.4], dtype=torch.float64)
    parameters = [tensor for layer in layers for tensor in layer]
    hidden = [weight for weight, _ in layers[:-1]] if hidden_by_muon else []
    size = [float(weight.detach().norm()) / min(weight.shape) ** 0.5 for weight in hidden]
    momentum = [torch.zeros_like(weight) for weight in hidden]
    optimiser = torch.optim.Adam([p for p in parameters if all(p is not weight for weight in hidden)], lr=2e-3)
    point = torch.zeros(1, 2, dtype=torch.float64)
    angles = (point.unsqueeze(-1) * hypernet.frequencies(FOURIER).double()).flatten(-2)
    features = torch.cat([angles.cos(), angles.sin()], -1)
    averages = [parameter.detach().clone() for parameter in parameters]
    steps = 40
    for step in range(steps):
        share = min(1.0, (1 - step / steps) * 3)
        rate = 2e-3 * (0.1 + 0.9 * share)
        optimiser.param_groups[0]["lr"] = rate
        for parameter in parameters:
            parameter.grad = None
        ((hypernet.run_layers(arch, layers, features) - target) ** 2).mean().backward()
        optimiser.step()
        for index, weight in enumerate(hidden):
            momentum[index] = 0.9 * momentum[index] + weight.grad
            with torch.no_grad():
                weight -= 4 * rate * size[index] * polar(weight.grad + 0.9 * momentum[index])
        decay = min(0.9, (2 + step) / (11 + step))
        for average, parameter in zip(averages, parameters):
            average.lerp_(parameter.detach(), 1 - decay)
    pairs = list(zip(averages[::2], averages[1::2]))
    end = {f"{prefix}.{name}": tensor.float() for name, tensor in tensors(pairs).items()}
    return {**start, **end}


def similarity():
    random = np.random.default_rng(3)
    picture = random.random((23, 31, 3)).astype(np.float32)
    noisy = np.clip(picture + random.normal(0, 0.2, picture.shape), 0, 1).astype(np.float32)
    ssim = structural_similarity(
        picture.astype(np.float64), noisy.astype(np.float64), channel_axis=2, data_range=1.0, gaussian_weights=True,
        sigma=1.5, use_sample_covariance=False,
    )
    return {"ssim.picture": torch.from_numpy(picture), "ssim.noisy": torch.from_numpy(noisy), "ssim": torch.tensor([ssim], dtype=torch.float64)}


def main():
    fields = {
        **field("relu", architecture(4, 24, FOURIER, RELU), 1, False),
        **field("sine", architecture(3, 16, {"kind": "identity"}, SINE), 2, False),
        **field("half", architecture(3, 12, FOURIER, RELU), 3, True),
    }
    save_file({name: tensor.contiguous() for name, tensor in fields.items()}, HERE / "field_out.safetensors")
    train = {**refined("end", False), **refined("muon", True), **similarity()}
    save_file({name: tensor.contiguous() for name, tensor in train.items()}, HERE / "train.safetensors")


main()
