"""Results of many checkpoints, made of the rows of two measured walls: a good and a doubled one."""

import json

import numpy as np
from batch_walls import HereEngine, rows_in, save_wall

import tiling_diag as td
from tiling_diag.batch import run_batch
from tiling_diag.batch.folder import page_file, thumb_file
from tiling_diag.batch.rows import to_line
from tiling_diag.compare.sides import Side, Wall


def measured_pair(folder):
    """Rows and thumbnails of a good wall and of one with doubled units."""
    for name, unit in (("good", 24), ("bad", 48)):
        save_wall(folder / "walls" / f"{name}.png", period=(16, unit), size=(128, 192))
    run_batch(
        [str(folder / "walls")], folder / "out", td.Settings(unit_px=24.0), engine=HereEngine()
    )
    bad, good = rows_in(folder / "out")
    assert (bad["summary"]["verdict"], good["summary"]["verdict"]) == ("defect", "ok")
    thumbs = [(folder / "out" / thumb_file(row["path"])).read_bytes() for row in (good, bad)]
    return (good, bad), thumbs


def write_checkpoint(out, pair, flags, *, columns=None, thumbs=None):
    """A folder of results in which picture k is bad where `flags[k]` says so."""
    (out / "thumbs").mkdir(parents=True)
    (out / "pages").mkdir()
    lines = []
    for k, bad in enumerate(flags):
        path = f"{out}/walls/{k:03}.png"
        row = {**pair[bool(bad)], "path": path}
        if columns is not None:
            row["columns"] = columns[k]
        lines.append(to_line(row))
        if thumbs is not None:
            (out / thumb_file(path)).write_bytes(thumbs[bool(bad)])
            (out / page_file(path)).write_text("<!doctype html><title>wall</title>page")
    (out / "results.jsonl").write_bytes(b"".join(lines))
    about = {"roots": [f"{out}/walls"], "settings": {"unit_px": 24.0}, "version": "0"}
    (out / "batch.json").write_text(json.dumps(about))
    return out


def answers_of(shares, count, seed=0, noise=0.3):
    """``(checkpoints, count)`` flags: the same pictures tend to be bad at all checkpoints."""
    random = np.random.default_rng(seed)
    own = random.random(count)
    luck = np.where(
        random.random((len(shares), count)) < noise, random.random((len(shares), count)), own
    )
    return luck < np.array(shares)[:, None]


def side_of(folder, flags, groups=None):
    """A side without files: walls that are bad or good."""
    walls = [
        Wall(
            f"{k:03}.png", f"{folder}/{k:03}.png", "defect" if bad else "ok", 3.9 if bad else 1.0,
            frozenset(["period_doubled"] if bad else []), (), None if groups is None else groups[k],
            1.0 if bad else 0.01,
        )
        for k, bad in enumerate(flags)
    ]  # fmt: skip
    return Side(folder, walls, {})
