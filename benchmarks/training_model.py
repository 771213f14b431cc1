"""The small models of `benchmarks/training.py`: an autoencoder of stride 8, and a flow in latents.

The flow is a transformer over the tokens of the noisy latents and of the reference's, one after the
other, as in-context image editors have them.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STRIDE = 8
CHANNELS = 16


class Autoencoder(nn.Module):
    """Pictures in [-1, 1] to latents ``(B, 16, H / 8, W / 8)`` of about unit variance, and back.

    The encoder is the principal components of patches of 8 x 8 px; the decoder begins as their
    inverse, and learns what its neighbours say of a patch.
    """

    mean: Tensor
    basis: Tensor
    spread: Tensor

    def __init__(self) -> None:
        """Build the layers."""
        super().__init__()
        inner = 3 * STRIDE**2
        self.register_buffer("mean", torch.zeros(1, inner, 1, 1))
        self.register_buffer("basis", torch.zeros(CHANNELS, inner))
        self.register_buffer("spread", torch.ones(1, CHANNELS, 1, 1))
        last = nn.Conv2d(96, inner, 1)
        nn.init.zeros_(last.weight)
        self.refine = nn.Sequential(
            nn.Conv2d(CHANNELS, 96, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(96, 96, 3, padding=1),
            nn.SiLU(),
            last,
        )

    def encode(self, pictures: Tensor) -> Tensor:
        """Latents of pictures."""
        patches = F.pixel_unshuffle(pictures, STRIDE) - self.mean
        return torch.einsum("kc,bchw->bkhw", self.basis, patches) / self.spread

    def decode(self, latents: Tensor) -> Tensor:
        """Pictures of latents."""
        patches = torch.einsum("kc,bkhw->bchw", self.basis, latents * self.spread) + self.mean
        return F.pixel_shuffle(patches + self.refine(latents), STRIDE)


class Flow(nn.Module):
    """The velocity of noisy latents, given the latents of a reference tile and a mask."""

    def __init__(self, side: int, tile: int, width: int = 128, depth: int = 4) -> None:
        """Build the layers for `side` x `side` latents and a tile of `tile` x `tile`."""
        super().__init__()
        self.inward = nn.Linear(CHANNELS + 1, width)
        self.reference = nn.Linear(CHANNELS, width)
        self.places = nn.Parameter(0.02 * torch.randn(1, side * side + tile * tile, width))
        self.time = nn.Sequential(nn.Linear(64, width), nn.SiLU(), nn.Linear(width, width))
        layer = nn.TransformerEncoderLayer(
            width, 4, 3 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)
        self.outward = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, CHANNELS))

    def forward(self, noisy: Tensor, sigma: Tensor, tile: Tensor, mask: Tensor) -> Tensor:
        """Velocity ``noise - x0``.

        Args:
            noisy: ``(B, 16, h, w)``.
            sigma: ``(B,)`` in [0, 1].
            tile: ``(B, 16, t, t)`` latents of the reference.
            mask: ``(B, 1, h, w)`` where to paint.
        """
        seen = torch.cat((noisy, mask), 1).flatten(2).mT
        tokens = torch.cat((self.inward(seen), self.reference(tile.flatten(2).mT)), 1)
        waves = sigma[:, None] * torch.exp(torch.linspace(0, 5, 32, device=sigma.device))
        time = self.time(torch.cat((waves.sin(), waves.cos()), 1))
        found = self.layers(tokens + self.places + time[:, None])
        count = noisy.shape[-2] * noisy.shape[-1]
        return self.outward(found[:, :count]).mT.unflatten(2, noisy.shape[-2:])


def train_autoencoder(pictures: Tensor, steps: int, seed: int = 0) -> Autoencoder:
    """An autoencoder of pictures ``(N, 3, H, W)`` in [0, 1], frozen."""
    torch.manual_seed(seed)
    model = Autoencoder()
    patches = F.pixel_unshuffle(tinted(pictures)[0] * 2 - 1, STRIDE).movedim(1, -1).flatten(0, -2)
    patches = patches[torch.randperm(len(patches))[:8000]]
    mean = patches.mean(0)
    basis = torch.linalg.svd(patches - mean, full_matrices=False).Vh[:CHANNELS]
    model.mean.copy_(mean.view(1, -1, 1, 1))
    model.basis.copy_(basis)
    model.spread.copy_(((patches - mean) @ basis.T).std(0).view(1, -1, 1, 1))
    optimizer = torch.optim.AdamW(model.refine.parameters(), 2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, steps)
    for _ in range(steps):
        batch = tinted(pictures[torch.randint(len(pictures), (8,))])[0] * 2 - 1
        latents = model.encode(batch)
        # A little noise: what the flow paints is never exact.
        loss = F.mse_loss(model.decode(latents + 0.05 * torch.randn_like(latents)), batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return model.requires_grad_(False).eval()


def tinted(*pictures: Tensor) -> list[Tensor]:
    """Pictures in [0, 1], each item of all of them under one light of a random colour."""
    light = 0.7 + 0.5 * torch.rand(len(pictures[0]), 3, 1, 1)
    return [(one * light).clamp(0, 1) for one in pictures]
