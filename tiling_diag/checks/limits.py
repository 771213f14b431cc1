"""The limits of what all checks share of a wall: its size, its channels, its autocorrelations.

*Corpus*: chosen on pictures of real materials by ``python benchmarks/lattice.py``. *By hand*: set
once, never tuned.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WallLimits:
    """All limits of the loose modules of this folder, grouped by module."""

    # walls

    search_side_px: int = 256
    """[px] Longer side to which walls are shrunk before their lattice is searched. Fine periods
    blur there and are looked at in windows of larger pictures; 512 px decided octaves no better in
    four times the time. Corpus."""

    least_small_side_px: int = 8
    """[px] Shorter side of shrunk walls: the least that filters need, and that a picture has. By
    hand."""

    largest_aspect: float = 10.0
    """[longer side over shorter] Of walls that are shrunk. Of gratings of 17 x -, 23 x 9 and 11 x 6
    px in strips 24, 40 and 64 px wide, 15 of 18 lattices are right up to 10, 21 of 45 beyond.
    By hand."""

    border_share: float = 1 / 64
    """[share of the shorter side] Over which the mask's border is tapered. By hand."""

    least_border_px: float = 2.0
    """[px] The same at the least. By hand."""

    hardly_wall: float = 0.1
    """[mask] Up to here there is no wall: masks saved as JPEG are not quite black outside it. By
    hand."""

    # channels

    edge_sigma_px: float = 1.0
    """[px] Blur before edges are taken. Corpus."""

    edge_directions: int = 4
    """[directions over half a turn] Into which edges are split. Corpus."""

    even_share: float = 1 / 8
    """[share of the shorter side] Blur that tells the lighting and contrast to be evened out.
    Corpus."""

    contrast_floor: float = 0.3
    """[share of the wall's deviation] Added to the local deviation that values are divided by, so
    that flat places stay flat. Corpus."""

    dark: float = 0.1
    """[luma] Added to the luma that colour is divided by: below it colour says little. Scenes
    (``python benchmarks/scenes.py``)."""

    coarse_sigma_px: float = 6.0
    """[px] Wide blurs are taken in a picture shrunk until they are no wider than twice this. By
    hand."""

    full_colour: float = 0.5
    """[share of luma's deviation] From here on a colour difference counts fully; below, by its
    square. Corpus."""

    # appearance

    alike_cells: int = 64
    """[cells along the shorter side] In which looks are told apart. By hand."""

    alike_blur_cells: float = 2.0
    """[cells] Blur of looks: wider than joints. Scenes."""

    alike_groups: int = 3
    """[groups] Into which looks are parted. Scenes."""

    alike_colour: float = 0.08
    """[of luma] Colours that differ by this are one unit apart. Scenes."""

    alike_tone: float = 0.3
    """[natural log of luma] The same for tone: light changes it, so it counts less. Scenes."""

    alike_edges: float = 0.4
    """[natural log of the mean gradient over luma] The same for edges. Scenes."""

    alike_distance: float = 1.2
    """[units] Groups that are nearer are one. Scenes, and pictures of walls alone."""

    alike_separation: float = 2.0
    """[sum of both deviations] The same: one cloud cut in two has about 1.3. Scenes, and pictures
    of walls alone."""

    alike_inside: float = 0.9
    """[share] Of a cell's neighbourhood, as far as looks are blurred, that must look alike: of 12
    walls behind windows 8, 9 and 10 were read right at 0.6, 0.8 and 0.9. Scenes."""

    # striped_light

    striped_dark: float = 0.02
    """[luma] Added before the logarithm. By hand."""

    striped_directions: int = 120
    """[directions over half a turn] That are looked at first. By hand."""

    striped_finer: int = 8
    """[directions] Between two of them, looked at after. By hand."""

    striped_shrink: int = 2
    """[times] By which the searched wall is shrunk for the first look. By hand."""

    striped_side_px: int = 1024
    """[px] Longer side of the picture in which the light that is taken off is measured, at most.
    By hand."""

    # autocorrelation_maps

    max_lag_share: float = 0.7
    """[share of each side] The longest lags; beyond, too little of the wall overlaps itself.
    Corpus."""

    near_lag_share: float = 0.5
    """[share of the longest lag] Where a lag counts half: far ones overlap less, and perspective
    blurs them. Corpus."""


LIMITS = WallLimits()
