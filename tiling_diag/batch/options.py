"""What a user may choose about a batch: one set for the command line and for Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tiling_diag.batch.folder import Figures
from tiling_diag.batch.groups import Grouping
from tiling_diag.errors import InputError


@dataclass(frozen=True, kw_only=True)
class BatchOptions:
    """What a user may choose about a batch, beyond its inputs and the diagnosis itself.

    Attributes:
        masks: folder of masks.
        refs: folder of references, or one picture for all.
        mask_pattern: what the mask of a picture is called, such as ``{stem}_seg.png``; in `masks`,
            or beside the picture.
        strict: whether a picture without its mask or reference, or the reverse, is an error.
        recursive: whether folders are gone through to the bottom.
        workers: processes; None for one per core or GPU.
        engine: what does the work: processes of this machine, or a Ray cluster.
        address: of the cluster: ``auto``, ``HOST:PORT``; None to start one on this machine.
        storage: options of what speaks to a store, where inputs or results are URLs.
        figures: which pictures get a page.
        restart: whether rows that are there are thrown away first.
        fail_on: from which verdict on a test in the JUnit file fails.
        junit: where to write that file; None for none.
        group_by: what puts pictures into groups, see `groups.Grouping`; None for no groups.
    """

    masks: str | None = None
    refs: str | None = None
    mask_pattern: str | None = None
    strict: bool = False
    recursive: bool = False
    workers: int | None = None
    engine: Literal["local", "ray"] = "local"
    address: str | None = None
    storage: dict[str, Any] = field(default_factory=dict)
    figures: Figures = "flagged"
    restart: bool = False
    fail_on: str | None = None
    junit: Path | None = None
    group_by: str | None = None

    def check(self) -> None:
        """Refuse what can't be meant.

        Raises:
            InputError: if there is no process, the JUnit file has no name, the groups have no key,
                or an address is given to an engine that takes none.
        """
        if self.workers is not None and self.workers < 1:
            raise InputError(f"workers={self.workers}: at least one process has to do the work")
        if self.address is not None and self.engine != "ray":
            raise InputError(f"address={self.address} is that of a cluster: add --engine ray")
        if self.junit is not None and (not self.junit.name or self.junit.is_dir()):
            raise InputError(f"junit={self.junit} is a folder: name the file to write")
        if self.group_by is not None:
            Grouping(self.group_by)
