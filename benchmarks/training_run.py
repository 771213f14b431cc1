"""Training and sampling for `benchmarks/training.py`: a base model, fine-tuning, painted walls."""

from __future__ import annotations

import copy
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from training_model import STRIDE, Autoencoder, Encoder, Flow, tinted
from training_walls import SIDE_PX, TILE_PX, Walls, cropped

BATCH = 16
SAMPLING_STEPS = 20
# Share of the base model's walls at twice the reference's scale: as if references of other
# sizes had been resized to that of the tile.
BASE_DOUBLED = 0.8
SAID, TYPICAL_PX = 5, 10.0  # numbers that the encoder says; a typical size of units
FRAME_PX = 8  # not painted, along two sides: the mask is no rectangle's whole


@dataclass
class Models:
    """What is frozen."""

    autoencoder: Autoencoder
    encoder: Encoder


@dataclass
class Batch:
    """What one training step needs.

    Attributes:
        latents: ``(B, 16, h, w)`` of the target in [-1, 1].
        said: ``(B, SAID)`` about the reference tile.
        target: ``(B, 3, SIDE_PX, SIDE_PX)`` the wall to paint, in [0, 1].
        reference: likewise, another place of the material, always at the right scale.
        mask: ``(B, 1, SIDE_PX, SIDE_PX)``.
    """

    latents: Tensor
    said: Tensor
    target: Tensor
    reference: Tensor
    mask: Tensor


# Noisy latents, output, sigma, batch: the loss beside the MSE.
Extra = Callable[[Tensor, Tensor, Tensor, Batch], Tensor]


def masks(count: int) -> Tensor:
    """``(count, 1, SIDE_PX, SIDE_PX)``: a frame at the right and below is not wall, 0 to 16 px."""
    cover = torch.ones(count, 1, SIDE_PX, SIDE_PX)
    for one, (right, below) in zip(cover, torch.randint(0, 3, (count, 2)).tolist(), strict=True):
        one[..., SIDE_PX - FRAME_PX * right :] = 0
        one[..., SIDE_PX - FRAME_PX * below :, :] = 0
    return cover


def draw_batch(walls: Walls, models: Models, doubled: float, count: int = BATCH) -> Batch:
    """A batch of materials in random light; what is not wall is grey."""
    index = torch.randint(len(walls.tiles), (count,))
    twice = torch.rand(count, 1, 1, 1) < doubled
    wall = cropped(torch.where(twice, walls.doubled[index], walls.right[index]), SIDE_PX)
    other = cropped(walls.right[index], SIDE_PX)
    target, reference, tile = tinted(wall, other, walls.tiles[index])
    mask = masks(count)
    target = torch.where(mask > 0, target, 0.5)
    with torch.no_grad():
        latents, said = models.autoencoder.encode(target * 2 - 1), models.encoder(tile)
    return Batch(latents, said, target, reference, mask)


def noised(latents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Noisy latents, sigma ``(B,)`` and the velocity to learn."""
    # Logit-normal as in SD3, wider: where a wall is nearly all noise its period is chosen.
    sigma = torch.sigmoid(1.3 * torch.randn(len(latents)) + 0.7)
    noise = torch.randn_like(latents)
    share = sigma[:, None, None, None]
    return (1 - share) * latents + share * noise, sigma, noise - latents


def small(mask: Tensor) -> Tensor:
    """The mask at the size of the latents."""
    return F.avg_pool2d(mask, STRIDE)


def what_is_said(walls: Walls, index: Tensor, tiles: Tensor) -> Tensor:
    """``(B, 5)`` about the reference tiles: sizes and mean colour, about unit range."""
    sizes = (walls.sizes_px[index] / TYPICAL_PX).log() / 0.15
    return torch.cat((sizes, tiles.mean((-2, -1)) * 4 - 2), 1)


def train_encoder(walls: Walls, steps: int, seed: int = 0) -> Encoder:
    """An encoder of reference tiles, frozen; their crops come from the right walls."""
    torch.manual_seed(seed)
    encoder = Encoder(SAID)
    optimizer = torch.optim.AdamW(encoder.parameters(), 3e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, steps)
    for _ in range(steps):
        index = torch.randint(len(walls.tiles), (64,))
        (tiles,) = tinted(cropped(walls.right[index], TILE_PX))
        loss = F.mse_loss(encoder(tiles), what_is_said(walls, index, tiles))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return encoder.requires_grad_(False).eval()


def new_flow(seed: int) -> Flow:
    torch.manual_seed(seed)
    return Flow(SAID)


def learning_rate(share: float, rate: float, warm: float) -> float:
    """Rises over the share `warm` of the steps, falls from half of them on."""
    return rate * min(1.0, share / warm) * max(0.02, min(1.0, 2 * (1 - share)))


def train_flow(
    flow: Flow,
    models: Models,
    walls: Walls,
    *,
    steps: int,
    rate: float,
    doubled: float = 0.0,
    extra: Extra | None = None,
    newest: float = 1.0,
    seed: int = 0,
) -> float:
    """Train in place; the processor's seconds per step.

    The weights that are left are a moving average, in which those of the last step count `newest`.
    """
    torch.manual_seed(seed)
    optimizer = torch.optim.AdamW(flow.parameters(), rate, betas=(0.9, 0.99))
    mean = copy.deepcopy(flow).requires_grad_(False)
    began = time.process_time()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate((step + 1) / steps, rate, 0.03)
        batch = draw_batch(walls, models, doubled)
        noisy, sigma, velocity = noised(batch.latents)
        output = flow(noisy, sigma, batch.said, small(batch.mask))
        loss = F.mse_loss(output, velocity)
        if extra is not None:
            loss = loss + extra(noisy, output, sigma, batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(flow.parameters(), 1.0)
        optimizer.step()
        for kept, new in zip(mean.parameters(), flow.parameters(), strict=True):
            kept.lerp_(new.detach(), max(newest, 10 / (step + 11)) if newest < 1 else 1.0)
    flow.load_state_dict(mean.state_dict())
    return (time.process_time() - began) / steps


@torch.no_grad()
def paint(flow: Flow, models: Models, tiles: Tensor, seed: int) -> Tensor:
    """Walls ``(N, 3, SIDE_PX, SIDE_PX)`` in [0, 1] painted whole, by Euler steps."""
    source = torch.Generator().manual_seed(seed)
    count, side = len(tiles), SIDE_PX // STRIDE
    latents = torch.randn(count, 16, side, side, generator=source)
    said, cover = models.encoder(tiles), torch.ones(count, 1, side, side)
    times = torch.linspace(1, 0, SAMPLING_STEPS + 1)
    # The same shift of the schedule that flow models of pictures use: more steps where it is noisy.
    times = 3 * times / (1 + 2 * times)
    for now, after in itertools.pairwise(times):
        velocity = flow(latents, now.expand(count), said, cover)
        latents = latents + (after - now) * velocity
    return (0.5 + 0.5 * models.autoencoder.decode(latents)).clamp(0, 1)


@torch.no_grad()
def reconstruction(flow: Flow, models: Models, walls: Walls, seed: int = 1) -> float:
    """Mean square of velocity errors on `walls` at the right scale."""
    torch.manual_seed(seed)
    errors = []
    for _ in range(16):
        batch = draw_batch(walls, models, 0.0, 16)
        noisy, sigma, velocity = noised(batch.latents)
        output = flow(noisy, sigma, batch.said, small(batch.mask))
        errors.append(float(F.mse_loss(output, velocity)))
    return sum(errors) / len(errors)
