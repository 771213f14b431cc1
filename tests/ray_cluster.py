"""Ray on this machine for tests: clusters of nodes, commands, and what they leave behind."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress

from batch_walls import CLI

# Before Ray is imported, as the package itself sets them.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_worker_niceness", "0")
# Ray gives itself half a minute to start; a busy machine takes longer, and is tried again.
STARTS = 4
# What takes a minute took ten on a machine with thirty other things to do; only a run that hangs
# is to be ended.
PATIENCE_S = 1800


@contextmanager
def ray_cluster(nodes, cpus=1):
    """A cluster whose head has no processor for work; yields it with its nodes for work."""
    cluster = _started(nodes, cpus)
    try:
        yield cluster, cluster.list_all_nodes()[1:]
    finally:
        cluster.shutdown()


def _started(nodes, cpus):
    from ray.cluster_utils import Cluster

    for left in reversed(range(STARTS)):
        cluster = Cluster()
        try:
            cluster.add_node(num_cpus=0, include_dashboard=False)
            for _ in range(nodes):
                cluster.add_node(num_cpus=cpus)
            return cluster
        except Exception:
            cluster.shutdown()
            if not left:
                raise


@contextmanager
def started_by_hand(environment):
    """A cluster of one machine as `ray start --head --block` makes it; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Names of sockets are short: not below a test's own folder.
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        arguments = [f"--port={port}", f"--temp-dir={folder}", "--node-ip-address=127.0.0.1"]
        head = subprocess.Popen(
            [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block",
             "--num-cpus=1", "--include-dashboard=false", *arguments],
            env=environment, start_new_session=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            assert wait_until(lambda: _listens(port) or head.poll() is not None, PATIENCE_S)
            yield f"127.0.0.1:{port}"
        finally:
            head.terminate()
            head.wait(60)
            for left in processes_of(folder):
                with suppress(ProcessLookupError):
                    os.kill(left, signal.SIGKILL)


def _listens(port):
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


def ray_batch(*arguments, **how):
    """The command with Ray, to its end."""
    return subprocess.run(
        [sys.executable, "-c", CLI, "batch", *map(str, arguments), "--engine", "ray"],
        capture_output=True, text=True, timeout=PATIENCE_S, **how,
    )  # fmt: skip


def processes_of(session):
    """Numbers of processes whose command line or environment names a session of Ray."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                if session.encode() in file.read():
                    found.append(int(name))
        except OSError:
            continue
    return found


def wait_until(holds, seconds):
    """Whether something holds before the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.2)
    return False
