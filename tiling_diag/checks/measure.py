"""The order of all checks on one page: from the pictures of walls to all that is measured.

From a picture to its results, and where each question is answered (modules of this folder):

    which lattice does the wall have           `lattice.measure`, called by `plane.measure`
        which lattices are possible            `lattice.proposals`, `lattice.candidates`
        which of two nested lattices is right  `lattice.fitted_score` decides the octave, from
                                               evidence that `lattice.nested` computes
        is it hidden by other things or light  `lattice.views`, by `appearance`, `striped_light`;
                                               in parts of the wall `lattice.parts`
    how is the wall seen: perspective, scale   `plane.measure`
        what is its tilt                       `plane.plane_fit`; without a lattice
                                               `plane.tilt_from_repetition`
        how large is the period at a place     `plane.local_period`
    where does the period differ: zones        `zones.measure`
        which lattice is too unlikely alone,
        but has clear bands                    `zones.hidden_lattice`
    how does it compare with what it should be
        with a reference picture               `reference.lattice_ratio`, `reference.texture_ratio`
        with a size in px                      `reference.expected`
    what do the spectra say                    `spectra.power`, `spectra.autocorrelation`,
                                               `spectra.cepstrum`, `spectra.shift`
    how was the picture made                   `artifacts.upsampling_grid`,
                                               `artifacts.jpeg_blocks`, `artifacts.resizing`,
                                               `artifacts.edge_cross`
        is the lattice a grid's                `artifacts.grid_lattice`

Every check takes `Walls`, a batch of walls of one size, and the results it builds on; it returns a
frozen dataclass of `results`, or of `artifacts.results`. To add a check: write a module in the
folder whose question it answers, its result type in `results`, a field of that type in
`measured.Measured`, and a line in `_results` below. Its limits go to the folder's `limits`, code
that turns the result into a finding to `tiling_diag.findings`, numbers for `summary.json` to
`tiling_diag.report.summary`, tests to `tests/checks`.
"""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import torch
from torch import Tensor

from tiling_diag.checks.artifacts.edge_cross import measure_edge_cross
from tiling_diag.checks.artifacts.grid_lattice import without_grid_lattices
from tiling_diag.checks.artifacts.jpeg_blocks import measure_jpeg
from tiling_diag.checks.artifacts.resizing import measure_resize
from tiling_diag.checks.artifacts.traces import difference_profiles
from tiling_diag.checks.artifacts.upsampling_grid import measure_grid
from tiling_diag.checks.batches import item, to_cpu
from tiling_diag.checks.lattice.mapped import scaled
from tiling_diag.checks.measured import Measured
from tiling_diag.checks.plane.local_period import measure_local_period
from tiling_diag.checks.plane.measure import measure_plane
from tiling_diag.checks.plane.plane_fit import Plane
from tiling_diag.checks.reference.expected import over_expected
from tiling_diag.checks.reference.lattice_ratio import measure_reference, reference_lattice
from tiling_diag.checks.reference.texture_ratio import with_texture_ratio
from tiling_diag.checks.results import LatticeResult, Reason
from tiling_diag.checks.spectra.autocorrelation import measure_autocorrelation
from tiling_diag.checks.spectra.cepstrum import measure_cepstrum
from tiling_diag.checks.spectra.power import measure_spectrum
from tiling_diag.checks.spectra.shift import measure_shift
from tiling_diag.checks.walls import Walls, only_wall
from tiling_diag.checks.zones.hidden_lattice import with_hidden_lattices
from tiling_diag.checks.zones.measure import measure_banding
from tiling_diag.inputs.wall_input import WallInput
from tiling_diag.settings import Settings


class Reference(NamedTuple):
    """A picture ``(C, h, w)`` of the material as it should be, and its lattice."""

    image: Tensor
    lattice: LatticeResult


@torch.inference_mode()
def read_reference(image: Tensor, device: torch.device) -> Reference:
    """Measure the lattice of a reference picture, once for all walls that have it."""
    image = image.to(device)
    walls = Walls(image[None], torch.ones_like(image[None, 0]))
    if walls.too_thin:
        return Reference(image, _too_thin(walls)[0])
    return Reference(image, reference_lattice(image))


@torch.inference_mode()
def measure(
    inputs: list[WallInput],
    reference: Reference | None,
    settings: Settings,
    device: torch.device,
) -> list[Measured]:
    """Run every check on walls of one size that share a reference, or have none.

    Args:
        inputs: at least one; all of one height, width and number of channels.
        reference: as `read_reference` gives it.
        settings: what the user chose.
        device: where to compute; results are in main memory.
    """
    mask = torch.stack([wall.mask for wall in inputs]).to(device)
    image = only_wall(torch.stack([wall.image for wall in inputs]).to(device), mask)
    results = {k: to_cpu(v) for k, v in _results(Walls(image, mask), reference, settings).items()}
    measured = []
    for index, own in enumerate(inputs):
        parts = {name: item(result, index) for name, result in results.items()}
        measured.append(
            Measured(
                image=own.image.cpu(),
                mask=own.mask.cpu(),
                names=own.names,
                notes=own.notes,
                settings=settings,
                reference=parts.pop("reference", None),
                **parts,
            )
        )
    return measured


def _results(walls: Walls, reference: Reference | None, settings: Settings) -> dict[str, Any]:
    """The result of every check, under the name of its field in `Measured`."""
    in_wall_px = None
    if reference is not None:
        in_wall_px = scaled(reference.lattice, torch.tensor(settings.ref_scale))
    # Lattice and tilt are found in turns: see `plane.measure`.
    if walls.too_thin:
        lattice, plane = _too_thin(walls)
    else:
        lattice, plane, likeliest = measure_plane(walls)
        lattice, plane = with_hidden_lattices(walls, lattice, plane, likeliest, in_wall_px)
        lattice, plane = without_grid_lattices(walls, lattice, plane, settings.grid_periods_px)
    local = measure_local_period(walls, lattice, plane)
    compared = None
    if reference is not None:
        compared = measure_reference(
            lattice, reference.lattice, reference.image, settings.ref_scale
        )
        compared = with_texture_ratio(compared, lattice, walls, settings.ref_scale)
    profiles = difference_profiles(walls)
    spectral = measure_spectrum(walls, lattice)
    expected = over_expected(lattice, compared, settings)
    results: dict[str, Any] = {
        "lattice": lattice,
        "spectral": spectral,
        "autocorrelation": measure_autocorrelation(walls, lattice),
        "cepstrum": measure_cepstrum(walls, lattice),
        "local_period": local,
        "banding": measure_banding(walls, lattice, local, expected),
        "shift": measure_shift(walls),
        "resize": measure_resize(walls, lattice, profiles),
        "jpeg": measure_jpeg(walls, profiles),
        "grid": measure_grid(walls, lattice, settings.grid_periods_px),
        "edge_cross": measure_edge_cross(walls, spectral.power_no_window, lattice),
    }
    return results if compared is None else {**results, "reference": compared}


def _too_thin(walls: Walls) -> tuple[LatticeResult, Plane]:
    """What is known of walls that are too thin: no lattice, no tilt."""
    flat = walls.image.new_zeros(*walls.image.shape[:2], 32, 32)
    lattice, plane, _ = measure_plane(Walls(flat, torch.ones_like(flat[:, 0])))
    reason = torch.full_like(lattice.reason, Reason.TOO_THIN)
    return dataclasses.replace(lattice, reason=reason), plane
