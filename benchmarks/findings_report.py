"""Tables and curves of how often findings are right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median

from defect_cases import CLEAN, STRENGTHS
from logistic import auroc, reliability
from tables import markdown_table, percent

from tiling_diag.findings.limits import LIMITS

SUSPECT = 0.5
# Baselines: the number of a plain script that says most of this kind.
BASELINES = {
    "upsampling_grid": "axis_ratio_at_f",
    "resize_alias": "E2f_over_Ef",
    "doubling_bands": "band_score",
    "period": "E2f_over_Ef",
    "edge_cross": "axis_ratio_at_f",
}
# Kinds that make a wall without a reference suspect.
ALARMS = ("upsampling_grid", "resize_alias", "doubling_bands")
IsCase = Callable[[dict, str], "bool | None"]


def report(rows: list[dict], kinds: list[str], is_case: IsCase) -> str:
    """All tables as Markdown."""
    parts = ["Every finding, at every strength:", _findings(rows, kinds, is_case)]
    parts += ["By defect, at medium strength:", _variants(rows, kinds)]
    parts += ["Clean pictures, suspect or worse:", _clean(rows, kinds)]
    if "doubling_bands" in kinds:
        parts += ["Bands, at medium strength and more:", _bands(rows)]
    named = [r for r in rows if r["finding"] in ("zones", "perspective") or _is_none(r)]
    if named and len(kinds) > 1:
        parts += ["The corpus's own walls with zones, in perspective and without a period:"]
        parts += [_named(named)]
    return "\n\n".join(parts) + "\n"


def _is_none(row: dict) -> bool:
    return row["material"] == "none" and row["finding"] == "clean" and row["variant"] == "as-is"


def _findings(rows: list[dict], kinds: list[str], is_case: IsCase) -> str:
    header = ["finding"]
    header += [f"{what}, {s}" for s in STRENGTHS for what in ("AUROC", "found")]
    header += ["false alarms", "n clean", "AUROC of the baseline, medium", "baseline"]
    table = []
    for kind in kinds:
        negative = [r for r in rows if is_case(r, kind) is False]
        line: list[object] = [kind]
        for strength in STRENGTHS:
            positive = _positive(rows, kind, strength, is_case)
            score = auroc(_probabilities(positive, kind), _probabilities(negative, kind))
            line += ["-" if score is None else f"{score:.3f}", _share(positive, kind)]
        line += [_share(negative, kind), len(negative), *_baseline(rows, kind, is_case)]
        table.append(line)
    return markdown_table(header, table)


def _positive(rows: list[dict], kind: str, strength: str, is_case: IsCase) -> list[dict]:
    found = [r for r in rows if is_case(r, kind)]
    if kind == "no_period":
        return found if strength == "medium" else []
    return [r for r in found if r["strength"] == strength]


def _probabilities(rows: list[dict], kind: str) -> list[float]:
    return [r["probability"][kind] for r in rows]


def _share(rows: list[dict], kind: str) -> str:
    return percent(sum(p >= SUSPECT for p in _probabilities(rows, kind)), len(rows))


def _baseline(rows: list[dict], kind: str, is_case: IsCase) -> tuple[str, str]:
    name = BASELINES.get(kind)
    if name is None:
        return "-", "-"
    positive = [r["baselines"][name] for r in _positive(rows, kind, "medium", is_case)]
    clean = [r for r in rows if is_case(r, kind) is False or r["variant"] in CLEAN]
    negative = [r["baselines"][name] for r in clean if r["baselines"]]
    score = auroc(positive, negative)
    # The script says nothing of the direction: the better one counts.
    return ("-" if score is None else f"{max(score, 1 - score):.3f}"), name


def _variants(rows: list[dict], kinds: list[str]) -> str:
    table = []
    for kind in kinds:
        mine = [r for r in rows if r["finding"] == kind and r["strength"] == "medium"]
        for variant in sorted({r["variant"] for r in mine}):
            cases = [r for r in mine if r["variant"] == variant]
            known = [r for r in cases if r["evidence"][kind] is not None]
            right = [r for r in known if _detail_right(r, kind)]
            detail = (
                "-"
                if kind not in ("upsampling_grid", "resize_alias")
                else percent(len(right), len(known))
            )
            found = percent(sum(r["probability"][kind] >= SUSPECT for r in known), len(cases))
            table.append([kind, variant, len(cases), found, detail])
    return markdown_table(["finding", "defect", "n", "found", "period or factor right"], table)


def _detail_right(row: dict, kind: str) -> bool:
    if kind == "upsampling_grid":
        return row["grid_period_px"] == float(row["variant"].split()[1])
    if kind == "resize_alias":
        return abs(row["factor"] / float(row["variant"].split()[1]) - 1) < 0.05
    return False


def _clean(rows: list[dict], kinds: list[str]) -> str:
    alarms = [kind for kind in ALARMS if kind in kinds]
    table = []
    for variant in (*CLEAN, "resized"):
        mine = [r for r in rows if r["finding"] == "clean" and r["variant"] == variant]
        mine = [r for r in mine if not r["reference"]]
        table.append(_clean_line(variant, mine, alarms))
    every = [r for r in rows if r["finding"] == "clean" and r["variant"] in CLEAN]
    table.append(_clean_line("all but resized", [r for r in every if not r["reference"]], alarms))
    return markdown_table(["picture", "n", *alarms, "no finding"], table)


def _clean_line(name: str, rows: list[dict], alarms: list[str]) -> list[object]:
    def fires(row: dict, kind: str) -> bool:
        return row["probability"].get(kind, 0.0) >= SUSPECT

    def crossed(row: dict) -> bool:
        return row["cross_move"] > LIMITS.cross_move and fires(row, "edge_cross")

    quiet = [r for r in rows if not any(fires(r, k) for k in alarms) and not crossed(r)]
    shares = [percent(sum(fires(r, k) for r in rows), len(rows)) for k in alarms]
    return [name, len(rows), *shares, percent(len(quiet), len(rows))]


def _bands(rows: list[dict]) -> str:
    table = []
    mine = [r for r in rows if r["finding"] == "doubling_bands" and r["strength"] != "weak"]
    for name in [*sorted({r["variant"] for r in mine}), "all"]:
        cases = [r for r in mine if name in (r["variant"], "all")]
        found = [r for r in cases if r["probability"]["doubling_bands"] >= SUSPECT]
        # A wall without a lattice has no local field to see a band in.
        measured = [r for r in cases if r["is_periodic"]]
        right = sum(r["found_axis"] == r["orientation"] for r in found)
        overlaps = [
            f"{median([r['overlap'] for r in group] or [0]):.2f}" for group in (cases, found)
        ]
        shares = [percent(len(found), len(group)) for group in (cases, measured)]
        table.append([name, len(cases), *shares, *overlaps, percent(right, len(found))])
    header = [
        "band", "n", "found", "of those with a lattice", "overlap, median", "of those found",
        "orientation right",
    ]  # fmt: skip
    return markdown_table(header, table)


def _named(rows: list[dict]) -> str:
    table = []
    for r in rows:
        alarms = [k for k in ALARMS if r["probability"].get(k, 0.0) >= SUSPECT]
        change = r["scale_change"]
        drift = "-" if change != change else f"{change:.2f}"
        box = "-" if r["overlap"] is None else f"{r['overlap']:.2f}"
        wanted = {"zones": ["doubling_bands"]}.get(r["finding"], [])
        right = alarms == wanted and (r["is_periodic"] != (r["material"] == "none"))
        period = "yes" if r["is_periodic"] else "no"
        said = ", ".join(alarms) or "-"
        table.append([r["row"], period, drift, said, box, "right" if right else "wrong"])
    header = [
        "picture",
        "periodic",
        "size, nearest over farthest",
        "suspect",
        "overlap of zones",
        "",
    ]
    return markdown_table(header, table)


def write_figures(rows: list[dict], kinds: list[str], is_case: IsCase, folder: Path) -> None:
    """ROC curves at medium strength, and reliability over all strengths, as PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    shown = [kind for kind in kinds if kind != "no_period"]
    roc, (left, right) = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
    for kind in shown:
        positive = _probabilities(_positive(rows, kind, "medium", is_case), kind)
        negative = _probabilities([r for r in rows if is_case(r, kind) is False], kind)
        limits = sorted({*positive, *negative, 2.0}, reverse=True)
        tpr = [sum(p >= t for p in positive) / len(positive) for t in limits]
        fpr = [sum(p >= t for p in negative) / len(negative) for t in limits]
        left.plot(fpr, tpr, label=kind, drawstyle="steps-post")
        known = [r for r in rows if is_case(r, kind) is not None]
        labels = [bool(is_case(r, kind)) for r in known]
        count = sum(labels)
        weights = [1 / count if y else 3 / (len(labels) - count) for y in labels]
        curve = reliability(_probabilities(known, kind), labels, weights, bins=5)
        right.plot([c[0] for c in curve], [c[1] for c in curve], "o-", label=kind)
    left.set(xlabel="false alarms", ylabel="found", xlim=(-0.005, 0.2), ylim=(0.5, 1.005))
    left.set_title("ROC at medium strength")
    left.legend(fontsize=8)
    right.plot([0, 1], [0, 1], color="0.7", lw=1)
    right.set(xlabel="probability said", ylabel="share with the defect")
    right.set_title("Reliability, all strengths, 3 clean to 1 defect")
    roc.savefig(folder / "findings_curves.png", dpi=90)
    plt.close(roc)
