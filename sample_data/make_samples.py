"""Draw the sample walls of this folder: pictures, mask, reference and `truth.json`.

    python sample_data/make_samples.py [FOLDER]

The pictures are drawn, not photographed, so that their lattice is known exactly and anyone may use
them. Sizes are chosen so that no period is a whole number of pixels.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from tiling_diag.synth import (
    LatticeTruth,
    Material,
    View,
    draw_reference,
    draw_wall,
    house_front,
    perspective_homography,
)
from tiling_diag.synth.defects.catalogue import (
    DefectTruth,
    rescaled_bands,
    transposed_convolution_grid,
)

SIZE = (544, 768)
BRICK = Material(
    width_px=70.5,
    height_px=23.4,
    mortar_px=3.6,
    unit_color=(0.53, 0.305, 0.24),
    mortar_color=(0.69, 0.66, 0.61),
    tone_variation=0.15,
    hue_variation=0.014,
    roughness=0.10,
    relief=0.6,
    wear=0.14,
    radius_px=2.0,
    seed=11,
)
TILE = Material(
    bond="stack_bond",
    width_px=60.7,
    height_px=60.7,
    mortar_px=3.0,
    unit_color=(0.76, 0.80, 0.79),
    mortar_color=(0.50, 0.50, 0.49),
    tone_variation=0.03,
    hue_variation=0.006,
    roughness=0.02,
    relief=0.5,
    wear=0.03,
    jitter=0.05,
    wander=0.002,
    radius_px=1.5,
    seed=5,
)
REFERENCE = "brick_reference.jpg"


@dataclass(frozen=True)
class Sample:
    """One picture of the set and what is true of it."""

    file: str
    note: str
    image: Tensor = field(repr=False)
    lattice: LatticeTruth
    mask_file: str | None = None
    mask: Tensor | None = field(default=None, repr=False)
    ref: str | None = None
    factor: tuple[float, float] | None = None
    defect: DefectTruth | None = None
    expected_codes: tuple[str, ...] = ()

    def truth(self) -> dict[str, object]:
        """The picture's entry in `truth.json`."""
        zones = self.defect.zones if self.defect else ()
        return {
            "file": self.file,
            "note": self.note,
            "width_px": self.image.shape[2],
            "height_px": self.image.shape[1],
            **{key: _rounded(value) for key, value in self.lattice.as_dict().items()},
            "mask": self.mask_file,
            "ref": self.ref,
            "ref_scale": 1.0 if self.ref else None,
            "factor": list(self.factor) if self.factor else None,
            "zones": [
                {
                    "box_px": list(z.box_px),
                    "orientation": z.orientation,
                    "factor": list(z.factor),
                }
                for z in zones
            ],
            "grid_period_px": self.defect.grid_period_px if self.defect else None,
            "expected_codes": list(self.expected_codes),
        }


def samples() -> list[Sample]:
    """Draw the set."""
    front = house_front(draw_wall(BRICK, _view(1, rotation_deg=0.6)))
    reference = draw_reference(front, (416, 448))
    return [
        Sample(
            "brick.jpg",
            "A good wall: running bond, with a mask that leaves out sky, eave and window.",
            front.image,
            front.truth,
            mask_file="brick_mask.png",
            mask=front.mask,
            ref=REFERENCE,
        ),
        Sample(
            REFERENCE,
            "Another piece of the same bricks, as the reference of the brick walls.",
            reference.image,
            reference.truth,
        ),
        *_faulty_bricks(),
        _tiles_under_a_grid(),
    ]


def _faulty_bricks() -> list[Sample]:
    """The walls of brick that are not as they should be, and the one seen at an angle."""
    wall = draw_wall(BRICK, _view(2, rotation_deg=-0.4))
    lattice = (wall.truth.a_px, wall.truth.b_px)
    bands = rescaled_bands(wall.image, orientation="rows", share=0.32, lattice=lattice, seed=0)
    doubled = draw_wall(BRICK, _view(3, scale=2.0, origin_px=(700.0, 900.0)))
    homography = perspective_homography(SIZE, 1.7, 1.0)
    tilted = draw_wall(BRICK, _view(4, homography=homography, light=(0.25, -0.05)))
    return [
        Sample(
            "brick_zones.jpg",
            "A level band of bricks twice as large in a wall that is right elsewhere.",
            bands.image,
            wall.truth,
            ref=REFERENCE,
            defect=bands.truth,
            expected_codes=("doubling_bands",),
        ),
        Sample(
            "brick_doubled.jpg",
            "The whole wall twice as large as its reference; alone it looks like a good one.",
            doubled.image,
            doubled.truth,
            ref=REFERENCE,
            factor=(2.0, 2.0),
            expected_codes=("period_doubled",),
        ),
        Sample(
            "brick_perspective.jpg",
            "A good wall seen at an angle, its right side nearer. The lattice is that of the flat "
            "wall, to which the homography maps picture positions.",
            tilted.image,
            tilted.truth,
            expected_codes=("perspective_drift",),
        ),
    ]


def _tiles_under_a_grid() -> Sample:
    tiles = draw_wall(TILE, _view(5, noise=0.004, unevenness=0.02))
    grid = transposed_convolution_grid(tiles.image, period_px=8, strength=0.5, seed=2)
    return Sample(
        "tile_grid.jpg",
        "Stack bond tiles under the 8 px grid of a transposed convolution.",
        grid.image,
        tiles.truth,
        defect=grid.truth,
        expected_codes=("upsampling_grid",),
    )


def write_samples(folder: Path) -> list[Path]:
    """Draw and write the whole set into `folder`, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    entries = []
    for sample in samples():
        pixels = _bytes(sample.image.permute(1, 2, 0))
        # An 8 px grid is also what JPEG itself leaves; at 95 its own is far below one level.
        quality = 95 if sample.file.startswith("tile") else 86
        Image.fromarray(pixels).save(
            folder / sample.file, quality=quality, subsampling=0, optimize=True
        )
        written.append(folder / sample.file)
        if sample.mask_file is not None and sample.mask is not None:
            Image.fromarray(_bytes(sample.mask)).save(folder / sample.mask_file, optimize=True)
            written.append(folder / sample.mask_file)
        entries.append(sample.truth())
    truth = folder / "truth.json"
    truth.write_text(json.dumps({"schema_version": 1, "pictures": entries}, indent=2) + "\n")
    return [*written, truth]


def _view(seed: int, **changes: object) -> View:
    settings: dict[str, object] = {
        "size": SIZE,
        "origin_px": (1000.0 * seed, 500.0 * seed),
        "light": (0.10, -0.14),
        "unevenness": 0.025,
        "noise": 0.006,
        "supersample": 3,
        "seed": seed,
    }
    return View(**(settings | changes))  # type: ignore[arg-type]


def _bytes(values: Tensor) -> np.ndarray:
    pixels: np.ndarray = (values.clamp(0, 1) * 255).round().byte().contiguous().numpy()
    return pixels


def _rounded(value: object) -> object:
    """Numbers to nine places, so that the file does not depend on the machine."""
    if isinstance(value, list):
        return [_rounded(v) for v in value]
    return round(value, 9) + 0.0 if isinstance(value, float) else value


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for path in write_samples(target):
        print(f"{path} {path.stat().st_size / 1024:.0f} KiB")
