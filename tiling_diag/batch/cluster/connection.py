"""A Ray cluster to work on: one that is there, or one of this machine for the run alone."""

from __future__ import annotations

import io
import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any, NamedTuple

from tiling_diag.batch.cluster.quiet import quiet
from tiling_diag.batch.station import usable_cores
from tiling_diag.errors import InputError, TilingDiagError

# Where a job of a cluster finds that cluster, and a user's shell may name one.
ADDRESS_VARIABLE = "RAY_ADDRESS"
# ``token`` or ``disabled``: whether Ray shows a token to clusters.
AUTHENTICATION_VARIABLE = "RAY_AUTH_MODE"
# A machine that is busy may take longer than the half minute that Ray gives a start.
STARTS = 3
# How long the head of a cluster may take to answer at all.
ANSWER_SECONDS = 15.0
# Read by Ray as it starts.
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # By default Ray's workers give way to all else on a machine; those of the other engine do not.
    "RAY_worker_niceness": "0",
}
INSTALL = "pip install 'tiling-diag[ray]'"


class Cluster(NamedTuple):
    """What a cluster has.

    Attributes:
        cpus, gpus: processors of all its nodes together.
    """

    cpus: int
    gpus: int


def import_ray() -> Any:
    """Ray, its usage statistics off unless the environment has them on.

    Raises:
        InputError: if it is not installed.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise InputError(f"--engine ray needs Ray ({error}): {INSTALL}") from None
    return ray


@contextmanager
def cluster(address: str | None, workers: int | None) -> Iterator[Cluster]:
    """A cluster within, left or ended afterwards; one that this process uses already stays.

    Args:
        address: ``auto`` for the one of this machine, ``HOST:PORT`` or ``ray://HOST:PORT``; None
            for the one that the environment names, else a new one.
        workers: processors of a new one; by default those of this machine.

    Raises:
        InputError: if Ray is not installed, or there is no such cluster.
        TilingDiagError: if a cluster can't be started.
    """
    ray = import_ray()
    if ray.is_initialized():
        yield _of(ray)
        return
    with quiet():
        _connect(ray, address or os.environ.get(ADDRESS_VARIABLE) or None, workers)
        try:
            yield _of(ray)
        finally:
            # What is left of a cluster that broke down has no say in how the run ends.
            with suppress(Exception):
                _leave(ray)


def _connect(ray: Any, address: str | None, workers: int | None) -> None:
    silent = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    if address in (None, "local"):
        _start(ray, workers or usable_cores(), silent)
        return
    try:
        _knock(_resolved(address))
        _tried(ray, lambda: _join(ray, address, silent))
    except Exception as error:
        raise InputError(
            f"there is no Ray cluster to work with at {address} ({_line(error)}): start one with "
            "`ray start --head`, or leave --address out to use this machine alone"
        ) from error


def _leave(ray: Any) -> None:
    """Leave or end the cluster, without the messages that Ray held back to count them."""
    with redirect_stdout(io.StringIO()):
        ray.shutdown()


def _tried(ray: Any, begin: Callable[[], object]) -> None:
    """Begin, again where that fails: Ray's own patience ends before that of a busy machine."""
    for left in reversed(range(STARTS)):
        try:
            begin()
            return
        except Exception:
            _leave(ray)
            if not left:
                raise


def _join(ray: Any, address: str, silent: dict[str, Any]) -> None:
    """Connect to a cluster, with Ray's token where it has one and the cluster refuses without.

    `ray start` makes a cluster ask for a token wherever one is on the machine, and a cluster that
    asks for none works with no actors of a client that shows one.
    """
    try:
        ray.init(address=address, **silent)
    except ConnectionError as error:
        if AUTHENTICATION_VARIABLE in os.environ:
            raise
        if not _show_token():
            raise ConnectionError(
                f"{error}, it may ask for a token and there is none in ~/.ray/auth_token"
            ) from error
        _leave(ray)
        ray.init(address=address, **silent)


def _show_token() -> bool:
    """Whether Ray has a token on this machine; it is shown to clusters from now on."""
    try:
        from ray._private.authentication import authentication_token_setup as tokens
    except ImportError:  # Ray before 2.52 has none
        return False
    return bool(tokens.maybe_enable_token_auth_if_token_available(warn_if_disabled=False))


def _resolved(address: str) -> str:
    """Where Ray will look for ``auto``: a cluster that broke down leaves its address behind.

    Raises:
        ConnectionError: if Ray knows of no cluster.
    """
    if address != "auto":
        return address
    from ray._private import services

    # The file that names the latest cluster does not settle it: Ray prefers one that runs.
    return str(services.get_ray_address_from_environment(address, None))


def _knock(address: str) -> None:
    """Raises OSError at once where nobody listens: Ray itself may go on asking for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_SECONDS).close()
    except OSError as error:
        raise OSError(f"{address} does not answer: {error.strerror or error}") from error


def _start(ray: Any, cores: int, silent: dict[str, Any]) -> None:
    how = {"address": "local", "num_cpus": cores, "include_dashboard": False, **silent}
    try:
        _tried(ray, lambda: ray.init(**how))
    except Exception as error:
        raise TilingDiagError(
            f"Ray can't be started on this machine ({_line(error)}); without --engine ray "
            "the work is done by processes of this machine"
        ) from error


def _of(ray: Any) -> Cluster:
    resources = ray.cluster_resources()
    return Cluster(int(resources.get("CPU", 0)), int(resources.get("GPU", 0)))


def _line(error: BaseException) -> str:
    """What an exception says, on one line that is not too long."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:200]}..."
