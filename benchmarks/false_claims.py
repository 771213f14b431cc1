"""How often `compare` of many checkpoints says something of runs in which nothing changes.

    python benchmarks/false_claims.py --runs 200

Each run is a table of answers (a wall has a defect or not) of the same pictures at several
checkpoints. Pictures have their own chance of a defect, and in some runs come in clusters (seeds of
one prompt) that are alike. No checkpoint differs from another. Counted are runs in which one is
called best (better than any other), in which the last is called a regression, and in which a
change point is named. With `--shift` the second half of the checkpoints has more defects by so
many points, and the same counts say how often that is seen.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
from tables import markdown_table

from tiling_diag.compare.answers import Answers
from tiling_diag.compare.judging import judge

DEFAULT_OUT = Path("build") / "bench" / "false_claims.md"
AIM = 0.05
# Checkpoints, pictures, pictures of a cluster, mean chance of a defect.
DESIGNS = (
    (3, 100, 1, 0.1),
    (8, 100, 1, 0.1),
    (8, 400, 1, 0.3),
    (20, 200, 1, 0.05),
    (8, 400, 8, 0.2),
    (20, 240, 4, 0.1),
)


def drawn(
    random: np.random.Generator,
    checkpoints: int,
    pictures: int,
    cluster: int,
    chance: float,
    shift: float = 0.0,
) -> Answers:
    """Answers of a run: within a cluster and checkpoint pictures share a part of their luck."""
    clusters = np.arange(pictures) // cluster
    own = random.beta(2 * chance, 2 * (1 - chance), clusters[-1] + 1)[clusters]
    # In a cluster half of the pictures, on average, do at a checkpoint what the first one does.
    luck = random.random((checkpoints, pictures))
    together = random.random((checkpoints, clusters[-1] + 1))[:, clusters]
    luck = np.where(random.random((checkpoints, pictures)) < 0.5, together, luck)
    worse = np.arange(checkpoints)[:, None] >= checkpoints / 2
    yes = luck < own + shift * worse
    return Answers(yes, np.ones_like(yes), clusters if cluster > 1 else None)


def claims(answers: Answers, *, changes: bool = True) -> Counter[str]:
    """What is said of a run; change points, which take longest, with `changes` only."""
    shares = answers.yes.mean(1)
    order = sorted(range(len(shares)), key=lambda k: (shares[k], k))
    judged = judge(answers, order, changes=changes)
    return Counter(
        best=not judged.best.is_chance,
        regression=judged.last.is_regression,
        change=bool(judged.changes),
    )


def counted(
    design: tuple[int, int, int, float], runs: int, seed: int, shift: float, changes: bool = True
) -> Counter[str]:
    """Claims over many runs."""
    random = np.random.default_rng(seed)
    total: Counter[str] = Counter()
    for _ in range(runs):
        total += claims(drawn(random, *design, shift=shift), changes=changes)
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shift", type=float, default=0.0, help="points, as a share")
    parser.add_argument("--no-changes", action="store_true", help="look for no change points")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    arguments = parser.parse_args()
    kinds = ["best", "regression", *([] if arguments.no_changes else ["change"])]
    rows, everything = [], Counter()
    for design in DESIGNS:
        total = counted(
            design, arguments.runs, arguments.seed, arguments.shift, not arguments.no_changes
        )
        everything += total
        shares = [f"{100 * total[what] / arguments.runs:.1f} %" for what in kinds]
        rows.append([*map(str, design[:3]), f"{design[3]:.2f}", *shares])
    runs = arguments.runs * len(DESIGNS)
    rows.append(["all", "", "", "", *(f"{100 * everything[what] / runs:.1f} %" for what in kinds)])
    head = ["checkpoints", "pictures", "a cluster", "chance", *kinds]
    table = markdown_table(head, rows)
    print(table)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(table + "\n")


if __name__ == "__main__":
    main()
