"""The sweeps of `benchmarks/losses.py` as one figure: loss over scale, a line per picture."""

from __future__ import annotations

from pathlib import Path

from loss_scores import Score

COLUMNS = 4


def draw_sweeps(scores: list[Score], path: Path) -> None:
    """Write a PNG: a panel per loss, each picture's curve scaled to 1 at its largest."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = list(dict.fromkeys(score.loss for score in scores))
    rows = -(-len(names) // COLUMNS)
    figure, panels = plt.subplots(
        rows, COLUMNS, figsize=(2.4 * COLUMNS, 2.0 * rows), sharex=True, sharey=True, squeeze=False
    )
    for panel, name in zip(panels.flat, names, strict=False):
        for score in (s for s in scores if s.loss == name):
            top = max(score.values)
            panel.plot(
                score.scales, [v / top for v in score.values], lw=0.7, color="tab:blue", alpha=0.4
            )
        panel.axvline(1.0, color="black", lw=0.6, ls=":")
        panel.set_title(name, fontsize=9)
        panel.set_xscale("log")
        panel.set_xticks([0.4, 0.5, 0.7, 1.0, 1.4, 2.0, 2.5], minor=False)
        panel.set_xticklabels(["0.4", "", "0.7", "1", "1.4", "", "2.5"], fontsize=7)
        panel.minorticks_off()
        panel.tick_params(labelsize=7)
    for panel in list(panels.flat)[len(names) :]:
        panel.axis("off")
    figure.supxlabel("scale of the prediction over the target's", fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    plt.close(figure)
