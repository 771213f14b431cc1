"""Do the losses steer the scale, and only the scale? Beside MSE, L1 and focal-frequency-loss.

    python benchmarks/losses.py
    python benchmarks/losses.py --only brick --losses ACFPeriod,MSE --sizes 256 --parts sweep
    python benchmarks/losses.py --parts speed
    python benchmarks/losses.py --sizes 256 --masked no --parts "in place"

Every regular and near-regular periodic picture of the corpus with enough units gives a target and
another crop of it, resampled by s from 0.4 to 2.5 (`loss_walls.py`); what is measured of a loss is
in `loss_scores.py` and `loss_pixels.py`, its speed in `loss_speed.py`. The tables, the raw rows
and a figure of the sweeps of the smallest whole pictures are written to a folder, anew after each
table.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from corpus import DEFAULT_CORPUS
from loss_figure import draw_sweeps
from loss_peers import NAMES, OURS, make_loss
from loss_pixels import PixelScore, canvas_px, pixel_score
from loss_scores import (
    Score,
    Setting,
    crops_ratio,
    descend,
    only_the_scale,
    sweep,
    sweep_crops,
    target_crop,
)
from loss_speed import speed_table
from loss_walls import Material, load_materials
from tables import markdown_table, percent, run_tasks

DEFAULT_OUT = Path("build") / "bench" / "losses"
SCORED = ("sweep", "descent", "only")
PARTS = (*SCORED, "pixels", "colour", "speed")
KEPT = ("brightness", "contrast", "roll", "noise")


@dataclass(frozen=True)
class Task:
    """One material in one setting, for all losses."""

    material: Material
    setting: Setting
    losses: tuple[str, ...]
    parts: tuple[str, ...]


def run_task(task: Task) -> list[Score | PixelScore]:
    """The scores of a task's losses."""
    if task.parts in (("pixels",), ("colour",)):
        size_px, colour = task.setting.size_px, task.parts == ("colour",)
        return [pixel_score(name, task.material, size_px, colour) for name in task.losses]
    target, mask = target_crop(task.material, task.setting), task.setting.mask
    scales, preds, tangents = sweep_crops(task.material, task.setting)
    found: list[Score | PixelScore] = []
    own_ratio = (
        crops_ratio(task.material, task.setting.size_px) if "descent" in task.parts else None
    )
    for name in task.losses:
        loss = make_loss(name)
        score = Score(task.material.name, task.setting.size_px, task.setting.masked, name, scales)
        score.values, score.slopes = sweep(loss, preds, tangents, target, mask)
        if "descent" in task.parts:
            score.ends = descend(loss, task.material, task.setting, target)
            score.crops_ratio = own_ratio
        if "in place" in task.parts:
            score.ends_in_place = descend(loss, task.material, task.setting, target, in_place=True)
        if "only" in task.parts:
            score.changes = only_the_scale(loss, task.material, task.setting, target)
        found.append(score)
    return found


def sweep_table(scores: list[Score]) -> str:
    """One row per loss: what of the requirements is met, over pictures, steps or starts."""
    rows = []
    for name in dict.fromkeys(score.loss for score in scores):
        mine = [score for score in scores if score.loss == name]
        changed = [score for score in mine if score.changes]
        rows.append(
            [
                name,
                percent(sum(score.argmin_is_right for score in mine), len(mine)),
                percent(*_sum(score.steps for score in mine)),
                percent(*_sum(score.signs for score in mine)),
                f"{sum(score.octaves_are_dear for score in mine)} of {len(mine)}",
                percent(*_sum(score.descents for score in mine)),
                percent(*_sum(score.descents_to_own_ratio for score in mine)),
                percent(*_sum(score.descents_in_place for score in mine)),
                *(percent(sum(s.is_only_scale(k) for s in changed), len(changed)) for k in KEPT),
                _turn(changed),
            ]
        )
    header = ["loss", "argmin", "steps", "signs", "octaves", "descent", "own ratio", "in place"]
    return markdown_table([*header, *KEPT, "10 deg"], rows)


def _sum(counts: object) -> tuple[int, int]:
    good, every = 0, 0
    for one, of in counts:  # type: ignore[attr-defined]
        good, every = good + one, every + of
    return good, every


def _turn(scores: list[Score]) -> str:
    """Median over the pictures of the change by a turn over that by a 5 % scale error."""
    ratios = sorted(
        s.changes["turn"] / s.changes["scale"] for s in scores if s.changes["scale"] > 0
    )
    return f"{ratios[len(ratios) // 2]:.2f}" if ratios else "-"


def failures_table(scores: list[Score]) -> str:
    """The pictures on which one of our losses misses, with where it is smallest and ends."""
    rows = []
    for score in scores:
        good, every = score.descents
        if score.loss not in OURS:
            continue
        if score.argmin_is_right and score.octaves_are_dear and good == every:
            continue
        ends, in_place = (
            " ".join(f"{s:.2f}" for s in found) for found in (score.ends, score.ends_in_place)
        )
        own = "-" if score.crops_ratio is None else f"{score.crops_ratio:.3f}"
        rows.append([score.material, score.loss, f"{score.best_scale:.3f}", ends, own, in_place])
    header = ["picture", "loss", "smallest at", "descents end at", "own ratio", "in place"]
    return markdown_table(header, rows)


def pixel_table(scores: list[PixelScore]) -> str:
    """How often the measured period of a doubled wall moved to the target's."""
    rows = []
    for name in dict.fromkeys(score.loss for score in scores):
        mine = [score for score in scores if score.loss == name and score.counts]
        moved = sum(score.moved for score in mine)
        left = ", ".join(score.material for score in mine if not score.moved)
        rows.append([name, f"{moved} of {len(mine)}", percent(moved, len(mine)), left])
    return markdown_table(["loss", "moved", "share", "not moved"], rows)


def main() -> None:
    """Parse, measure, write."""
    args = _arguments()
    parts, losses = args.parts.split(","), tuple(args.losses.split(","))
    scored = tuple(part for part in parts if part in (*SCORED, "in place"))
    maskings = [{"no": False, "yes": True}[word] for word in args.masked.split(",")]
    args.out.mkdir(parents=True, exist_ok=True)
    text: list[str] = []
    rows: list[Score | PixelScore] = []
    for size_px in (int(size) for size in args.sizes.split(",")):
        materials = [m for m in load_materials(args.corpus, size_px) if args.only in m.name]
        for masked in maskings if scored else ():
            tasks = [Task(m, Setting(size_px, masked), losses, scored) for m in materials]
            scores = [s for found in run_tasks(run_task, tasks, args.workers) for s in found]
            title = f"{size_px} px, {'masked' if masked else 'whole'}, {len(materials)} pictures"
            text += [f"### {title}", sweep_table(scores), failures_table(scores)]
            rows += scores
            _write(args.out, text, rows)
        doubled = [m for m in materials if m.smallest_scale(canvas_px(size_px)) <= 1]
        for part in ("pixels", "colour"):
            if part not in parts or size_px != args.pixel_size:
                continue
            ours = tuple(name for name in losses if name in OURS)
            tasks = [Task(m, Setting(size_px, False), ours, (part,)) for m in doubled]
            moved = [s for found in run_tasks(run_task, tasks, args.workers) for s in found]
            seen = "in colour" if part == "colour" else "grey"
            text += [f"### Pixels of a doubled wall, {seen}, {size_px} px", pixel_table(moved)]
            rows += moved
            _write(args.out, text, rows)
    if "speed" in parts:
        text += ["### Speed", speed_table(args.speed_size)]
        _write(args.out, text, rows)
    print("\n\n".join(text))


def _write(folder: Path, text: list[str], rows: list[Score | PixelScore]) -> None:
    (folder / "losses.md").write_text("\n\n".join(text) + "\n", encoding="utf-8")
    lines = [json.dumps(dataclasses.asdict(row)) for row in rows]
    (folder / "losses.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    sweeps = [row for row in rows if isinstance(row, Score) and not row.masked]
    if sweeps:
        least = min(score.size_px for score in sweeps)
        draw_sweeps([s for s in sweeps if s.size_px == least], folder / "sweeps.png")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=DEFAULT_CORPUS)
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    parser.add_argument("--only", default="", help="pictures with this in their name")
    parser.add_argument("--losses", default=",".join(NAMES), help="of " + ", ".join(NAMES))
    parser.add_argument("--sizes", default="256,512", help="sides of the crops in px")
    parser.add_argument("--masked", default="no,yes", help="no, yes or both")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"of {', '.join(PARTS)}, in place")
    parser.add_argument("--pixel-size", type=int, default=256, help="size at which pixels move")
    parser.add_argument("--speed-size", type=int, default=512, help="side of the timed pictures")
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
