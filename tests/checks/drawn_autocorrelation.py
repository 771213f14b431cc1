"""Autocorrelations drawn by hand: bumps at the points of lattices whose heights anyone can check.

A channel is a list of layers; where layers overlap the higher one shows.
"""

import torch

from tiling_diag.checks.autocorrelation_maps import AutocorrelationMaps
from tiling_diag.checks.limits import LIMITS

# As many channels as walls have, and how wide bumps are.
CHANNELS, BUMP_PX = 8, 1.5


def points(a, b, height, only=None):
    """Bumps at ``i a + j b``; `only` says of whole numbers (i, j) which of them."""
    basis = torch.tensor([a, b], dtype=torch.float64)

    def layer(lags):
        steps = (lags @ torch.linalg.inv(basis)).round()
        bump = _bump((lags - steps @ basis).norm(dim=-1)) * height
        return bump if only is None else bump * only(*steps.unbind(-1))

    return layer


def ridges(pitch, height):
    """Ridges square to the vector `pitch` and its multiples."""
    vector = torch.tensor(pitch, dtype=torch.float64)

    def layer(lags):
        along = (lags @ vector) / vector.norm()
        return _bump(along - (along / vector.norm()).round() * vector.norm()) * height

    return layer


def drawn(channels, *, size=(200, 200), max_lag_px=None, importance=None):
    """The maps of one wall.

    Args:
        channels: a list of layers for each channel, or one list for all of them.
        size: height and width of the wall in px.
        max_lag_px: largest lag down and across, if not a share of the size.
        importance: of each channel; all count if None.
    """
    if not channels or callable(channels[0]):
        channels = [channels] * CHANNELS
    my, mx = max_lag_px or (int(LIMITS.max_lag_share * side) for side in size)
    y, x = (torch.arange(-n, n + 1, dtype=torch.float64) for n in (my, mx))
    lags = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
    maps = torch.stack([_highest(layers, lags) for layers in channels])
    maps[:, my, mx] = 1.0
    counts = torch.ones(len(maps)) if importance is None else torch.tensor(importance)
    return AutocorrelationMaps(maps.float()[None], counts[None])


def side_by_side(several):
    """The maps of several walls, drawn alike, as a batch."""
    return AutocorrelationMaps(
        torch.cat([one.maps for one in several]), torch.cat([one.importance for one in several])
    )


def _highest(layers, lags):
    nothing = torch.zeros(lags.shape[:-1], dtype=torch.float64)
    return torch.stack([nothing, *(layer(lags) for layer in layers)]).amax(0)


def _bump(distance):
    return torch.exp(-0.5 * (distance / BUMP_PX).square())
