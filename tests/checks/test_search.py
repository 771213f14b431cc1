"""The search for a lattice where its candidates come to nothing."""

import torch

from tiling_diag.checks.lattice import search
from tiling_diag.checks.walls import Walls
from tiling_diag.synth import Material, View, draw_wall


def test_no_cell_is_found_where_no_candidate_can_be_fitted(monkeypatch):
    image = draw_wall(
        Material(width_px=30.0, height_px=12.0, mortar_px=2.0), View((120, 150))
    ).image
    autocorrelation = Walls(image[None], torch.ones_like(image[:1])).small.channel_autocorrelations[
        0
    ]
    assert not search.search(autocorrelation).is_rank_1

    def flattened(autocorrelation, basis, *_, **__):
        # Of any strides, as least squares leave them.
        return basis[:, :1].expand(-1, 2, -1).mT

    monkeypatch.setattr(search, "fit", flattened)
    found = search.search(autocorrelation)
    assert not found.repeats or found.is_rank_1
