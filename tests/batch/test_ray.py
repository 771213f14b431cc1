"""The engine of Ray: rows as those of this machine's engine, errors, and nothing left behind."""

import builtins
import json
import os
import signal
import subprocess
import sys
import threading

import pytest
from batch_walls import CLI, rows_in, save_wall, start, without_times
from holding import Held
from ray_cluster import PATIENCE_S, processes_of, ray_batch, started_by_hand, wait_until
from typer.testing import CliRunner

import tiling_diag as td
from tiling_diag.batch import BatchOptions, run_batch
from tiling_diag.batch.cluster.connection import cluster
from tiling_diag.batch.cluster.engine import RayEngine
from tiling_diag.batch.cluster.quiet import RAY_THREAD, quiet
from tiling_diag.batch.handfuls import MOST_JOBS, handful
from tiling_diag.batch.work import Job, Work
from tiling_diag.command.cli import app


def make_walls(folder, count):
    for k in range(count):
        save_wall(folder / f"{k:03}.png", k, size=(32, 40), period=(8, 10))
    return folder


def local(*arguments):
    done = subprocess.run(
        [sys.executable, "-c", CLI, "batch", *map(str, arguments)],
        capture_output=True, text=True, timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.returncode in (0, 3), done.stderr


def test_without_ray_one_line_says_what_to_install(tmp_path, monkeypatch):
    save_wall(tmp_path / "a.png")
    real = builtins.__import__

    def without(name, *more):
        if name.startswith("ray"):
            raise ImportError(f"No module named {name!r}")
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    arguments = ["batch", str(tmp_path / "a.png"), "--engine", "ray", "--out", str(tmp_path / "o")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "pip install 'tiling-diag[ray]'" in line


@pytest.mark.parametrize("device", ["mps", "cuda:1", "abacus"])
def test_devices_of_one_machine_are_refused(device):
    with pytest.raises(td.InputError, match="auto, cpu or cuda"):
        next(RayEngine(device=device).run(Work(td.Settings()), [Job("a.png")]))


def test_handfuls_get_smaller_towards_the_end():
    left, sizes = 1000, []
    while left:
        sizes.append(handful(left, 2))
        left -= sizes[-1]
    assert sizes == sorted(sizes, reverse=True)
    assert (sizes[0], sizes[-1]) == (MOST_JOBS, 1)


def test_only_what_is_written_to_the_number_of_standard_error_is_lost():
    code = (
        "import os, sys\n"
        "from tiling_diag.batch.cluster.quiet import quiet\n"
        "print('before', file=sys.stderr)\n"
        "with quiet():\n"
        "    os.write(2, b'native\\n')\n"
        "    print('within', file=sys.stderr)\n"
        "os.write(2, b'after\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.stderr.splitlines() == ["before", "within", "after"]


def test_a_stream_that_is_no_file_is_left_alone(capsys):
    with quiet():
        print("within", file=sys.stderr)
    assert capsys.readouterr().err == "within\n"


def test_only_the_thread_of_rays_messages_is_not_heard(capsys):
    with quiet():
        for name in (RAY_THREAD, "another"):
            thread = threading.Thread(target=print, args=(name,), name=name)
            thread.start()
            thread.join()
    assert capsys.readouterr().out == "another\n"


@pytest.mark.slow
@pytest.mark.parametrize("repeats", [1, 2])
def test_messages_that_ray_holds_back_to_count_them_are_not_heard_as_it_ends(capsys, repeats):
    from ray._private.worker import print_to_stdstream

    batch = {"lines": ["A worker died"], "pid": "raylet", "is_err": False}
    with cluster(None, 1):
        for _ in range(1 + repeats):
            thread = threading.Thread(
                target=print_to_stdstream, args=(batch, False), name=RAY_THREAD
            )
            thread.start()
            thread.join()
        print("of this program")
    assert capsys.readouterr().out == "of this program\n"


@pytest.mark.slow
def test_a_run_with_ray_is_that_of_this_machine_and_resumes_it(tmp_path):
    walls = make_walls(tmp_path / "walls", 7)
    (walls / "bad.png").write_bytes(b"no picture")
    arguments = ("walls", "--figures", "all", "--unit-px", "20")
    done = ray_batch(*arguments, "--out", "ray", "--fail-on", "defect", "--json", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    totals = json.loads(done.stdout)
    assert (totals["pictures"], totals["done"], totals["verdicts"]["error"]) == (8, 8, 1)
    # Nothing of Ray is heard: lines of progress or none.
    assert all("pictures/s" in line for line in done.stderr.splitlines()), done.stderr
    here = subprocess.run(
        [sys.executable, "-c", CLI, "batch", *arguments, "--out", "local"],
        capture_output=True, text=True, timeout=PATIENCE_S, cwd=tmp_path,
    )  # fmt: skip
    assert here.returncode == 3, here.stderr
    assert without_times(rows_in(tmp_path / "ray")) == without_times(rows_in(tmp_path / "local"))
    names = [
        sorted(p.relative_to(tmp_path / out) for p in (tmp_path / out).rglob("*") if p.is_file())
        for out in ("ray", "local")
    ]
    assert names[0] == names[1]
    # Either engine goes on where the other ended.
    (walls / "000.png").unlink()
    save_wall(walls / "001.png", 99, size=(32, 40), period=(8, 10))
    again = ray_batch(*arguments, "--out", "local", "--json", cwd=tmp_path)
    assert again.returncode == 3, again.stderr
    totals = json.loads(again.stdout)
    assert (totals["done"], totals["kept"], totals["dropped"]) == (1, 6, 1)


@pytest.mark.slow
def test_ctrl_c_and_a_kill_leave_rows_that_count_and_no_processes(tmp_path):
    make_walls(tmp_path / "walls", 40)
    out = tmp_path / "out"
    arguments = ("batch", tmp_path / "walls", "--out", out, "--figures", "none", "--engine", "ray")
    # Neither run can be done before it is ended.
    held = Held(tmp_path / "hook")
    held.hold(f"{k:03}.png" for k in range(20, 40))
    for number, code in ((signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)):
        before = len(lines(out))
        process = start(*arguments, environment=held.environment)
        some = wait_until(
            lambda b=before, p=process: len(lines(out)) > b or p.poll() is not None, PATIENCE_S
        )
        session = session_of(process.pid)
        if process.poll() is None:
            os.kill(process.pid, number if some else signal.SIGKILL)
        _, stderr = process.communicate(timeout=PATIENCE_S)
        assert some, stderr
        assert process.returncode == code, stderr
        assert session
        assert wait_until(lambda s=session: not processes_of(s), PATIENCE_S), processes_of(session)
        if code == 130:
            assert stderr.splitlines()[-1] == "tiling-diag: interrupted"
        held.release(f"{k:03}.png" for k in range(20, 30))
    kept = len(lines(out))
    done = ray_batch(tmp_path / "walls", "--out", out, "--figures", "none", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kept"] == kept > 0
    paths = [row["path"] for row in rows_in(out)]
    assert len(paths) == len(set(paths)) == 40


def lines(out):
    file = out / "results.jsonl"
    # The folder is there a moment before the file.
    if not file.exists():
        return []
    return [one for one in file.read_bytes().splitlines(True) if one.endswith(b"\n")]


def session_of(pid):
    """The name of the session that a process has started."""
    for name in sorted(os.listdir("/tmp/ray"), reverse=True):
        if name.endswith(f"_{pid}"):
            return name
    return None


@pytest.mark.slow
def test_two_hundred_pictures_give_identical_rows(tmp_path):
    walls = make_walls(tmp_path / "walls", 200)
    arguments = (walls, "--figures", "none", "--workers", 2, "--out")
    local(*arguments, tmp_path / "local")
    done = ray_batch(*arguments, tmp_path / "ray")
    assert done.returncode == 0, done.stderr
    assert without_times(rows_in(tmp_path / "ray")) == without_times(rows_in(tmp_path / "local"))


@pytest.mark.parametrize("left", ["127.0.0.1:1", ""])
def test_a_cluster_that_crashed_is_not_waited_for(tmp_path, monkeypatch, left):
    import ray
    from ray._private import services

    (tmp_path / "ray").mkdir()
    if left:
        (tmp_path / "ray" / "ray_current_cluster").write_text(left)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    # Whatever else this machine runs.
    monkeypatch.setattr(services, "find_gcs_addresses", frozenset)
    monkeypatch.setattr(ray, "init", lambda **how: pytest.fail("Ray was sent to wait for it"))
    picture = save_wall(tmp_path / "a.png")
    arguments = ["batch", str(picture), "--engine", "ray", "--address", "auto"]
    result = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "there is no Ray cluster to work with at auto" in line
    assert (f"({left} does not answer: Connection refused)" in line) == bool(left)


@pytest.mark.slow
def test_a_cluster_that_is_not_there_is_one_line(tmp_path):
    save_wall(tmp_path / "a.png")
    done = ray_batch(tmp_path / "a.png", "--address", "127.0.0.1:1", "--out", tmp_path / "out")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "no Ray cluster to work with at 127.0.0.1:1" in line
    with pytest.raises(td.InputError, match="add --engine ray"):
        run_batch(["a.png"], tmp_path / "out", options=BatchOptions(address="auto"))


@pytest.mark.slow
def test_a_cluster_that_asks_for_a_token_is_shown_that_of_this_machine(tmp_path):
    make_walls(tmp_path / "walls", 3)
    (tmp_path / "token").write_text("5eedf00d" * 8)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RAY_AUTH")}
    environment["HOME"] = str(tmp_path)
    with_token = {**environment, "RAY_AUTH_TOKEN_PATH": str(tmp_path / "token")}
    with started_by_hand({**with_token, "RAY_AUTH_MODE": "token"}) as address:
        arguments = (tmp_path / "walls", "--address", address, "--figures", "none", "--out")
        done = ray_batch(*arguments, tmp_path / "out", env=with_token)
        assert done.returncode == 0, done.stderr
        assert len(rows_in(tmp_path / "out")) == 3
        refused = ray_batch(*arguments, tmp_path / "none", env=environment)
        assert refused.returncode == 2
        (line,) = refused.stderr.splitlines()
        assert "may ask for a token" in line
