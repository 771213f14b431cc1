"""From a picture to a verdict: the one place where a wall is diagnosed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from os import PathLike
from typing import Any

import torch
from torch import Tensor

from tiling_diag.checks.artifacts.edge_cross import measure_edge_cross
from tiling_diag.checks.artifacts.resizing import measure_resize
from tiling_diag.checks.artifacts.upsampling_grid import measure_grid
from tiling_diag.checks.plane.local_period import measure_local_period
from tiling_diag.checks.plane.measure import measure_plane, scaled
from tiling_diag.checks.reference.lattice_ratio import measure_reference, reference_lattice
from tiling_diag.checks.reference.texture_ratio import with_scale
from tiling_diag.checks.results import (
    AutocorrelationResult,
    BandingResult,
    CepstrumResult,
    EdgeCrossResult,
    GridResult,
    LatticeResult,
    LocalPeriodResult,
    ReferenceResult,
    ResizeResult,
    ShiftResult,
    SpectralResult,
    item,
    to_cpu,
)
from tiling_diag.checks.spectra.autocorrelation import measure_autocorrelation
from tiling_diag.checks.spectra.cepstrum import measure_cepstrum
from tiling_diag.checks.spectra.power import measure_spectrum
from tiling_diag.checks.spectra.shift import measure_shift
from tiling_diag.checks.walls import Walls
from tiling_diag.checks.zones.hidden_lattice import with_parts
from tiling_diag.checks.zones.measure import measure_banding
from tiling_diag.errors import InputError
from tiling_diag.findings.finding import Finding, Verdict, verdict_of
from tiling_diag.findings.judge import find
from tiling_diag.inputs.images import ImageSource, LoadedImage, load_image
from tiling_diag.inputs.masks import load_mask
from tiling_diag.settings import Settings

# Masks saved as JPEG are not quite black outside the wall.
HARDLY_WALL = 0.1


@dataclass(frozen=True, eq=False, repr=False)
class Diagnosis:
    """What is known of one wall: the picture, what the checks measured, and the findings.

    Tensors are those of one wall (see `tiling_diag.checks.results`), in main memory.

    Attributes:
        image: ``(C, H, W)`` in [0, 1].
        mask: ``(H, W)`` in [0, 1], 1 where the wall is.
        names: file names by role: ``pred``, ``mask``, ``ref``; None where there was no file.
        notes: what was done to read the input, as sentences.
        reference: None without a reference.
        findings: worst first.
    """

    image: Tensor
    mask: Tensor
    names: dict[str, str | None]
    notes: tuple[str, ...]
    settings: Settings
    lattice: LatticeResult
    spectral: SpectralResult
    autocorrelation: AutocorrelationResult
    cepstrum: CepstrumResult
    local_period: LocalPeriodResult
    banding: BandingResult
    shift: ShiftResult
    resize: ResizeResult
    grid: GridResult
    edge_cross: EdgeCrossResult
    reference: ReferenceResult | None
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """``ok``, ``suspect`` or ``defect``: the worst severity among the findings."""
        return verdict_of(self.findings)

    def summary(self) -> dict[str, Any]:
        """The content of `summary.json`: plain numbers, strings, lists and dicts."""
        from tiling_diag.report.summary import summarize

        return summarize(self)

    def save(self, out: str | PathLike[str], *, figures: bool = True) -> None:
        """Write `summary.json`, the local map, the figures and `report.html` to folder `out`."""
        from tiling_diag.report import write_report

        write_report(self, out, figures=figures)

    def _repr_html_(self) -> str:
        from tiling_diag.report import notebook_html

        return notebook_html(self)


@dataclass(frozen=True, eq=False)
class WallInput:
    """One wall as it was read, ready to be measured.

    Attributes:
        image: ``(C, H, W)`` in [0, 1], C in {1, 3}.
        mask: ``(H, W)`` in [0, 1], 1 where the wall is.
        reference: ``(C, h, w)`` the material as it should be, of any size; None without one.
        names: file names by role: ``pred``, ``mask``, ``ref``; None where there was no file.
        notes: what was done to read the input, as sentences.
    """

    image: Tensor
    mask: Tensor
    reference: Tensor | None
    names: dict[str, str | None]
    notes: tuple[str, ...]


def read_wall(
    pred: ImageSource,
    mask: ImageSource | None = None,
    ref: ImageSource | LoadedImage | None = None,
) -> WallInput:
    """Read a wall with its mask and reference; a reference for many can be passed as read.

    Raises:
        InputError: if an input can't be read or used; the message names it and says what would
            work.
    """
    picture = load_image(pred)
    notes = list(picture.notes)
    wall = torch.ones_like(picture.pixels[0])
    names: dict[str, str | None] = {"pred": picture.name, "mask": None, "ref": None}
    if mask is not None:
        loaded = load_mask(mask, (picture.pixels.shape[-2], picture.pixels.shape[-1]))
        wall, names["mask"] = loaded.pixels, loaded.name
        notes += loaded.notes
    if picture.alpha is not None:
        wall = wall * picture.alpha.to(wall.device)
    reference = None
    if ref is not None:
        material = ref if isinstance(ref, LoadedImage) else load_image(ref)
        reference, names["ref"] = material.pixels, material.name
        notes += material.notes
    return WallInput(picture.pixels, wall, reference, names, tuple(notes))


def diagnose(
    pred: ImageSource,
    mask: ImageSource | None = None,
    ref: ImageSource | None = None,
    settings: Settings | None = None,
) -> Diagnosis:
    """Diagnose one wall.

    Args:
        pred: the picture: a path, a Pillow picture, an array ``(H, W[, C])`` or a tensor
            ``(C, H, W)``.
        mask: where the wall is (white); the whole picture without one.
        ref: a picture of the material as it should be.
        settings: options; the defaults if None.

    Raises:
        InputError: if an input can't be read or used; the message names it and says what would
            work.
    """
    return diagnose_walls([read_wall(pred, mask, ref)], settings)[0]


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
        reference = _reference(walls[indices[0]].reference, device)
        # On a CPU walls share nothing but memory that is too far away: a batch costs more there.
        step = 1 if device.type == "cpu" else len(indices)
        for first in range(0, len(indices), step):
            some = indices[first : first + step]
            together = _measure([walls[i] for i in some], reference, settings, device)
            found.update(zip(some, together, strict=True))
    return [found[index] for index in range(len(walls))]


def _only_wall(image: Tensor, mask: Tensor) -> Tensor:
    """``(B, C, H, W)`` with the wall's mean colour where there is hardly any wall.

    Filters and resizing look a few pixels beyond the mask; so they find nothing there.
    """
    if bool((mask >= 1).all()):
        return image
    weight = mask[:, None]
    mean = (image * weight).sum((-2, -1), keepdim=True) / weight.sum((-2, -1), keepdim=True)
    return torch.where(weight > HARDLY_WALL, image, mean)


def pick_device(name: str, like: Tensor) -> torch.device:
    """The device that a setting names; ``auto`` stays where a GPU tensor is, else takes a GPU."""
    if name == "auto":
        if like.device.type != "cpu":
            return like.device
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise InputError(
            f"device={name!r} is unknown: use auto, cpu, cuda, cuda:N or mps"
        ) from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise InputError(f"device={name!r} is not here: use auto or cpu")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise InputError("device='mps' is not here: use auto or cpu")
    if device.type not in ("cpu", "cuda", "mps"):
        raise InputError(f"device={name!r} is not offered: use auto, cpu, cuda, cuda:N or mps")
    return device


@torch.inference_mode()
def _reference(image: Tensor | None, device: torch.device) -> tuple[Tensor, LatticeResult] | None:
    """A reference picture where it is measured, with its lattice."""
    if image is None:
        return None
    image = image.to(device)
    return image, reference_lattice(image)


@torch.inference_mode()
def _measure(
    inputs: list[WallInput],
    reference: tuple[Tensor, LatticeResult] | None,
    settings: Settings,
    device: torch.device,
) -> list[Diagnosis]:
    """Diagnose walls of one size that share a reference, or have none."""
    mask = torch.stack([wall.mask for wall in inputs]).to(device)
    image = _only_wall(torch.stack([wall.image for wall in inputs]).to(device), mask)
    walls = Walls(image, mask)
    wanted = None if reference is None else scaled(reference[1], torch.tensor(settings.ref_scale))
    lattice, plane = with_parts(walls, *measure_plane(walls), wanted)
    local, windows = measure_local_period(walls, lattice, plane)
    compared = None
    if reference is not None:
        compared = measure_reference(lattice, reference[1], reference[0], settings.ref_scale)
        compared = with_scale(compared, lattice, walls, settings.ref_scale)
    spectral = measure_spectrum(walls, lattice)
    results: dict[str, Any] = {
        "lattice": lattice,
        "spectral": spectral,
        "autocorrelation": measure_autocorrelation(walls, lattice),
        "cepstrum": measure_cepstrum(walls, lattice),
        "local_period": local,
        "banding": measure_banding(
            walls, lattice, local, windows, _over_expected(lattice, compared, settings)
        ),
        "shift": measure_shift(walls),
        "resize": measure_resize(walls, lattice),
        "grid": measure_grid(walls, lattice, settings.grid_periods_px),
        "edge_cross": measure_edge_cross(walls, spectral.power_no_window, lattice),
    }
    if compared is not None:
        results["reference"] = compared
    results = {name: to_cpu(result) for name, result in results.items()}
    found = []
    for index, own in enumerate(inputs):
        parts = {name: item(result, index) for name, result in results.items()}
        bare = Diagnosis(
            image=own.image.cpu(),
            mask=own.mask.cpu(),
            names=own.names,
            notes=own.notes,
            settings=settings,
            reference=parts.pop("reference", None),
            findings=(),
            **parts,
        )
        found.append(dataclasses.replace(bare, findings=find(bare)))
    return found


def _over_expected(
    lattice: LatticeResult, reference: ReferenceResult | None, settings: Settings
) -> Tensor | None:
    """Periods ``(B, 2)`` over what the user expects, along and across the rows; None for nothing.

    A size in px counts for more than a reference picture.
    """
    sizes = (settings.unit_px, settings.course_px)
    if reference is None and sizes == (None, None):
        return None
    ratios = [torch.full_like(lattice.unit_px, torch.nan)] * 2
    if reference is not None:
        ratios = [reference.scale_ratio_x, reference.scale_ratio_y]
    for axis, measured in enumerate((lattice.unit_px, lattice.course_px)):
        if (size := sizes[axis]) is not None:
            ratios[axis] = measured / size
    return torch.stack([ratio.double().cpu() for ratio in ratios], dim=-1)
