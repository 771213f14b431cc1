"""Faults of a Ray cluster of three nodes: a node, the command and workers go down in mid-run."""

import json
import os
import signal
from contextlib import nullcontext

import pytest
from batch_walls import HereEngine, rows_in, save_wall, start, without_times
from holding import Held
from PIL import Image
from ray_cluster import PATIENCE_S, ray_batch, ray_cluster, wait_until

import tiling_diag as td
from tiling_diag.batch import BatchOptions, run_batch
from tiling_diag.batch.cluster import engine
from tiling_diag.batch.cluster.connection import Cluster
from tiling_diag.batch.work import Job, Outcome, Work

pytestmark = pytest.mark.slow
# What the kernel does where memory is short: a worker that takes too much is killed.
TOO_MUCH_BYTES = 1_300_000_000
HOOK = f"""
import signal, threading

def watch():
    while True:
        with open("/proc/self/statm") as file:
            if int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") > {TOO_MUCH_BYTES}:
                os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.02)

if any("default_worker" in one for one in sys.orig_argv):
    threading.Thread(target=watch, daemon=True).start()
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    held = Held(tmp_path_factory.mktemp("hook") / "held", more=HOOK)
    before = os.environ.get("PYTHONPATH")
    os.environ.update(held.environment)
    try:
        with ray_cluster(3) as found:
            yield *found, held
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def make_walls(folder, count):
    for k in range(count):
        save_wall(folder / f"{k:03}.png", k, size=(32, 40), period=(8, 10))
    return folder


def whole_lines(out):
    file = out / "results.jsonl"
    return file.read_bytes().count(b"\n") if file.exists() else 0


def assert_rows_are_those_of_this_process(walls, out, tmp_path):
    run_batch(
        [str(walls)], tmp_path / "here", options=BatchOptions(figures="none"), engine=HereEngine()
    )
    here = [row for row in rows_in(tmp_path / "here") if "huge" not in row["path"]]
    there = [row for row in rows_in(out) if "huge" not in row["path"]]
    assert without_times(there) == without_times(here)


def test_a_node_that_goes_down_and_a_worker_out_of_memory_lose_and_double_nothing(
    tmp_path, cluster
):
    nodes, workers, held = cluster
    walls = make_walls(tmp_path / "walls", 60)
    (walls / "010-bad.png").write_bytes(b"no picture")
    (walls / "020-bad.png").write_bytes((walls / "020.png").read_bytes()[:200])
    Image.new("RGB", (12_000, 12_000), "white").save(walls / "015-huge.png", compress_level=1)
    out = tmp_path / "out"
    # The node goes down in the midst of the work, and no worker before it.
    held.hold(["015-huge.png"])
    process = start(
        "batch", walls, "--out", out, "--figures", "none", "--engine", "ray",
        "--address", nodes.address, "--json",
    )  # fmt: skip
    some = wait_until(lambda: whole_lines(out) > 5 or process.poll() is not None, PATIENCE_S)
    nodes.remove_node(workers[0], allow_graceful=False)
    held.release()
    stdout, stderr = process.communicate(timeout=PATIENCE_S)
    assert some, stderr
    assert process.returncode == 3, stderr
    assert json.loads(stdout)["pictures"] == 63
    assert all("pictures/s" in line for line in stderr.splitlines()), stderr
    rows = {row["path"]: row for row in rows_in(out)}
    assert len(rows) == len(rows_in(out)) == 63
    huge = rows.pop(str(walls / "015-huge.png"))
    assert "ended, twice: out of memory?" in huge["error"]
    assert huge["fingerprint"] is None
    wrong = {path for path, row in rows.items() if row["status"] == "error"}
    assert wrong == {str(walls / "010-bad.png"), str(walls / "020-bad.png")}
    (walls / "015-huge.png").unlink()
    assert_rows_are_those_of_this_process(walls, out, tmp_path)


def test_a_command_that_is_killed_goes_on_where_it_was(tmp_path, cluster):
    nodes, _, held = cluster
    walls, out = make_walls(tmp_path / "walls", 40), tmp_path / "out"
    how = (walls, "--out", out, "--figures", "none", "--address", nodes.address)
    # It can't be done before it is killed.
    held.hold(f"{k:03}.png" for k in range(25, 40))
    process = start("batch", *how, "--engine", "ray")
    some = wait_until(lambda: whole_lines(out) > 5 or process.poll() is not None, PATIENCE_S)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    _, stderr = process.communicate()
    held.release()
    assert some and process.returncode == -signal.SIGKILL, stderr
    kept = whole_lines(out)
    done = ray_batch(*how, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["done"] == 40 - kept
    assert len({row["path"] for row in rows_in(out)}) == len(rows_in(out)) == 40


@pytest.mark.parametrize("times", [1, 3])
def test_what_goes_wrong_within_ray_is_tried_again_and_not_for_ever(monkeypatch, times):
    runs = []

    def outcomes(crew, jobs, alone):
        runs.append([job.path for job in jobs])
        if len(runs) > times:
            yield from (Outcome(job.path, b"{}", "ok") for job in jobs)
            return
        # An assertion in Ray Data that a node which goes down may break.
        raise AssertionError("State of the actor is not as expected")

    monkeypatch.setattr(engine, "cluster", lambda *_: nullcontext(Cluster(2, 0)))
    monkeypatch.setattr(engine._Crew, "outcomes", outcomes)
    jobs = [Job("a.png"), Job("b.png")]
    done = engine.RayEngine().run(Work(td.Settings()), jobs)
    if times == 1:
        assert [one.path for one in done] == ["a.png", "b.png"]
        assert runs == [["a.png", "b.png"]] * 2
        return
    with pytest.raises(td.TilingDiagError, match=r"broke down 3 times \(State of"):
        list(done)
