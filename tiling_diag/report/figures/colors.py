"""The colours of figures, pages and small pictures."""

from __future__ import annotations

INK, FAINT, RULE, PAPER = "#1f2428", "#59636e", "#b8c0c8", "#ffffff"
BLUE, ORANGE, GREEN, RED, YELLOW = "#1f5fbf", "#d1600a", "#1a7f37", "#c4162a", "#ffdd33"
CYAN, ZONE = "#36e0ff", "#ff2f6d"
VERDICT_COLORS = {"ok": GREEN, "unjudged": BLUE, "suspect": "#9a6700", "defect": RED, "info": FAINT}
