"""Pictures with defects and their truth, written to a folder by Python and the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from tiling_diag.command.cli import app
from tiling_diag.command.synthesis import write_pictures
from tiling_diag.errors import InputError
from tiling_diag.synth.defects.catalogue import DEFECTS

SAMPLES = Path(__file__).parents[2] / "sample_data"


def pixels(path):
    return np.asarray(Image.open(path)).astype(float)


def test_drawn_walls_come_clean_and_with_each_defect(tmp_path):
    names = ["grid_8", "bands_rows", "wall_doubled", "scale_drift"]
    truth = write_pictures(tmp_path, walls=2, defects=names, size=(256, 288), seed=4)
    assert json.loads((tmp_path / "truth.json").read_text()) == json.loads(json.dumps(truth))
    entries = {entry["file"]: entry for entry in truth["pictures"]}
    assert len(entries) == 2 * (1 + len(names))
    assert {p.name for p in tmp_path.iterdir()} == {*entries, "truth.json", "pictures.csv"}
    for wall in ("wall_000", "wall_001"):
        clean = pixels(tmp_path / f"{wall}.png")
        assert clean.shape == (256, 288, 3)
        assert entries[f"{wall}.png"]["expected_codes"] == []
        assert np.hypot(*entries[f"{wall}.png"]["lattice"]["a_px"]) > 8
        grid = entries[f"{wall}_grid_8.png"]
        assert grid["expected_codes"] == ["upsampling_grid"]
        assert grid["defect"]["grid_period_px"] == 8
        changed = pixels(tmp_path / f"{wall}_grid_8.png") - clean
        # Three levels of luma on average, see FULL_GRID_LEVELS.
        assert 1.0 < np.sqrt((changed**2).mean()) < 20.0
        (zone,) = entries[f"{wall}_bands_rows.png"]["defect"]["zones"]
        x0, y0, x1, y1 = zone["box_px"]
        moved = np.abs(pixels(tmp_path / f"{wall}_bands_rows.png") - clean).max(-1)
        assert moved[y0 + 4 : y1 - 4, x0:x1].mean() > 5
        moved[max(0, y0 - 4) : y1 + 4, x0:x1] = 0
        assert moved.max() == 0
        assert entries[f"{wall}_wall_doubled.png"]["ref"] == f"{wall}.png"
        assert entries[f"{wall}_scale_drift.png"]["expected_codes"] == []


def test_the_same_seed_gives_the_same_files(tmp_path):
    for folder in ("a", "b"):
        write_pictures(tmp_path / folder, walls=1, defects=["vae_grid_8"], size=(256, 256), seed=2)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_every_defect_can_be_written(tmp_path):
    truth = write_pictures(tmp_path, walls=1, size=(256, 256))
    assert {e["defect"]["name"] for e in truth["pictures"] if e["defect"]} == set(DEFECTS)


def test_defects_on_a_picture_of_ones_own(tmp_path):
    names = "bands_rows,alias_nearest"
    arguments = ["synth", "--picture", str(SAMPLES / "brick.jpg"), "--defects", names]
    arguments += ["--strength", "0.5", "--out", str(tmp_path), "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    truth = json.loads(result.stdout)
    assert [e["file"] for e in truth["pictures"]] == [
        "brick.png",
        "brick_bands_rows.png",
        "brick_alias_nearest.png",
    ]
    assert truth["pictures"][2]["defect"]["strength"] == 0.5
    assert (pixels(tmp_path / "brick.png") == pixels(SAMPLES / "brick.jpg")).all()


@pytest.mark.parametrize(
    "options,message",
    [
        ({"defects": ["rust"]}, "rust.*choose of wall_doubled"),
        ({"strength": 1.5}, "strength=1.5 must be from 0"),
        ({"walls": 0}, "draw at least 1"),
        ({"size": (64, 64)}, "at least 256 px"),
    ],
)
def test_what_cannot_be_written_says_what_can(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        write_pictures(tmp_path, **options)


def test_the_command_says_what_is_wrong_in_one_line(tmp_path):
    result = CliRunner().invoke(app, ["synth", "--out", str(tmp_path), "--defects", "rust"])
    assert result.exit_code == 2
    assert result.stderr.startswith("tiling-diag: defects=rust")
    assert result.stderr.count("\n") == 1
