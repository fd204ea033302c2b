"""Small pictures of every format, and what Pillow makes of them.

Run with Pillow (with WebP and littlecms), numpy and safetensors:  python make_media.py
Writes media/*, media.safetensors (8-bit sRGB, composited on BACKGROUND) and media_split.json beside itself.
"""

import hashlib
import io
import json
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms, ImageOps
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "media"
BACKGROUND = (12, 200, 99)
WIDTH, HEIGHT = 24, 16

expected = {}


def colours(width=WIDTH, height=HEIGHT):
    """Smooth, so that lossy formats stay close, and different towards every side."""
    y, x = np.mgrid[0:height, 0:width]
    red = 40 + 200 * x / (width - 1)
    green = 30 + 180 * y / (height - 1)
    blue = 220 - 120 * x / (width - 1) - 60 * y / (height - 1)
    return np.stack([red, green, blue], axis=-1)


def rgb8(frame=0):
    return Image.fromarray(np.roll(colours().round().astype(np.uint8), 5 * frame, axis=1))


def alpha8():
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return Image.fromarray(((x * 37 + y * 61) % 256).astype(np.uint8))


def rgba8():
    image = rgb8().convert("RGBA")
    image.putalpha(alpha8())
    return image


def on_background(image):
    """As browsers do: encoded values mixed."""
    pixels = np.asarray(image.convert("RGBA")).astype(np.float64)
    alpha = pixels[..., 3:] / 255
    mixed = pixels[..., :3] * alpha + np.array(BACKGROUND) * (1 - alpha)
    return np.floor(mixed + 0.5).astype(np.uint8)


def keep(name, image=None, **options):
    """Save a picture, and remember what Pillow reads from the file."""
    path = FOLDER / name
    if image is not None:
        image.save(path, **options)
    read = Image.open(path)
    expected[name] = on_background(ImageOps.exif_transpose(read))


def png(width, height, bit_depth, colour_type, rows, extra=b""):
    """A PNG file by hand, for what Pillow does not write."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, bit_depth, colour_type, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def profile(space, colourants, gamma):
    """A version 2 ICC profile: matrix and one gamma for RGB, one gamma for grey."""

    def xyz(values):
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    text = b"made for a test"
    desc = b"desc\0\0\0\0" + struct.pack(">I", len(text) + 1) + text + b"\0" * 80
    desc += b"\0" * (-len(desc) % 4)
    tags = [(b"desc", desc), (b"cprt", b"text\0\0\0\0none\0\0\0\0"), (b"wtpt", xyz((0.9642, 1.0, 0.8249)))]
    if space == b"GRAY":
        tags += [(b"kTRC", curve)]
    else:
        tags += [(name, xyz(values)) for name, values in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colourants)]
        tags += [(name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")]
    at = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags:
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"lcms", 0x02400000, b"mntr", space, b"XYZ ")
    head += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    head += struct.pack(">iii", 63190, 65536, 54061) + b"\0" * 48
    return head + table + body


# Adobe RGB (1998), adapted to D50.
ADOBE = profile(b"RGB ", [(0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)], 2.2)
GREY = profile(b"GRAY", None, 1.8)


def in_srgb(image, icc):
    """littlecms: relative colorimetric, as the profiles have no tables for another intent."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    target = ImageCms.createProfile("sRGB")
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    converted = ImageCms.profileToProfile(image, source, target, renderingIntent=intent, outputMode="RGB")
    return np.asarray(converted)


def keep_profiled(name, image, icc, **options):
    image.save(FOLDER / name, icc_profile=icc, **options)
    expected[name] = in_srgb(Image.open(FOLDER / name), icc)


def files():
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        keep(f"orientation_{orientation}.jpg", rgb8(), quality=95, subsampling=0, exif=exif)
    exif = Image.Exif()
    exif[0x0112] = 6
    keep("orientation_6.png", rgb8(), exif=exif)
    keep("orientation_6.webp", rgb8(), exif=exif, lossless=True)
    keep("orientation_6.tif", rgb8(), exif=exif)
    keep("progressive.jpg", rgb8(), quality=95, subsampling=2, progressive=True)
    keep("grey.jpg", rgb8().convert("L"), quality=95)
    keep("cmyk.jpg", rgb8().convert("CMYK"), quality=95)
    keep("rgb.png", rgb8())
    keep("grey.png", rgb8().convert("L"))
    keep("two_colours.png", rgb8().convert("1"))
    keep("alpha.png", rgba8())
    keep("grey_alpha.png", rgba8().convert("LA"))
    keep("palette_alpha.png", rgba8().quantize(32))
    keep("animated.png", rgba8(), save_all=True, append_images=[rgb8(1).convert("RGBA")], duration=100)
    keep("palette.gif", rgb8().quantize(32))
    keep("transparent.gif", rgb8().quantize(31), transparency=7)
    keep("animated.gif", rgb8().quantize(32), save_all=True, append_images=[rgb8(1).quantize(32)], duration=100)
    keep("lossy.webp", rgb8(), quality=95)
    keep("lossless_alpha.webp", rgba8(), lossless=True, exact=True)
    keep("lossy_alpha.webp", rgba8(), quality=95, exact=True)
    keep("animated.webp", rgb8(), save_all=True, append_images=[rgb8(1)], lossless=True, duration=100)
    keep("rgb.bmp", rgb8())
    keep("palette.bmp", rgb8().quantize(32))
    keep("grey.bmp", rgb8().convert("L"))
    keep("rgb.tif", rgb8())
    keep("lzw.tif", rgb8(), compression="tiff_lzw")
    keep("deflate_alpha.tif", rgba8(), compression="tiff_adobe_deflate")
    keep("rgb.tga", rgb8())
    keep("run_length_alpha.tga", rgba8(), compression="tga_rle")
    keep("grey.tga", rgb8().convert("L"))
    keep("palette.tga", rgb8().quantize(32))
    keep_profiled("adobe.png", rgb8(), ADOBE)
    keep_profiled("adobe.jpg", rgb8(), ADOBE, quality=95, subsampling=0)
    keep_profiled("adobe.webp", rgb8(), ADOBE, lossless=True)
    keep_profiled("adobe.tif", rgb8(), ADOBE)
    keep_profiled("grey_profile.png", rgb8().convert("L"), GREY)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    rgb8().save(FOLDER / "srgb_profile.png", icc_profile=srgb)
    expected["srgb_profile.png"] = np.asarray(rgb8())
    rgb8().save(FOLDER / "broken_profile.png", icc_profile=ADOBE[:200])
    expected["broken_profile.png"] = np.asarray(rgb8())


def sixteen_bits():
    values = (colours() * 257 + 0.37 * 257).astype(np.uint16)
    alpha = ((np.arange(WIDTH * HEIGHT) * 7919) % 65536).astype(np.uint16).reshape(HEIGHT, WIDTH, 1)
    rows = [row.astype(">u2").tobytes() for row in values]
    (FOLDER / "rgb16.png").write_bytes(png(WIDTH, HEIGHT, 16, 2, rows))
    expected["rgb16.png"] = values
    rows = [row.astype(">u2").tobytes() for row in np.concatenate([values, alpha], axis=-1)]
    (FOLDER / "alpha16.png").write_bytes(png(WIDTH, HEIGHT, 16, 6, rows))
    share = alpha.astype(np.float64) / 65535
    mixed = values * share + np.array(BACKGROUND) * 257 * (1 - share)
    expected["alpha16.png"] = np.floor(mixed + 0.5).astype(np.uint16)
    rows = [row.astype(">u2").tobytes() for row in values[..., 0]]
    (FOLDER / "grey16.png").write_bytes(png(WIDTH, HEIGHT, 16, 0, rows))
    expected["grey16.png"] = np.repeat(values[..., :1], 3, axis=-1)


def resizing():
    """Pillow's bicubic in f32, of a picture with edges that stay inside [0, 1]."""
    width, height = 31, 23
    y, x = np.mgrid[0:height, 0:width]
    grid = 0.5 + 0.2 * np.sin(x * 0.7 + y * 0.2) + 0.15 * ((x // 7 + y // 5) % 2)
    source = (np.stack([grid, grid[::-1], 1 - grid], axis=-1) * 65535).round().astype(np.uint16)
    expected["resize.source"] = source

    def resized(size, box=None):
        channels = [Image.fromarray((source[..., c] / 65535).astype(np.float32)) for c in range(3)]
        return np.stack([np.asarray(c.resize(size, Image.Resampling.BICUBIC, box=box)) for c in channels], axis=-1)

    for size in [(12, 9), (40, 36), (15, 23), (31, 6)]:
        expected[f"resize.{size[0]}x{size[1]}"] = resized(size)
    expected["part.10x8"] = resized((10, 8), box=(5.25, 2.5, 25.75, 20.25))


def split():
    names = [f"{folder}{number:03}.png" for folder in ("", "kodak/", "a b/ü/") for number in range(16)]
    number = lambda name: int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    held_out = {name: number(name) % 8 == 0 for name in names}
    (HERE / "media_split.json").write_text(json.dumps(held_out, indent=0, ensure_ascii=False) + "\n")


FOLDER.mkdir(exist_ok=True)
files()
sixteen_bits()
resizing()
split()
save_file({name: np.ascontiguousarray(values) for name, values in sorted(expected.items())}, HERE / "media.safetensors")
