"""Do the losses mend a model? A small flow paints walls like a reference tile.

    python benchmarks/training.py --out build/bench/training
    python benchmarks/training.py --out build/bench/training --arms MSE Tiling --seeds 0 --walls 8

An autoencoder of stride 8, an encoder of reference tiles and a base flow are trained first, and
kept in the folder. The base has seen references of unknown scale: most of its walls are at twice
the reference's. Then it is fine-tuned on walls of which a share (`--doubled`) is still at that
wrong scale, by the MSE of the velocity alone (MSE), and by it plus a loss between the decoded
picture and a reference: another place of the same material at the right scale, whose joints lie
elsewhere. Walls of materials that were never trained on are painted and measured by `diagnose`
against their known sizes.

Writes a table with 95 % intervals (bootstrap over materials), results.json and painted.png.
"""

from __future__ import annotations

import argparse
import copy
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from loss_peers import make_loss
from PIL import Image
from torch import Tensor
from training_model import STRIDE, Autoencoder, Encoder, Flow, train_autoencoder
from training_run import (
    BASE_DOUBLED,
    SAID,
    Batch,
    Extra,
    Models,
    new_flow,
    paint,
    reconstruction,
    train_encoder,
    train_flow,
)
from training_scores import score, table
from training_walls import HELD_OUT, SIDE_PX, Walls, draw_walls

from tiling_diag.losses import (
    ACFPeriodLoss,
    LogPolarAlignLoss,
    ScaleConsistencyLoss,
    SpectralPeriodLoss,
    TilingLoss,
)
from tiling_diag.training import LatentTilingLoss

# Weight of each loss beside the MSE.
ARMS: dict[str, tuple[Callable[[], Any], float] | None] = {
    "MSE": None,
    "SpectralPeriod": (SpectralPeriodLoss, 1.5),
    "LogPolarAlign": (LogPolarAlignLoss, 1.0),
    "ScaleConsistency": (ScaleConsistencyLoss, 1.0),
    "ACFPeriod": (ACFPeriodLoss, 1.0),
    "Tiling": (TilingLoss, 0.1),
    "focal-frequency": (lambda: make_loss("focal-frequency"), 1.0),
}
# These compare pictures in place: they get the wall itself, not a reference from elsewhere.
IN_PLACE = {"focal-frequency"}


def extra_loss(arm: str, model: Autoencoder, options: argparse.Namespace) -> Extra | None:
    """The loss beside the MSE, on the decoded pictures of a few items of the batch."""
    chosen = ARMS[arm]
    if chosen is None:
        return None
    build, weight = chosen
    latent = LatentTilingLoss(
        build(),
        model.decode,
        value_range=(-1, 1),
        stride=STRIDE,
        token=1,
        crop=SIDE_PX // STRIDE,
        sigma_max=options.sigma_max,
        every=options.every,
    )
    few, places = slice(options.items), torch.Generator().manual_seed(0)

    def extra(noisy: Tensor, output: Tensor, sigma: Tensor, batch: Batch) -> Tensor:
        wanted = (batch.target if arm in IN_PLACE else batch.reference)[few] * 2 - 1
        total, _ = latent(
            noisy[few], output[few], sigma[few], wanted, batch.mask[few], generator=places
        )
        return options.weight * weight * total

    return extra


def kept(model: Any, file: Path, train: Callable[[], Any]) -> Any:
    """The model with the weights of the file, or trained and kept there."""
    if file.exists():
        model.load_state_dict(torch.load(file))
        return model.requires_grad_(False).eval()
    model = train()
    torch.save(model.state_dict(), file)
    return model


def prepared(out: Path, materials: int, steps: list[int]) -> tuple[Walls, Models, Flow]:
    """Walls, frozen models and base flow: from the folder, or made and kept there."""
    walls = draw_walls(0, materials, out)
    both = torch.cat((walls.right, walls.doubled))[..., :SIDE_PX, :SIDE_PX]
    models = Models(
        kept(Autoencoder(), out / "autoencoder.pt", lambda: train_autoencoder(both, 200)),
        kept(Encoder(SAID), out / "encoder.pt", lambda: train_encoder(walls, 400)),
    )

    flow = new_flow(0)
    for turn, count in enumerate(steps):
        # Turns with a learning rate that falls in each; every one is kept.
        file = out / f"base_{'_'.join(map(str, steps[: turn + 1]))}.pt"
        if file.exists():
            flow.load_state_dict(torch.load(file))
            continue
        rate = (2e-3, 1.5e-3)[min(turn, 1)]
        train_flow(
            flow,
            models,
            walls,
            steps=count,
            rate=rate,
            doubled=BASE_DOUBLED,
            newest=0.005,
            seed=turn,
        )
        torch.save(flow.state_dict(), file)
    return walls, models, flow


def sheet(pictures: dict[str, Tensor], file: Path) -> None:
    """A row of walls for each arm."""
    rows = [torch.cat(list(one[:8]), -1) for one in pictures.values()]
    pixels = (torch.cat(rows, -2).clamp(0, 1) * 255).byte().permute(1, 2, 0).numpy()
    Image.fromarray(pixels).save(file)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=80, help="of fine-tuning")
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--doubled", type=float, default=0.5, help="of the fine-tuning walls")
    parser.add_argument("--base-steps", type=int, nargs="+", default=[1600, 1250])
    parser.add_argument("--materials", type=int, default=150)
    parser.add_argument("--walls", type=int, default=24, help="held-out materials")
    parser.add_argument("--sigma-max", type=float, default=1.0)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--items", type=int, default=4, help="of a batch that the loss sees")
    parser.add_argument("--weight", type=float, default=1.0, help="times the loss's own")
    return parser.parse_args()


def fresh() -> dict[str, list[Any]]:
    return {"rows": [], "velocity": [], "seconds": [], "seeds": []}


def tuned(
    base: Flow, models: Models, walls: Walls, arm: str, seed: int, options: argparse.Namespace
) -> tuple[Flow, float]:
    """The base after fine-tuning, and the processor's seconds per step."""
    flow = copy.deepcopy(base)
    seconds = train_flow(
        flow,
        models,
        walls,
        steps=options.steps,
        rate=options.rate,
        doubled=options.doubled,
        extra=extra_loss(arm, models.autoencoder, options),
        seed=seed,
    )
    return flow, seconds


def main() -> None:
    options = parse_arguments()
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    walls, models, base = prepared(options.out, options.materials, options.base_steps)
    held_out = draw_walls(HELD_OUT, options.walls, options.out)
    right = held_out.right[..., :SIDE_PX, :SIDE_PX]
    file = options.out / "results.json"
    results: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    decoder = models.autoencoder
    with torch.no_grad():
        through = 0.5 + 0.5 * decoder.decode(decoder.encode(right * 2 - 1))
    pictures = {
        "right, through the autoencoder": through,
        "base": paint(base, models, held_out.tiles, 0),
    }
    for name, painted in pictures.items():
        if name not in results:
            results[name] = fresh() | {"rows": score(painted, held_out)}
    results["base"]["velocity"] = [reconstruction(base, models, held_out)]
    began = time.monotonic()
    for seed in options.seeds:
        for arm in options.arms:
            result = results.setdefault(arm, fresh())
            if seed in result["seeds"]:
                continue
            flow, seconds = tuned(base, models, walls, arm, seed, options)
            pictures[arm] = paint(flow, models, held_out.tiles, seed)
            result["rows"] += score(pictures[arm], held_out)
            result["velocity"].append(reconstruction(flow, models, held_out))
            result["seconds"].append(seconds)
            result["seeds"].append(seed)
            file.write_text(json.dumps(results))
            sheet({"right": right, **pictures}, options.out / "painted.png")
            (options.out / "table.md").write_text(table(results, options.walls) + "\n")
            print(f"seed {seed} {arm}: {time.monotonic() - began:.0f} s", flush=True)
    print(table(results, options.walls))


if __name__ == "__main__":
    main()
