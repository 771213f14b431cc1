"""Rows on disk: whole or absent, the last one counts, one run at a time."""

import errno
import json
import os
import subprocess
import sys

import pytest

from tiling_diag.batch import results as module
from tiling_diag.batch.folder import file_stem, read_about
from tiling_diag.batch.lock import FolderLock
from tiling_diag.batch.places import FolderPlace
from tiling_diag.batch.results import ResultsFile
from tiling_diag.batch.rows import read_rows, row_of, to_line
from tiling_diag.batch.whole_files import WholeFile, clear_leftovers
from tiling_diag.batch.work import Job
from tiling_diag.errors import InputError
from tiling_diag.report.write import write_atomically

SUMMARY = {"verdict": "ok", "findings": [], "input": {"width_px": 9, "height_px": 8}}


def line(path, fingerprint="f"):
    return to_line(row_of(Job(path), fingerprint, 0.5, "broken", None))


def fill(folder, *paths):
    with ResultsFile(folder) as results:
        for path in paths:
            results.append(path, line(path), "error")


def test_rows_come_back_as_they_were_appended(tmp_path):
    odd = ["a.png", "стена 壁.png", 'x"<b>\n.png', os.fsdecode(b"\xff.png")]
    fill(tmp_path, *odd)
    with ResultsFile(tmp_path) as results:
        assert list(results.entries) == odd
        assert [row["path"] for row in results.rows(reversed(odd))] == odd[::-1]
        assert {entry.fingerprint for entry in results.entries.values()} == {"f"}


@pytest.mark.parametrize("cut", [1, 20, -1])
def test_a_line_that_was_not_finished_is_cut_off(tmp_path, cut):
    fill(tmp_path, "a", "b")
    path = tmp_path / "results.jsonl"
    path.write_bytes(path.read_bytes() + line("c")[:cut])
    assert [row["path"] for row in read_rows(path)] == ["a", "b"]
    fill(tmp_path, "d")
    assert [json.loads(text)["path"] for text in path.read_text().splitlines()] == ["a", "b", "d"]


BAD = [
    b"\x00\x00\n", b"{}\n", b'{"path": 3}\n', b"[]\n", b"\n", b'{"path": NaN}\n',
    b"[" * 100_000 + b"\n",
    *(to_line({**row_of(Job("c"), "f", 0.5, None, summary)}) for summary in (
        {}, {"verdict": "ok"}, {"verdict": "great", "findings": []},
        {**SUMMARY, "findings": [{"code": "no_period"}]},
        {**SUMMARY, "findings": None},
        {**SUMMARY, "input": {"width_px": "9", "height_px": 8}},
        {**SUMMARY, "lattice": [1, 2]},
        {**SUMMARY, "lattice": {"unit_px": "long"}},
        {**SUMMARY, "lattice": {"a_px": [1]}},
        {**SUMMARY, "wall": []},
        {**SUMMARY, "wall": {"coverage": "all"}},
        {**SUMMARY, "input": {**SUMMARY["input"], "mask_coverage": "all"}},
        {**SUMMARY, "input": {**SUMMARY["input"], "mask_coverage": True}},
        {**SUMMARY, "band_axis_hint": 3},
        {**SUMMARY, "periodicity": {"is_periodic": "yes"}},
    )),
    to_line({**row_of(Job("c"), "f", 0.5, "broken", None), "seconds": None}),
    to_line({**row_of(Job("c"), "f", 0.5, "broken", None), "columns": []}),
    to_line({**row_of(Job("c"), "f", 0.5, "broken", None), "columns": {"seed": [1]}}),
    line("c").replace(b'"broken"', b'"broken", "columns": {"seed": 1e400}'),
    *(line(path) for path in ("", "a\0b", "a\ud800b")),
    line("c").replace(b'"broken"', b'"\\ud800"'),
    to_line({**row_of(Job("c"), "f", 0.5, "broken", None), "status": "ok"}),
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad[:40])
def test_damaged_lines_are_counted_and_taken_out_in_the_end(tmp_path, bad):
    path = tmp_path / "results.jsonl"
    path.write_bytes(line("a") + bad + line("b"))
    with ResultsFile(tmp_path) as results:
        assert list(results.entries) == ["a", "b"]
        (said,) = results.damaged
        assert said.startswith("line 2: ")
        results.finish()
    assert path.read_bytes() == line("a") + line("b")


@pytest.mark.parametrize("bad", BAD[:8], ids=lambda bad: bad[:40])
def test_who_reads_rows_is_told_of_a_line_that_is_none(tmp_path, bad):
    path = tmp_path / "results.jsonl"
    path.write_bytes(line("a") + bad + line("b"))
    with pytest.raises(InputError, match=r"results.jsonl, line 2 is not a row of results \("):
        list(read_rows(path))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "3",
        "[" * 100_000,
        '{"settings": 3, "roots": []}',
        '{"settings": {}, "roots": [1]}',
    ],
)
def test_a_note_of_the_batch_that_is_none_counts_as_absent(tmp_path, text):
    (tmp_path / "batch.json").write_text(text)
    assert read_about(tmp_path) == {}


def test_what_a_list_says_is_brought_up_to_date_and_the_rest_of_the_row_stays(tmp_path):
    fill(tmp_path, "a")
    with ResultsFile(tmp_path) as results:
        results.set_columns("a", {"seed": 7})
        results.finish()
    with ResultsFile(tmp_path) as results:
        (row,) = results.rows(["a"])
        assert row == {**json.loads(line("a")), "columns": {"seed": 7}}
        results.set_columns("a", {"seed": 7})
        assert results.void == 0
        results.set_columns("a", None)
        (row,) = results.rows(["a"])
    assert row == json.loads(line("a"))


def test_the_last_row_of_a_picture_counts_and_is_the_only_one_in_the_end(tmp_path):
    fill(tmp_path, "a", "b", "a", "c")
    with ResultsFile(tmp_path) as results:
        results.append("b", line("b", "new"), "error")
        assert [row["fingerprint"] for row in results.rows(["b"])] == ["new"]
        assert results.keep_only(["a", "b"]) == 1
        results.finish()
        results.append("d", line("d"), "error")
    rows = [json.loads(text) for text in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert [(row["path"], row["fingerprint"]) for row in rows] == [
        ("a", "f"), ("b", "new"), ("d", "f"),
    ]  # fmt: skip


def test_a_full_disk_leaves_whole_lines(tmp_path, monkeypatch):
    real = os.write

    def full(handle, data):
        if len(data) > 10:
            return real(handle, data[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    fill(tmp_path, "a")
    with ResultsFile(tmp_path) as results:
        monkeypatch.setattr(module.os, "write", full)
        with pytest.raises(InputError, match="No space left on device"):
            results.append("b", line("b"), "error")
        monkeypatch.undo()
        results.append("c", line("c"), "error")
    assert (tmp_path / "results.jsonl").read_bytes() == line("a") + line("c")


def test_an_interrupt_in_the_middle_of_a_line_leaves_whole_lines(tmp_path, monkeypatch):
    real = os.write

    def interrupted(handle, data):
        real(handle, data[:10])
        raise KeyboardInterrupt

    monkeypatch.setattr(module.os, "write", interrupted)
    with pytest.raises(KeyboardInterrupt), ResultsFile(tmp_path) as results:
        results.append("b", line("b"), "error")
    assert (tmp_path / "results.jsonl").read_bytes() == b""


def test_a_folder_is_held_by_one_process_until_it_ends(tmp_path):
    hold = (
        "import sys, pathlib\nfrom tiling_diag.batch.lock import FolderLock\n"
        "with FolderLock(pathlib.Path(sys.argv[1])):\n  print('held', flush=True)\n"
        "  sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout.readline() == b"held\n"
    with (
        pytest.raises(InputError, match=f"another run .process {holder.pid}"),
        FolderLock(tmp_path),
    ):
        pass
    holder.kill()
    holder.communicate()
    with FolderLock(tmp_path):
        pass


def test_files_appear_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.txt"
    with WholeFile(path) as file:
        file.text().write("one")
    with pytest.raises(ValueError), WholeFile(path) as file:
        file.text().write("two")
        raise ValueError
    with pytest.raises(InputError, match="full"), WholeFile(path) as file:
        raise OSError(errno.ENOSPC, "full")
    assert path.read_text() == "one"
    (tmp_path / ".a.txt.77.tmp").write_text("left by a killed run")
    clear_leftovers(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


def test_file_stems_are_plain_and_differ_for_every_path():
    paths = ["a/wall.png", "b/wall.png", "a/wall.jpg", "a/<b>\"'&.png", "стена.png", "", "a/.png"]
    stems = [file_stem(path) for path in paths]
    assert len(set(stems)) == len(paths)
    assert all(
        stem.isascii() and stem.replace("-", "").replace("_", "").isalnum() for stem in stems
    )


def test_file_stems_are_the_same_under_every_locale():
    # What a locale of ASCII lists under escaped bytes is the same file.
    name = "стена.png"
    escaped = name.encode().decode("ascii", "surrogateescape")
    assert file_stem(name) == file_stem(escaped)
    code = f"from tiling_diag.batch.folder import file_stem\nprint(file_stem({name!a}))"
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **plain}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == file_stem(name)
    assert file_stem("a\ud800.png") != file_stem("a\ud801.png")


def refused(action, *words):
    with pytest.raises(InputError) as caught:
        action()
    text = str(caught.value)
    assert "\n" not in text
    assert all(word in text for word in words), text


def test_a_lock_that_can_not_be_written_is_said(tmp_path):
    (tmp_path / ".lock").mkdir()
    refused(FolderLock(tmp_path).__enter__, ".lock", "Is a directory")


def test_folders_named_as_our_files_are_said_or_left_alone(tmp_path):
    pid = os.getpid()
    (tmp_path / f".a.txt.{pid}.tmp").mkdir()
    (tmp_path / "b.txt").mkdir()
    clear_leftovers(tmp_path)
    refused(lambda: WholeFile(tmp_path / "a.txt").__enter__(), "a.txt", "Is a directory")
    for name in ("a.txt", "b.txt"):
        refused(lambda name=name: write_atomically(tmp_path / name, b"x"), name)

    def whole():
        with WholeFile(tmp_path / "b.txt") as file:
            file.text().write("x")

    refused(whole, "b.txt", "Is a directory")
    assert {path.name for path in tmp_path.iterdir()} == {f".a.txt.{pid}.tmp", "b.txt"}


def test_rows_that_can_not_be_taken_away_are_said(tmp_path):
    (tmp_path / "results.jsonl" / "x").mkdir(parents=True)
    refused(FolderPlace(tmp_path, restart=True).__enter__, "results.jsonl", "start again")
    refused(lambda: ResultsFile(tmp_path), "results.jsonl", "Is a directory")
