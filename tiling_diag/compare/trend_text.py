"""What a trend says, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from tiling_diag.compare.share_text import percent, range_text
from tiling_diag.compare.trend import Trend
from tiling_diag.language import said
from tiling_diag.text import printable

_MOST_NAMES = 4


def sentences(t: Trend) -> list[str]:
    """Which checkpoint is best, how the last one stands, where defects change; for the reader."""
    return [said(sentence) for sentence in (_best(t), _last(t), *_changes(t))]


def labels_of(t: Trend) -> list[str]:
    """Names of the checkpoints, as any terminal and page can show them."""
    return [printable(label) for label in t.labels]


def _best(t: Trend) -> str:
    names = labels_of(t)
    best, share = names[t.best.at], percent(t.lines[0].shares[t.best.at].estimate)
    pairs = len(names) * (len(names) - 1) // 2
    if t.best.is_chance:
        return (
            f"No checkpoint is best beyond chance: {best} has the fewest walls with a defect "
            f"({share}), and any other may be as good (Holm's correction over {pairs} pairs)."
        )
    corrected = f"beyond chance (Holm's correction over {pairs} pairs)"
    if t.best.is_sure:
        return (
            f"{best} is best: {share} of its walls have a defect, fewer than at every other "
            f"checkpoint, {corrected}."
        )
    beaten, rivals = ([names[k] for k in some] for some in (t.best.beaten, t.best.rivals))
    return (
        f"{best} has the fewest walls with a defect ({share}): fewer than {_listed(beaten)}, "
        f"{corrected}; {_listed(rivals)} may be as good."
    )


def _last(t: Trend) -> str:
    names = labels_of(t)
    last, best = names[-1], names[t.last.best]
    points = f"{100 * t.last.difference.estimate + 0.0:+.1f} points"
    interval = f"95 % interval {range_text(t.last.difference, signed=True)}"
    if t.is_regression:
        return (
            f"The last, {last}, has more defects than the best before it, {best}: {points} "
            f"({interval})."
        )
    return (
        f"The last, {last}, is not clearly worse than the best before it, {best}: {points} "
        f"({interval})."
    )


def _changes(t: Trend) -> list[str]:
    if not t.changes:
        return ["No change from one checkpoint to the next is sure enough to name."]
    names, found = labels_of(t), []
    for change in t.changes:
        where = f"between {names[change.after]} and {names[change.after + 1]}"
        if (change.low, change.high) != (change.after, change.after):
            where += f" (95 %: between {names[change.low]} and {names[change.high + 1]})"
        word = "rise" if change.rises else "fall"
        found.append(
            f"Defects {word} {where}, from {percent(change.before)} to {percent(change.then)} "
            "of the walls."
        )
    if turn := _turn(t):
        found.insert(0, turn)
    return found


def _turn(t: Trend) -> str | None:
    """Where defects that fell begin to rise, if they do so once."""
    rises = [change.rises for change in t.changes]
    if rises != sorted(rises) or len(set(rises)) < 2:
        return None
    first = rises.index(True)
    names = labels_of(t)
    before, after = t.changes[first - 1], t.changes[first]
    low, high = names[before.after + 1], names[after.after]
    place = f"at {low}" if low == high else f"between {low} and {high}"
    return f"It turned {place}: defects fell before and rise afterwards."


def _listed(names: Sequence[str]) -> str:
    if len(names) > _MOST_NAMES:
        return said(f"{len(names)} others")
    return ", ".join(names[:-1]) + (f" {said('and')} " if len(names) > 1 else "") + names[-1]
