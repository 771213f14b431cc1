"""The figure of `docs/how_it_works/lattice.md`: how a lattice is found, step by step.

    python benchmarks/method_figures.py PICTURE --out docs/pictures/method_steps.webp

Left to right: the picture as it is searched, the mean of its channels' autocorrelations with the
points of the lattice and those that a denser one would add, the contrast of the lattice against
every denser and coarser one, and the lattice drawn on the picture. Both are shown for the whole
wall; the search looks at windows in the same way.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tiling_diag import diagnose
from tiling_diag.checks.autocorrelation_maps import AutocorrelationMaps
from tiling_diag.checks.lattice.nested import (
    COARSER_INDICES,
    DENSER_INDICES,
    Relations,
    coarser,
    contrast,
    denser,
    looked_at,
)
from tiling_diag.checks.walls import Walls
from tiling_diag.inputs.images import load_image
from tiling_diag.kernels.lattice_algebra import reduce_basis, sublattice_forms

DEFAULT_OUT = Path("build") / "bench" / "method_steps.jpg"
# Cells along and across that are drawn on the picture; how far out points are drawn on the map.
CELLS_DRAWN, SHOWN_CELLS = 4, 3.2
# Multiples of the two vectors at which coarser and denser lattices are compared.
ORDERS, BETWEEN_ORDERS = (10, 6), (7, 4)
OWN, BETWEEN, LATTICE = "#ffd21f", "#ff3b6b", "#00e676"


def contrasts(maps: AutocorrelationMaps, basis: Tensor, relations: Relations) -> list[float]:
    """Largest contrast over the channels of one lattice ``(2, 2)`` in every relation."""
    seen = looked_at(maps, basis[None, None], relations.multiples)
    found, missing, _ = contrast(seen, maps.importance[..., None], relations)
    return [float(value) for value in found.amax(1).masked_fill(missing, 0.0)[0, 0]]


def index_names(indices: tuple[int, ...], over: bool) -> list[str]:
    """What each relation holds against the lattice: "1/2" of its cells or "3" of them."""
    return [f"1/{n}" if over else f"{n}" for n in indices for _ in sublattice_forms(n)]


def multiples(reach: int, parts: int = 1) -> Tensor:
    steps = torch.arange(-reach * parts, reach * parts + 1, dtype=torch.float64) / parts
    return torch.cartesian_prod(steps, steps)


def draw(picture: Tensor, path: Path) -> None:
    """Write the figure of ``picture (C, H, W)``."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    lattice = diagnose(picture).summary()["lattice"]
    if lattice is None or lattice["b_px"] is None:
        raise SystemExit("this picture has no lattice of two directions to explain")
    full = reduce_basis(torch.tensor([lattice["a_px"], lattice["b_px"]], dtype=torch.float64))
    walls = Walls(picture[None], torch.ones_like(picture[:1]))
    small, step = walls.small, torch.tensor(walls.small_step_px, dtype=torch.float64)
    maps = small.autocorrelation_maps
    basis = full / step
    figure, panels = plt.subplots(1, 4, figsize=(15, 4.1), layout="constrained")
    panels[0].imshow(small.image[0].movedim(0, -1).numpy())
    panels[0].set_title(f"searched at {small.size[1]} x {small.size[0]} px")
    _draw_map(panels[1], maps, basis)
    _draw_contrasts(panels[2], maps, basis)
    _draw_lattice(panels[3], picture, full)
    for panel in (panels[0], panels[1], panels[3]):
        panel.set(xticks=[], yticks=[])
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90, pil_kwargs={"quality": 82} if path.suffix == ".jpg" else None)
    plt.close(figure)


def _draw_map(panel, maps: AutocorrelationMaps, basis: Tensor) -> None:
    """The mean autocorrelation around lag 0 and the points looked at."""
    my, mx = maps.max_lag_px
    side = min(my, mx, SHOWN_CELLS * float(basis.norm(dim=-1).max()))
    shown = maps.mean_map[0].numpy()
    panel.imshow(
        shown, extent=(-mx - 0.5, mx + 0.5, my + 0.5, -my - 0.5), cmap="gray", vmin=-0.1, vmax=0.5
    )
    own, halves = multiples(8), multiples(8, 2)
    between = halves[((halves % 1) != 0).any(-1)]
    for places, color, name in ((between, BETWEEN, "twice as dense"), (own, OWN, "the lattice")):
        x, y = (places @ basis).unbind(-1)
        panel.plot(x, y, "o", mfc="none", mec=color, ms=7, mew=1.4, label=name)
    panel.set(xlim=(-side, side), ylim=(side, -side))
    panel.set_title("mean autocorrelation")
    panel.legend(loc="lower right", fontsize=8)


def _draw_contrasts(panel, maps: AutocorrelationMaps, basis: Tensor) -> None:
    """Contrast against all denser and coarser neighbours."""
    added = contrasts(maps, basis, denser(BETWEEN_ORDERS))
    left_out = contrasts(maps, basis, coarser(ORDERS))
    values = added + left_out
    names = index_names(DENSER_INDICES, over=True) + index_names(COARSER_INDICES, over=False)
    colors = [BETWEEN] * len(added) + ["tab:blue"] * len(left_out)
    place = np.arange(len(values))
    panel.bar(place, np.clip(values, 0, None), color=colors)
    panel.set_xticks(place, names, fontsize=7, rotation=90)
    panel.set(ylim=(0, 1), xlabel="cell of the other lattice, in cells of this one")
    panel.set_title("contrast: large against denser (red)\nand small against coarser (blue)")


def _draw_lattice(panel, picture: Tensor, basis: Tensor) -> None:
    """The lattice on the middle of the picture."""
    height, width = picture.shape[-2:]
    panel.imshow(picture.movedim(0, -1).numpy())
    middle = torch.tensor([width / 2, height / 2], dtype=torch.float64)
    ends = torch.tensor([-CELLS_DRAWN / 2, CELLS_DRAWN / 2], dtype=torch.float64)
    for offset in torch.arange(CELLS_DRAWN + 1) - CELLS_DRAWN / 2:
        for along, across in ((basis[0], basis[1]), (basis[1], basis[0])):
            line = middle + offset * across + ends[:, None] * along
            panel.plot(line[:, 0], line[:, 1], color=LATTICE, lw=2)
    panel.set(xlim=(0, width), ylim=(height, 0))
    a, b = ([round(v) for v in vector] for vector in basis.tolist())
    panel.set_title(f"found: ({a[0]}, {a[1]}) and ({b[0]}, {b[1]}) px")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("picture", type=Path, help="a picture of a material")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="PNG or JPEG to write")
    options = parser.parse_args()
    draw(load_image(options.picture).pixels, options.out)
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
