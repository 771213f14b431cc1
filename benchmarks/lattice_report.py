"""The tables and lists that `lattice.py` prints, made from its raw rows."""

from __future__ import annotations

from tables import markdown_table, median_percent, percent

OURS_NAME = "tiling-diag"
ERRORS = {"unit_error": "unit_px off", "course_error": "course_px off"}


def group(row: dict) -> str:
    """What a raw row counts for: "lattice", "none" or "perspective"."""
    if not row["truth"]["is_periodic"]:
        return "none"
    return "perspective" if row["truth"]["a"] is None else "lattice"


def stress_table(rows: list[dict]) -> str:
    """One method's score under every stress."""
    lines = []
    for stress in dict.fromkeys(row["stress"] for row in rows):
        mine = [row for row in rows if row["stress"] == stress]
        known = [row for row in mine if group(row) == "lattice"]

        def share(verdict: str, of: str = "lattice", mine: list[dict] = mine) -> str:
            verdicts = [row["verdict"] for row in mine if group(row) == of]
            return percent(verdicts.count(verdict), len(verdicts))

        lines.append(
            [stress, len(known)]
            + [share(v) for v in ("right", "octave", "wrong", "missed", "crash")]
            + [share("right", "none"), share("right", "perspective")]
            + [median_percent(row.get(key) for row in known) for key in ERRORS]
            + [f"{sum(row['seconds'] for row in mine) / len(mine):.2f}"]
        )
    header = ["stress", "n", "right", "octave", "wrong", "missed", "crash"]
    header += ["none right", "perspective", *ERRORS.values(), "s each"]
    return markdown_table(header, lines)


def method_table(rows: list[dict]) -> str:
    """Share of right lattices by method and stress, and the share of right negatives."""
    methods = list(dict.fromkeys(row["method"] for row in rows))
    lines = []
    for stress in dict.fromkeys(row["stress"] for row in rows):
        cells: list[object] = [stress]
        for method in methods:
            mine = [r for r in rows if r["stress"] == stress and r["method"] == method]
            verdicts = {
                of: [r["verdict"] for r in mine if group(r) == of] for of in ("lattice", "none")
            }
            cells.append(" / ".join(percent(v.count("right"), len(v)) for v in verdicts.values()))
        lines.append(cells)
    return markdown_table(["right / none right", *methods], lines)


def baseline_wins(rows: list[dict]) -> list[str]:
    """Cases in which a baseline is right and ours is not."""
    right: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row["verdict"] == "right":
            right.setdefault((row["stress"], row["file"]), []).append(row["method"])
    return [
        f"- {stress}, {file}: {', '.join(methods)}"
        for (stress, file), methods in right.items()
        if OURS_NAME not in methods
    ]


def failure_lines(rows: list[dict]) -> list[str]:
    """One line for every picture that ours gets wrong."""
    return [f"- {caption(row)}" for row in rows if row["verdict"] != "right"]


def caption(row: dict) -> str:
    """A failure in one line."""
    detail = f" ({row['detail']})" if row["detail"] else ""
    true, seen = row["truth"], row["answer"]
    text = f"{row['stress']}, {row['file']}{detail}: {row['verdict']}"
    if row["failure"]:
        return f"{text}, {row['failure']}"
    if row["verdict"] != "false alarm":
        text += f", true {_vectors(true)}"
    if seen.get("is_periodic"):
        text += f", reported {_vectors(seen)}"
    if row.get("vector_error") is not None and row["verdict"] == "wrong":
        text += f", off by {100 * row['vector_error']:.1f} %"
    strength = seen.get("strength")
    return text if strength is None else f"{text}, strength {strength:.2f}"


def _vectors(lattice: dict) -> str:
    vectors = [v for v in (lattice["a"], lattice["b"]) if v is not None]
    return " ".join(f"({x:.1f}, {y:.1f})" for x, y in vectors) or "periodic"


def report(rows: list[dict]) -> str:
    """The tables and lists as one Markdown text."""
    ours = [row for row in rows if row["method"] == OURS_NAME]
    parts = []
    for method in dict.fromkeys(row["method"] for row in rows):
        parts += [f"## {method}", stress_table([r for r in rows if r["method"] == method])]
    if len({row["method"] for row in rows}) > 1:
        parts += ["## All methods", method_table(rows)]
        if ours:
            wins = baseline_wins(rows) or ["- none"]
            parts += [f"## Right where {OURS_NAME} is not", "\n".join(wins)]
    if ours:
        parts += [f"## Failures of {OURS_NAME}", "\n".join(failure_lines(ours) or ["- none"])]
    return "\n\n".join(parts) + "\n"
