"""The picture of docs/how_good_it_is/losses.md: pixels of doubled walls, moved.

    python benchmarks/loss_pictures.py --out docs/pictures/losses_pixels.webp

One row per wall: a drawn running bond, and scikit-image's photograph of bricks (CC0). Columns: the
target, the doubled wall, and it after 200 steps down each loss. The periods that `diagnose`
measures are printed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from loss_peers import OURS, make_loss
from loss_pixels import optimized, period_px
from PIL import Image
from tables import markdown_table
from torch import Tensor

SIDE = 256
SHOWN_PX = 160
GAP_PX = 4


def drawn_pair() -> tuple[Tensor, Tensor]:
    """Target and doubled wall, each ``(1, 1, 256, 256)``."""
    from tiling_diag.kernels.luma import luma
    from tiling_diag.synth import Material, View, draw_wall

    wall = Material(width_px=32.0, height_px=16.0, mortar_px=3.0)
    image = luma(draw_wall(wall, View(size=(SIDE, SIDE))).image)[None, None]
    return image, _enlarged(image)


def photographed_pair() -> tuple[Tensor, Tensor]:
    """The same of scikit-image's `brick`."""
    from skimage.data import brick

    image = torch.from_numpy(brick().astype(np.float32) / 255)[None, None]
    small = F.interpolate(image, size=(SIDE, SIDE), mode="bilinear", antialias=True)
    return small, image[..., SIDE // 2 : -SIDE // 2, SIDE // 2 : -SIDE // 2]


def _enlarged(image: Tensor) -> Tensor:
    half = SIDE // 2
    return F.interpolate(image[..., :half, :half], size=(SIDE, SIDE), mode="bicubic").clamp(0, 1)


def main() -> None:
    """Optimize, print the periods, write the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("build/bench/losses/pixels.jpg"))
    args = parser.parse_args()
    strips, rows = [], []
    for name, (target, doubled) in (("drawn", drawn_pair()), ("photo", photographed_pair())):
        walls = [target, doubled]
        for loss in map(make_loss, OURS):
            walls.append(optimized(lambda x, loss=loss, t=target: loss(x, t, None).sum(), doubled))
        periods = [period_px(wall) for wall in walls]
        rows.append([name, *("-" if p is None else f"{p:.1f} px" for p in periods)])
        tiles = [F.interpolate(w, size=SHOWN_PX, mode="bilinear", antialias=True) for w in walls]
        strips.append(torch.cat([F.pad(tile, (0, GAP_PX), value=1.0) for tile in tiles], dim=-1))
    sheet = torch.cat([F.pad(strip, (0, 0, 0, GAP_PX), value=1.0) for strip in strips], dim=-2)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    pixels = (sheet[0, 0].clamp(0, 1) * 255).round().byte().numpy()
    Image.fromarray(pixels).save(args.out, quality=85)
    print(markdown_table(["wall", "target", "doubled", *OURS], rows))


if __name__ == "__main__":
    main()
