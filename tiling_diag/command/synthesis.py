"""Write walls and defects whose truth is known, so that a pipeline can be checked.

Drawn walls, or any picture of a user's, are written clean and with each defect, beside
`truth.json` that says what was done to each and which findings are expected, and `pictures.csv`, a
list that `batch` reads.
"""

from __future__ import annotations

import csv
import dataclasses
import inspect
import io
import json
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from torch import Tensor

from tiling_diag.errors import InputError
from tiling_diag.synth.defects.defect import DefectPicture, Lattice

TRUTH_FILE, LIST_FILE = "truth.json", "pictures.csv"
SCHEMA_VERSION = 1
SHORTEST_SIDE_PX = 256


def write_pictures(
    out: str | PathLike[str],
    *,
    picture: str | PathLike[str] | None = None,
    walls: int = 3,
    defects: Sequence[str] | None = None,
    strength: float | None = None,
    size: tuple[int, int] = (512, 512),
    seed: int = 0,
) -> dict[str, Any]:
    """Write clean pictures, each with every defect, `truth.json` and `pictures.csv`.

    Args:
        out: folder, made if need be.
        picture: put the defects on this picture; drawn walls without one.
        walls: how many walls to draw.
        defects: names in `tiling_diag.synth.defects.catalogue.DEFECTS`; all if None.
        strength: 0 (nothing) to 1; each defect's own default if None.
        size: ``(H, W)`` in px of drawn walls.
        seed: another number gives other walls and defects.

    Returns:
        The content of `truth.json`.

    Raises:
        InputError: if a name is unknown, a number can't be used, or files can't be written.
    """
    from tiling_diag.synth.defects.catalogue import DEFECTS

    names = list(DEFECTS) if defects is None else list(defects)
    if unknown := [name for name in names if name not in DEFECTS]:
        raise InputError(f"defects={', '.join(unknown)}: unknown; choose of {', '.join(DEFECTS)}")
    if strength is not None and not 0 <= strength <= 1:
        raise InputError(f"strength={strength} must be from 0 (nothing) to 1 (full)")
    if walls < 1 or min(size) < SHORTEST_SIDE_PX:
        raise InputError(
            f"walls={walls} of {size[0]} x {size[1]} px: draw at least 1 of at least "
            f"{SHORTEST_SIDE_PX} px each way"
        )
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: can't hold the pictures ({error.strerror})") from error
    sources = [_given(Path(picture))] if picture is not None else _drawn(walls, size, seed)
    pictures = []
    for source in sources:
        pictures += _write_source(folder, source, names, strength, seed)
    truth = {"schema_version": SCHEMA_VERSION, "pictures": pictures}
    _write(folder / TRUTH_FILE, (json.dumps(truth, indent=2, allow_nan=False) + "\n").encode())
    _write(folder / LIST_FILE, _list_of(pictures))
    return truth


def _list_of(pictures: list[dict[str, Any]]) -> bytes:
    """The pictures as a list for `batch`: each with its reference, and what was done to it."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["pred", "ref", "defect", "strength", "expected"])
    for one in pictures:
        defect = one["defect"] or {"name": "none", "strength": 0.0}
        expected = " ".join(one["expected_codes"])
        lines.writerow([one["file"], one["ref"], defect["name"], defect["strength"], expected])
    return text.getvalue().encode("utf-8", "surrogateescape")


@dataclasses.dataclass(frozen=True)
class _Source:
    """A clean picture, how defects continue it, and what is known of it."""

    name: str
    image: Tensor
    lattice: Lattice | None
    truth: dict[str, object] | None


def _given(path: Path) -> _Source:
    from tiling_diag.diagnosis import diagnose
    from tiling_diag.inputs.images import load_image

    image = load_image(path).pixels
    found = diagnose(image).summary()["lattice"]
    lattice = None
    if found is not None:
        b = found["b_px"]
        lattice = (tuple(found["a_px"]), None if b is None else tuple(b))
    return _Source(path.stem, image, lattice, None)


def _drawn(count: int, size: tuple[int, int], seed: int) -> list[_Source]:
    from tiling_diag.synth import draw_wall, random_wall

    found = []
    for index in range(count):
        longest = min(size) / 8
        material, view = random_wall(
            seed * 1000 + index, size=size, period_px=(10.0, max(24.0, longest)), min_periods=5.0
        )
        wall = draw_wall(material, view)
        lattice = (wall.truth.a_px, wall.truth.b_px)
        found.append(_Source(f"wall_{index:03d}", wall.image, lattice, wall.truth.as_dict()))
    return found


def _write_source(
    folder: Path, source: _Source, names: list[str], strength: float | None, seed: int
) -> list[dict[str, Any]]:
    """Write one picture clean and with every defect that it can have."""
    from tiling_diag.synth.defects.catalogue import DEFECTS

    clean = f"{source.name}.png"
    _write(folder / clean, _png(source.image))
    entries: list[dict[str, Any]] = [
        {"file": clean, "lattice": source.truth, "ref": None, "defect": None, "expected_codes": []}
    ]
    for name in names:
        options: dict[str, Any] = {"lattice": source.lattice, "seed": seed}
        if strength is not None:
            options["strength"] = strength
        taken = inspect.signature(DEFECTS[name]).parameters
        made: DefectPicture = DEFECTS[name](
            source.image, **{key: value for key, value in options.items() if key in taken}
        )
        file = f"{source.name}_{name}.png"
        _write(folder / file, _png(made.image))
        code = made.truth.code
        entries.append(
            {
                "file": file,
                "lattice": source.truth,
                # A wall that is doubled throughout is only wrong beside the clean one.
                "ref": clean if code is not None and code.startswith("period_") else None,
                "defect": dataclasses.asdict(made.truth) | {"name": name},
                "expected_codes": [] if code is None else [code],
            }
        )
    return entries


def _png(image: Tensor) -> bytes:
    from PIL import Image

    pixels = (image.clamp(0, 1) * 255).round().byte().movedim(0, -1).contiguous().numpy()
    stream = io.BytesIO()
    Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels).save(stream, "PNG")
    return stream.getvalue()


def _write(path: Path, data: bytes) -> None:
    from tiling_diag.report.write import write_atomically

    write_atomically(path, data)
