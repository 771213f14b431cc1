"""Batches that end badly: killed, interrupted, out of disk, out of memory, and very long ones."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time

import pytest
from batch_walls import rows_in, save_wall, start
from kills import HANGS_S, KINDS, Killer, alive, children, make_walls, wait_until, whole_lines

from tiling_diag.batch.folder import thumb_file
from tiling_diag.batch.rows import to_line

pytestmark = pytest.mark.slow


def test_kills_at_random_moments_lose_nothing_and_double_nothing(tmp_path):
    killer = Killer(tmp_path, pictures=60, seed=2)
    killer.kill(8)
    # Half of them are of the run or its parent, which are always there to be killed.
    assert sum(killer.kills[kind] for kind in KINDS) >= 4
    assert killer.batches > 0


def test_an_interrupt_ends_within_two_seconds_with_a_valid_file(tmp_path):
    walls = make_walls(tmp_path, 900)
    results = tmp_path / "out" / "results.jsonl"

    def seconds_to_end():
        before = whole_lines(results)
        process = start("batch", walls, "--recursive", "--out", tmp_path / "out")
        assert wait_until(lambda: whole_lines(results) > before, HANGS_S)
        workers = children(process.pid)
        os.sync()  # what others left for the disk is not to be waited for by the rows' own fsync
        os.killpg(process.pid, signal.SIGINT)  # as a terminal sends it: to every process
        begin = time.monotonic()
        stdout, stderr = process.communicate(timeout=HANGS_S)
        took = time.monotonic() - begin
        assert process.returncode == 130
        assert stdout == ""
        assert stderr.strip().splitlines()[-1] == "tiling-diag: interrupted"
        assert "Traceback" not in stderr
        # The last of them only watches over shared memory, and goes when it hears nothing more.
        assert wait_until(lambda: not any(map(alive, workers)), HANGS_S)
        return took

    # Others may be at work on this machine: one of a few is enough.
    assert any(seconds_to_end() < 2 for _ in range(5))
    assert 0 < len(rows_in(tmp_path / "out")) < 900


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of 400 kB, and how to make it larger."""
    place = tmp_path / "disk"
    place.mkdir()
    if not shutil.which("mount") or sys.platform != "linux":
        pytest.skip("tmpfs can't be mounted on this system")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", place], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"tmpfs can't be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_is_said_and_nothing_is_corrupt(tmp_path, tiny_disk):
    for seed in range(40):
        save_wall(tmp_path / "walls" / f"{seed}.png", seed, size=(64, 80))
    out = tiny_disk / "out"
    process = start("batch", tmp_path / "walls", "--figures", "all", "--out", out)
    stdout, stderr = process.communicate(timeout=HANGS_S)
    assert process.returncode == 2, stderr
    assert stdout == ""
    message = [line for line in stderr.splitlines() if line.startswith("tiling-diag:")]
    assert len(message) == 1
    assert "No space left on device" in message[0]
    assert str(out) in message[0]
    assert "Traceback" not in stderr
    written = len(rows_in(out))
    assert not list(out.rglob("*.tmp"))
    assert written < 40
    subprocess.run(["mount", "-o", "remount,size=80m", tiny_disk], check=True)
    again = start("batch", tmp_path / "walls", "--figures", "all", "--out", out, "--json")
    stdout, stderr = again.communicate(timeout=HANGS_S)
    assert again.returncode == 0, stderr
    assert f'"done": {40 - written}' in stdout
    assert len(rows_in(out)) == 40


def test_a_worker_that_goes_down_takes_no_other_picture_along(tmp_path):
    # A worker that opens a file of this name ends as the kernel ends one.
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(
        "import os, sys\n"
        "def end(event, arguments):\n"
        "    if event == 'open' and str(arguments[0]).endswith('deadly.png'): os._exit(9)\n"
        "sys.addaudithook(end)\n"
    )
    for name in ("a", "b", "deadly", "e", "f"):
        save_wall(tmp_path / "walls" / f"{name}.png")
    process = start(
        "batch", tmp_path / "walls", "--workers", "1", "--out", tmp_path / "out",
        environment={"PYTHONPATH": str(hook)},
    )  # fmt: skip
    _, stderr = process.communicate(timeout=HANGS_S)
    assert process.returncode == 3, stderr
    (bad,) = (row for row in rows_in(tmp_path / "out") if row["status"] == "error")
    assert bad["path"].endswith("deadly.png")
    assert "ended, twice" in bad["error"]
    assert bad["fingerprint"] is None
    assert len(rows_in(tmp_path / "out")) == 5


def ends_at_start(folder, times):
    """A hook by which the first workers are killed before they can begin."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import os, pathlib, signal, sys\n"
        "if any('spawn_main' in one for one in sys.orig_argv):\n"
        f"    note = pathlib.Path({str(folder)!r}, f'{{os.getpid()}}.killed')\n"
        f"    if len(list(note.parent.glob('*.killed'))) < {times}:\n"
        "        note.touch()\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    return {"PYTHONPATH": str(folder)}


@pytest.mark.parametrize(("times", "code"), [(4, 0), (100, 2)])
def test_a_worker_that_is_killed_while_it_starts_is_replaced_a_few_times(tmp_path, times, code):
    for name in "abcdef":
        save_wall(tmp_path / "walls" / f"{name}.png", size=(32, 40), period=(8, 10))
    environment = ends_at_start(tmp_path / "hook", times)
    arguments = ("batch", tmp_path / "walls", "--workers", "2", "--out", tmp_path / "out")
    first = start(*arguments, environment=environment)
    _, stderr = first.communicate(timeout=HANGS_S)
    assert first.returncode == code, stderr
    if code:
        (line,) = stderr.splitlines()
        assert "before they could begin, 6 times (the last one: killed by SIGKILL)" in line
        assert rows_in(tmp_path / "out") == []
        again = start(*arguments)
        _, stderr = again.communicate(timeout=HANGS_S)
        assert again.returncode == 0, stderr
    assert len(rows_in(tmp_path / "out")) == 6


# Measuring twenty thousand pictures takes a quarter of an hour; workers stop growing after their
# first thousand, so that two thousand show it, and the others have their rows already.
PICTURES, MEASURED, FEW, SEEDS = 20_000, 2_000, 200, 30


def test_twenty_thousand_pictures_need_no_more_memory_than_a_few(tmp_path):
    walls = make_walls(tmp_path, PICTURES, seeds=SEEDS, full_every=30)
    few = tmp_path / "few"
    shutil.copytree(walls / "00", few)
    for path in sorted(few.iterdir())[FEW:]:
        path.unlink()

    def run(folder, out, cap=None):
        process = start(
            "batch", folder, "--recursive", "--figures", "none", "--out", out, "--json",
            preexec=(lambda: resource.setrlimit(resource.RLIMIT_DATA, (cap, cap))) if cap else None,
        )  # fmt: skip
        most = 0
        while process.poll() is None:
            most = max(most, *(data_bytes(p) for p in [process.pid, *children(process.pid)]))
            time.sleep(0.05)
        stdout, stderr = process.communicate()
        assert process.returncode == 0, stderr
        return json.loads(stdout), most

    _, most = run(few, tmp_path / "few_out")
    keep_rows(tmp_path / "few_out", sorted(walls.rglob("*.png"))[MEASURED:], tmp_path / "out")
    # Every process gets three tenths more private memory than it was seen to have for two hundred
    # pictures: a worker grows by 70 MB at first, and whoever looks on may miss the most of it.
    totals, _ = run(walls, tmp_path / "out", cap=int(1.3 * most))
    assert (totals["done"], totals["kept"]) == (MEASURED, PICTURES - MEASURED)
    rows = rows_in(tmp_path / "out")
    assert len({row["path"] for row in rows}) == len(rows) == PICTURES
    assert {row["status"] for row in rows} == {"ok"}


def keep_rows(source, paths, out):
    """Rows and thumbnails for pictures whose content has been measured under other names."""
    (out / "thumbs").mkdir(parents=True)
    known = {int(os.path.basename(row["path"])[:-4]) % SEEDS: row for row in rows_in(source)}
    with open(out / "results.jsonl", "wb") as file:
        for path in paths:
            row = known[int(path.stem) % SEEDS]
            os.link(source / thumb_file(row["path"]), out / thumb_file(str(path)))
            file.write(to_line({**row, "path": str(path)}))


def data_bytes(pid):
    """Private writable memory that a process has asked for, which RLIMIT_DATA limits."""
    try:
        with open(f"/proc/{pid}/status") as file:
            found = [line.split()[1] for line in file if line.startswith("VmData")]
    except OSError:
        found = []
    return 1024 * int(found[0]) if found else 0
