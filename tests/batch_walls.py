"""Small walls for tests of batches, and an engine without processes."""

import json
import os
import sys

import numpy as np
from PIL import Image
from processes import start_program

from tiling_diag.batch.here import HereEngine

__all__ = ["CLI", "HereEngine", "rows_in", "save_wall", "start", "wall", "without_times"]
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


def rows_in(folder):
    lines = (folder / "results.jsonl").read_bytes().splitlines(keepends=True)
    assert all(line.endswith(b"\n") for line in lines)
    return [json.loads(line) for line in lines]


def without_times(rows):
    return sorted(({**row, "seconds": 0} for row in rows), key=lambda row: row["path"])


def start(*arguments, environment=None, preexec=None):
    """The command as a process of its own, in a session of its own."""
    return start_program(
        [sys.executable, "-c", CLI, *arguments],
        preexec=preexec,
        env={**os.environ, **(environment or {})},
        start_new_session=True,
    )
