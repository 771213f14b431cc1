"""Can the probability of a lattice be believed? Observed correctness against what was reported.

    python benchmarks/lattice.py --no-baselines
    python benchmarks/calibration.py build/bench/lattice/rows.json

Reads the raw rows of `lattice.py` and `drawn_walls.py` (several files may be given). Of the
pictures called periodic, by the probability of their lattice: how many had the right one (a
material without a period had none). Of all pictures: how often the decision was right. The tables
and the curve are written to a folder.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np
from lattice_report import OURS_NAME, group
from tables import markdown_table, percent

DEFAULT_OUT = Path("build") / "bench" / "calibration"


def load_rows(paths: list[Path]) -> list[dict]:
    """Our own rows of several files, but for those that failed."""
    rows = [row for path in paths for row in json.loads(path.read_text(encoding="utf-8"))]
    return [r for r in rows if r["method"] == OURS_NAME and r["failure"] is None]


def interval(right: int, count: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    if count == 0:
        return 0.0, 1.0
    z2 = 1.96**2
    share = right / count
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = 1.96 * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2)) / (1 + z2 / count)
    return middle - half, middle + half


def reliability(rows: list[dict], edges: np.ndarray) -> list[dict]:
    """Correctness of the pictures called periodic in bins of probability, lowest first.

    Perspective is left out: its lattice is not known, only that there is one.
    """
    said = [r for r in rows if r["answer"]["is_periodic"] and group(r) != "perspective"]
    probabilities = np.array([r["answer"]["probability"] for r in said], dtype=float)
    place = np.clip(np.digitize(probabilities, edges) - 1, 0, len(edges) - 2)
    bins = []
    for i in range(len(edges) - 1):
        inside = [r for r, p in zip(said, place, strict=True) if p == i]
        right = sum(r["verdict"] == "right" for r in inside)
        low, high = interval(right, len(inside))
        bins.append(
            {
                "from": float(edges[i]),
                "to": float(edges[i + 1]),
                "count": len(inside),
                "mean_probability": float(probabilities[place == i].mean()) if inside else None,
                "right": right,
                "octave": sum(r["verdict"] == "octave" for r in inside),
                "low": low,
                "high": high,
            }
        )
    return bins


def expected_error(bins: list[dict]) -> float | None:
    """Mean distance of probability from observed correctness, weighted by the counts (ECE)."""
    total = sum(b["count"] for b in bins)
    if not total:
        return None
    parts = [
        b["count"] * abs(b["right"] / b["count"] - b["mean_probability"])
        for b in bins
        if b["count"]
    ]
    return float(sum(parts) / total)


def reliability_table(bins: list[dict]) -> str:
    return markdown_table(
        ["probability", "pictures", "mean", "right", "95 % interval", "octave"],
        [
            [
                f"{b['from']:.1f} to {b['to']:.1f}",
                b["count"],
                "-" if b["mean_probability"] is None else f"{b['mean_probability']:.2f}",
                percent(b["right"], b["count"]),
                f"{100 * b['low']:.0f} to {100 * b['high']:.0f} %" if b["count"] else "-",
                percent(b["octave"], b["count"]),
            ]
            for b in bins
        ],
    )


def decision_table(rows: list[dict]) -> str:
    """How often the material repeats, by what was said."""
    lines = []
    for name, said in (("periodic", True), ("no period", False)):
        mine = [r for r in rows if r["answer"]["is_periodic"] == said]
        agree = sum(r["truth"]["is_periodic"] == said for r in mine)
        low, high = interval(agree, len(mine))
        lines.append(
            [name, len(mine), percent(agree, len(mine)), f"{100 * low:.0f} to {100 * high:.0f} %"]
        )
    return markdown_table(["said", "pictures", "so it is", "95 % interval"], lines)


def draw_curve(bins: list[dict], path: Path) -> None:
    """The reliability curve above the number of pictures in each bin."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    used = [b for b in bins if b["count"]]
    x = [b["mean_probability"] for b in used]
    y = [b["right"] / b["count"] for b in used]
    # The interval holds the share but for rounding.
    spread = [
        [max(0.0, v - b["low"]) for v, b in zip(y, used, strict=True)],
        [max(0.0, b["high"] - v) for v, b in zip(y, used, strict=True)],
    ]
    figure, (curve, counts) = plt.subplots(
        2, 1, figsize=(6, 6.5), sharex=True, height_ratios=(3, 1), layout="constrained"
    )
    curve.plot([0, 1], [0, 1], color="0.7", linestyle="--", label="probability = share right")
    curve.errorbar(x, y, yerr=spread, marker="o", capsize=3, label="observed, 95 % interval")
    curve.set(ylabel="share with the right lattice", xlim=(0, 1), ylim=(0, 1.02))
    curve.legend(loc="lower right")
    counts.bar(
        [(b["from"] + b["to"]) / 2 for b in bins],
        [b["count"] for b in bins],
        width=[0.9 * (b["to"] - b["from"]) for b in bins],
        color="0.6",
    )
    counts.set(xlabel="probability", ylabel="pictures")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "rows", type=Path, nargs="+", help="raw rows of lattice.py or drawn_walls.py"
    )
    parser.add_argument("--bins", type=int, default=10)
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for the results")
    options = parser.parse_args()
    rows = load_rows(options.rows)
    bins = reliability(rows, np.linspace(0, 1, options.bins + 1))
    error = expected_error(bins)
    text = "\n\n".join(
        [
            "## Probability of the pictures called periodic",
            reliability_table(bins),
            "Mean distance of probability from the share right: "
            + ("-" if error is None else f"{error:.3f}"),
            "## The decision",
            decision_table(rows),
        ]
    )
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "table.md").write_text(text + "\n", encoding="utf-8")
    draw_curve(bins, options.out / "reliability.png")
    print(text)
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
