"""Golden files for tests/train/lpips.rs, from the package of LPIPS' authors (pip install lpips torchvision).

    python make_lpips.py

The trunks are torchvision's, with fewer channels and random weights. AlexNet's weights are written in one file, VGG-16's
as people have them: the trunk in a state dict of torchvision's names, the rest in one of the package's, both by
torch.save. Pictures are made by a formula that the test repeats.
"""
from pathlib import Path

import lpips
import numpy as np
import torch
from safetensors.torch import save_file

HERE = Path(__file__).parent
WIDTHS = {"alex": [6, 10, 8, 9, 7], "vgg": [4, 4, 5, 6, 7, 7, 6, 5, 6, 8, 8, 7, 6]}
SIZE = (67, 52)  # Width and height: neither fits the strides.


def picture(kind):
    """[1, 3, height, width] in [0, 1]; computed in f64, rounded once."""
    width, height = SIZE
    c, y, x = np.meshgrid(*(np.arange(n, dtype=np.float64) for n in (3, height, width)), indexing="ij")
    waves = np.sin(0.11 * x * (c + 1) + 0.07 * y + kind) * np.cos(0.05 * y * (c + 2) - 0.02 * x + 0.5 * c * kind)
    return torch.from_numpy((0.5 + 0.5 * waves).astype(np.float32))[None]


def narrow(net):
    """The package's metric with random weights and fewer channels."""
    metric = lpips.LPIPS(net=net, pretrained=False, pnet_rand=True, verbose=False)
    widths, before, outputs = iter(WIDTHS[net]), 3, []
    for name in ["slice1", "slice2", "slice3", "slice4", "slice5"]:
        part = getattr(metric.net, name)
        for index, layer in part.named_children():
            if isinstance(layer, torch.nn.Conv2d):
                own = torch.nn.Conv2d(before, next(widths), layer.kernel_size, layer.stride, layer.padding)
                own.weight.data = torch.randn_like(own.weight) * (2 / own.weight[0].numel()) ** 0.5
                own.bias.data = torch.randn_like(own.bias) * 0.1
                part[int(index) - int(next(iter(part._modules)))] = own
                before = own.out_channels
        outputs.append(before)
    for lin, channels in zip(metric.lins, outputs):
        lin.model[-1] = torch.nn.Conv2d(channels, 1, 1, bias=False)
        lin.model[-1].weight.data = torch.rand_like(lin.model[-1].weight)
    return metric.eval()


def main():
    out = {}
    for seed, net in enumerate(WIDTHS):
        torch.manual_seed(seed)
        metric = narrow(net)
        with torch.no_grad():
            distance = metric(picture(0), picture(1), normalize=True)
        out[net] = distance.reshape(1)
        state = metric.state_dict()
        trunk = {
            f"features.{name.split('.', 2)[2]}": tensor.contiguous()
            for name, tensor in state.items() if name.startswith("net.slice")
        }
        lins = {name: tensor.contiguous() for name, tensor in state.items() if name.startswith("lin") and name[3].isdigit()}
        if net == "alex":
            save_file({**trunk, **lins}, HERE / "lpips_alex.safetensors")
        else:
            # torchvision's file has the classifier too.
            torch.save({**trunk, "classifier.0.weight": torch.zeros(2, 2)}, HERE / "lpips_vgg_trunk.pth")
            # The authors' files are in the format of 2018.
            torch.save(lins, HERE / "lpips_vgg_lin.pth", _use_new_zipfile_serialization=False)
        print(net, float(distance))
    save_file(out, HERE / "lpips.safetensors")


main()
