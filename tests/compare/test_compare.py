"""`compare`: two pictures, two folders, two batches."""

import json
import os
import shutil
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
from batch_walls import HereEngine, rows_in, save_wall
from browser import browser, needs_browser, opened, pictures_shown
from checkpoints import side_of
from typed_commands import typed

import tiling_diag as td
from tiling_diag.batch import BatchOptions, run_batch
from tiling_diag.batch.rows import to_line
from tiling_diag.compare.batches import compare_batches
from tiling_diag.compare.pictures import PictureComparison
from tiling_diag.compare.report import write_comparison
from tiling_diag.compare.sides import pair, read_side
from tiling_diag.compare.steps import Step
from tiling_diag.errors import InputError

pytestmark = pytest.mark.usefixtures("remembered")

SAMPLES = Path(__file__).parents[2] / "sample_data"


command = partial(typed, "compare")


@pytest.fixture(scope="module")
def batches(tmp_path_factory):
    """Two batches: of 5 pairs two get doubled units in B, one gets better; some have no pair."""
    folder = tmp_path_factory.mktemp("compare")
    for side in ("a", "b"):
        for index in range(5):
            worse, better = side == "b" and index < 2, side == "b" or index != 4
            unit = 24 if better and not worse else 48
            ending = "png" if side == "a" or index % 2 else "bmp"
            save_wall(
                folder / side / "x" / f"{index} <i>.{ending}",
                index,
                period=(16, unit),
                size=(128, 192),
            )
        save_wall(folder / side / f"only {side}.png")
        (folder / side / "bad.png").write_bytes(b"no")
        run_batch(
            [str(folder / side)],
            folder / f"out_{side}",
            td.Settings(unit_px=24.0),
            BatchOptions(recursive=True),
            engine=HereEngine(),
        )
    return folder


def compared(folder, a="out_a", b="out_b"):
    return compare_batches(read_side(str(folder / a)), read_side(str(folder / b)))


def test_pairs_go_by_folder_and_stem_and_the_rest_is_listed(batches):
    plain = compared(batches).plain()
    assert plain["pairs"] == 6
    assert plain["unpaired_a"] == ["only a.png"]
    assert plain["unpaired_b"] == ["only b.png"]
    assert plain["unreadable"] == ["bad.png"]
    assert plain["regressed"] == [f"x/{k} <i>.png" for k in range(2)]
    assert plain["improved"] == ["x/4 <i>.png"]
    assert plain["unchanged"] == [f"x/{k} <i>.png" for k in range(2, 4)]
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_shares_and_numbers_are_those_of_the_rows(batches):
    comparison = compared(batches)
    plain = comparison.plain()
    defect = plain["shares"][0]
    assert (defect["what"], defect["a"], defect["b"]) == ("defect", 1 / 5, 2 / 5)
    assert (defect["only_a"], defect["only_b"]) == (1, 2)
    assert defect["difference"] == pytest.approx(1 / 5)
    assert defect["low"] < 0 < defect["high"]
    assert not comparison.is_regression
    by_what = {one["what"]: one for one in plain["shares"]}
    assert by_what["period_doubled"]["only_b"] == 2
    rows = {s: {r["path"]: r for r in rows_in(batches / f"out_{s}")} for s in "ab"}
    moves = []
    for a, b in comparison.pairs.both:
        if "error" not in (a.status, b.status):
            units = [
                rows[s][w.path]["summary"]["lattice"]["unit_px"] for s, w in (("a", a), ("b", b))
            ]
            moves.append(units[1] - units[0])
    (unit,) = (one for one in plain["numbers"] if one["measure"] == "lattice.unit_px")
    assert unit["pairs"] == 5
    assert unit["difference"] == pytest.approx(sum(moves) / 5)
    assert unit["low"] < unit["difference"] < unit["high"]


def test_the_largest_changes_come_first_with_their_pictures(batches, tmp_path):
    comparison = compared(batches)
    assert {a.name[2] for a, _ in comparison.largest[:3]} == set("014")
    page = write_comparison(comparison, tmp_path / "out")[-1].read_text()
    assert page.count("data:image/jpeg") == 2 * len(comparison.largest)
    assert "<i>" not in page
    assert "0 &lt;i&gt;.png" in page
    for outside in ("http://", "https://", 'src="/', "<script src"):
        assert outside not in page
    assert json.loads((tmp_path / "out" / "compare.json").read_text()) == comparison.plain()


def test_a_batch_against_itself_has_not_changed(batches):
    plain = compared(batches, "out_a", "out_a").plain()
    assert not plain["defect_regression"]
    assert len(plain["unchanged"]) == 6
    assert plain["largest_changes"] == []
    assert {one["difference"] for one in plain["shares"] + plain["numbers"]} == {0.0}


def many(folder, count, worse):
    """A batch of `count` walls of which the first `worse` are defects, from one real row."""
    save_wall(folder / "walls" / "0.png")
    run_batch([str(folder / "walls")], folder, engine=HereEngine())
    (row,) = rows_in(folder)
    lines = []
    for index in range(count):
        summary = dict(row["summary"], verdict="defect" if index < worse else "ok")
        lines.append(to_line({**row, "path": f"{folder}/walls/{index}.png", "summary": summary}))
    (folder / "results.jsonl").write_bytes(b"".join(lines))
    return folder


@pytest.mark.parametrize(("worse", "code"), [(12, 0), (30, 1), (0, 0)])
def test_only_a_rise_beyond_the_interval_is_a_regression(tmp_path, worse, code):
    a, b = many(tmp_path / "a", 100, 10), many(tmp_path / "b", 100, worse)
    result = command(a, b, "--out", tmp_path / "out", "--fail-on-regression")
    assert result.exit_code == code
    assert command(a, b, "--out", tmp_path / "out").exit_code == 0
    lines = result.stdout.splitlines()
    words = {12: "No clear change", 30: "B has more", 0: "B has fewer"}
    assert lines[0].startswith(words[worse])
    assert max(map(len, lines)) <= 80


def test_batches_of_other_settings_are_pointed_out(batches, tmp_path):
    run_batch([str(batches / "a" / "x")], tmp_path, td.Settings(unit_px=30.0), engine=HereEngine())
    notes = compared(tmp_path.parent, tmp_path.name, tmp_path.name).notes
    assert notes == []
    comparison = compare_batches(read_side(str(tmp_path)), read_side(str(tmp_path)))
    assert comparison.notes == []
    save = read_side(str(batches / "out_a" / "results.jsonl"))
    pairs = pair(save.walls, read_side(str(tmp_path)).walls)
    assert pairs.both == []  # x/0.png is not 0.png
    run_batch(
        [str(batches / "a")], tmp_path, td.Settings(unit_px=30.0), BatchOptions(recursive=True),
        engine=HereEngine(),
    )  # fmt: skip
    comparison = compare_batches(save, read_side(str(tmp_path)))
    assert comparison.notes == ["the sides were measured with another unit_px: 24.0 and 30.0"]


def test_results_without_a_note_of_their_roots_are_named_below_what_they_share(batches, tmp_path):
    for side in "ab":
        shutil.copytree(batches / f"out_{side}", tmp_path / side)
        (tmp_path / side / "batch.json").unlink()
    assert len(compared(tmp_path, "a", "b").pairs.both) == 6


def test_rows_of_an_unfinished_batch_may_have_relative_and_absolute_paths(batches, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(batches / "out_a", out)
    (out / "batch.json").write_text("[]")
    path = out / "results.jsonl"
    first, rest = path.read_text().split("\n", 1)
    row = json.loads(first)
    row["path"] = os.path.relpath(row["path"])
    path.write_text(json.dumps(row) + "\n" + rest)
    named = {wall.name for wall in read_side(str(out)).walls}
    assert named == {wall.name for wall in read_side(str(batches / "out_a")).walls}


def test_a_line_that_is_no_row_is_named(batches, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(batches / "out_a", out)
    with open(out / "results.jsonl", "a") as file:
        file.write('{"path": "a.png", "status": "ok", "summary": {}}\n')
    result = command(out, batches / "out_b", "--out", tmp_path / "compared")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "results.jsonl, line 8 is not a row of results (" in line


@pytest.mark.slow
def test_two_folders_are_measured_first_and_not_again(batches, tmp_path):
    arguments = [batches / "a", batches / "b", "--recursive", "--unit-px", "24", "--out", tmp_path]
    first = command(*arguments, "--json")
    assert first.exit_code == 0
    plain = json.loads(first.stdout)
    there = compared(batches).plain()
    for key in ("pairs", "regressed", "improved", "unchanged", "unpaired_a"):
        assert plain[key] == there[key]
    before = (tmp_path / "a" / "results.jsonl").read_bytes()
    again = command(*arguments, "--json")
    assert json.loads(again.stdout) == plain
    assert (tmp_path / "a" / "results.jsonl").read_bytes() == before


def test_what_can_not_be_compared_is_said(batches, tmp_path):
    picture = SAMPLES / "brick.jpg"
    for arguments, message in [
        ([picture, batches / "a"], "compare two pictures, or folders"),
        ([picture, "nothing.png"], "there is no file or folder nothing.png"),
        (["s3://bucket", picture], "is a URL"),
        ([picture, picture, "--group-by", "prompt"], "group_by='prompt' is for folders"),
        ([picture, picture, "--mask-pattern", "{stem}_m.png"], "is for folders of pictures"),
    ]:
        result = command(*arguments, "--out", tmp_path)
        assert result.exit_code == 2
        assert message in " ".join(result.stderr.split())
    lonely = tmp_path / "lonely"
    run_batch([str(batches / "a" / "only a.png")], lonely, engine=HereEngine())
    with pytest.raises(InputError, match="no picture in common"):
        compared(tmp_path, "lonely", batches / "out_b")


def test_what_results_were_not_measured_with_is_said(batches, tmp_path):
    arguments = [batches / "out_a", batches / "out_b", "--out", tmp_path]
    asked = ["--masks", batches, "--unit-px", "24", "--strict"]
    result = command(*arguments, *asked)
    assert result.exit_code == 0
    assert (
        "out_a is measured already, without what is asked here: --masks, --unit-px, --strict"
        in (" ".join(result.stderr.split()))
    )
    assert "measured already" not in command(*arguments).stderr


def test_steps_in_names_keep_no_pair_apart():
    flags = [True, False, False]
    a, b = side_of("step_1000", flags), side_of("step_2000", [not bad for bad in flags])
    for side, step in ((a, 1000), (b, 2000)):
        named = [wall._replace(name=f"step_{step}/{wall.name}") for wall in side.walls[:2]]
        side.walls[:2] = named
        side.walls[2] = side.walls[2]._replace(name=f"x_step{step}.png")
    both = pair(a.walls, b.walls, [Step("step_1000", 1000), Step("step_2000", 2000)]).both
    assert [other.name for _, other in both] == [
        "step_2000/000.png", "step_2000/001.png", "x_step2000.png",
    ]  # fmt: skip
    assert pair(a.walls, b.walls).both == []


@pytest.mark.slow
def test_lists_are_sides_with_their_columns(tmp_path):
    for side in ("step_1", "step_2"):
        rows = []
        for prompt in ("blue", "red"):
            save_wall(tmp_path / side / f"{prompt}.png", size=(96, 128))
            rows.append(f"{side}/{prompt}.png,{prompt}")
        (tmp_path / f"{side}.csv").write_text("\n".join(["pred,prompt", *rows]) + "\n")
    sides = [tmp_path / f"step_{k}.csv" for k in (1, 2)]
    save_wall(tmp_path / "masks" / "other.png")
    more = ["--masks", tmp_path / "masks", "--group-by", "prompt", "--json"]
    result = command(*sides, *more, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    for side in sides:
        assert f"{side}: 2 of 2 pictures have no mask" in result.stderr
    plain = json.loads(result.stdout)
    assert plain["pairs"] == 2
    assert {table["group"] for table in plain["groups"]} == {"blue", "red"}


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize("width", [400, 1280])
def test_pages_open_in_a_browser_without_complaint_and_within_its_width(batches, tmp_path, width):
    write_comparison(compared(batches), tmp_path / "batches")
    one, other = (td.diagnose(batches / s / "x" / "1 <i>.png") for s in ("a", "b"))
    write_comparison(PictureComparison(one, other), tmp_path / "pictures")
    with browser() as context:
        for kind, pictures in (("batches", 5), ("pictures", 2)):
            with opened(context, tmp_path / kind / "compare.html") as page:
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("() => document.documentElement.scrollWidth") <= width
                tables = page.locator("table").evaluate_all("all => all.map(t => t.offsetWidth)")
                assert max(tables, default=0) <= width
                page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
                # Pages of both batches, and their galleries.
                links = page.locator("a").evaluate_all("all => all.map(a => a.href)")
                assert all(Path(url2pathname(urlsplit(one).path)).is_file() for one in links)
                assert len(links) >= {"batches": 7, "pictures": 0}[kind]
                assert pictures_shown(page) >= pictures
                assert "<i>" in page.locator("body").inner_text()
