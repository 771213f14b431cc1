"""Folders for results, and files of results, that fight back: one line each."""

import os
import tempfile
from pathlib import Path

import pytest
from bad_inputs import ordinary_user
from batch_walls import run, save_wall

import tiling_diag as td
from tiling_diag.batch.folder import file_stem, thumb_file

pytestmark = pytest.mark.usefixtures("remembered")


FOLDERS = ("thumbs", "pages")


MADE_OF_ROWS = (
    ".lock", "results.jsonl", "results.csv", "results.parquet", "index.html", "batch.json",
)  # fmt: skip


MADE_OF_WALLS = ("thumbs/NAME.jpg", "contact_sheet.jpg", "pages/NAME.html")


@pytest.mark.parametrize(
    ("name", "restart"),
    [
        *((name, False) for name in (*FOLDERS, *MADE_OF_ROWS, *MADE_OF_WALLS)),
        (".lock", True),
        ("results.jsonl", True),
    ],
)
def test_a_folder_named_as_a_file_of_results_or_the_reverse_is_one_line(tmp_path, name, restart):
    picture = tmp_path / "walls" / "a.png"
    save_wall(picture, size=(16, 20))
    if name not in MADE_OF_WALLS:
        picture.write_bytes(b"no picture, which takes no time")
    place = tmp_path / "out" / name.replace("NAME", file_stem(str(picture)))
    place.parent.mkdir(parents=True)
    if name in FOLDERS:
        place.write_text("a file")
    else:
        (place / "x").mkdir(parents=True)
    figures = "all" if name.startswith("pages") else "none"
    with pytest.raises(td.InputError) as caught:
        run([tmp_path / "walls"], tmp_path / "out", figures=figures, restart=restart)
    assert str(caught.value).startswith(f"{place}: can't ")
    assert "\n" not in str(caught.value)
    assert place.exists()


def test_a_thumbnail_of_which_a_folder_has_the_name_is_not_taken_for_one(tmp_path):
    picture = save_wall(tmp_path / "walls" / "a.png", size=(16, 20))
    run([tmp_path / "walls"], tmp_path / "out")
    thumbnail = tmp_path / "out" / thumb_file(str(picture))
    thumbnail.unlink()
    thumbnail.mkdir()
    with pytest.raises(td.InputError, match=r"\.jpg: can't be written \(Is a directory\)"):
        run([tmp_path / "walls"], tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "restart"),
    [(".lock", False), (".lock", True), ("results.jsonl", False), ("", False), ("", True)],
)
def test_results_without_permission_are_one_line(name, restart):
    # Folders of tests belong to whom the suite runs as.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        walls, out = Path(folder) / "walls", Path(folder) / "out"
        with ordinary_user():
            save_wall(walls / "a.png", size=(16, 20))
            run([walls], out)
            (out / name).chmod(0o500 if name == "" else 0)
            with pytest.raises(td.InputError, match="Permission denied") as caught:
                run([walls], out, restart=restart)
            out.chmod(0o700)
    assert str(caught.value).startswith(str(out / name))
    assert "\n" not in str(caught.value)


def test_a_junit_path_that_can_not_be_written_stops_before_the_work(tmp_path):
    save_wall(tmp_path / "walls" / "a.png")
    (tmp_path / "file").write_text("")
    with pytest.raises(td.InputError, match=r"walls\.xml: can't be written"):
        run([tmp_path / "walls"], tmp_path / "out", junit=tmp_path / "file" / "walls.xml")
    assert not (tmp_path / "out" / "results.jsonl").exists()


def test_a_junit_file_that_is_there_stays_until_the_new_one_is_whole(tmp_path, monkeypatch):
    save_wall(tmp_path / "walls" / "a.png")
    (tmp_path / "out").mkdir()
    junit = tmp_path / "out" / "walls.xml"
    junit.write_text("before")

    def fail(*_, **__):
        raise td.InputError("stopped")

    monkeypatch.setattr("tiling_diag.batch.run._do", fail)
    with pytest.raises(td.InputError, match="stopped"):
        run([tmp_path / "walls"], tmp_path / "out", junit=junit)
    assert junit.read_text() == "before"
    assert not [path for path in junit.parent.iterdir() if path.name.endswith(".tmp")]
