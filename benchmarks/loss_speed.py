"""Time and memory of the losses, as ratios in one run.

The floor is two real 2-D transforms of the luma with their backward: no loss of two spectra can
cost less. Rounds take turns and the least of each counts, so that a busy machine counts little.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from loss_peers import OURS
from tables import markdown_table
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from tiling_diag.kernels.luma import luma

BATCH, CHANNELS, ROUNDS = 4, 3, 7
# The requirements: TilingLoss over the floor, and peak memory over the input (both pictures).
MOST_FLOORS, MOST_INPUTS = 6.0, 12.0


def speed_table(size_px: int, device: str = "cpu") -> str:
    """Forward and backward of every loss at 4 x 3 x size x size, beside the floor."""
    generator = torch.Generator().manual_seed(0)
    shape = (BATCH, CHANNELS, size_px, size_px)
    pred = torch.rand(shape, generator=generator).to(device).requires_grad_()
    target = torch.rand(shape, generator=generator).to(device)
    works = _works(pred, target)
    best = dict.fromkeys(works, float("inf"))
    for _ in range(ROUNDS):
        for name, work in works.items():
            best[name] = min(best[name], _seconds(work, device))
    inputs = pred.nbytes + target.nbytes
    rows = [
        [
            name,
            f"{1e3 * best[name]:.0f} ms",
            f"{best[name] / best['floor']:.2f}",
            f"{best[name] / best['focal-frequency']:.2f}",
            f"{_peak_bytes(work, device) / inputs:.1f}",
        ]
        for name, work in works.items()
    ]
    header = ["loss", "time", "over the floor", "over focal-frequency", "peak memory over input"]
    limits = f"Required of Tiling: at most {MOST_FLOORS:.0f}, 1 and {MOST_INPUTS:.0f}."
    return f"{BATCH} x {CHANNELS} x {size_px} x {size_px}, {device}\n\n" + (
        markdown_table(header, rows) + f"\n\n{limits}"
    )


def _works(pred: Tensor, target: Tensor) -> dict[str, Callable[[], None]]:
    from focal_frequency_loss import FocalFrequencyLoss

    focal = FocalFrequencyLoss()
    second = target.clone().requires_grad_()

    def floor() -> None:
        for image in (pred, second):
            torch.fft.rfft2(luma(image)).abs().square().sum().backward()  # type: ignore[no-untyped-call]

    works: dict[str, Callable[[], None]] = {
        "floor": floor,
        "focal-frequency": lambda: focal(pred, target).backward(),
    }
    for name, kind in OURS.items():
        loss = kind()
        works[name] = lambda loss=loss: loss(pred, target, None).backward()  # type: ignore[misc]
    return works


def _seconds(work: Callable[[], None], device: str) -> float:
    start = time.perf_counter()
    work()
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def _peak_bytes(work: Callable[[], None], device: str) -> int:
    """Most that is allocated at one time during the work, over what was before."""
    if device != "cpu":
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        work()
        return torch.cuda.max_memory_allocated() - before
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        work()
    level, peak = 0, 0
    for event in record.profiler.kineto_results.events():
        if event.name() == "[memory]":
            level += event.nbytes()
            peak = max(peak, level)
    return peak
