"""Batches whose inputs or results are behind URLs, in the memory of this process."""

import builtins
import json

import fsspec
import pyarrow.parquet
import pytest
from batch_walls import rows_in, save_wall, without_times
from PIL import Image
from typer.testing import CliRunner

import tiling_diag as td
from tiling_diag.batch import BatchOptions, run_batch
from tiling_diag.batch.here import HereEngine
from tiling_diag.batch.locations import join, name_of, tidy
from tiling_diag.batch.manifest import resolve
from tiling_diag.batch.storage.files import Files, parse_options
from tiling_diag.batch.storage.spool import SpoolPlace
from tiling_diag.command.cli import app
from tiling_diag.inputs.content import PictureFile
from tiling_diag.inputs.images import load_image

pytestmark = pytest.mark.usefixtures("remembered")


@pytest.fixture
def memory():
    system = fsspec.filesystem("memory")
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


def put_walls(system, folder, names, place):
    for seed, name in enumerate(names):
        local = save_wall(folder / name, seed, size=(32, 40), period=(8, 10))
        system.pipe_file(f"/{place}/{name}", local.read_bytes())


def run(sources, out, **options):
    said = []
    totals = run_batch(sources, out, options=BatchOptions(**options), say=said.append)
    return totals, said


def test_a_batch_from_memory_to_memory_is_that_of_a_folder(tmp_path, memory):
    put_walls(memory, tmp_path / "walls", ["a.png", "b.png", "c/d.png"], "walls")
    put_walls(memory, tmp_path / "masks", ["a_mask.png"], "masks")
    memory.pipe_file("/walls/bad.png", b"no picture")
    (tmp_path / "walls" / "bad.png").write_bytes(b"no picture")
    how = {"recursive": True, "figures": "all"}
    totals, said = run(["memory://walls"], "memory://out", masks="memory://masks", **how)
    run_batch(
        [str(tmp_path / "walls")], tmp_path / "out",
        options=BatchOptions(masks=str(tmp_path / "masks"), **how), engine=HereEngine(),
    )  # fmt: skip
    assert "3 of 4 pictures have no mask" in said[0]
    assert (totals.pictures, totals.verdicts["error"]) == (4, 1)
    rows = [json.loads(line) for line in memory.cat_file("/out/results.jsonl").splitlines()]
    here = json.dumps(without_times(rows_in(tmp_path / "out")))
    there = json.dumps(without_times(rows))
    # Fingerprints hold the mask's name; all else is alike but for where things lie.
    pairs = zip(
        json.loads(there.replace("memory://", "")),
        json.loads(here.replace(f"{tmp_path}/", "")),
        strict=True,
    )
    for one, other in pairs:
        one["fingerprint"] = other["fingerprint"] if one["mask"] else one["fingerprint"]
        assert one == other
    files = {name.removeprefix("/out/") for name in memory.find("/out")}
    assert {"index.html", "results.csv", "batch.json"} < files
    assert sum(name.startswith("thumbs/") for name in files) == 3
    assert sum(name.startswith("pages/") for name in files) == 3
    assert not [name for name in files if name.startswith("rows/")]
    with memory.open("/out/results.parquet") as file:
        assert pyarrow.parquet.read_table(file).num_rows == 4


def test_what_lies_behind_a_url_is_kept_and_done_again_as_in_a_folder(tmp_path, memory):
    put_walls(memory, tmp_path, ["a.png", "b.png"], "walls")
    assert run(["memory://walls"], "memory://walls/out")[0].done == 2
    totals, _ = run(["memory://walls"], "memory://walls/out", recursive=True)
    assert (totals.done, totals.pictures) == (0, 2)
    put_walls(memory, tmp_path, ["b.png", "c.png"], "walls")
    memory.rm_file("/walls/a.png")
    totals, said = run(["memory://walls"], "memory://walls/out")
    assert (totals.done, totals.dropped, said) == (
        2, 1, ["1 rows of pictures that are no longer inputs were taken out"],
    )  # fmt: skip
    assert len(memory.find("/walls/out/thumbs")) == 2
    assert run(["memory://walls"], "memory://walls/out", restart=True)[0].done == 2


def test_a_run_that_breaks_off_leaves_pieces_that_the_next_one_reads(tmp_path, memory):
    put_walls(memory, tmp_path, [f"{k}.png" for k in range(3)], "walls")

    class Broken(HereEngine):
        def run(self, work, jobs):
            yield from list(super().run(work, jobs[:2]))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_batch(["memory://walls"], "memory://out", engine=Broken())
    _, piece = sorted(memory.find("/out/rows"))  # the first one asks whether the store takes any
    assert len(memory.cat_file(piece).splitlines()) == 2
    assert not memory.exists("/out/results.jsonl")
    assert run(["memory://walls"], "memory://out")[0].done == 1
    assert len(memory.cat_file("/out/results.jsonl").splitlines()) == 3
    assert memory.find("/out/rows") == []


def test_a_list_behind_a_url_counts_from_its_folder(tmp_path, memory):
    put_walls(memory, tmp_path, ["a.png", "ref.png"], "data/walls")
    memory.pipe_file(
        "/data/list.csv",
        f"pred,ref,prompt\nwalls/a.png,memory://data/walls/ref.png,red\n{tmp_path / 'a.png'},,"
        .encode(),
    )  # fmt: skip
    run(["memory://data/list.csv"], str(tmp_path / "out"))
    rows = rows_in(tmp_path / "out")
    assert [(row["path"], row["ref"], row["status"]) for row in rows] == [
        ("memory://data/walls/a.png", "memory://data/walls/ref.png", "ok"),
        (str(tmp_path / "a.png"), None, "ok"),
    ]
    assert rows[0]["summary"]["reference"] is not None
    assert rows[0]["columns"] == {"prompt": "red"}


def test_globs_and_patterns_of_masks_go_for_urls_too(tmp_path, memory):
    put_walls(memory, tmp_path, ["a.png", "b.png", "a_seg.png", "c.jpg"], "walls")
    run(["memory://walls/[ab].png"], str(tmp_path / "out"), mask_pattern="{stem}_seg.png")
    assert [(row["path"], row["mask"]) for row in rows_in(tmp_path / "out")] == [
        ("memory://walls/a.png", "memory://walls/a_seg.png"), ("memory://walls/b.png", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sources", "options", "words"),
    [
        (["memory://nothing"], {}, "there is no file or folder memory://nothing"),
        (["memory://nothing/*.png"], {}, "nothing fits memory://nothing/"),
        (["memory://walls"], {"masks": "memory://nothing"}, "--masks takes the folder"),
        (["memory://walls"], {"refs": "memory://nothing"}, "which --refs names"),
        (["nosuch://walls"], {}, "pip install 'tiling-diag[remote]'"),
        (["memory://walls"], {"engine": "ray"}, "is in the memory of this process"),
    ],
)
def test_what_is_not_there_or_can_not_be_asked_is_one_line(
    tmp_path, memory, sources, options, words
):
    put_walls(memory, tmp_path, ["a.png"], "walls")
    with pytest.raises(td.InputError, match=r"[a-z]") as caught:
        run(sources, str(tmp_path / "out"), **options)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_store_that_refuses_results_is_one_line(tmp_path, memory, monkeypatch):
    put_walls(memory, tmp_path, ["a.png"], "walls")

    def refuse(*_, **__):
        raise PermissionError(13, "access denied")

    monkeypatch.setattr(type(memory), "pipe_file", refuse)
    with pytest.raises(td.InputError, match="memory://out: can't hold the results") as caught:
        run(["memory://walls"], "memory://out")
    assert "access denied" in str(caught.value)


def test_without_fsspec_a_url_is_one_line_with_what_to_install(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *more):
        if name.startswith("fsspec"):
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    arguments = ["batch", "s3://walls", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "s3://walls" in line
    assert "pip install 'tiling-diag[remote]'" in line


def test_stores_without_whole_files_get_them_by_a_rename(tmp_path):
    place = SpoolPlace(f"file://{tmp_path}/out", Files(), restart=False)
    seen = []
    real = place._system.mv
    place._system.mv = lambda old, new: (seen.append((old, new)), real(old, new))
    try:
        with place:
            place.write("thumbs/a.jpg", b"1")
            place.added(b"{}\n")
    finally:
        place._system.mv = real
    assert {new.rpartition("/")[2].rpartition("-")[2] for _, new in seen} == {
        "a.jpg", "000000.jsonl", "000001.jsonl",
    }  # fmt: skip
    assert (tmp_path / "out" / "thumbs" / "a.jpg").read_bytes() == b"1"
    assert not list(tmp_path.rglob("*.tmp"))


def test_options_of_a_store_are_read_as_json_and_nested_by_dots():
    written = ["anon=true", "endpoint_url=http://a?b=c", "config_kwargs.retries.max_attempts=3"]
    assert parse_options(written) == {
        "anon": True,
        "endpoint_url": "http://a?b=c",
        "config_kwargs": {"retries": {"max_attempts": 3}},
    }


@pytest.mark.parametrize("written", ["anon", "=1", "a.=1"])
def test_options_without_name_or_value_are_refused(written):
    with pytest.raises(td.InputError, match="name=value"):
        parse_options([written])


@pytest.mark.parametrize(
    ("location", "wanted"), [("s3://b/x/", "s3://b/x"), ("s3://b/../x", "s3://b/../x")]
)
def test_urls_stay_urls(location, wanted):
    assert tidy(location) == wanted
    assert join(location, "a/b.png") == f"{wanted}/a/b.png"
    assert name_of(f"{wanted}/a/b.png", [wanted]) == "a/b.png"
    assert resolve(f"{wanted}/l.csv", "a.png") == f"{wanted}/a.png"
    assert resolve("/data/l.csv", "s3://b/a.png") == "s3://b/a.png"


def test_the_content_of_a_file_is_read_as_the_file(tmp_path):
    path = save_wall(tmp_path / "a.png")
    read = load_image(PictureFile(path.read_bytes(), "s3://b/a.png"))
    assert (read.pixels == load_image(path).pixels).all()
    assert read.name == "s3://b/a.png"
    for data, words in ((b"", "is empty"), (b"no picture", "s3://b/a.png is not a picture")):
        with pytest.raises(td.InputError, match=words):
            load_image(PictureFile(data, "s3://b/a.png"))
    Image.new("L", (4, 4)).save(tmp_path / "small.png")
    with pytest.raises(td.InputError, match="at least 8 px"):
        load_image(PictureFile((tmp_path / "small.png").read_bytes(), "x"))
