"""Grids of every shape and what is done to pictures afterwards, for the benchmark of findings."""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor

# Lines along one axis, meshes and chequerboards; 2-D grids come from real layers (`synth`).
SHAPES = ("rows", "columns", "mesh", "chequer")
# What pictures go through on their way; "png" leaves them as they are.
POST = ("png", "jpeg95", "jpeg80", "jpeg60", "noise", "lanczos0.8", "lanczos1.5")
NOISE_LEVELS = 1.5


def shaped_grid(
    image: Tensor, *, shape: str, period_px: int, levels: float, seed: int = 0, share: float = 1.0
) -> Tensor:
    """A picture ``(C, H, W)`` with a pattern locked to the pixel grid.

    Args:
        image: in [0, 1].
        shape: one of `SHAPES`.
        period_px: of the pattern, at least 2.
        levels: root mean square in grey levels of 255.
        seed: of the pattern.
        share: part of the picture, from the top, that has it.
    """
    height, width = image.shape[-2:]
    rng = np.random.default_rng([seed, period_px])
    profiles = [_profile(rng, period_px, n) for n in (height, width)]
    down, across = profiles[0][:, None], profiles[1][None]
    if shape == "rows":
        pattern = down.expand(height, width)
    elif shape == "columns":
        pattern = across.expand(height, width)
    elif shape == "mesh":
        pattern = down + across
    else:
        half = max(1, period_px // 2)
        y, x = torch.arange(height) // half, torch.arange(width) // half
        pattern = 1.0 - 2.0 * ((y[:, None] + x[None]) % 2)
    pattern = pattern - pattern.mean()
    pattern = pattern * (levels / 255 / pattern.square().mean().sqrt())
    there = (torch.arange(height) < share * height)[:, None]
    return (image + pattern * there).clamp(0, 1)


def _profile(rng: np.random.Generator, period: int, count: int) -> Tensor:
    """``(count,)`` a random wave of the period: its own and its first overtones, falling off."""
    place = np.arange(count)
    wave = np.zeros(count)
    for order in range(1, max(1, min(3, period // 2)) + 1):
        phase = 0.0 if 2 * order == period else rng.uniform(0, 2 * np.pi)
        wave += np.cos(2 * np.pi * order * place / period + phase) / order
    return torch.from_numpy(wave).float()


def processed(image: Tensor, post: str, seed: int = 0) -> Tensor:
    """A picture ``(3, H, W)`` of whole grey levels after one of `POST`."""
    picture = Image.fromarray((image.movedim(0, -1).numpy() * 255 + 0.5).astype(np.uint8))
    if post.startswith("jpeg"):
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=int(post.removeprefix("jpeg")))
        picture = Image.open(file).convert("RGB")
    elif post == "noise":
        values = np.asarray(picture).astype(np.float32)
        noise = np.random.default_rng(seed).normal(0, NOISE_LEVELS, values.shape)
        picture = Image.fromarray(np.clip(values + noise + 0.5, 0, 255).astype(np.uint8))
    elif post.startswith("lanczos"):
        factor = float(post.removeprefix("lanczos"))
        size = (round(picture.width * factor), round(picture.height * factor))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return torch.from_numpy(np.asarray(picture).astype(np.float32) / 255).movedim(-1, 0)
