"""Tables of the local field: periods, planes, bands, rows of the corpus and failures.

The rows are those of `local_field.run_case`.
"""

from __future__ import annotations

import math
from statistics import median

from local_cases import STRENGTHS
from tables import markdown_table, median_percent, percent

from tiling_diag.findings.calibration import limit

# Where bands become suspect.
CLARITY_LIMIT = limit("doubling_bands") or math.inf
FLAT = (
    "running_bond", "stack_bond", "hex", "herringbone", "diagonal", "weave", "plank_1d",
)  # fmt: skip


def auroc(positive: list[float], negative: list[float]) -> float:
    """Chance that a wall with the defect has more evidence than one without."""
    pairs = [(p > n) + 0.5 * (p == n) for p in positive for n in negative]
    return sum(pairs) / len(pairs) if pairs else math.nan


def field_table(rows: list[dict]) -> str:
    groups = {
        "straight on": [r for r in rows if r["kind"] == "clean" and r["row_kind"] in FLAT],
        **{
            f"at an angle, {ratio}:1": [
                r for r in rows if r["kind"] == "view" and r["detail"] == ratio
            ]
            for ratio in ("1.3", "1.6", "2")
        },
        "corpus rows in perspective": [r for r in rows if r["row_kind"] == "perspective"],
    }
    lines = []
    for name, group in groups.items():
        right = [r for r in group if r["period_error"] is not None]
        errors = [r["period_error"] for r in right]
        planes = [r["plane_error"] for r in group if r["plane_error"] is not None]
        lines.append(
            [
                name,
                len(group),
                percent(len(right), len(group)),
                median_percent(errors),
                percent(sum(r["known"] >= 0.9 for r in right), len(right)),
                median_percent(planes),
                percent(sum(p <= 0.05 for p in planes), len(group)),
            ]
        )
    header = [
        "walls", "n", "lattice right", "local period off", "on 90 % of the wall",
        "scale field off", "scale field within 5 %",
    ]  # fmt: skip
    return markdown_table(header, lines)


def band_table(rows: list[dict]) -> str:
    negative = [
        r["clarity"]
        for r in rows
        if r["kind"] != "bands" and r["row_kind"] != "zones" and r["row_kind"] != "none"
    ]
    lines = []
    for name, strength in STRENGTHS.items():
        every = [r for r in rows if r["kind"] == "bands" and r["strength"] == strength]
        right = [r for r in every if r["period_error"] is not None]
        for what, group in ((name, every), (f"{name}, lattice right", right)):
            if not group:
                continue
            found = [r for r in group if r["clarity"] > CLARITY_LIMIT]
            lines.append(
                [
                    what,
                    len(group),
                    f"{auroc([r['clarity'] for r in group], negative):.3f}",
                    percent(len(found), len(group)),
                    percent(sum(c > CLARITY_LIMIT for c in negative), len(negative)),
                    f"{median(r['overlap'] for r in group):.2f}",
                    f"{median([r['overlap'] for r in found] or [0]):.2f}",
                    percent(sum(r["axis"] == r["orientation"] for r in found), len(found)),
                    median_percent([r["band_error"] for r in group if r["band_error"] is not None]),
                ]
            )
    header = [
        "bands", "n", "AUROC", "found", "found where none is", "overlap", "of those found",
        "direction right, of those found", "period in the band off",
    ]  # fmt: skip
    return markdown_table(header, lines)


def row_table(rows: list[dict]) -> str:
    """The corpus's own perspective, zones and none rows, one by one."""
    lines = []
    for r in rows:
        if r["kind"] != "clean" or r["detail"] != "as-is":
            continue
        change = "-" if r["change"] is None else f"{r['change']:.2f}"
        said = f"bands in {r['axis']}" if r["clarity"] > CLARITY_LIMIT else "no bands"
        if r["row_kind"] == "perspective":
            true = f"{r['true_change']:.2f} times as large at one corner as at another"
            period = "-" if r["period_error"] is None else f"{100 * r['period_error']:.1f} %"
            seen = f"{change} times; {said}; local period off {period}"
            plane = r["plane_error"]
            right = plane is not None and plane <= 0.05 and r["clarity"] <= CLARITY_LIMIT
        elif r["row_kind"] == "zones":
            true, seen = f"a band in {r['orientation']}", f"{said}, overlap {r['overlap']:.2f}"
            right = r["axis"] == r["orientation"] and r["overlap"] >= 0.75
        elif r["row_kind"] == "none":
            true, seen = "no period", f"{'a period' if r['periodic'] else 'no period'}; {said}"
            right = r["clarity"] <= CLARITY_LIMIT and not r["periodic"]
        else:
            continue
        lines.append([r["file"], true, seen, "yes" if right else "NO"])
    return markdown_table(["row", "truth", "measured", "right"], lines)


def failure_table(rows: list[dict]) -> str:
    """Bands that were missed or misplaced, and false ones."""
    lines = []
    for r in rows:
        said = r["clarity"] > CLARITY_LIMIT
        if r["kind"] == "bands" and (not said or r["overlap"] < 0.5):
            why = "lattice wrong" if r["period_error"] is None else "bands"
            lines.append([r["file"], r["detail"], f"{r['strength']:g}", r["orientation"], why,
                          f"{r['clarity']:.2f}", f"{r['overlap']:.2f}"])  # fmt: skip
        elif r["kind"] != "bands" and r["row_kind"] != "zones" and said:
            lines.append([r["file"], f"{r['kind']} {r['detail']}", "-", "-", "false alarm",
                          f"{r['clarity']:.2f}", "-"])  # fmt: skip
    header = ["file", "draw", "strength", "direction", "what failed", "clarity", "overlap"]
    return markdown_table(header, lines)
