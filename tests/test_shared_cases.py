"""Every picture of the shared cases has the right lattice and finding, or says why not."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CASES = ROOT.parent / "shared" / "cases"
MANIFEST = CASES / "manifest.json"
ENTRIES = json.loads(MANIFEST.read_text(encoding="utf-8")) if MANIFEST.is_file() else []
# What is not right in these yet.
WRONG = {
    "brick_red_01_person.jpg": "the courses alone are found with somebody in front of it",
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not ENTRIES, reason=f"there are no cases at {CASES}"),
]


@pytest.fixture(scope="module")
def cases():
    """The benchmark, which says what is wrong about a picture."""
    folder = str(ROOT / "benchmarks")
    sys.path.insert(0, folder)
    try:
        spec = importlib.util.spec_from_file_location("cases", ROOT / "benchmarks" / "cases.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules["cases"] = module
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(folder)


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["file"] for entry in ENTRIES])
def test_a_case_is_right(entry, cases, request):
    if entry["file"] in WRONG:
        reason = WRONG[entry["file"]]
        request.applymarker(pytest.mark.xfail(reason=reason, strict=False))
    row = cases.run_task(cases.Task("cases", CASES / entry["file"], entry))
    assert row["reasons"] == []
