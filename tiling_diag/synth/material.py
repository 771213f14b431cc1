"""What a wall is made of and how it is seen, as plain settings."""

from __future__ import annotations

from dataclasses import dataclass

from tiling_diag.errors import InputError
from tiling_diag.synth.bonds import BONDS, Bond, Layout
from tiling_diag.synth.geometry import Matrix3

Color = tuple[float, float, float]


@dataclass(frozen=True)
class Material:
    """What a wall is made of; lengths in material px (image px at scale 1).

    Attributes:
        bond: how the units are laid.
        width_px: one unit with its joint along the course (see `bonds.Layout`).
        height_px: one course with its joint.
        offset: shift of each course as a share of `width_px`, running bond only.
        mortar_px: width of the joints.
        unit_color: mean RGB of the units in [0, 1].
        mortar_color: RGB of the joints.
        tone_variation: standard deviation of the units' brightness, relative.
        hue_variation: standard deviation of the units' colour at constant luma, in grey levels
            of [0, 1].
        roughness: standard deviation of the surface texture, relative brightness.
        relief: strength of light and shade on the units' edges.
        wear: how far edges are eaten away, as a share of `mortar_px`.
        jitter: standard deviation of each unit's place, as a share of `mortar_px`.
        wander: standard deviation of the joints' slow drift, as a share of `height_px`.
        radius_px: radius of the corners of rectangular units.
        seed: which particular units: tones, places, board ends.
    """

    bond: Bond = "running_bond"
    width_px: float = 72.0
    height_px: float = 24.0
    offset: float = 0.5
    mortar_px: float = 3.0
    unit_color: Color = (0.58, 0.30, 0.22)
    mortar_color: Color = (0.70, 0.67, 0.62)
    tone_variation: float = 0.12
    hue_variation: float = 0.012
    roughness: float = 0.10
    relief: float = 0.5
    wear: float = 0.12
    jitter: float = 0.10
    wander: float = 0.006
    radius_px: float = 1.5
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse sizes that cannot be laid."""
        if self.bond not in BONDS:
            raise InputError(f"bond={self.bond!r} is not known: use one of {', '.join(BONDS)}")
        endless = self.bond == "plank_1d" and self.width_px == 0
        shortest = self.height_px if endless else min(self.width_px, self.height_px)
        if not shortest >= 1:
            raise InputError(
                f"width_px={self.width_px} and height_px={self.height_px} must be at least 1 px "
                "(width_px=0 only for endless boards)"
            )
        if not 0 <= self.mortar_px < shortest:
            raise InputError(
                f"mortar_px={self.mortar_px} must be at least 0 and narrower than a unit, "
                f"here under {shortest}"
            )
        aspect = self.width_px / self.height_px
        if self.bond == "herringbone" and (aspect < 1.5 or abs(aspect - round(aspect)) > 1e-6):
            raise InputError(
                f"herringbone bricks must be a whole number of times as long as wide, from 2 on: "
                f"width_px={self.width_px} is {aspect:g} times height_px={self.height_px}, use "
                f"width_px={max(2, round(aspect)) * self.height_px:g}"
            )

    @property
    def layout(self) -> Layout:
        """The sizes of the bond alone."""
        return Layout(self.bond, self.width_px, self.height_px, self.offset)


@dataclass(frozen=True)
class View:
    """How a wall is seen.

    Attributes:
        size: ``(H, W)`` of the picture in px.
        scale: image px per material px.
        rotation_deg: turn of the courses, clockwise on the screen.
        shear: sideways shift per px of height, before the turn.
        origin_px: material position ``(x, y)`` at the centre of the picture: which crop.
        homography: from the picture to the flat wall, see `perspective_homography`.
        light: relative rise of brightness from left to right and from top to bottom.
        unevenness: standard deviation of soft blotches of light, relative.
        noise: standard deviation of the sensor noise in [0, 1] grey levels.
        jpeg_quality: quality of a JPEG round trip (1 to 100), None for none.
        supersample: samples per pixel along each axis.
        seed: noise, surface and light of this picture.
    """

    size: tuple[int, int] = (512, 512)
    scale: float = 1.0
    rotation_deg: float = 0.0
    shear: float = 0.0
    origin_px: tuple[float, float] = (0.0, 0.0)
    homography: Matrix3 | None = None
    light: tuple[float, float] = (0.0, 0.0)
    unevenness: float = 0.03
    noise: float = 0.008
    jpeg_quality: int | None = None
    supersample: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse views without pixels."""
        if min(self.size) < 1 or self.scale <= 0 or self.supersample < 1:
            raise InputError(
                f"size={self.size}, scale={self.scale} and supersample={self.supersample} must "
                "all be positive"
            )
