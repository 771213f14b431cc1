"""The JUnit file: a verdict is a test that passes, fails, is skipped or broke."""

from xml.etree import ElementTree

import pytest

from tiling_diag.batch.junit import write_junit
from tiling_diag.batch.totals import Totals


def row(name, verdict, unjudged=None):
    summary = {"verdict": verdict, "findings": [], "unjudged": unjudged}
    return {"path": name, "status": "ok", "error": None, "seconds": 0.5, "summary": summary}


@pytest.mark.parametrize(
    ("fail_on", "skipped", "failures"), [(None, 1, 0), ("suspect", 1, 0), ("unjudged", 0, 1)]
)
def test_what_was_not_judged_is_skipped_unless_it_is_to_fail(tmp_path, fail_on, skipped, failures):
    rows, totals = [row("a.png", "ok"), row("b.png", "unjudged", "it is <black>")], Totals()
    for one in rows:
        totals.add(one)
    write_junit(tmp_path / "walls.xml", rows, totals, fail_on)
    suite = ElementTree.parse(tmp_path / "walls.xml").getroot()
    assert (suite.get("skipped"), suite.get("failures")) == (str(skipped), str(failures))
    passed, judged = suite
    assert len(passed) == 0
    (one,) = judged
    assert one.tag == ("skipped" if skipped else "failure")
    assert one.get("message") == "it is <black>"
