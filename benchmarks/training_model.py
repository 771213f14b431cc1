"""The small models of `benchmarks/training.py`: an autoencoder of stride 8, and a flow in latents.

The flow is a U-Net of convolutions, told what a frozen encoder says of the reference tile.
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


class Encoder(nn.Module):
    """What is said of a reference tile: its sizes, bond and colours, and the features below them.

    It stands for the image encoder that large models have beside them: trained first, then frozen.
    """

    def __init__(self, said: int, width: int = 64) -> None:
        """Build the layers for `said` numbers about a tile."""
        super().__init__()
        self.look = nn.Sequential(
            nn.Conv2d(3, 32, 3, stride=2, padding=1),
            nn.SiLU(),
            nn.Conv2d(32, width, 3, stride=2, padding=1),
            nn.GroupNorm(8, width),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, stride=2, padding=1),
            nn.GroupNorm(8, width),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.SiLU(),
        )
        self.say = nn.Sequential(nn.Linear(2 * width, width), nn.SiLU(), nn.Linear(width, said))

    def forward(self, tiles: Tensor) -> Tensor:
        """``(B, said)`` of tiles ``(B, 3, h, w)`` in [0, 1]."""
        seen = self.look(2 * tiles - 1)
        return self.say(torch.cat((seen.mean((-2, -1)), seen.std((-2, -1))), 1))


class Strips(nn.Module):
    """Means along rows and along columns, added back: joints are straight across the picture.

    Hou et al., "Strip pooling", CVPR 2020; in place of the attention of large models.
    """

    def __init__(self, width: int) -> None:
        """Build the layers."""
        super().__init__()
        self.rows = nn.Conv1d(width, width, 3, padding=1)
        self.columns = nn.Conv1d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, width, h, w)``."""
        return x + self.rows(x.mean(-1))[..., None] + self.columns(x.mean(-2))[..., None, :]


class Block(nn.Module):
    """Two convolutions beside a shortcut, scaled and shifted by what is known of the item."""

    def __init__(self, inward: int, outward: int, known: int) -> None:
        """Build the layers."""
        super().__init__()
        self.first = nn.Sequential(
            nn.GroupNorm(8, inward), nn.SiLU(), nn.Conv2d(inward, outward, 3, padding=1)
        )
        self.norm = nn.GroupNorm(8, outward, affine=False)
        self.known = nn.Linear(known, 2 * outward)
        self.strips = Strips(outward)
        self.second = nn.Conv2d(outward, outward, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        self.shortcut = nn.Conv2d(inward, outward, 1) if inward != outward else nn.Identity()

    def forward(self, x: Tensor, known: Tensor) -> Tensor:
        """``(B, outward, h, w)``."""
        scale, shift = self.known(known)[..., None, None].chunk(2, 1)
        inner = F.silu(self.norm(self.first(x)) * (1 + scale) + shift)
        return self.shortcut(x) + self.second(self.strips(inner))


class Flow(nn.Module):
    """The velocity of noisy latents, given what is said of the reference, and a mask: a U-Net."""

    def __init__(self, said: int, widths: tuple[int, ...] = (64, 96), known: int = 128) -> None:
        """Build the layers for `said` numbers about the reference."""
        super().__init__()
        self.reference = nn.Sequential(nn.Linear(8 * said, known), nn.SiLU())
        self.time = nn.Sequential(nn.Linear(64, known), nn.SiLU())
        self.known = nn.Sequential(nn.Linear(known, known), nn.SiLU())
        self.inward = nn.Conv2d(CHANNELS + 1, widths[0], 3, padding=1)
        down, up, smaller, width = [], [], [], widths[0]
        for level in widths:
            down.append(nn.ModuleList([Block(width, level, known), Block(level, level, known)]))
            up.append(nn.ModuleList([Block(2 * level, level, known), Block(level, width, known)]))
            smaller.append(nn.Conv2d(level, level, 3, stride=2, padding=1))
            width = level
        self.down, self.up = nn.ModuleList(down), nn.ModuleList(up[::-1])
        self.smaller = nn.ModuleList(smaller[:-1])
        self.outward = nn.Sequential(
            nn.GroupNorm(8, widths[0]), nn.SiLU(), nn.Conv2d(widths[0], CHANNELS, 3, padding=1)
        )

    def forward(self, noisy: Tensor, sigma: Tensor, said: Tensor, mask: Tensor) -> Tensor:
        """Velocity ``noise - x0``.

        Args:
            noisy: ``(B, 16, h, w)``.
            sigma: ``(B,)`` in [0, 1].
            said: ``(B, said)`` by the encoder about the reference.
            mask: ``(B, 1, h, w)`` where to paint.
        """
        waves = sigma[:, None] * torch.exp(torch.linspace(0, 5, 32, device=sigma.device))
        time = self.time(torch.cat((waves.sin(), waves.cos()), 1))
        turns = said[..., None] * torch.tensor([0.5, 1.0, 2.0, 4.0], device=said.device)
        reference = self.reference(torch.cat((turns.sin(), turns.cos()), -1).flatten(1))
        known = self.known(time + reference)
        x, kept = self.inward(torch.cat((noisy, mask), 1)), []
        for level, blocks in enumerate(self.down):
            if level:
                x = self.smaller[level - 1](x)
            for block in blocks:  # type: ignore[union-attr]
                x = block(x, known)
            kept.append(x)
        for blocks in self.up:
            side = kept[-1].shape[-2:]
            if x.shape[-2:] != side:
                x = F.interpolate(x, side, mode="nearest")
            x = torch.cat((x, kept.pop()), 1)
            for block in blocks:  # type: ignore[union-attr]
                x = block(x, known)
        velocity: Tensor = self.outward(x)
        return velocity


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
    spread = ((patches - mean) @ basis.T).std(0)
    # Half way, in logarithms, between one number for all channels and one for each: the model
    # should not work hardest for the faintest grain.
    scale = spread.sqrt() * (spread.sum() / len(spread)).sqrt()
    model.spread.copy_(scale.view(1, -1, 1, 1))
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
