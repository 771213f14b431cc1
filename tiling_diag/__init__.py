"""Measure the tiling of brick and tile walls, and find what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiling_diag._version import __version__
from tiling_diag.errors import InputError, TilingDiagError

if TYPE_CHECKING:
    from tiling_diag import losses, plot
    from tiling_diag.diagnosis import Diagnosis, diagnose, diagnose_batch
    from tiling_diag.findings.finding import Evidence, Finding, Zone
    from tiling_diag.settings import Settings
    from tiling_diag.training import run_diagnostics_from_tensors

__all__ = [
    "Diagnosis",
    "Evidence",
    "Finding",
    "InputError",
    "Settings",
    "TilingDiagError",
    "Zone",
    "__version__",
    "diagnose",
    "diagnose_batch",
    "losses",
    "plot",
    "run_diagnostics_from_tensors",
]

# Imported on first use, so that `--help` and `--version` need no torch.
_HOMES = {
    "Diagnosis": "diagnosis",
    "Evidence": "findings.finding",
    "Finding": "findings.finding",
    "Settings": "settings",
    "Zone": "findings.finding",
    "diagnose": "diagnosis",
    "diagnose_batch": "diagnosis",
    "run_diagnostics_from_tensors": "training",
}


_SUBPACKAGES = ("losses", "plot")


def __dir__() -> list[str]:
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    if name not in _HOMES and name not in _SUBPACKAGES:
        raise AttributeError(f"module 'tiling_diag' has no attribute {name!r}")
    from importlib import import_module

    if name in _SUBPACKAGES:
        return import_module(f"tiling_diag.{name}")
    return getattr(import_module(f"tiling_diag.{_HOMES[name]}"), name)
