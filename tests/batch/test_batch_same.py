"""A row is what `diag` says of the same picture, to the last digit, whatever the workers."""

import json
import random
import subprocess
import sys

import pytest
import torch
from batch_walls import CLI, rows_in, save_wall, start

import tiling_diag as td
from tiling_diag.text import json_text

pytestmark = pytest.mark.slow

PICTURES = 100


def draw(folder):
    """Walls of a few sizes, so that some are measured side by side and some alone."""
    chance = random.Random(6)
    for index in range(PICTURES):
        size = chance.choice([(48, 60), (64, 64), (60, 84), (96, 72)])
        period = chance.choice([(8, 10), (12, 12), (10, 21)])
        save_wall(folder / "walls" / f"{index:03}.png", index, size=size, period=period)
    save_wall(folder / "tile.png", 999, size=(64, 64), period=(8, 20))
    return folder / "walls", ["--refs", folder / "tile.png"]


def test_one_two_and_three_workers_write_what_diag_says(tmp_path):
    walls, more = draw(tmp_path)
    texts = []
    for workers in (1, 2, 3):
        out = tmp_path / f"out{workers}"
        process = start(
            "batch", walls, *more, "--workers", workers, "--figures", "none", "--out", out
        )
        _, stderr = process.communicate(timeout=1800)
        assert process.returncode == 0, stderr
        texts.append({row["path"]: json_text(row["summary"]) for row in rows_in(out)})
    assert len(texts[0]) == PICTURES
    assert texts[0] == texts[1] == texts[2]
    threads = torch.get_num_threads()
    try:
        for index, (path, text) in enumerate(texts[0].items()):
            torch.set_num_threads(1 + index % 2)
            assert json_text(td.diagnose(path, None, tmp_path / "tile.png").summary()) == text
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_command_says_the_same_on_one_thread_and_on_two(tmp_path, threads):
    path = save_wall(tmp_path / "a.png", 3)
    done = subprocess.run(
        [sys.executable, "-c", CLI, "diag", "--pred", path, "--json"],
        env={"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads},
        capture_output=True, check=True, timeout=1800,
    )  # fmt: skip
    assert json_text(json.loads(done.stdout)) == json_text(td.diagnose(path).summary())
