"""What is measured of one loss on one material, for `benchmarks/losses.py`.

A loss here is a function of ``(pred, target, mask)`` that returns ``(B,)``. The sweep's derivative
by the log of the scale is autograd's: the loss's gradient in the pixels, times the derivative of
the resampled pixels (forward mode), which is the chain rule through the resampling.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from loss_walls import NEAR, OCTAVES, SCALES, Material, outside, turned_crop, wall_mask
from torch import Tensor

import tiling_diag as td

Loss = Callable[[Tensor, Tensor, Tensor | None], Tensor]

# The requirements: how near the smallest loss is to s = 1, where the slope is not asked for, how
# near a descent ends, how far an octave is above a step.
ARGMIN_TOLERANCE = 0.03
SLOPE_GAP = 0.02
DESCENT_TOLERANCE = 0.02
# Two crops of one material may differ by so much; what is measured further apart is misread.
MOST_APART = 0.1
OCTAVE_RATIO, OCTAVE_STEP = 3.0, 1.03
STARTS = (0.5, 0.7, 1.4, 2.0)
DESCENT_STEPS = 32
DESCENT_RATE = 0.08
SCALE_ERROR = 1.05
TURN_DEG = 10.0
NOISE = 0.03
# Share of a unit by which the roll moves the wall.
ROLL_UNITS = (0.37, 0.61)
CHUNK = 16


@dataclass(frozen=True)
class Setting:
    """Size of the crops, and whether only a part of them is wall."""

    size_px: int
    masked: bool

    @property
    def mask(self) -> Tensor | None:
        """``(1, 1, size, size)`` or None."""
        return wall_mask(self.size_px) if self.masked else None

    def paint(self, wall: Tensor) -> Tensor:
        """The wall where the mask shows it, something else around."""
        if not self.masked:
            return wall
        return torch.where(wall_mask(self.size_px)[0] > 0, wall, outside(self.size_px))


@dataclass
class Score:
    """One loss on one material in one setting; counts are (good, all)."""

    material: str
    size_px: int
    masked: bool
    loss: str
    scales: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    slopes: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    ends_in_place: list[float] = field(default_factory=list)
    crops_ratio: float | None = None  # see `crops_ratio`
    changes: dict[str, float] = field(default_factory=dict)

    def at(self, scale: float) -> float | None:
        """Value at a scale of the sweep, None where the picture does not reach it."""
        near = min(self.scales, key=lambda s: abs(s - scale))
        return self.values[self.scales.index(near)] if abs(near - scale) < 1e-3 else None

    @property
    def best_scale(self) -> float:
        """Where the loss is smallest."""
        return self.scales[self.values.index(min(self.values))]

    @property
    def argmin_is_right(self) -> bool:
        """Within 3 % of 1."""
        return abs(self.best_scale - 1) <= ARGMIN_TOLERANCE + 1e-6

    @property
    def steps(self) -> tuple[int, int]:
        """Steps of the sweep on which the loss falls toward 1."""
        pairs = list(zip(self.scales, self.values, strict=True))
        falls = [
            (v1 < v0) if s1 <= 1 + 1e-6 else (v1 > v0)
            for (_, v0), (s1, v1) in itertools.pairwise(pairs)
        ]
        return sum(falls), len(falls)

    @property
    def signs(self) -> tuple[int, int]:
        """Derivatives that point away from 1, outside the gap around it."""
        asked = [
            d * (s - 1) > 0
            for s, d in zip(self.scales, self.slopes, strict=True)
            if abs(s - 1) > SLOPE_GAP
        ]
        return sum(asked), len(asked)

    @property
    def octaves_are_dear(self) -> bool:
        """Whether half and double (what the picture shows of them) cost over 3 times 1.03."""
        step = self.at(OCTAVE_STEP)
        octaves = [v for v in (self.at(s) for s in OCTAVES) if v is not None]
        return step is not None and min(octaves) > OCTAVE_RATIO * step

    @property
    def descents(self) -> tuple[int, int]:
        """Descents that end within 2 % of 1."""
        return _near_one(self.ends)

    @property
    def descents_in_place(self) -> tuple[int, int]:
        """The same of predictions cropped where the target is: their units are the same ones."""
        return _near_one(self.ends_in_place)

    @property
    def descents_to_own_ratio(self) -> tuple[int, int]:
        """Descents that end within 2 % of the ratio of the crops' periods, where it is known."""
        if self.crops_ratio is None:
            return 0, 0
        return _near_one([end / self.crops_ratio for end in self.ends])

    def is_only_scale(self, change: str) -> bool:
        """Whether a change that leaves the scale costs less than a 5 % scale error."""
        return self.changes[change] < self.changes["scale"]


def _near_one(ends: list[float]) -> tuple[int, int]:
    return sum(abs(s - 1) <= DESCENT_TOLERANCE for s in ends), len(ends)


def sweep_scales(material: Material, size_px: int) -> list[float]:
    """The scales of the sweep that the picture can show, rising."""
    every = sorted({round(s, 6) for s in (*SCALES, *NEAR, *OCTAVES, 1.0)})
    return [s for s in every if s >= material.smallest_scale(size_px)]


def sweep_crops(material: Material, setting: Setting) -> tuple[list[float], Tensor, Tensor]:
    """Scales, predictions ``(S, 1, size, size)`` and their derivatives by log scale."""
    scales = sweep_scales(material, setting.size_px)
    crops, tangents = [], []
    for scale in scales:
        centre = material.centres(setting.size_px, scale)[1]

        def seen(log_scale: Tensor, centre: tuple[float, float] = centre) -> Tensor:
            crop = material.crop(setting.size_px, torch.exp(log_scale), centre, True)
            return setting.paint(crop)

        crop, tangent = torch.func.jvp(seen, (torch.tensor(math.log(scale)),), (torch.ones(()),))
        crops.append(crop)
        tangents.append(tangent)
    return scales, torch.stack(crops), torch.stack(tangents)


def target_crop(material: Material, setting: Setting) -> Tensor:
    """``(1, 1, size, size)``."""
    centre = material.centres(setting.size_px, 1.0)[0]
    return setting.paint(material.crop(setting.size_px, torch.tensor(1.0), centre, True))[None]


def crops_ratio(material: Material, size_px: int) -> float | None:
    """Period of the target over that of the prediction at s = 1, both measured by `diagnose`.

    None where nothing repeats in one of them, or another period is read in one than in the other.
    """
    periods = []
    for centre in material.centres(size_px, 1.0):
        crop = material.crop(size_px, torch.tensor(1.0), centre, True).clamp(0, 1)
        period = td.diagnose(crop).summary()["periods"]["fundamental_px"]
        if period is None:
            return None
        periods.append(period)
    ratio: float = periods[0] / periods[1]
    return ratio if abs(ratio - 1) <= MOST_APART else None


def evaluate(loss: Loss, pred: Tensor, target: Tensor, mask: Tensor | None) -> Tensor:
    """``(B,)`` for one target and one mask."""
    batch = pred.shape[0]
    covers = None if mask is None else mask.expand(batch, -1, -1, -1)
    return loss(pred, target.expand(batch, -1, -1, -1), covers)


def sweep(
    loss: Loss, preds: Tensor, tangents: Tensor, target: Tensor, mask: Tensor | None
) -> tuple[list[float], list[float]]:
    """Values and derivatives by log scale at every prediction of the sweep."""
    values, slopes = [], []
    for crops, moves in zip(preds.split(CHUNK), tangents.split(CHUNK), strict=True):
        leaf = crops.clone().requires_grad_()
        value = evaluate(loss, leaf, target, mask)
        (gradient,) = torch.autograd.grad(value.sum(), leaf)
        values += value.tolist()
        slopes += (gradient * moves).sum((-3, -2, -1)).tolist()
    return values, slopes


def descend(
    loss: Loss, material: Material, setting: Setting, target: Tensor, *, in_place: bool = False
) -> list[float]:
    """Where gradient descent on log s ends from each start that the picture can show.

    The prediction is cropped apart from the target, or `in_place` about the target's own middle.
    Adam with a rate that falls to zero along a cosine: the size of a loss plays no part.
    """
    least = max(material.smallest_scale(setting.size_px), SCALES[0])
    starts = [s for s in STARTS if s >= least]
    logs = torch.tensor(starts).log().requires_grad_()
    which = 0 if in_place else 1
    optimizer = torch.optim.Adam([logs], lr=DESCENT_RATE, betas=(0.8, 0.95))
    for step in range(DESCENT_STEPS):
        optimizer.param_groups[0]["lr"] = (
            DESCENT_RATE * 0.5 * (1 + math.cos(math.pi * step / DESCENT_STEPS))
        )
        crops = [
            setting.paint(
                material.crop(
                    setting.size_px,
                    scale.exp(),
                    material.centres(setting.size_px, float(scale.detach().exp()))[which],
                    True,
                )
            )
            for scale in logs
        ]
        value = evaluate(loss, torch.stack(crops), target, setting.mask).sum()
        (logs.grad,) = torch.autograd.grad(value, logs)
        optimizer.step()
        with torch.no_grad():
            logs.clamp_(math.log(least), math.log(SCALES[-1]))
    return logs.detach().exp().tolist()


def only_the_scale(
    loss: Loss, material: Material, setting: Setting, target: Tensor
) -> dict[str, float]:
    """By how much the loss changes with a scale error of 5 %, and with what is none."""
    size_px = setting.size_px
    # One place at which even the smallest scale stays inside the picture.
    centre = material.centres(size_px, 1 / SCALE_ERROR)[1]
    h, w = material.rgb.shape[-2:]
    move = [share * material.unit_px for share in ROLL_UNITS]
    if not material.seamless:  # towards the picture's middle
        move = [-abs(m) for m in move]
    rolled = (centre[0] + move[0] / w, centre[1] + move[1] / h)
    wall = material.crop(size_px, torch.tensor(1.0), centre, True)
    noise = torch.randn(wall.shape, generator=torch.Generator().manual_seed(0))
    walls = {
        "none": wall,
        "brighter": wall + 0.1,
        "darker": wall - 0.1,
        "contrast 0.7": 0.5 + 0.7 * (wall - 0.5),
        "contrast 1.4": 0.5 + 1.4 * (wall - 0.5),
        "roll": material.crop(size_px, torch.tensor(1.0), rolled, True),
        "noise": wall + NOISE * noise,
        "larger": material.crop(size_px, torch.tensor(SCALE_ERROR), centre, True),
        "smaller": material.crop(size_px, torch.tensor(1 / SCALE_ERROR), centre, True),
        "turn": turned_crop(material, size_px, centre, math.radians(TURN_DEG)),
    }
    with torch.no_grad():
        preds = torch.stack([setting.paint(one) for one in walls.values()])
        values = evaluate(loss, preds, target, setting.mask).tolist()
    cost = dict(zip(walls, values, strict=True))
    away = {name: abs(value - cost["none"]) for name, value in cost.items()}
    return {
        "scale": 0.5 * (away["larger"] + away["smaller"]),
        "brightness": max(away["brighter"], away["darker"]),
        "contrast": max(away["contrast 0.7"], away["contrast 1.4"]),
        "roll": away["roll"],
        "noise": away["noise"],
        "turn": away["turn"],
    }
