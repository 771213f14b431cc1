"""Galleries of more pictures than a page takes."""

from tiling_diag.batch.selection import Selection


def row(probability):
    finding = {"code": "period_off", "severity": "suspect", "probability": probability}
    verdict = "suspect" if probability >= 0.5 else "ok"
    return {"status": "ok", "summary": {"verdict": verdict, "findings": [finding]}}


def chosen(count, **how):
    selection = Selection(**how)
    for k in range(count):
        selection.add(row((k * 7919 % count) / count))
    return selection


def test_a_few_are_shown_all():
    selection = chosen(30, worst=20, samples=10)
    assert selection.indices() == list(range(30))
    assert selection.note() is None


def test_of_many_the_worst_are_shown_and_some_of_the_others():
    selection = chosen(1000, worst=20, samples=10)
    shown = selection.indices()
    assert len(set(shown)) == 30
    assert shown == sorted(shown)
    worst = {k for k in range(1000) if k * 7919 % 1000 >= 980}
    assert worst < set(shown)
    assert shown == chosen(1000, worst=20, samples=10).indices()
    assert "the worst 20 and 10 drawn at random of the other 980" in selection.note()
