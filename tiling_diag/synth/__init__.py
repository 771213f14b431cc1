"""Drawn walls whose lattice is known, and the defects that generated pictures show."""

from tiling_diag.synth.bonds import BONDS, Bond
from tiling_diag.synth.geometry import Matrix3, perspective_homography
from tiling_diag.synth.material import Material, View
from tiling_diag.synth.scenes import house_front
from tiling_diag.synth.sets import random_wall
from tiling_diag.synth.truth import LatticeTruth
from tiling_diag.synth.walls import WallPicture, draw_reference, draw_wall

__all__ = [
    "BONDS",
    "Bond",
    "LatticeTruth",
    "Material",
    "Matrix3",
    "View",
    "WallPicture",
    "draw_reference",
    "draw_wall",
    "house_front",
    "perspective_homography",
    "random_wall",
]
