"""What `TilingMonitor` writes for TensorBoard while the model of `training.py` is fine-tuned.

    python benchmarks/training_tensorboard.py --out build/bench/training
    tensorboard --logdir build/bench/training/runs

The base model paints walls at twice the size of their reference; it is fine-tuned with
`SpectralPeriodLoss` as in `training.py`. Every ten steps a few held-out walls are painted,
diagnosed against the right wall and logged. At the end the event file is read back: its numbers and
the overviews of the worst wall become one picture, `training_monitor.webp`.
"""

from __future__ import annotations

import argparse
import copy
import io
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter
from training import extra_loss, parse_arguments, prepared
from training_run import Batch, paint, train_flow
from training_walls import HELD_OUT, SIDE_PX, draw_walls

from tiling_diag.training import Pictures, TilingMonitor

NUMBERS = {
    "tiling/octave_error_rate": "share of walls with an octave error",
    "tiling/median_period_error": "median period error, share",
}
SHOWN = "tiling/worst_0"


def run(options: argparse.Namespace, folder: Path, walls: int) -> None:
    """Fine-tune with the monitor, which writes an event file into the folder."""
    made, models, base = prepared(options.out, options.materials, options.base_steps)
    held_out = draw_walls(HELD_OUT, options.walls, options.out)
    right = held_out.right[:walls, :, :SIDE_PX, :SIDE_PX]
    flow, loss = copy.deepcopy(base), extra_loss("SpectralPeriod", models.autoencoder, options)
    assert loss is not None, "it is not the arm without a loss"
    with SummaryWriter(folder) as writer:
        # Every wall, however long it takes: the whole run is a minute.
        monitor = TilingMonitor(
            value_range=(0, 1), sinks=[writer], every=10, max_share=1.0, max_seconds=600.0
        )
        step = 0

        def painted() -> Pictures:
            return Pictures(paint(flow, models, held_out.tiles[:walls], 0), ref=right)

        def extra(noisy: Tensor, output: Tensor, sigma: Tensor, batch: Batch) -> Tensor:
            nonlocal step
            step += 1
            monitor(step, painted)
            value = loss(noisy, output, sigma, batch)
            writer.add_scalar("loss/SpectralPeriod", float(value.detach()), step)
            return value

        train_flow(
            flow, models, made, steps=options.steps, rate=options.rate, doubled=options.doubled,
            extra=extra,
        )  # fmt: skip
    if monitor.failures:
        raise SystemExit("the monitor failed: see its message above")


def draw(folder: Path, file: Path) -> None:
    """The numbers and pictures of an event file, as they were written."""
    events = EventAccumulator(str(folder), {"images": 0, "scalars": 0})
    events.Reload()
    shown = events.Images(SHOWN)
    places = np.unique(np.linspace(0, len(shown) - 1, 4).round().astype(int))
    figure = plt.figure(figsize=(10, 4.7), layout="constrained")
    rows = figure.subfigures(2, 1, height_ratios=(2, 3))
    for axes, (tag, title) in zip(rows[0].subplots(1, 2), NUMBERS.items(), strict=True):
        found = events.Scalars(tag)
        axes.plot([one.step for one in found], [one.value for one in found], marker="o")
        axes.set_title(title, fontsize=10)
        axes.set(xlabel="step", ylim=(0, 1.05))
        axes.grid(alpha=0.3)
    for axes, place in zip(rows[1].subplots(1, len(places)), places, strict=True):
        with Image.open(io.BytesIO(shown[place].encoded_image_string)) as picture:
            axes.imshow(np.asarray(picture))
        axes.set_title(f"{SHOWN}, step {shown[place].step}", fontsize=10)
        axes.axis("off")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130)
    with Image.open(buffer) as picture:
        picture.convert("RGB").save(file, quality=85, method=6)


def main() -> None:
    options = parse_arguments()
    torch.set_num_threads(1)
    folder = options.out / "runs" / f"spectral_period_{options.seeds[0]}"
    if not folder.exists():
        run(options, folder, walls=8)
    draw(folder, options.out / "training_monitor.webp")
    print(options.out / "training_monitor.webp")


if __name__ == "__main__":
    main()
