"""Golden file for tests/model/whisper.rs: Whisper's log-mel spectrogram and encoder in plain PyTorch.

    python make_whisper.py PATH/TO/whisper_tiny_en.encoder.f32.safetensors

Written from the papers and the formulas (arXiv 2212.04356; Slaney's Auditory Toolbox), no line from the program and
none from OpenAI's. Signal and mel go through f64, the encoder through f32.
"""
import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

HERE = Path(__file__).parent
RATE = 16_000
MELS = 80
# Of the real encoder's features: positions within the sound, at its end, and in the silence; and channels.
POSITIONS = [0, 1, 37, 63, 99, 100, 750, 1499]
CHANNELS = list(range(0, 384, 24))


def signal():
    """Two seconds of a chirp from 80 Hz to 7 kHz that swells twice, with noise: f16, so that it is stored exactly."""
    t = torch.arange(2 * RATE, dtype=torch.float64) / RATE
    phase = 2 * math.pi * 80 * (2 / math.log(7000 / 80)) * (torch.exp(t / 2 * math.log(7000 / 80)) - 1)
    noise = torch.randn(len(t), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return (0.5 * torch.sin(math.pi * t) ** 2 * torch.sin(phase) + 0.01 * noise).half()


def hz_of_mel(mel):
    """Slaney's scale: 66.7 Hz a mel up to 1 kHz, then 27 mel for a factor of 6.4."""
    return torch.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))


def mel_filters():
    """[80, 201]: triangles of area one."""
    top = 15 + 27 * math.log(8) / math.log(6.4)
    edges = hz_of_mel(torch.linspace(0, top, MELS + 2, dtype=torch.float64))
    hz = torch.linspace(0, RATE / 2, 201, dtype=torch.float64)
    rising = (hz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hz) / (edges[2:] - edges[1:-1])[:, None]
    return torch.minimum(rising, falling).clamp(min=0) * (2 / (edges[2:] - edges[:-2]))[:, None]


def log_mel(samples):
    """[80, samples / 160]"""
    window = torch.hann_window(400, dtype=torch.float64)
    spectrum = torch.stft(samples.double(), 400, 160, window=window, center=True, pad_mode="reflect", return_complex=True)
    mel = (mel_filters() @ spectrum[:, :-1].abs().square()).clamp(min=1e-10).log10()
    return ((torch.maximum(mel, mel.max() - 8) + 4) / 4).float()


def encoder(tensors, mel, head_dim=64, epsilon=1e-5):
    """mel [batch, 80, frames] -> [batch, frames / 2, dim], from tensors in OpenAI's names."""
    get = lambda name: tensors[f"encoder.{name}"]
    linear = lambda x, name: F.linear(x, get(f"{name}.weight"), tensors.get(f"encoder.{name}.bias"))
    norm = lambda x, name: F.layer_norm(x, x.shape[-1:], get(f"{name}.weight"), get(f"{name}.bias"), epsilon)
    x = F.gelu(F.conv1d(mel, get("conv1.weight"), get("conv1.bias"), padding=1))
    x = F.gelu(F.conv1d(x, get("conv2.weight"), get("conv2.bias"), stride=2, padding=1)).mT
    x = x + get("positional_embedding")[: x.shape[1]]
    heads = lambda y: y.unflatten(-1, (-1, head_dim)).transpose(1, 2)
    depth = sum(name.endswith("attn_ln.weight") for name in tensors)
    for block in (f"blocks.{index}" for index in range(depth)):
        y = norm(x, f"{block}.attn_ln")
        query, key, value = (heads(linear(y, f"{block}.attn.{part}")) for part in ("query", "key", "value"))
        mixed = (query @ key.mT / head_dim**0.5).softmax(-1) @ value
        x = x + linear(mixed.transpose(1, 2).flatten(2), f"{block}.attn.out")
        y = F.gelu(linear(norm(x, f"{block}.mlp_ln"), f"{block}.mlp.0"))
        x = x + linear(y, f"{block}.mlp.2")
    return norm(x, "ln_post")


def sinusoids(length, dim):
    """[length, dim]: all sines, then all cosines, of periods from 2 pi to 10,000 times that."""
    periods = 10_000 ** (torch.arange(dim // 2) / (dim // 2 - 1))
    angles = torch.arange(length)[:, None] / periods
    return torch.cat([angles.sin(), angles.cos()], 1)


def small_encoder(dim=64, mlp=128, depth=2, positions=30):
    """Every weight random and large enough to matter, in OpenAI's names."""
    random = torch.Generator().manual_seed(2)
    draw = lambda *shape, mean=0.0: mean + 0.12 * torch.randn(*shape, generator=random)
    shapes = {"conv1.weight": (dim, MELS, 3), "conv1.bias": (dim,), "conv2.weight": (dim, dim, 3), "conv2.bias": (dim,)}
    for block in (f"blocks.{index}" for index in range(depth)):
        for part in ("query", "key", "value", "out"):
            shapes[f"{block}.attn.{part}.weight"] = (dim, dim)
            if part != "key":
                shapes[f"{block}.attn.{part}.bias"] = (dim,)
        for name, shape in {"0": (mlp, dim), "2": (dim, mlp)}.items():
            shapes[f"{block}.mlp.{name}.weight"] = shape
            shapes[f"{block}.mlp.{name}.bias"] = shape[:1]
        for name in ("attn_ln", "mlp_ln"):
            shapes[f"{block}.{name}.weight"] = shapes[f"{block}.{name}.bias"] = (dim,)
    shapes["ln_post.weight"] = shapes["ln_post.bias"] = (dim,)
    is_gain = lambda name: "ln" in name and name.endswith("weight")
    tensors = {f"encoder.{name}": draw(*shape, mean=float(is_gain(name))) for name, shape in shapes.items()}
    # What the first block reads is so small that the epsilon of its norm tells.
    tensors["encoder.conv2.weight"] *= 0.02
    tensors["encoder.conv2.bias"] *= 0.02
    tensors["encoder.positional_embedding"] = 0.01 * sinusoids(positions, dim)
    return tensors


def main():
    out = {}
    out["signal"] = signal()
    out["signal.mel"] = log_mel(out["signal"][:RATE])
    small = small_encoder()
    mel = torch.randn(1, MELS, 60, generator=torch.Generator().manual_seed(3))
    real = load_file(sys.argv[1])
    with torch.no_grad():
        out["small.mel"], out["small.features"] = mel, encoder(small, mel)
        other = (encoder(small, mel, epsilon=1e-6) - out["small.features"]).norm() / out["small.features"].norm()
        assert other > 5e-3, other
        window = log_mel(F.pad(out["signal"].double(), (0, 30 * RATE - len(out["signal"]))))
        features = encoder(real, window[None])[0]
    # The sinusoids of the file are the formula's.
    assert (real["encoder.positional_embedding"] - sinusoids(1500, 384)).abs().max() < 1e-3
    out["real.positions"], out["real.channels"] = torch.tensor(POSITIONS), torch.tensor(CHANNELS)
    out["real.features"] = features[POSITIONS][:, CHANNELS].contiguous()
    out["real.norm"] = features.double().norm().float().reshape(1)
    save_file({**small, **out}, HERE / "whisper.safetensors")
    print((HERE / "whisper.safetensors").stat().st_size, "bytes", {k: tuple(v.shape) for k, v in out.items()})
    print("small norm", out["small.features"].norm().item(), "with another epsilon", other.item(), "real norm", out["real.norm"].item(), out["real.features"][:2, :4])


main()
