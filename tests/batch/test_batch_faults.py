"""Batches against files that change, memory that is short, odd names and odd folders."""

import csv
import json
import os
import shutil
import subprocess
import sys

import pyarrow.parquet
import pytest
import torch
from batch_walls import CLI, rows_in, run, save_wall
from typer.testing import CliRunner

import tiling_diag as td
from tiling_diag.batch import measuring, reading
from tiling_diag.batch.folder import page_file
from tiling_diag.batch.gallery import gallery_row
from tiling_diag.batch.reading import read_job
from tiling_diag.batch.rows import parsed, row_of, to_line
from tiling_diag.batch.tables import Tables, kinds_of
from tiling_diag.batch.work import Job, Work, digests_of, fingerprint
from tiling_diag.command.cli import app
from tiling_diag.inputs import picture_files
from tiling_diag.memory import is_out_of_memory

pytestmark = pytest.mark.usefixtures("remembered")


def command(*arguments):
    result = CliRunner().invoke(app, ["batch", *map(str, arguments)], env={"TERM": "dumb"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


SHORT = [
    MemoryError(),
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate memory"
    ),
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
]


@pytest.mark.parametrize("short", SHORT, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("where", ["decoding", "measuring"])
def test_a_picture_for_which_memory_was_short_is_done_again(tmp_path, monkeypatch, where, short):
    save_wall(tmp_path / "walls" / "a.png")

    def fail(*_, **__):
        raise short

    if where == "decoding":
        monkeypatch.setattr(picture_files, "_plain_array", fail)
    else:
        monkeypatch.setattr(measuring, "diagnose_walls", fail)
    run([tmp_path / "walls"], tmp_path / "out")
    (row,) = rows_in(tmp_path / "out")
    assert row["fingerprint"] is None
    assert "memory" in row["error"]
    assert "damaged" not in row["error"]
    monkeypatch.undo()
    assert run([tmp_path / "walls"], tmp_path / "out")[0].verdicts["error"] == 0


def test_hashing_may_be_short_of_memory_too(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    job = Job(str(save_wall(tmp_path / "a.png")))
    monkeypatch.setattr("hashlib.blake2b", fail)
    assert digests_of(job) is None


def test_other_errors_are_not_about_memory():
    assert not is_out_of_memory(RuntimeError("size mismatch"))
    assert not is_out_of_memory(ValueError("memory"))


@pytest.mark.parametrize("role", ["path", "mask", "ref"])
def test_a_file_that_is_replaced_while_it_is_read_is_read_again(tmp_path, monkeypatch, role):
    files = {
        name: str(save_wall(tmp_path / f"{name}.png", seed))
        for seed, name in enumerate(("path", "mask", "ref"))
    }
    new = save_wall(tmp_path / "new.png", 9, period=(24, 48))
    job, work = Job(**files), Work(td.Settings())
    reading._reference.cache_clear()
    real, calls = reading.read_wall, []

    def replacing(*sources):
        if not calls:
            shutil.copy(new, tmp_path / "moved.png")
            os.replace(tmp_path / "moved.png", files[role])
            if role == "ref":
                reading._reference.cache_clear()
                sources = (*sources[:2], reading.load_image(sources[2].name))
        calls.append(role)
        return real(*sources)

    monkeypatch.setattr(reading, "read_wall", replacing)
    read = read_job(job, work)
    assert len(calls) == 2
    assert read.fingerprint == fingerprint(job, work.settings, digests_of(job))
    there = real(job.path, job.mask, reading.load_image(job.ref))
    assert torch.equal(read.wall.image, there.image)
    assert torch.equal(read.wall.mask, there.mask)
    assert torch.equal(read.wall.reference, there.reference)


def test_a_reference_is_read_once_and_again_when_its_content_changes(tmp_path, monkeypatch):
    ref = save_wall(tmp_path / "ref.png", 1)
    jobs = [Job(str(save_wall(tmp_path / f"{k}.png", k)), None, str(ref)) for k in range(3)]
    reading._reference.cache_clear()
    first, second = (read_job(job, Work(td.Settings())) for job in jobs[:2])
    assert first.wall.reference is second.wall.reference
    save_wall(ref, 2)
    third = read_job(jobs[2], Work(td.Settings()))
    assert torch.equal(third.wall.reference, reading.load_image(ref).pixels)
    assert not torch.equal(third.wall.reference, first.wall.reference)


def test_a_file_that_never_rests_is_an_error_that_is_tried_again(tmp_path, monkeypatch):
    path = save_wall(tmp_path / "a.png")
    real = reading.read_wall

    def growing(*sources):
        with open(path, "ab") as file:
            file.write(b"x")
        return real(*sources)

    monkeypatch.setattr(reading, "read_wall", growing)
    read = read_job(Job(str(path)), Work(td.Settings()))
    assert (read.wall, read.fingerprint) == (None, None)
    assert "changes while it is read" in read.error


@pytest.mark.skipif(sys.platform != "linux", reason="other systems know no such names")
def test_names_of_any_bytes_are_measured_with_their_pages(tmp_path):
    names = [os.fsdecode(b"\xff\xfewall.png"), "стена.png"]
    for name in names:
        save_wall(tmp_path / "walls" / "plain.png").rename(tmp_path / "walls" / name)
    totals, _ = run([tmp_path / "walls"], tmp_path / "out", figures="all", junit=tmp_path / "j.xml")
    assert totals.verdicts["error"] == 0
    rows = rows_in(tmp_path / "out")
    assert {os.path.basename(row["path"]) for row in rows} == set(names)
    for row in rows:
        assert (tmp_path / "out" / page_file(row["path"])).stat().st_size > 1000
    assert run([tmp_path / "walls"], tmp_path / "out", figures="all")[0].done == 0


@pytest.mark.slow
def test_a_locale_of_ascii_takes_any_name(tmp_path):
    save_wall(tmp_path / "walls" / "стена.png", period=(16, 48), size=(128, 192))
    (tmp_path / "list.csv").write_text("pred,prompt\nwalls/стена.png,кирпич\n", encoding="utf-8")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for number, source in enumerate(("walls", "list.csv")):
        done = subprocess.run(
            [
                sys.executable, "-c", CLI, "batch", tmp_path / source, "--unit-px", "24",
                "--workers", "1", "--out", tmp_path / f"out{number}",
            ],
            env={**os.environ, **plain}, capture_output=True, text=True, timeout=1800,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        (row,) = rows_in(tmp_path / f"out{number}")
        assert row["summary"]["verdict"] == "defect"
        assert list((tmp_path / f"out{number}" / "pages").iterdir())


def test_a_picture_that_can_not_be_read_has_no_page_and_is_not_done_again(tmp_path):
    save_wall(tmp_path / "walls" / "a.png")
    (tmp_path / "walls" / "bad.png").write_bytes(b"no")
    run([tmp_path / "walls"], tmp_path / "out", figures="all")
    text = (tmp_path / "out" / "index.html").read_text()
    start = text.index('<script id="rows"')
    shown = json.loads(text[text.index(">", start) + 1 : text.index("</script>", start)])
    assert {row[0]: row[5] for row in shown} == {"a.png": 1, "bad.png": 0}
    assert run([tmp_path / "walls"], tmp_path / "out", figures="all")[0].done == 0


def test_columns_of_a_list_are_in_rows_tables_and_gallery(tmp_path):
    for name in ("a", "b"):
        save_wall(tmp_path / f"{name}.png")
    write = (tmp_path / "list.jsonl").write_text
    write(
        '{"pred": "a.png", "prompt": "</script> red", "seed": 7, "status": "new"}\n'
        '{"pred": "b.png", "seed": 8.5}\n'
    )
    run([tmp_path / "list.jsonl"], tmp_path / "out")
    rows = rows_in(tmp_path / "out")
    assert [row["columns"] for row in rows] == [
        {"prompt": "</script> red", "seed": 7, "status": "new"}, {"seed": 8.5},
    ]  # fmt: skip
    with open(tmp_path / "out" / "results.csv", encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    wide = pyarrow.parquet.read_table(tmp_path / "out" / "results.parquet").to_pylist()
    assert [(line["prompt"], line["seed"]) for line in lines] == [
        ("</script> red", "7.0"), ("", "8.5"),
    ]  # fmt: skip
    assert [(one["list_status"], one["status"]) for one in wide] == [("new", "ok"), (None, "ok")]
    assert [one["seed"] for one in wide] == [7.0, 8.5]
    page = (tmp_path / "out" / "index.html").read_text()
    assert '["prompt", "seed", "status"]' in page
    assert "\\u003c/script\\u003e red" in page
    write('{"pred": "a.png", "prompt": "blue"}\n{"pred": "b.png", "seed": 8.5}\n')
    assert run([tmp_path / "list.jsonl"], tmp_path / "out")[0].done == 0
    assert [row.get("columns") for row in rows_in(tmp_path / "out")] == [
        {"prompt": "blue"}, {"seed": 8.5},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lonely", "message"),
    [
        ("mask", "1 of 1 pictures have no mask, such as a.png; a or a_mask or mask_a"),
        ("ref", "1 of 1 pictures have no reference, such as a.png; a or a_ref or ref_a"),
        ("picture", "1 mask without a picture: b_area.png"),
    ],
)
def test_strict_stops_before_the_work(tmp_path, lonely, message):
    save_wall(tmp_path / "walls" / "a.png")
    save_wall(tmp_path / "others" / "a_area.png")
    more = ["--mask-pattern", "{stem}_area.png"] if lonely == "picture" else []
    if lonely == "picture":
        save_wall(tmp_path / "others" / "b_area.png")
    role = "--refs" if lonely == "ref" else "--masks"
    arguments = [tmp_path / "walls", role, tmp_path / "others", *more, "--out", tmp_path / "out"]
    result = command(*arguments, "--strict")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert message in line
    assert "measured" not in line and "batch.json" not in line
    assert not (tmp_path / "out" / "results.jsonl").exists()


def test_whole_numbers_too_long_for_a_float_stay_as_they_are_written(tmp_path):
    seeds = [2**53 + 1, 10**400, -(2**60)]
    rows = [
        row_of(Job(f"{k}.png", columns={"seed": seed, "step": k}), "f", 1.0, "broken", None)
        for k, seed in enumerate(seeds)
    ]
    kinds = kinds_of(row["columns"] for row in rows)
    assert kinds == {"seed": str, "step": float}
    with Tables(tmp_path, kinds) as tables:
        for row in rows:
            tables.add(row)
    with open(tmp_path / "results.csv", encoding="utf-8", newline="") as file:
        assert [int(line["seed"]) for line in csv.DictReader(file)] == seeds
    table = pyarrow.parquet.read_table(tmp_path / "results.parquet").to_pylist()
    assert [int(line["seed"]) for line in table] == seeds
    assert gallery_row(rows[0], [], "all", ("seed", "step"))[-1] == [str(seeds[0]), 0]


@pytest.mark.parametrize("size", [2**60, 10**299])
def test_a_row_of_odd_numbers_gets_into_the_tables(tmp_path, size):
    summary = {"verdict": "ok", "findings": [], "input": {"width_px": size, "height_px": 8}}
    row = parsed(to_line(row_of(Job("a.png"), "f", 1, None, summary)))
    with Tables(tmp_path, {}) as tables:
        tables.add(row)
    assert (tmp_path / "results.parquet").stat().st_size > 0
