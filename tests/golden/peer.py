#!/usr/bin/env python3
"""What PyTorch takes for the steps that `hyperscope bench train` measures, as JSON on stdout.

    python3 -m venv ~/.peer && ~/.peer/bin/pip install torch==2.15.* safetensors
    ~/.peer/bin/python tests/golden/peer.py > peer.json
    hyperscope bench train --peer peer.json

The same shapes, the same arithmetic (f32), as many threads as there are cores. Medians in milliseconds. What PyTorch
does as anyone would write it, Hyperscope may do with less work: its last block computes the weight tokens only, and its
refine step takes the crossings of 45 rows and 45 columns in the place of 2,048 random pixels.
"""
import argparse
import json
import os
import platform
import resource
import statistics
import sys
import time

import torch
import torch.nn.functional as F

from hypernet import Backbone, encode, pixel_grid

DATA_TOKENS, WEIGHT_TOKENS = 197, 100
RELU = {"kind": "relu"}


def measure(seconds, work):
    """Median of repeats, once to warm up."""
    work()
    times, begun = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - begun < seconds:
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def transformer(seconds, name, dim, heads, batch):
    """All blocks on 197 tokens of data and 100 of weights."""
    backbone = Backbone(dim, 12, heads, 4 * dim, 16, 14)
    own = torch.nn.Parameter(0.02 * torch.randn(WEIGHT_TOKENS, dim))
    data = torch.randn(batch, DATA_TOKENS, dim)

    def forward():
        x = torch.cat([data, own.expand(batch, -1, -1)], 1)
        for block in backbone.blocks:
            x = block(x)
        return backbone.norm(x[:, DATA_TOKENS:])

    def step(params):
        optimizer = torch.optim.AdamW(params, 1e-5)

        def one():
            optimizer.zero_grad(set_to_none=True)
            forward().square().mean().backward()
            optimizer.step()
        return one

    with torch.no_grad():
        yield f"{name} forward", measure(seconds, forward)
    learning = list(backbone.blocks.parameters()) + list(backbone.norm.parameters()) + [own]
    yield f"{name} full step", measure(seconds, step(learning))
    backbone.requires_grad_(False)
    yield f"{name} prompt step", measure(seconds, step([own]))


def run_layers(layers, x):
    for index, (weight, bias) in enumerate(layers):
        x = x @ weight + bias
        if index + 1 < len(layers):
            x = x.relu()
    return x


def params(widths, batch=None):
    shape = () if batch is None else (batch,)
    make = lambda *size: torch.nn.Parameter(torch.empty(*size).uniform_(-0.1, 0.1))
    return [(make(*shape, a, b), make(b)) for a, b in zip(widths[:-1], widths[1:])]


def image_field(seconds, name, widths, frequencies):
    """Fields of 8 pictures at 2,048 pixels each with weights of their own, forward and backward; and a step of
    refining one."""
    encoding = {"kind": "fourier", "count": frequencies, "min": 3.14159265, "max": 402.123859}
    features = encode(pixel_grid(128, 128), encoding).reshape(8, 2048, -1)
    targets = torch.rand(8, 2048, 3)
    layers = params(widths, 8)

    def field_step():
        for weight, bias in layers:
            weight.grad = bias.grad = None
        F.mse_loss(run_layers(layers, features) + 0.5, targets).backward()

    yield f"{name} field step", measure(seconds, field_step)
    grid = encode(pixel_grid(256, 256), encoding)
    colours = torch.rand(256 * 256, 3)
    one = params(widths)
    optimizer = torch.optim.Adam([p for layer in one for p in layer], 3e-3)

    def refine_step():
        pixels = torch.randint(0, 256 * 256, (2048,))
        optimizer.zero_grad(set_to_none=True)
        F.mse_loss(run_layers(one, grid[pixels]) + 0.5, colours[pixels]).backward()
        optimizer.step()

    yield f"{name} refine step", measure(seconds, refine_step)


def objects(seconds):
    """Fields of 8 objects along 192 rays of 32 samples each, composited on white, forward and backward."""
    rays, samples, gain = 8 * 192, 32, 10.0
    features = torch.empty(8, 192 * samples, 72).uniform_(-1, 1)
    spacings = torch.full((rays, samples), 2.0 / samples)
    targets = torch.rand(rays, 3)
    layers = params([72, 64, 64, 64, 64, 4], 8)

    def step():
        for weight, bias in layers:
            weight.grad = bias.grad = None
        y = run_layers(layers, features).reshape(rays, samples, 4)
        alpha = 1 - torch.exp(-F.relu(gain * y[..., 3]) * spacings)
        clear = torch.cat([torch.ones(rays, 1), 1 - alpha + 1e-10], 1)
        weights = torch.cumprod(clear, 1)[:, :-1] * alpha
        colours = (weights[..., None] * torch.sigmoid(y[..., :3])).sum(1) + (1 - weights.sum(1, keepdim=True))
        F.mse_loss(colours, targets).backward()

    yield "objects 72-64-64-64-64-4 field step", measure(seconds, step)


def machine():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.processor()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3.0, help="for each measurement, about")
    seconds = parser.parse_args().seconds
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    rows = {}
    for part in (
        transformer(seconds, "ViT-Ti, batch 8", 192, 3, 8),
        transformer(seconds, "ViT-S, batch 4", 384, 6, 4),
        image_field(seconds, "256-128-128-128-3", [256, 128, 128, 128, 3], 64),
        image_field(seconds, "reference 5x256", [256, 256, 256, 256, 256, 3], 64),
        objects(seconds),
    ):
        for what, ms in part:
            rows[what] = ms
            print(f"{what}: {ms:.1f} ms", file=sys.stderr)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1.024e-3
    print(json.dumps({
        "torch": torch.__version__, "cpu": machine(), "threads": torch.get_num_threads(), "peak_mb": peak_mb,
        "median_ms": rows,
    }, indent=1))


if __name__ == "__main__":
    main()
