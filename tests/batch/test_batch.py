"""Batches from inputs to files: rows equal to `diag`, reruns, errors, tables, exit codes."""

import csv
import json
import multiprocessing
import os
import xml.etree.ElementTree as ElementTree
from importlib.resources import files
from pathlib import Path

import jsonschema
import numpy as np
import pyarrow.parquet
import pytest
import torch
from bad_inputs import CASES, Refused
from batch_walls import (
    assert_same_rows,
    assert_same_summary,
    rows_in,
    run,
    save_wall,
    wall,
)
from PIL import Image
from typer.testing import CliRunner

import tiling_diag as td
from tiling_diag.batch import BatchOptions, measuring, run_batch
from tiling_diag.batch.folder import page_file, thumb_file
from tiling_diag.batch.station import Station
from tiling_diag.batch.work import Work
from tiling_diag.command.cli import app
from tiling_diag.report.rounding import rounded

SAMPLES = Path(__file__).parents[2] / "sample_data"
SCHEMA = json.loads((files("tiling_diag.report") / "summary.schema.json").read_text())


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Walls of several sizes and kinds, some with masks and references, and their batch."""
    folder = tmp_path_factory.mktemp("mixed")
    for seed in range(3):
        save_wall(folder / "walls" / f"equal {seed}.png", seed, period=(16 + 4 * (seed % 2), 24))
    save_wall(folder / "walls" / "grey.png", 6)
    Image.open(folder / "walls" / "grey.png").convert("L").save(folder / "walls" / "grey.png")
    save_wall(folder / "walls" / "tall.jpg", 7, size=(150, 90))
    picture = Image.fromarray(wall(8))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(folder / "walls" / "turned.jpg", exif=exif)
    noise = np.random.default_rng(3).integers(0, 255, (64, 80, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "walls" / "noise.webp", lossless=True)
    mask = np.zeros((48, 60), np.uint8)
    mask[4:, 4:-8] = 255
    (folder / "masks").mkdir()
    Image.fromarray(mask).save(folder / "masks" / "equal 1_mask.png")
    (folder / "walls" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnot a picture")
    save_wall(folder / "tile.png", 9, size=(100, 100), period=(16, 24))
    totals, said = run(
        [folder / "walls"],
        folder / "out",
        masks=str(folder / "masks"),
        refs=str(folder / "tile.png"),
    )
    return folder, totals, said


def test_rows_equal_the_diagnosis_of_the_same_picture(mixed):
    folder, _, _ = mixed
    rows = rows_in(folder / "out")
    assert len(rows) == 8
    for row in rows:
        assert list(row) == [
            "path", "status", "error", "mask", "ref", "fingerprint", "seconds", "summary",
        ]  # fmt: skip
        if row["status"] == "ok":
            alone = td.diagnose(row["path"], row["mask"], row["ref"]).summary()
            jsonschema.validate(row["summary"], SCHEMA)
            assert_same_summary(alone, row["summary"])
            assert rounded(alone) == alone


def test_an_unreadable_picture_is_an_error_row_and_the_rest_goes_on(mixed):
    folder, totals, said = mixed
    (bad,) = (row for row in rows_in(folder / "out") if row["status"] == "error")
    assert bad["path"].endswith("broken.png")
    assert "broken.png" in bad["error"]
    assert bad["summary"] is None
    assert (totals.pictures, totals.done, totals.verdicts["error"]) == (8, 8, 1)
    assert len(said) == 1
    assert said[0].startswith("7 of 8 pictures have no mask")


def test_every_wall_has_a_picture_and_every_flagged_one_a_page(mixed):
    folder, _, _ = mixed
    rows = [row for row in rows_in(folder / "out") if row["status"] == "ok"]
    for row in rows:
        with Image.open(folder / "out" / thumb_file(row["path"])) as picture:
            assert max(picture.size) <= 360
        flagged = row["summary"]["verdict"] in ("suspect", "defect")
        assert (folder / "out" / page_file(row["path"])).exists() == flagged
    verdicts = {row["summary"]["verdict"] for row in rows}
    assert verdicts & {"suspect", "defect"} and verdicts & {"ok", "unjudged"}


def test_tables_have_every_row_and_every_number(mixed):
    folder, _, _ = mixed
    rows = {row["path"]: row for row in rows_in(folder / "out")}
    with open(folder / "out" / "results.csv", encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    table = pyarrow.parquet.read_table(folder / "out" / "results.parquet").to_pylist()
    assert [line["path"] for line in lines] == sorted(rows)
    assert [line["path"] for line in table] == sorted(rows)
    for line, wide in zip(lines, table, strict=True):
        summary = rows[line["path"]]["summary"]
        if summary is None:
            assert (line["verdict"], line["unit_px"], wide["unit_px"]) == ("error", "", None)
            continue
        lattice = summary["lattice"] or {"unit_px": None, "a_px": [None, None]}
        assert wide["unit_px"] == lattice["unit_px"]
        assert line["a_x_px"] == ("" if lattice["a_px"][0] is None else repr(lattice["a_px"][0]))
        assert wide["width_px"] == summary["input"]["width_px"]
        assert wide["verdict"] == summary["verdict"]
        codes = {f["code"] for f in summary["findings"] if f["probability"] >= 0.5}
        assert set(line["findings"].split()) == codes


def test_a_second_run_does_nothing_and_the_same_files_come_out(mixed):
    folder, _, _ = mixed
    before = (folder / "out" / "results.jsonl").read_bytes()
    how = {"masks": str(folder / "masks"), "refs": str(folder / "tile.png")}
    totals, _ = run([folder / "walls"], folder / "out", **how)
    assert (totals.pictures, totals.done) == (8, 0)
    assert (folder / "out" / "results.jsonl").read_bytes() == before


def test_bad_and_odd_pictures_each_get_a_row(tmp_path, monkeypatch):
    # How they are read decides; all show the same wall, which is measured once.
    measured = td.diagnose(wall(0, size=(48, 64), period=(8, 12)))
    monkeypatch.setattr(measuring, "diagnose_walls", lambda walls, _: [measured for _ in walls])
    paths, expected = [], {}
    for case in CASES:
        if "null" not in case.name and not case.as_ordinary_user:
            folder = tmp_path / case.name.replace(" ", "_").replace("/", "_")
            folder.mkdir()
            path = os.fspath(case.build(folder))
            if os.path.lexists(path) and not os.path.isdir(path):
                paths.append(path)
                expected[path] = "error" if isinstance(case.expect, Refused) else "ok"
    totals, _ = run(paths, tmp_path / "out", figures="none")
    found = {row["path"]: row["status"] for row in rows_in(tmp_path / "out")}
    assert found == expected
    assert totals.pictures == len(expected)
    assert "" not in {row["error"] for row in rows_in(tmp_path / "out")}


@pytest.mark.parametrize("name", ["", "."])
def test_junit_needs_the_name_of_a_file(name, tmp_path):
    with pytest.raises(td.InputError, match="name the file to write"):
        run_batch([str(tmp_path)], tmp_path / "out", options=BatchOptions(junit=Path(name)))
    assert not (tmp_path / "out").exists()


def test_junit_says_what_failed(tmp_path):
    save_wall(tmp_path / "walls" / "good.png", period=(16, 24), size=(128, 192))
    save_wall(tmp_path / "walls" / 'dou"ble<b>\x01.png', period=(16, 48), size=(128, 192))
    (tmp_path / "walls" / "bad.png").write_bytes(b"no")
    xml = tmp_path / "walls.xml"
    run([tmp_path / "walls"], tmp_path / "out", td.Settings(unit_px=24.0), junit=xml)
    suite = ElementTree.parse(xml).getroot()
    assert [suite.get(key) for key in ("tests", "failures", "errors")] == ["3", "1", "1"]
    cases = {os.path.basename(case.get("name")): [one.tag for one in case] for case in suite}
    assert cases == {"good.png": [], 'dou"ble<b>\ufffd.png': ["failure"], "bad.png": ["error"]}
    assert "period_doubled" in suite.find(".//failure").text


def command(*arguments):
    environment = {"COLUMNS": "80", "TERM": "dumb"}
    result = CliRunner().invoke(app, ["batch", *map(str, arguments)], env=environment)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_command_measures_says_and_keeps(tmp_path):
    for seed in range(3):
        save_wall(tmp_path / "walls" / f"{seed}.png", seed, period=(16, 24 + 24 * (seed == 2)))
    (tmp_path / "walls" / "bad.png").write_bytes(b"no")
    out = tmp_path / "out"
    two = ("--workers", "2")
    first = command(tmp_path / "walls", "--out", out, "--unit-px", "24", "--json", *two)
    assert first.exit_code == 3
    totals = json.loads(first.stdout)
    assert totals["verdicts"] == {"defect": 1, "suspect": 0, "unjudged": 0, "ok": 2, "error": 1}
    assert totals["findings"]["period_doubled"] == 1
    run([tmp_path / "walls"], tmp_path / "here", td.Settings(unit_px=24.0))
    assert_same_rows(out, tmp_path / "here")
    again = command(tmp_path / "walls", "--out", out, "--unit-px", "24", "--fail-on", "defect")
    assert again.exit_code == 1
    assert again.stdout.startswith("4 pictures: 0 measured")
    assert max(map(len, again.stdout.replace(str(out), "").splitlines())) <= 80
    assert {path.name for path in out.iterdir()} == {
        ".lock", "batch.json", "contact_sheet.jpg", "index.html", "pages", "results.csv",
        "results.jsonl", "results.parquet", "thumbs",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "there is no file or folder nothing"),
        (["nosuch://bucket"], "nosuch://bucket can't be read"),
        (["--engine", "slurm"], "local"),
        (["--address", "auto"], "add --engine ray"),
        (["--engine", "ray", "--device", "mps"], "use auto, cpu or cuda"),
        (["--storage-option", "anon"], "name=value"),
        (["--workers", "0"], "workers"),
        (["--unit-px", "-1"], "unit_px"),
        (["--figures", "some"], "figures"),
        (["--device", "abacus"], "use auto, cpu"),
        (["--device", "cuda:99"], "use auto or cpu"),
    ],
)
def test_bad_arguments_are_named_and_exit_with_2(tmp_path, arguments, message):
    sources = [] if not arguments[0].startswith("--") else [SAMPLES / "brick.jpg"]
    result = command(*sources, *arguments, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("asked", "gpus", "places"),
    [
        ("auto", 0, ["cpu", "cpu", "cpu"]),
        ("cpu", 2, ["cpu", "cpu", "cpu"]),
        ("auto", 1, ["cuda", None, None]),
        ("auto", 2, ["cuda:0", "cuda:1", None]),
        ("cuda", 3, ["cuda:0", "cuda:1", "cuda:2"]),
        ("cuda:1", 3, ["cuda:1", None, None]),
    ],
)
def test_every_gpu_gets_one_process_and_the_rest_is_told_to_go(monkeypatch, asked, gpus, places):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    threads = torch.get_num_threads()
    here, there = multiprocessing.Pipe()
    found = [Station(there, Work(td.Settings()), asked, k, 3)._place() for k in range(3)]
    torch.set_num_threads(threads)
    assert found == places
    assert [here.recv().kind for _ in range(places.count(None))] == ["surplus"] * places.count(None)
