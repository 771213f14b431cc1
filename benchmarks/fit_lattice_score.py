"""Fit the score that tells right lattices from wrong ones, and say how well it does.

    python benchmarks/fit_lattice_score.py --workers 2          # the tables
    python benchmarks/fit_lattice_score.py --workers 2 --write  # also writes the package's score

Every candidate of every picture (`score_rows`) is a row: its evidence, and whether it is the true
lattice. The tables come from materials that were left out when the trees were fitted: a fold
holds all pictures of a material. Needs scikit-learn (the bench extra).
"""

from __future__ import annotations

import argparse
import json
import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from corpus import DEFAULT_CORPUS
from score_rows import run_task, tasks
from tables import markdown_table, run_tasks

PACKAGE = Path(__file__).resolve().parents[1] / "tiling_diag"
DEFAULT_OUT = Path("build") / "bench" / "lattice_score"
FOLDS = 4
TREES = {
    "learning_rate": 0.06,
    "max_leaf_nodes": 12,
    "max_depth": 6,
    "min_samples_leaf": 40,
    "l2_regularization": 5.0,
    "early_stopping": False,
}
LATTICE_TREES, STRIPE_TREES = 160, 120
# True candidates are few: each weighs so many times as much as a wrong one.
TRUE_LATTICE, TRUE_STRIPE = 6.0, 4.0
NO_CANDIDATE = -12.0


@dataclass(frozen=True, eq=False)
class Table:
    """Candidates of all pictures as rows."""

    evidence: np.ndarray
    is_true: np.ndarray
    picture: np.ndarray
    weight: float

    def with_column(self, values: np.ndarray) -> Table:
        """With one more number, the same for all candidates of a picture."""
        column = values[self.picture][:, None]
        return Table(
            np.concatenate([self.evidence, column], 1), self.is_true, self.picture, self.weight
        )

    def fitted(self, pictures: np.ndarray, trees: int):
        """Trees fitted on some pictures."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        mine = np.isin(self.picture, pictures)
        weights = np.where(self.is_true[mine], self.weight, 1.0)
        model = HistGradientBoostingClassifier(max_iter=trees, **TREES)
        return model.fit(self.evidence[mine], self.is_true[mine], sample_weight=weights)

    def left_out(self, folds: list, trees: int) -> np.ndarray:
        """Logits of candidates by trees that did not see their material."""
        logits = np.zeros(len(self.is_true))
        for others, own in folds:
            mine = np.isin(self.picture, own)
            logits[mine] = self.fitted(others, trees).decision_function(self.evidence[mine])
        return logits

    def best(self, logits: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The highest logit of each picture, and whether that candidate is true."""
        top, right = np.full(count, NO_CANDIDATE), np.zeros(count, dtype=bool)
        for row in np.argsort(logits, kind="stable"):
            top[self.picture[row]], right[self.picture[row]] = logits[row], self.is_true[row]
        return top, right


def _table(rows: list[dict], evidence: str, truth: str, weight: float) -> Table:
    counts = [len(row[truth]) for row in rows]
    return Table(
        np.concatenate([row[evidence] for row in rows]),
        np.concatenate([row[truth] for row in rows]),
        np.repeat(np.arange(len(rows)), counts),
        weight,
    )


def calibration_error(probability: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error: mean gap between probability and share, over equal bins."""
    which = np.minimum((probability * bins).astype(int), bins - 1)
    gaps = [
        abs(probability[which == k].mean() - right[which == k].mean()) * (which == k).mean()
        for k in range(bins)
        if (which == k).any()
    ]
    return float(sum(gaps))


def fit(rows: list[dict]) -> tuple[str, dict]:
    """Tables of left-out materials, and the score fitted on all."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    count = len(rows)
    lattices = _table(rows, "lattices", "true_lattice", TRUE_LATTICE)
    stripes = _table(rows, "stripes", "true_stripe", TRUE_STRIPE)
    names = {name: k for k, name in enumerate(dict.fromkeys(row["name"] for row in rows))}
    groups = np.array([names[row["name"]] for row in rows])
    folds = list(GroupKFold(FOLDS).split(np.zeros(count), groups=groups))
    top, right = lattices.best(lattices.left_out(folds, LATTICE_TREES), count)
    stripes = stripes.with_column(top)
    top_1, right_1 = stripes.best(stripes.left_out(folds, STRIPE_TREES), count)
    right = np.where(top_1 > top, right_1, right)
    best = np.maximum(top, top_1)[:, None]
    calibration = LogisticRegression(C=100.0).fit(best, right)
    probability = calibration.predict_proba(best)[:, 1]
    every = np.arange(count)
    score = {
        "lattices": plain_trees(lattices.fitted(every, LATTICE_TREES)),
        "stripes": plain_trees(stripes.fitted(every, STRIPE_TREES)),
        "calibration": {
            "slope": float(calibration.coef_[0, 0]),
            "intercept": float(calibration.intercept_[0]),
        },
    }
    return _report(rows, right, probability), score


def _report(rows: list[dict], right: np.ndarray, probability: np.ndarray) -> str:
    labels = [f"{row['kind']}, {row['how']}" for row in rows]
    found = np.array([bool(row["true_lattice"].any() or row["true_stripe"].any()) for row in rows])
    lines = []
    for label in sorted(set(labels)):
        mine = np.array([one == label for one in labels])
        said = mine & (probability >= 0.5)
        sure = mine & (probability >= 0.8)
        lines.append(
            [label, int(mine.sum())]
            + [f"{100 * found[mine].mean():.0f} %", f"{100 * right[mine].mean():.0f} %"]
            + [f"{100 * said.sum() / mine.sum():.0f} %"]
            + [f"{100 * right[said].mean():.0f} %" if said.any() else "-"]
            + [int((sure & ~right).sum())]
        )
    header = ["pictures", "n", "true one proposed", "true one best", "claimed", "of these right"]
    text = markdown_table([*header, "wrong from 0.8 on"], lines)
    error = calibration_error(probability, right)
    return f"{text}\n\nexpected calibration error, materials left out: {error:.3f}\n"


def plain_trees(model) -> dict:
    """Trees as lists: see `tiling_diag.checks.lattice.fitted_score.Trees`."""
    all_nodes = [trees[0].nodes for trees in model._predictors]
    most = max(len(nodes) for nodes in all_nodes)
    plain: dict = {name: [] for name in ("feature", "limit", "left", "right", "value")}
    for nodes in all_nodes:
        leaf = nodes["is_leaf"].astype(bool)
        own = np.arange(len(nodes))
        columns = {
            "feature": np.where(leaf, 0, nodes["feature_idx"]),
            "limit": np.where(leaf, 0.0, nodes["num_threshold"]),
            "left": np.where(leaf, own, nodes["left"]),
            "right": np.where(leaf, own, nodes["right"]),
            "value": np.where(leaf, nodes["value"], 0.0),
        }
        for name, column in columns.items():
            padded = [float(f"{v:.6g}") for v in column] + [0.0] * (most - len(nodes))
            whole = name in ("feature", "left", "right")
            plain[name].append([int(v) for v in padded] if whole else padded)
    plain["start"] = float(np.ravel(model._baseline_prediction)[0])
    plain["depth"] = int(max(nodes["depth"].max() for nodes in all_nodes))
    return plain


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    both = [DEFAULT_CORPUS, DEFAULT_CORPUS.with_name("corpus2")]
    parser.add_argument("--corpus", type=Path, nargs="+", default=both)
    parser.add_argument("--changes", type=int, default=8, help="changed views of each picture")
    parser.add_argument("--drawn", type=int, default=700)
    parser.add_argument("--nothing", type=int, default=200)
    parser.add_argument("--bands", type=int, default=3, help="views with bands of each picture")
    parser.add_argument("--tilts", type=int, default=2, help="views at an angle of each picture")
    parser.add_argument("--scenes", type=int, default=0, help="of each kind on each picture")
    parser.add_argument("--gratings", type=int, default=96)
    parser.add_argument("--few", type=int, default=4, help="crops of few periods of each picture")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    parser.add_argument("--reuse", action="store_true", help="take the evidence measured before")
    parser.add_argument("--write", action="store_true", help="write the package's score")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    kept = options.out / "evidence.pickle"
    if options.reuse and kept.is_file():
        rows = pickle.loads(kept.read_bytes())
    else:
        work = tasks(
            tuple(options.corpus),
            options.changes,
            options.drawn,
            options.nothing,
            options.tilts,
            options.bands,
            options.scenes,
            options.gratings,
            options.few,
        )
        rows = [row for row in run_tasks(run_task, work, options.workers) if row is not None]
        kept.write_bytes(pickle.dumps(rows))
    text, score = fit(rows)
    (options.out / "score.md").write_text(text, encoding="utf-8")
    print(text)
    if options.write:
        path = PACKAGE / "checks" / "lattice" / "score.json"
        path.write_text(json.dumps(score, separators=(",", ":")) + "\n", encoding="utf-8")
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
