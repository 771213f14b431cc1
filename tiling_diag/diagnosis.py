"""From a picture to a verdict: walls are read, measured and judged."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

from torch import Tensor

from tiling_diag.checks.measure import measure, read_reference
from tiling_diag.device import pick_device
from tiling_diag.errors import InputError
from tiling_diag.findings.judge import find
from tiling_diag.findings.unjudged import why_unjudged
from tiling_diag.inputs.images import ImageSource, load_image
from tiling_diag.inputs.wall_input import WallInput, read_wall
from tiling_diag.numerics import plain_numerics
from tiling_diag.record import Record
from tiling_diag.report.figures.sizes import FILE_DPI, FigureFormat
from tiling_diag.report.figures.texts import headline
from tiling_diag.report.summary import summarize
from tiling_diag.report.write import write_report
from tiling_diag.settings import Settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False)
class Diagnosis(Record):
    """What is known of one wall: the picture, what the checks measured, and the findings.

    Its fields are those of `Record`, and of `Measured` below that.
    """

    def summary(self) -> dict[str, Any]:
        """The content of `summary.json`: plain numbers, strings, lists and dicts."""
        return summarize(self)

    @plain_numerics()
    def save(
        self,
        out: str | PathLike[str],
        *,
        figures: bool = True,
        figure_format: FigureFormat = "png",
        dpi: int = FILE_DPI,
    ) -> None:
        """Write `summary.json`, the local map, the figures and `report.html` to folder `out`.

        Args:
            out: folder; made if it is not there.
            figures: whether to draw.
            figure_format: ``png``, ``svg`` or ``pdf``.
            dpi: of the figures' files; a figure is 6.4 inches wide.

        Raises:
            InputError: if `out` can't be written to.
        """
        write_report(self, out, figures=figures, figure_format=figure_format, dpi=dpi)

    @plain_numerics()
    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the wall with its lattice and the zones at fault; more is in `tiling_diag.plot`.

        Args:
            ax: matplotlib axes to draw into; a figure of its own without.

        Returns:
            The axes; as the last line of a notebook cell they show the figure.
        """
        # Loading what draws takes a while, and most callers want numbers only.
        from tiling_diag.report.figures.displays import overview

        return overview(self, ax)

    def __repr__(self) -> str:
        """The verdict in a line."""
        name = self.names["pred"] or "picture"
        return f"<Diagnosis of {name}: {headline(self)}>"

    @plain_numerics()
    def _repr_html_(self) -> str:
        # Loading what draws takes a while, and most callers want numbers only.
        from tiling_diag.report.html import notebook_html

        return notebook_html(self)


@plain_numerics()
def diagnose(
    pred: ImageSource,
    mask: ImageSource | None = None,
    ref: ImageSource | None = None,
    settings: Settings | None = None,
) -> Diagnosis:
    """Diagnose one wall.

    A picture may be the path of a file, a Pillow picture of any mode, or an array or tensor:
    ``(H, W)``, ``(H, W, C)``, ``(C, H, W)`` or ``(1, C, H, W)`` with C = 1, 3 or 4 (RGBA). Floats
    count from 0 to 1, ``uint8`` to 255, ``uint16`` to 65535; of a file the first frame is read.

    Args:
        pred: the picture.
        mask: where the wall is (white); the whole picture without one.
        ref: a picture of the material as it should be.
        settings: options; the defaults if None.

    Returns:
        What was measured, and what was found wrong: `verdict`, `findings`, `summary()`, `save()`
        and `plot()`.

    Raises:
        InputError: if an input can't be read or used; the message names it and says what would
            work.
    """
    return diagnose_walls([read_wall(pred, mask, ref)], settings)[0]


@plain_numerics()
def diagnose_batch(
    pred: Tensor,
    mask: Tensor | None = None,
    ref: Tensor | None = None,
    settings: Settings | None = None,
) -> list[Diagnosis]:
    """Diagnose many walls of one size at once; each as `diagnose` would.

    Args:
        pred: ``(B, C, H, W)`` in [0, 1], C in {1, 3}.
        mask: ``(B, 1, H, W)`` or ``(B, H, W)`` in [0, 1].
        ref: ``(C, H, W)`` one reference for all.
        settings: options.

    Returns:
        One diagnosis for each, in order.

    Raises:
        InputError: if shapes don't fit or values are not finite.
    """
    if pred.dim() != 4 or pred.shape[1] not in (1, 3) or min(pred.shape) < 1:
        raise InputError(f"pred is {tuple(pred.shape)}: give (B, C, H, W) with C of 1 or 3")
    if mask is not None and len(mask) != len(pred):
        raise InputError(f"mask has {len(mask)} items and pred {len(pred)}: give one for each")
    reference = None if ref is None else load_image(ref)
    walls = [
        read_wall(one, None if mask is None else mask[index], reference)
        for index, one in enumerate(pred)
    ]
    return diagnose_walls(walls, settings)


@plain_numerics()
def diagnose_walls(walls: list[WallInput], settings: Settings | None = None) -> list[Diagnosis]:
    """Diagnose walls of one size and one number of channels, together where they are alike.

    Args:
        walls: as `read_wall` gives them; references that are the same tensor are measured once.
        settings: options; the defaults if None.
    """
    settings = settings or Settings()
    if not walls:
        return []
    device = pick_device(settings.device, walls[0].image)
    groups: dict[tuple[int, bool], list[int]] = {}
    for index, wall in enumerate(walls):
        # Whole pictures are not tapered along their borders; among masked ones they would be.
        whole = bool((wall.mask >= 1).all())
        groups.setdefault((id(wall.reference), whole), []).append(index)
    found: dict[int, Diagnosis] = {}
    for indices in groups.values():
        material = walls[indices[0]].reference
        reference = None if material is None else read_reference(material, device)
        # On a CPU walls share nothing but memory that is too far away: a batch costs more there.
        step = 1 if device.type == "cpu" else len(indices)
        for first in range(0, len(indices), step):
            some = indices[first : first + step]
            together = measure([walls[i] for i in some], reference, settings, device)
            for i, measured in zip(some, together, strict=True):
                found[i] = Diagnosis(
                    **vars(measured), findings=find(measured), unjudged=why_unjudged(measured)
                )
    return [found[index] for index in range(len(walls))]
