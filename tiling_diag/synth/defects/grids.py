"""Upsampling grids from real decoders: transposed convolutions, and a small autoencoder."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, pad

from tiling_diag.errors import InputError
from tiling_diag.synth.defects.defect import DefectPicture, DefectTruth, check_picture
from tiling_diag.synth.noise import generator

# Root mean square of the grid at strength 1, grey levels of luma. On a flat surface a person
# begins to see an 8 px grid near 1 level; on brick the texture hides up to about 3.
FULL_GRID_LEVELS = 6.0

_LUMA = (0.2126, 0.7152, 0.0722)


def transposed_convolution_grid(
    image: Tensor,
    *,
    period_px: int = 8,
    strength: float = 0.5,
    seed: int = 0,
) -> DefectPicture:
    """The grid that a `torch.nn.ConvTranspose2d` of stride `period_px` leaves.

    The layer upsamples features of the reduced picture. Its kernel is 1.5 strides wide,
    so outputs get unequal numbers of taps (Odena et al., "Deconvolution and Checkerboard
    Artifacts", Distill 2016). What it makes inside one stride is added to the picture.

    Args:
        image: ``(C, H, W)`` in [0, 1], at least two periods each way.
        period_px: the stride, 2 or more.
        strength: 1 for a grid of `FULL_GRID_LEVELS`.
        seed: the layer's weights.
    """
    _check(image, strength, period_px)
    kernel = period_px + (period_px + 1) // 2
    source = generator(seed, 301, period_px)
    features = avg_pool2d(_padded(image, period_px)[None], period_px)
    with torch.random.fork_rng(devices=[]):  # making layers draws from the caller's numbers
        mix = nn.Conv2d(image.shape[0], 8, 1, bias=False)
        layer = nn.ConvTranspose2d(
            8, image.shape[0], kernel, stride=period_px, padding=1, bias=False
        )
    with torch.no_grad():
        # Weights about a common positive value, as a layer has that passes the mean on.
        for weights, spread in ((mix.weight, 1.0), (layer.weight, 0.5)):
            weights.copy_(1 + spread * torch.randn(weights.shape, generator=source))
        output = layer.to(image)(mix.to(image)(features))
    return _with_grid(image, output[0], period_px, strength, "transposed_convolution_grid")


def autoencoder_grid(
    image: Tensor, *, period_px: int = 8, strength: float = 0.5, seed: int = 0
) -> DefectPicture:
    """The grid of a small untrained convolutional encoder-decoder, as of a VAE.

    The encoder halves the picture until one latent stands for `period_px` pixels. The decoder
    doubles it once by a transposed convolution of width 3, which makes every second output
    another (a grid of one latent), then by repeating pixels and convolving, as VAE decoders do.
    What it makes inside one latent's square is added to the picture; it varies with the content.

    Args:
        image: ``(C, H, W)`` in [0, 1], at least two periods each way.
        period_px: stride of the latents, a power of 2 (8 as in most VAEs, 16 as Flux tokens).
        strength: 1 for a grid of `FULL_GRID_LEVELS`.
        seed: the weights.
    """
    _check(image, strength, period_px)
    stages = round(math.log2(period_px))
    if 2**stages != period_px:
        raise InputError(f"period_px={period_px} must be a power of 2: use {2 ** max(1, stages)}")
    source = generator(seed, 302, period_px)
    with torch.random.fork_rng(devices=[]):
        network = _autoencoder(image.shape[0], stages)
    with torch.no_grad():
        for weights in network.parameters():
            # He initialization: every layer keeps the size of its input.
            spread = math.sqrt(2 / weights[0].numel()) if weights.dim() == 4 else 0.1
            weights.copy_(spread * torch.randn(weights.shape, generator=source))
        output = network.to(image)(_padded(image, period_px)[None] - 0.5)
    return _with_grid(image, output[0], period_px, strength, "autoencoder_grid")


def _autoencoder(channels: int, stages: int) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv2d(channels, 16, 3, padding=1)]
    for _ in range(stages):
        layers += [nn.SiLU(), nn.Conv2d(16, 16, 3, stride=2, padding=1)]
    layers += [nn.SiLU(), nn.ConvTranspose2d(16, 16, 3, stride=2, padding=1, output_padding=1)]
    for _ in range(stages - 1):
        layers += [nn.SiLU(), nn.Upsample(scale_factor=2), nn.Conv2d(16, 16, 3, padding=1)]
    return nn.Sequential(*layers, nn.SiLU(), nn.Conv2d(16, channels, 3, padding=1))


def _check(image: Tensor, strength: float, period_px: int) -> None:
    height, width = check_picture(image, strength)
    if period_px < 2 or 2 * period_px > min(height, width):
        raise InputError(
            f"period_px={period_px} must be from 2 to half of the shorter side, "
            f"{min(height, width) // 2} px here"
        )


def _padded(image: Tensor, period_px: int) -> Tensor:
    """The picture with its last rows and columns repeated up to whole periods, plus one."""
    below, right = (-n % period_px + period_px for n in image.shape[1:])
    return pad(image[None], (0, right, 0, below), mode="replicate")[0]


def _with_grid(
    image: Tensor, output: Tensor, period_px: int, strength: float, name: str
) -> DefectPicture:
    """Add what `output` holds inside one period, scaled to the wanted amplitude."""
    height, width = image.shape[1:]
    whole = [n // period_px * period_px for n in output.shape[1:]]
    output = output[:, : whole[0], : whole[1]]
    # What the squares' own means carry is the picture, not the grid.
    means = avg_pool2d(output[None], period_px)
    smooth = interpolate(means, size=output.shape[1:], mode="bilinear", align_corners=False)
    detail = (output - smooth[0])[:, :height, :width]
    gain = FULL_GRID_LEVELS * strength / 255 / locked_amplitude(detail, period_px).clamp_min(1e-12)
    changed = (image + gain * detail).clamp(0, 1)
    levels = 255 * locked_amplitude(changed - image, period_px)
    return DefectPicture(
        image=changed,
        mask=torch.ones_like(image[0]) if strength > 0 else torch.zeros_like(image[0]),
        truth=DefectTruth(
            name,
            "upsampling_grid" if strength > 0 else None,
            strength,
            grid_period_px=period_px,
            grid_levels=float(levels),
        ),
    )


def locked_amplitude(picture: Tensor, period_px: int) -> Tensor:
    """Root mean square of the part of the luma that repeats with `period_px` from the origin.

    Args:
        picture: ``(C, H, W)``; rows and columns beyond whole periods are left out.
        period_px: period along both axes.
    """
    weights = picture.new_tensor(_LUMA if picture.shape[0] == 3 else (1.0,))
    luma = torch.tensordot(weights, picture, dims=1)
    rows, columns = (n // period_px for n in luma.shape)
    cells = luma[: rows * period_px, : columns * period_px].reshape(
        rows, period_px, columns, period_px
    )
    pattern = cells.mean((0, 2))
    amplitude: Tensor = (pattern - pattern.mean()).square().mean().sqrt()
    return amplitude
