#!/usr/bin/env python3
"""Draw the bundled samples from formulas and a seed: python3 draw.py [FOLDER]. Needs numpy and Pillow.

Every picture is computed at twice its size and averaged down, so that edges are smooth. The results
are in the public domain (CC0).
"""
import pathlib
import sys

import numpy as np
from PIL import Image

SIDE = 512
SCALE = 2
N = SIDE * SCALE


def grid():
    """Pixel centres: x to the right and y downwards, both in [0, 1]."""
    axis = (np.arange(N) + 0.5) / N
    return np.meshgrid(axis, axis)


def smooth(low, high, x):
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def mix(a, b, t):
    return a + (b - a) * t[..., None]


def color(hex_code):
    """An sRGB colour as linear light."""
    value = np.array([int(hex_code[i : i + 2], 16) for i in (0, 2, 4)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def noise(rng, x, y, cells):
    """Smooth value noise that repeats after `cells` cells."""
    lattice = rng.random((cells, cells))
    x, y = x * cells, y * cells
    i, j = np.floor(x).astype(int), np.floor(y).astype(int)
    u, v = smooth(0, 1, x - i), smooth(0, 1, y - j)
    at = lambda di, dj: lattice[(j + dj) % cells, (i + di) % cells]
    return (at(0, 0) * (1 - u) + at(1, 0) * u) * (1 - v) + (at(0, 1) * (1 - u) + at(1, 1) * u) * v


def fractal(rng, x, y, cells, octaves, gain=0.5):
    total, weight = 0.0, 1.0
    for octave in range(octaves):
        total = total + weight * (noise(rng, x, y, cells * 2**octave) - 0.5)
        weight *= gain
    return total


def save(folder, name, linear):
    """Average down in linear light, encode as sRGB, and write."""
    linear = np.clip(linear, 0, 1).reshape(SIDE, SCALE, SIDE, SCALE, 3).mean(axis=(1, 3))
    srgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    path = folder / name
    Image.fromarray(np.round(srgb * 255).astype(np.uint8)).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def landscape(rng):
    """Ridges behind ridges at sunset, and a lake that mirrors them."""
    x, y = grid()
    shore = 0.60
    mirrored = np.where(y > shore, 2 * shore - y, y)
    depth = np.clip((y - shore) / (1 - shore), 0, 1)
    ripple = np.sin(90 * np.sqrt(depth + 0.02) * 6 + 9 * fractal(rng, x, y, 6, 3))
    wave = np.where(y > shore, ripple * (0.002 + 0.012 * depth), 0)
    mirrored = np.clip(mirrored + wave * 1.2, 0, 1)
    sx = np.clip(x + wave * 0.6, 0, 1)

    t = np.clip(mirrored / shore, 0, 1)
    sky = mix(color("20356b") * np.ones((N, N, 3)), color("e8875a"), smooth(0.0, 0.75, t))
    sky = mix(sky, color("ffd9a0"), smooth(0.62, 1.02, t))
    sun = (0.66, 0.40)
    radius = np.hypot(sx - sun[0], (mirrored - sun[1]))
    sky = sky + (0.85 * np.exp(-((radius / 0.11) ** 2)) + 0.35 * np.exp(-radius / 0.22))[..., None] * color("ffc070")
    sky = mix(sky, color("fff3d0") * 1.3, smooth(0.047, 0.043, radius))
    clouds = fractal(rng, sx * 0.7, mirrored * 3.2, 4, 5)
    bank = smooth(0.08, 0.42, clouds) * smooth(0.02, 0.18, mirrored) * smooth(0.5, 0.3, mirrored)
    sky = mix(sky, color("ffb08a") * 1.05, bank * 0.75)

    picture = sky
    haze = color("f0a878")
    for index, (base, height, cells, tint) in enumerate(
        [(0.47, 0.30, 3, "6f6a9c"), (0.515, 0.24, 4, "4e5586"), (0.555, 0.19, 5, "33456a"), (0.59, 0.12, 7, "1c3040")]
    ):
        line = base - height * (0.35 + fractal(rng, sx[:1] + 0.13 * index, sx[:1] * 0 + 0.37, cells, 8, 0.52))
        above = mirrored - line
        inside = smooth(-0.0006, 0.0012, above)
        rough = fractal(rng, sx * 1.5, mirrored * 2.0 + above * 3, 10 + 4 * index, 5, 0.6)
        lit = 1 + 0.55 * rough
        rock = color(tint) * lit[..., None]
        if index < 2:
            snow = smooth(0.055, 0.01, above + 0.05 * rough) * smooth(-0.12, 0.08, rough + 0.05)
            rock = mix(rock, color("ffe3d0") * 0.95, snow * 0.85)
        rock = mix(rock, haze, smooth(0.0, 0.22, above) * (0.42 - 0.11 * index))
        picture = mix(picture, rock, inside)

    water = y > shore
    tint = picture * np.array([0.70, 0.78, 0.88]) + color("0a2236") * 0.25
    glitter = smooth(0.72, 0.98, ripple) * np.exp(-(((x - sun[0]) / (0.035 + 0.16 * depth)) ** 2))
    tint = tint + glitter[..., None] * color("ffd090") * 0.9
    tint = mix(tint, color("0b1a28"), smooth(0.35, 1.15, depth) * 0.75)
    picture = np.where(water[..., None], tint, picture)
    edge = np.exp(-(((y - shore) / 0.0035) ** 2))
    picture = mix(picture, color("101c26"), edge * 0.7)

    for tree in range(26):
        left = tree < 15
        cx = rng.uniform(-0.02, 0.24) if left else rng.uniform(0.82, 1.02)
        top = rng.uniform(0.42, 0.72) + 0.55 * abs(cx - (0 if left else 1))
        foot = 1.02
        along = np.clip((y - top) / (foot - top), 0, 1)
        boughs = 0.55 + 0.45 * (1 - ((y - top) * 46 + 0.3 * np.sin(60 * x)) % 1)
        width = (0.006 + 0.075 * along) * boughs
        tree_mask = smooth(width, width * 0.8, np.abs(x - cx)) * (y > top)
        shade = color("0a1512") * (1 + 0.9 * smooth(0, -0.06, (x - cx) * (-1 if left else 1)))[..., None]
        picture = mix(picture, shade, tree_mask)
    return picture


def marble(rng):
    """Glass with veins of pigment, folded into itself, and a light on it."""
    x, y = grid()
    fold_x, fold_y = fractal(rng, x, y, 3, 3, 0.4), fractal(rng, x, y, 3, 3, 0.4)
    px, py = x + 0.42 * fold_x, y + 0.42 * fold_y
    again_x, again_y = fractal(rng, px % 1, py % 1, 3, 2), fractal(rng, px % 1, py % 1, 3, 2)
    qx, qy = px + 0.30 * again_x, py + 0.30 * again_y
    field = fractal(rng, qx % 1, qy % 1, 3, 3, 0.4)
    bands = 0.5 + 0.5 * np.sin(2 * np.pi * (3.2 * field + 2.6 * qx + 1.3 * qy))
    stops = ["08263c", "0f5a74", "2aa6a0", "f2e6c8", "f0a63c", "c8412f", "5c1a3c", "08263c"]
    place = np.clip(0.55 + 1.5 * fold_x + 0.75 * field + 0.35 * (bands - 0.5), 0, 0.9999) * (len(stops) - 1)
    index = place.astype(int)
    palette = np.array([color(stop) for stop in stops])
    picture = mix(palette[index], palette[index + 1], smooth(0, 1, place - index))
    vein = np.exp(-((np.abs(np.sin(np.pi * (4 * field + 3 * qx))) / 0.055) ** 2))
    picture = mix(picture, color("f7d98c") * 1.1, vein * 0.8)
    dark = np.exp(-((np.abs(np.sin(np.pi * (5 * again_x + 4 * qy))) / 0.035) ** 2))
    picture = mix(picture, color("061420"), dark * 0.75)

    height = 0.6 * bands + 1.6 * field - 0.3 * vein
    slope_y, slope_x = np.gradient(height, 1 / N)
    normal = np.stack([-slope_x * 0.022, -slope_y * 0.022, np.ones_like(x)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    light = np.array([-0.45, -0.6, 0.66])
    light /= np.linalg.norm(light)
    half = light + np.array([0, 0, 1])
    half /= np.linalg.norm(half)
    diffuse = np.clip(normal @ light, 0, 1)
    gloss = np.clip(normal @ half, 0, 1) ** 90
    picture = picture * (0.42 + 0.85 * diffuse)[..., None] + gloss[..., None] * 0.5
    return picture * (1.06 - 0.5 * ((x - 0.5) ** 2 + (y - 0.5) ** 2))[..., None]


def city(rng):
    """Towers with lit windows under a moon, doubled in a river."""
    x, y = grid()
    bank = 0.70
    depth = np.clip((y - bank) / (1 - bank), 0, 1)
    ripple = np.sin(260 * np.sqrt(depth + 0.03) + 5 * fractal(rng, x, y, 8, 3)) * (y > bank)
    mirrored = np.clip(np.where(y > bank, 2 * bank - y, y) + ripple * 0.007 * (0.3 + depth), 0, 1)
    sx = np.clip(x + ripple * 0.004 * depth, 0, 0.99999)

    t = mirrored / bank
    picture = mix(color("070b1e") * np.ones((N, N, 3)), color("2b2a5c"), smooth(0.1, 0.8, t))
    picture = mix(picture, color("a4527a"), smooth(0.55, 1.1, t) * 0.75)
    clouds = smooth(0.02, 0.45, fractal(rng, sx * 0.8, mirrored * 2.4, 4, 5))
    picture = mix(picture, color("4a3a70"), clouds * 0.55)
    for _ in range(170):
        cx, cy, size = rng.uniform(0, 1), rng.uniform(0, 0.42), rng.uniform(0.0005, 0.0014)
        star = np.exp(-(((sx - cx) ** 2 + (mirrored - cy) ** 2) / size**2))
        picture = picture + star[..., None] * rng.uniform(0.3, 1.0) * np.array([0.9, 0.95, 1.0])
    moon = np.hypot(sx - 0.24, mirrored - 0.17)
    face = 0.92 + 0.35 * fractal(rng, sx, mirrored, 18, 4)
    picture = picture + (0.30 * np.exp(-moon / 0.07))[..., None] * color("d8dcff")
    picture = mix(picture, color("fff4dc") * face[..., None], smooth(0.057, 0.0545, moon))

    lamps = [color(c) for c in ("ffd58a", "ffb55c", "fff0c8", "9fd8ff", "ff8f6a")]
    for layer, (count, low, high, tint, glow) in enumerate(
        [(16, 0.36, 0.55, "2a2b55", 0.35), (13, 0.26, 0.56, "191c3c", 0.75), (10, 0.44, 0.63, "0b0e22", 1.0)]
    ):
        edges = np.linspace(-0.03, 1.03, count + 1) + rng.uniform(-0.3, 0.3, count + 1) / count
        for tower in range(count):
            left, right = edges[tower], edges[tower + 1] - rng.uniform(0, 0.25) / count
            top = rng.uniform(low, high)
            if layer == 1 and tower == 8:
                top = 0.15
            width = right - left
            style = rng.integers(4)
            roof = top + 0 * sx
            if style == 1:
                roof = top + 0.35 * np.abs(sx - (left + right) / 2)
            elif style == 2:
                roof = top + np.where(np.abs(sx - (left + right) / 2) < width * 0.28, 0, 0.03)
            inside = (sx > left) & (sx < right) & (mirrored > roof) & (mirrored < bank + 0.001)
            u, v = (sx - left) / width, (mirrored - top) / (bank - top)
            wall = color(tint) * (1.12 - 0.4 * u + 0.25 * v)[..., None]
            columns = max(3, int(width * (95 - 12 * layer)))
            rows = max(6, int((bank - top) * (80 - 8 * layer)))
            across, down = u * columns, v * rows
            i = np.clip(np.floor(across).astype(int), 0, columns - 1)
            j = np.clip(np.floor(down).astype(int), 0, rows - 1)
            lit = (rng.random((rows, columns)) < rng.uniform(0.25, 0.6)) * rng.uniform(0.35, 1, (rows, columns))
            hue = np.array([lamps[k] for k in rng.integers(0, len(lamps), rows * columns)])
            pane = smooth(0.16, 0.24, across - i) * smooth(0.84, 0.76, across - i)
            pane = pane * smooth(0.22, 0.30, down - j) * smooth(0.80, 0.72, down - j)
            shine = (pane * lit[j, i] * glow)[..., None] * hue.reshape(rows, columns, 3)[j, i]
            picture = np.where(inside[..., None], wall + shine, picture)
            if top < 0.32:
                mast = smooth(0.0016, 0.0008, np.abs(sx - (left + right) / 2)) * (mirrored < roof) * (mirrored > top - 0.09)
                picture = mix(picture, color("20223f"), mast)
                beacon = np.hypot(sx - (left + right) / 2, mirrored - (top - 0.09))
                picture = picture + (np.exp(-((beacon / 0.004) ** 2)) + 0.25 * np.exp(-beacon / 0.012))[..., None] * color("ff4a3c")

    water = (y > bank)[..., None]
    tint = picture * np.array([0.62, 0.66, 0.80]) * (1 - 0.45 * depth)[..., None] + color("060a18") * 0.5
    streak = smooth(0.6, 1.0, ripple) * (0.05 + 0.1 * depth)
    picture = np.where(water, tint + streak[..., None] * color("7f78c0"), picture)
    quay = smooth(0.0055, 0.004, np.abs(y - bank - 0.003))
    picture = mix(picture, color("05070f"), quay)
    for k in range(24):
        cx = (k + 0.5) / 24
        lamp = np.hypot(x - cx, y - bank + 0.009)
        picture = picture + (0.9 * np.exp(-((lamp / 0.0026) ** 2)) + 0.16 * np.exp(-lamp / 0.011))[..., None] * color("ffc878")
        trail = np.exp(-(((x - cx) / 0.0035) ** 2)) * smooth(0, 0.02, y - bank) * np.exp(-depth * 4.5) * (0.55 + 0.45 * ripple)
        picture = picture + trail[..., None] * color("ffb860") * 0.55
    return picture


def boxes(seat, frame):
    """An armchair: middle, half size and colour of its boxes; y is up."""
    legs = [((x, -0.62, z), (0.05, 0.16, 0.05), frame) for x in (-0.42, 0.42) for z in (-0.36, 0.36)]
    return legs + [
        ((0, -0.40, 0), (0.50, 0.07, 0.44), frame),
        ((0, -0.22, 0.04), (0.38, 0.13, 0.40), seat),
        ((0, 0.22, -0.34), (0.50, 0.42, 0.10), seat),
        ((-0.45, -0.05, 0.04), (0.08, 0.24, 0.42), seat),
        ((0.45, -0.05, 0.04), (0.08, 0.24, 0.42), seat),
    ]


def armchair(folder, side=256, scale=3, azimuth=0.65, elevation=0.42, distance=4.0, focal=1.85):
    """Seen by a pinhole camera, on nothing, lit from above and from the camera's left."""
    n = side * scale
    axis = (np.arange(n) + 0.5) / n - 0.5
    x, y = np.meshgrid(axis, axis)
    back = np.array([np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)])
    right = np.array([np.cos(azimuth), 0, -np.sin(azimuth)])
    up = np.cross(back, right)
    rays = (x / focal)[..., None] * right - (y / focal)[..., None] * up - back
    origin = back * distance
    light = np.array([-0.35, 0.85, 0.45]) / np.linalg.norm([-0.35, 0.85, 0.45])
    depth = np.full((n, n), np.inf)
    rgb = np.zeros((n, n, 3))
    for middle, half, own in boxes(color("c8553d"), color("6b4a32")):
        low, high = (np.array(middle) + sign * np.array(half) for sign in (-1, 1))
        one, other = (low - origin) / rays, (high - origin) / rays
        enter, leave = np.minimum(one, other), np.maximum(one, other)
        first = enter.max(-1)
        is_hit = (first < leave.min(-1)) & (first > 0) & (first < depth)
        wall = enter.argmax(-1)
        normal = -np.sign(np.take_along_axis(rays, wall[..., None], -1)) * np.eye(3)[wall]
        shade = 0.45 + 0.55 * np.clip(normal @ light, 0, 1)
        depth = np.where(is_hit, first, depth)
        rgb = np.where(is_hit[..., None], shade[..., None] * own, rgb)
    average = lambda values: values.reshape(side, scale, side, scale, -1).mean(axis=(1, 3))
    alpha, linear = average(np.isfinite(depth).astype(float)), average(rgb)
    linear = linear / np.maximum(alpha, 1e-6)
    srgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)
    rgba = (np.clip(np.concatenate([srgb, alpha], -1), 0, 1) * 255).round().astype(np.uint8)
    Image.fromarray(rgba).save(folder / "armchair.png", optimize=True)


if __name__ == "__main__":
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    out = out if out.is_dir() else out.parent
    for seed, draw in ((11, landscape), (23, marble), (5, city)):
        save(out, f"{draw.__name__}.png", draw(np.random.default_rng(seed)))
    armchair(out)
