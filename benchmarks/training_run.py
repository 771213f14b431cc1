"""Training and sampling for `benchmarks/training.py`: a base model, fine-tuning, painted walls."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from training_model import STRIDE, Autoencoder, Flow, tinted
from training_walls import SIDE_PX, TILE_PX, Walls

BATCH = 8
SAMPLING_STEPS = 12
# Share of the base model's walls at twice the reference's scale: as if references of other
# sizes had been resized to that of the tile.
DOUBLED_SHARE = 0.7
FRAME_PX = 8  # not painted, along two sides: the mask is no rectangle's whole

# Noisy latents, output, sigma, target picture, mask: the loss beside the MSE.
Extra = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]


@dataclass
class Batch:
    """What one training step needs; latents are of the pictures in [-1, 1]."""

    latents: Tensor
    tile: Tensor
    target: Tensor
    mask: Tensor


def masks(count: int) -> Tensor:
    """``(count, 1, SIDE_PX, SIDE_PX)``: a frame at the right and below is not wall, 0 to 16 px."""
    cover = torch.ones(count, 1, SIDE_PX, SIDE_PX)
    for one, (right, below) in zip(cover, torch.randint(0, 3, (count, 2)).tolist(), strict=True):
        one[..., SIDE_PX - FRAME_PX * right :] = 0
        one[..., SIDE_PX - FRAME_PX * below :, :] = 0
    return cover


def draw_batch(walls: Walls, model: Autoencoder, doubled: float, count: int = BATCH) -> Batch:
    """A batch of materials in random light; what is not wall is grey."""
    index = torch.randint(len(walls.tiles), (count,))
    twice = torch.rand(count, 1, 1, 1) < doubled
    wall = torch.where(twice, walls.doubled[index], walls.right[index])
    target, tile = tinted(wall, walls.tiles[index])
    mask = masks(count)
    target = torch.where(mask > 0, target, 0.5)
    with torch.no_grad():
        return Batch(model.encode(target * 2 - 1), model.encode(tile * 2 - 1), target, mask)


def small(mask: Tensor) -> Tensor:
    """The mask at the size of the latents."""
    return F.avg_pool2d(mask, STRIDE)


def new_flow(seed: int) -> Flow:
    torch.manual_seed(seed)
    return Flow(SIDE_PX // STRIDE, TILE_PX // STRIDE, width=64, depth=3)


def train_flow(
    flow: Flow,
    model: Autoencoder,
    walls: Walls,
    *,
    steps: int,
    rate: float,
    doubled: float = 0.0,
    extra: Extra | None = None,
    seed: int = 0,
) -> float:
    """Train in place; the processor's seconds per step."""
    torch.manual_seed(seed)
    optimizer = torch.optim.AdamW(flow.parameters(), rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, steps, pct_start=0.1)
    began = time.process_time()
    for _ in range(steps):
        batch = draw_batch(walls, model, doubled)
        sigma = torch.sigmoid(torch.randn(BATCH) + 0.5)  # logit-normal, as in SD3
        noise = torch.randn_like(batch.latents)
        share = sigma[:, None, None, None]
        noisy = (1 - share) * batch.latents + share * noise
        output = flow(noisy, sigma, batch.tile, small(batch.mask))
        loss = F.mse_loss(output, noise - batch.latents)
        if extra is not None:
            loss = loss + extra(noisy, output, sigma, batch.target, batch.mask)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(flow.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return (time.process_time() - began) / steps


@torch.no_grad()
def paint(flow: Flow, model: Autoencoder, tiles: Tensor, seed: int) -> Tensor:
    """Walls ``(N, 3, SIDE_PX, SIDE_PX)`` in [0, 1] painted whole, by Euler steps."""
    source = torch.Generator().manual_seed(seed)
    count, side = len(tiles), SIDE_PX // STRIDE
    latents = torch.randn(count, 16, side, side, generator=source)
    tile, cover = model.encode(tiles * 2 - 1), torch.ones(count, 1, side, side)
    times = torch.linspace(1, 0, SAMPLING_STEPS + 1)
    # The same shift of the schedule that flow models of pictures use: more steps where it is noisy.
    times = 3 * times / (1 + 2 * times)
    for now, after in itertools.pairwise(times):
        velocity = flow(latents, now.expand(count), tile, cover)
        latents = latents + (after - now) * velocity
    return (0.5 + 0.5 * model.decode(latents)).clamp(0, 1)


@torch.no_grad()
def reconstruction(flow: Flow, model: Autoencoder, walls: Walls, seed: int = 1) -> float:
    """Mean square of velocity errors on `walls` at the right scale."""
    torch.manual_seed(seed)
    errors = []
    for _ in range(8):
        batch = draw_batch(walls, model, 0.0, 16)
        sigma = torch.sigmoid(torch.randn(16) + 0.5)
        noise = torch.randn_like(batch.latents)
        share = sigma[:, None, None, None]
        noisy = (1 - share) * batch.latents + share * noise
        output = flow(noisy, sigma, batch.tile, small(batch.mask))
        errors.append(float(F.mse_loss(output, noise - batch.latents)))
    return sum(errors) / len(errors)
