"""Small walls for tests of batches, and an engine without processes."""

import json
import os
import sys

import numpy as np
from PIL import Image
from processes import start_program

from tiling_diag.batch import BatchOptions, run_batch
from tiling_diag.batch.here import HereEngine
from tiling_diag.text import json_text

__all__ = [
    "CLI", "HereEngine", "assert_same_rows", "assert_same_summary", "rows_in", "run",
    "save_wall", "start", "wall", "without_times",
]  # fmt: skip
CLI = "from tiling_diag.command.main import main; main()"


def wall(seed=0, size=(96, 120), period=(16, 24), channels=3):
    """Bricks in stack bond with noise, ``uint8 (H, W, 3)``."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]]
    joints = ((y % period[0]) < 2) | ((x % period[1]) < 2)
    pixels = np.where(joints, 210.0, 120.0) + rng.normal(0, 8, size)
    return np.repeat(pixels.clip(0, 255).astype(np.uint8)[..., None], channels, -1)


def save_wall(path, seed=0, **how):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(wall(seed, **how)).save(path)
    return path


def run(sources, out, settings=None, **options):
    """A batch in this process: its totals, and what it said."""
    said = []
    totals = run_batch(
        [str(one) for one in sources],
        out,
        settings,
        BatchOptions(**options),
        engine=HereEngine(),
        say=said.append,
    )
    return totals, said


def rows_in(folder):
    lines = (folder / "results.jsonl").read_bytes().splitlines(keepends=True)
    assert all(line.endswith(b"\n") for line in lines)
    return [json.loads(line) for line in lines]


def without_times(rows):
    return sorted(({**row, "seconds": 0} for row in rows), key=lambda row: row["path"])


def numbers_of(value, path=""):
    """Every number of a summary by its place, and everything else as it is."""
    if isinstance(value, dict):
        return {
            k: v for key, one in value.items() for k, v in numbers_of(one, f"{path}.{key}").items()
        }
    if isinstance(value, list):
        return {
            k: v for i, one in enumerate(value) for k, v in numbers_of(one, f"{path}.{i}").items()
        }
    return {path: value}


def assert_same_summary(one, other):
    """To the last digit: key by key first, for a difference is easier to see there."""
    assert numbers_of(one) == numbers_of(other)
    assert json_text(one) == json_text(other)


def assert_same_rows(folder, other):
    rows, others = (without_times(rows_in(one)) for one in (folder, other))
    assert len(rows) == len(others)
    for row, same in zip(rows, others, strict=True):
        assert_same_summary(row, same)


def start(*arguments, environment=None, preexec=None):
    """The command as a process of its own, in a session of its own."""
    return start_program(
        [sys.executable, "-c", CLI, *arguments],
        preexec=preexec,
        env={**os.environ, **(environment or {})},
        start_new_session=True,
    )
