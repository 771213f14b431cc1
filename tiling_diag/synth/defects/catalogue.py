"""The defects that generated walls show, put on any picture with their exact truth.

Each function takes a picture ``(C, H, W)`` in [0, 1] and returns a `DefectPicture`. `DEFECTS`
names one setting of each for command lines and benchmarks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tiling_diag.synth.defects.bands import rescaled_bands, rescaled_wall
from tiling_diag.synth.defects.defect import DefectPicture, DefectTruth, Lattice, Orientation, Zone
from tiling_diag.synth.defects.grids import (
    FULL_GRID_LEVELS,
    autoencoder_grid,
    locked_amplitude,
    transposed_convolution_grid,
)
from tiling_diag.synth.defects.resizing import resize_alias
from tiling_diag.synth.defects.warping import (
    perspective_view,
    scale_drift,
    shadow_edge,
    uneven_borders,
)

DEFECTS: dict[str, Callable[..., DefectPicture]] = {
    "wall_doubled": partial(rescaled_wall, factor=2.0),
    "wall_doubled_x": partial(rescaled_wall, factor=(2.0, 1.0)),
    "wall_doubled_y": partial(rescaled_wall, factor=(1.0, 2.0)),
    "wall_halved": partial(rescaled_wall, factor=0.5),
    "wall_off": partial(rescaled_wall, factor=1.2),
    "bands_rows": partial(rescaled_bands, orientation="rows"),
    "bands_cols": partial(rescaled_bands, orientation="cols"),
    "bands_oblique": partial(rescaled_bands, orientation="oblique"),
    "bands_rows_x": partial(rescaled_bands, orientation="rows", factor=(2.0, 1.0)),
    "bands_rows_halved": partial(rescaled_bands, orientation="rows", factor=0.5),
    "grid_2": partial(transposed_convolution_grid, period_px=2),
    "grid_4": partial(transposed_convolution_grid, period_px=4),
    "grid_8": partial(transposed_convolution_grid, period_px=8),
    "grid_16": partial(transposed_convolution_grid, period_px=16),
    "vae_grid_8": partial(autoencoder_grid, period_px=8),
    "vae_grid_16": partial(autoencoder_grid, period_px=16),
    "alias_nearest": partial(resize_alias, method="nearest"),
    "alias_bilinear": partial(resize_alias, method="bilinear", factor=3.0),
    "perspective": perspective_view,
    "scale_drift": scale_drift,
    "uneven_borders": uneven_borders,
    "shadow_edge": shadow_edge,
}

__all__ = [
    "DEFECTS",
    "FULL_GRID_LEVELS",
    "DefectPicture",
    "DefectTruth",
    "Lattice",
    "Orientation",
    "Zone",
    "autoencoder_grid",
    "locked_amplitude",
    "perspective_view",
    "rescaled_bands",
    "rescaled_wall",
    "resize_alias",
    "scale_drift",
    "shadow_edge",
    "transposed_convolution_grid",
    "uneven_borders",
]
