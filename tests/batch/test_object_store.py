"""Batches in an object store that is slow, refuses or is not there: a server of the S3 protocol."""

import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from batch_walls import CLI, rows_in, save_wall, start, without_times
from object_store import BUCKET, object_store

from tiling_diag.batch.storage.files import Files

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server():
    with object_store() as store:
        yield store


@pytest.fixture
def store(server):
    if server.client.exists(f"{BUCKET}/in"):
        server.client.rm(f"{BUCKET}/in", recursive=True)
    server.refused.clear()
    server.slow.clear()
    server.asked.clear()
    return server


def put_walls(store, folder, count):
    for k in range(count):
        path = save_wall(folder / f"{k}.png", k, size=(32, 40), period=(8, 10))
        store.client.pipe_file(f"{BUCKET}/in/{k}.png", path.read_bytes())


def options(store):
    how = store.options
    given = [f"{name}={how[name]}" for name in ("endpoint_url", "key", "secret")]
    given += [
        f"config_kwargs.{name}={value}"
        for name, value in (("retries.max_attempts", 3), ("read_timeout", 5))
    ]
    return [word for one in given for word in ("--storage-option", one)]


def batch(store, *arguments):
    return subprocess.run(
        [sys.executable, "-c", CLI, "batch", *map(str, arguments), *options(store)],
        capture_output=True, text=True, timeout=1800,
    )  # fmt: skip


def rows_of(store, out):
    data = store.client.cat_file(f"{BUCKET}/{out}/results.jsonl")
    return [json.loads(line) for line in io.BytesIO(data)]


def test_a_batch_from_bucket_to_bucket_is_that_of_a_folder(tmp_path, store):
    put_walls(store, tmp_path / "walls", 4)
    url = f"s3://{BUCKET}/in"
    # One picture is refused twice and one is late once: they are asked for again.
    store.refused["/in/1.png"] = 2
    store.slow["/in/2.png"], store.delay_s = 1, 10.0
    done = batch(store, url, "--out", f"s3://{BUCKET}/first", "--workers", 2)
    assert done.returncode == 0, done.stderr
    assert not +store.refused
    assert not +store.slow
    local = subprocess.run(
        [sys.executable, "-c", CLI, "batch", tmp_path / "walls", "--out", tmp_path / "out"],
        capture_output=True, text=True, timeout=1800,
    )  # fmt: skip
    assert local.returncode == 0, local.stderr
    there = json.dumps(without_times(rows_of(store, "first"))).replace(url, "")
    here = json.dumps(without_times(rows_in(tmp_path / "out")))
    assert json.loads(there) == json.loads(here.replace(str(tmp_path / "walls"), ""))
    names = {name.split("/", 2)[2] for name in store.client.find(f"{BUCKET}/first")}
    assert {"index.html", "results.csv", "results.parquet", "batch.json"} < names
    again = batch(store, url, "--out", f"s3://{BUCKET}/first", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["done"] == 0


def test_what_stays_refused_is_an_error_row_that_is_done_next_time(tmp_path, store):
    put_walls(store, tmp_path / "walls", 3)
    store.refused["/in/1.png"] = 1000
    done = batch(store, f"s3://{BUCKET}/in", "--out", tmp_path / "out", "--workers", 1)
    assert done.returncode == 3, done.stderr
    # Tried again, with waits, and not for ever.
    assert 3 <= 1000 - store.refused["/in/1.png"] <= 30
    (bad,) = (row for row in rows_in(tmp_path / "out") if row["status"] == "error")
    assert bad["path"].endswith("/in/1.png")
    assert bad["fingerprint"] is None
    assert f"s3://{BUCKET}/in/1.png can't be read" in bad["error"]
    store.refused.clear()
    again = batch(store, f"s3://{BUCKET}/in", "--out", tmp_path / "out", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["done"] == 1


def test_a_bucket_that_is_not_there_is_one_line(tmp_path, store):
    save_wall(tmp_path / "walls" / "a.png", size=(32, 40), period=(8, 10))
    for arguments in (
        ("s3://nobucket/in", "--out", tmp_path / "out"),
        (tmp_path / "walls", "--out", "s3://nobucket/out"),
    ):
        done = batch(store, *arguments)
        assert done.returncode == 2, done.stderr
        (line,) = done.stderr.splitlines()
        assert "s3://nobucket" in line


def test_a_run_killed_at_any_moment_goes_on_where_its_rows_in_the_bucket_end(tmp_path, store):
    put_walls(store, tmp_path / "walls", 12)
    arguments = ("batch", f"s3://{BUCKET}/in", "--out", f"s3://{BUCKET}/killed", *options(store))
    # Every two rows are a piece of their own, and a run that is to be killed stops at its third.
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(
        "import os, time\n"
        "import tiling_diag.batch.storage.spool as spool\n"
        "spool.PIECE_ROWS = 2\n"
        "spool.PIECE_S = 1e9\n"
        "put = spool.SpoolPlace._put_rows\n"
        "def stopping(self, rows, sent=[]):\n"
        "    sent += [1] if rows else []\n"
        "    if len(sent) > int(os.environ['MOST_PIECES']): time.sleep(1000)\n"
        "    put(self, rows)\n"
        "spool.SpoolPlace._put_rows = stopping\n"
    )

    def begin(pieces, *more):
        environment = {"PYTHONPATH": str(hook), "MOST_PIECES": str(pieces)}
        return start(*arguments, *more, environment=environment)

    def rows_kept():
        # `find` may give the folder itself when its first file comes while it looks.
        found = store.client.find(f"{BUCKET}/killed/rows")
        pieces = [name for name in found if name.endswith(".jsonl")]
        return sum(store.client.cat_file(piece).count(b"\n") for piece in pieces)

    for _ in range(2):
        before = rows_kept()
        process = begin(2)
        while process.poll() is None and rows_kept() < before + 2:
            time.sleep(0.1)
        killed = process.poll() is None
        if killed:
            os.killpg(process.pid, signal.SIGKILL)
        _, stderr = process.communicate()
        assert killed, stderr
    # What was on its way when the run was killed may arrive a moment later.
    kept = rows_kept()
    last = begin(1000, "--json")
    stdout, stderr = last.communicate(timeout=1800)
    assert last.returncode == 0, stderr
    found = json.loads(stdout)
    assert 4 <= kept <= found["kept"] <= 8
    assert found["done"] == 12 - found["kept"]
    paths = [row["path"] for row in rows_of(store, "killed")]
    assert sorted(paths) == sorted({f"s3://{BUCKET}/in/{k}.png" for k in range(12)})


def test_listings_are_fresh(tmp_path, store):
    put_walls(store, tmp_path, 1)
    files = Files(store.options)

    def names():
        found = files.pictures(
            f"s3://{BUCKET}/in",
            recursive=True,
            unread=[],
            skip=frozenset({f"s3://{BUCKET}/in/out"}),
        )
        return list(found)

    assert names() == ["0.png"]
    for name in ("a/1.png", "out/thumbs/2.png", ".x/3.png", "4.txt"):
        store.client.pipe_file(f"{BUCKET}/in/{name}", b"x")
    assert names() == ["0.png", "a/1.png"]
