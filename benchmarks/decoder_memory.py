"""Activations that a decoder keeps for the way back, per px of the decoded picture.

    python benchmarks/decoder_memory.py

Layers of the shape of Flux's decoder, without numbers in them: what autograd saves is counted, on
the meta device, for two sizes of crop, and the part that grows with the crop is printed.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CHANNELS = (512, 512, 256, 128)
LATENTS = 16
RESNETS = 3


class Resnet(nn.Module):
    """Norm, SiLU, convolution, twice, beside a shortcut."""

    def __init__(self, inner: int, outer: int) -> None:
        """Build the layers."""
        super().__init__()
        self.first, self.second = nn.GroupNorm(32, inner), nn.GroupNorm(32, outer)
        self.convolve = nn.Conv2d(inner, outer, 3, padding=1)
        self.again = nn.Conv2d(outer, outer, 3, padding=1)
        self.short = nn.Conv2d(inner, outer, 1) if inner != outer else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """One block."""
        found = self.convolve(F.silu(self.first(x)))
        return self.short(x) + self.again(F.silu(self.second(found)))


class Attention(nn.Module):
    """Self-attention over the places of the coarsest level."""

    def __init__(self, width: int) -> None:
        """Build the layers."""
        super().__init__()
        self.norm, self.inward = nn.GroupNorm(32, width), nn.Conv2d(width, 3 * width, 1)
        self.outward = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Attend."""
        q, k, v = self.inward(self.norm(x)).flatten(2).mT.chunk(3, -1)
        found = F.scaled_dot_product_attention(q, k, v)
        return x + self.outward(found.mT.unflatten(2, x.shape[-2:]))


def decoder() -> nn.Sequential:
    width = CHANNELS[0]
    layers: list[nn.Module] = [nn.Conv2d(LATENTS, width, 3, padding=1)]
    layers += [Resnet(width, width), Attention(width), Resnet(width, width)]
    for level, outer in enumerate(CHANNELS):
        for _ in range(RESNETS):
            layers.append(Resnet(width, outer))
            width = outer
        if level + 1 < len(CHANNELS):
            layers += [nn.Upsample(scale_factor=2), nn.Conv2d(width, width, 3, padding=1)]
    return nn.Sequential(
        *layers, nn.GroupNorm(32, width), nn.SiLU(), nn.Conv2d(width, 3, 3, padding=1)
    )


def saved_bytes(model: nn.Module, latents: int) -> int:
    """Bytes that autograd keeps for a crop of `latents` x `latents`, parameters not counted."""
    own = {p.untyped_storage()._cdata for p in model.parameters()}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in own:
            kept[storage._cdata] = tensor
        return tensor

    z = torch.zeros(
        1, LATENTS, latents, latents, device="meta", dtype=torch.bfloat16, requires_grad=True
    )
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        picture = model(z)
    assert picture.shape[-1] == 8 * latents
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


def main() -> None:
    with torch.device("meta"):
        model = decoder().to(torch.bfloat16).requires_grad_(False)
    few, many = (saved_bytes(model, latents) for latents in (16, 32))
    per_px = (many - few) / (64 * (32**2 - 16**2))
    print(f"{per_px / 1024:.2f} KiB per px of the crop in bfloat16, frozen parameters")
    for side in (256, 512):
        print(f"{side} x {side} px: {per_px * side**2 / 2**30:.2f} GiB an item")


if __name__ == "__main__":
    main()
