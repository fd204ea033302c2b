#!/usr/bin/env python3
"""Posed views as three programs write them, and the rays of every pixel, read and computed by numpy alone.

    python3 -m venv ~/.golden && ~/.golden/bin/pip install numpy pillow safetensors
    ~/.golden/bin/python tests/golden/make_views.py

Writes `views/` (blender, nerfstudio, srn) and `views.safetensors` beside this script.
"""
import json
import math
import pathlib

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
ROOT = HERE / "views"
WIDTH, HEIGHT, VIEWS = 6, 4, 3


def rotation(random):
    q, r = np.linalg.qr(random.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else -q


def rays(pose, fx, fy, cx, cy):
    """x right, y up, looking along -z: origin and direction of every pixel's middle, row by row."""
    found = []
    for y in range(HEIGHT):
        for x in range(WIDTH):
            direction = pose[:3, :3] @ np.array([(x + 0.5 - cx) / fx, -(y + 0.5 - cy) / fy, -1.0])
            found.append(np.concatenate([pose[:3, 3], direction]))
    return np.array(found)


def picture(random, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    rgba = random.integers(0, 256, size=(HEIGHT, WIDTH, 4), dtype=np.uint8)
    Image.fromarray(rgba, "RGBA").save(path)
    straight = rgba.astype(np.float64) / 255
    return np.concatenate([straight[..., :3] * straight[..., 3:], straight[..., 3:]], -1)


def main():
    random = np.random.default_rng(7)
    out = {}
    for kind in ("blender", "nerfstudio", "srn"):
        folder = ROOT / kind
        frames, all_rays, pictures = [], [], []
        angle, fl_x, fl_y, cx, cy = 0.7, 11.0, 9.5, 2.6, 2.3
        for view in range(VIEWS):
            pose = np.eye(4)
            pose[:3, :3], pose[:3, 3] = rotation(random), random.normal(size=3) * 3
            if kind == "blender":
                focal = WIDTH / 2 / math.tan(angle / 2)
                name = f"./train/r_{view}"
                pictures.append(picture(random, folder / f"train/r_{view}.png"))
                all_rays.append(rays(pose, focal, focal, WIDTH / 2, HEIGHT / 2))
                frames.append({"file_path": name, "rotation": 0.1, "transform_matrix": pose.tolist()})
            elif kind == "nerfstudio":
                name = f"images/frame_{view}.png"
                pictures.append(picture(random, folder / name))
                # Said for a picture twice as large, and one frame has a lens of its own.
                own = {"fl_x": 30.0, "cx": 5.0} if view == 1 else {}
                fx = own.get("fl_x", 2 * fl_x) / 2
                all_rays.append(rays(pose, fx, fl_y, own.get("cx", 2 * cx) / 2, cy))
                frames.append({"file_path": name, "transform_matrix": pose.tolist(), **own})
            else:
                pictures.append(picture(random, folder / f"rgb/{view:06}.png"))
                # The dataset's cameras have y down and z forward, and its numbers are for pictures of 128.
                seen = pose @ np.diag([1.0, -1.0, -1.0, 1.0])
                (folder / "pose").mkdir(parents=True, exist_ok=True)
                (folder / f"pose/{view:06}.txt").write_text(" ".join(map(str, seen.flatten())))
                all_rays.append(rays(pose, 131.25 * WIDTH / 128, 131.25 * HEIGHT / 128, WIDTH / 2, HEIGHT / 2))
        if kind == "blender":
            (folder / "transforms.json").write_text(json.dumps({"camera_angle_x": angle, "frames": frames}, indent=1))
        elif kind == "nerfstudio":
            head = {"w": 2 * WIDTH, "h": 2 * HEIGHT, "fl_x": 2 * fl_x, "fl_y": 2 * fl_y, "cx": 2 * cx, "cy": 2 * cy}
            (folder / "transforms.json").write_text(json.dumps({**head, "camera_model": "OPENCV", "frames": frames}, indent=1))
        else:
            (folder / "intrinsics.txt").write_text("131.25 64. 64. 0.\n0. 0. 0.\n1.\n128 128\n")
        out[f"{kind}.rays"] = np.stack(all_rays)
        out[f"{kind}.pictures"] = np.stack(pictures)
    save_file({name: np.ascontiguousarray(value) for name, value in out.items()}, HERE / "views.safetensors")


if __name__ == "__main__":
    main()
