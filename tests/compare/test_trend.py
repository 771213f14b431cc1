"""`compare` of many checkpoints."""

import json
import math
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from browser import browser, needs_browser, opened
from checkpoints import answers_of, measured_pair, side_of, write_checkpoint
from typed_commands import typed

from tiling_diag.compare.shares import wilson
from tiling_diag.compare.statistics import mcnemar, share_difference
from tiling_diag.compare.steps import steps_of
from tiling_diag.compare.trend import trend_of
from tiling_diag.compare.trend_text import sentences
from tiling_diag.errors import InputError

COUNT = 60
SHARES = [0.4, 0.35, 0.1, 0.1, 0.4]


command = partial(typed, "compare")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Results of five checkpoints, in twelve groups of five seeds."""
    folder = tmp_path_factory.mktemp("trend")
    pair, thumbs = measured_pair(folder / "pair")
    columns = [{"prompt": f"<b>{k % 12}</b> bricks", "seed": k // 12} for k in range(COUNT)]
    flags = answers_of(SHARES, COUNT)
    for k, some in enumerate(flags):
        write_checkpoint(
            folder / "runs" / f"step_{500 * (k + 1)}", pair, some, columns=columns, thumbs=thumbs
        )
    return folder / "runs", flags


def trend_from(flags, labels=None, **how):
    labels = labels or [f"runs/step_{k + 1}" for k in range(len(flags))]
    sides = [side_of(Path(name), one, **how) for name, one in zip(labels, flags, strict=True)]
    return trend_of(sides, steps_of(labels))


def test_shares_intervals_and_tests_are_those_of_the_rows(runs):
    folder, flags = runs
    result = command(*folder.glob("step_*"), "--out", folder.parent / "out", "--json")
    assert result.exit_code == 0
    plain = json.loads(result.stdout)
    assert plain == json.loads((folder.parent / "out" / "compare.json").read_text())
    assert [one["step"] for one in plain["checkpoints"]] == [500, 1000, 1500, 2000, 2500]
    assert plain["pictures"] == COUNT
    lines = {line["what"]: line["checkpoints"] for line in plain["shares"]}
    assert {"defect", "suspect or defect", "octave error", "period_doubled"} <= lines.keys()
    raw = []
    for k, one in enumerate(lines["defect"]):
        found = wilson(int(flags[k].sum()), COUNT)
        assert (one["share"], one["low"], one["high"]) == found
        if k:
            only = int((flags[k] & ~flags[0]).sum()), int((flags[0] & ~flags[k]).sum())
            difference = share_difference(*only, COUNT)
            assert tuple(one["from_first"].values()) == difference
            raw.append(mcnemar(*only))
    smallest = min(raw)
    corrected = [one["p_value_holm"] for one in lines["defect"][1:]]
    assert min(corrected) == pytest.approx(smallest * len(raw))
    # The pictures that changed are those whose flag did.
    for k in range(1, len(flags)):
        about = plain["checkpoints"][k]
        assert len(about["worse_than_before"]) == (flags[k] & ~flags[k - 1]).sum()
        assert len(about["better_than_before"]) == (flags[k - 1] & ~flags[k]).sum()
    assert plain["best"]["correction"] == "holm"


def test_the_best_is_named_with_those_that_may_be_as_good_and_the_turn_is_found(runs):
    folder, _ = runs
    result = command(*sorted(folder.glob("step_*")), "--out", folder.parent / "out")
    words = " ".join(result.stdout.split())
    assert re.match(r"step_(1500|2000) has the fewest walls with a defect", words)
    assert "It turned between step_1500 and step_2000: defects fell before and rise after" in words
    assert "The last, step_2500, has more defects than the best before it" in words
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "prompt" not in words


def test_a_checkpoint_that_is_better_than_all_others_is_said_to_be_best():
    t = trend_from(answers_of([0.4, 0.45, 0.05, 0.4], 300))
    assert t.best.is_sure
    assert sentences(t)[0].startswith("step_3 is best: ")
    assert t.is_regression


def test_without_a_difference_nothing_is_claimed():
    t = trend_from(answers_of([0.3, 0.3, 0.3, 0.3], 80, seed=1))
    assert t.best.is_chance
    assert not t.is_regression
    assert t.changes == []
    said = sentences(t)
    assert said[0].startswith("No checkpoint is best beyond chance: ")
    assert said[1].startswith("The last, step_4, is not clearly worse than the best before it")
    same = trend_from([[False] * 9] * 3)
    assert same.best.is_chance
    assert same.best.at == 0


def test_between_equal_shares_of_defects_the_period_decides():
    flags = [[True, False, False]] * 3
    t = trend_from(flags)
    assert t.best.at == 0
    moved = [
        type(side)(
            side.folder, [w._replace(octaves=0.3 / (k + 1)) for w in side.walls], side.settings
        )
        for k, side in enumerate(t.sides)
    ]
    again = trend_of(moved, t.steps)
    assert again.best.at == 2
    assert again.period_error[2].estimate == pytest.approx(2**0.1 - 1)


def test_the_exit_code_is_one_if_the_last_lost_to_the_best_before_it(runs):
    folder, _ = runs
    steps = [folder / f"step_{number}" for number in (500, 1000, 1500, 2000, 2500)]
    out = folder.parent / "ends"
    assert command(*steps, "--out", out, "--fail-on-regression").exit_code == 1
    assert command(*steps[:4], "--out", out, "--fail-on-regression").exit_code == 0


def test_groups_have_tables_and_are_drawn_anew_as_clusters(runs):
    folder, flags = runs
    arguments = [*folder.glob("step_*"), "--out", folder.parent / "groups", "--group-by", "prompt"]
    result = command(*arguments, "--json")
    plain = json.loads(result.stdout)
    assert plain["clusters"] == 12
    groups = {one["group"]: one for one in plain["groups"]}
    assert len(groups) == 12
    for k in range(12):
        table = groups[f"<b>{k}</b> bricks"]
        assert table["pictures"] == 5
        shares = [one["share"] for one in table["lines"][0]["shares"]]
        assert shares == pytest.approx(flags[:, k::12].mean(1).tolist())
    lasts = [one["lines"][0]["shares"][-1]["share"] for one in plain["groups"]]
    assert lasts == sorted(lasts, reverse=True)
    page = (folder.parent / "groups" / "trend.html").read_text()
    assert "<b>" not in page
    assert "&lt;b&gt;3&lt;/b&gt; bricks" in page
    shown = command(*arguments).stdout
    assert "walls with a defect at step_2500 by group, the worst first:" in shown
    few = command(*arguments[:-1], "seed", "--json")
    (note,) = json.loads(few.stdout)["notes"]
    assert note.startswith("5 groups are too few to be drawn anew")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("material", "no list has that column (there are prompt, seed)"),
        ("{a}/{b}/*", "no picture's name fits it, such as 000.png"),
        ("{a", "name a column"),
    ],
)
def test_a_key_that_makes_no_groups_is_refused(runs, tmp_path, key, message):
    folder, _ = runs
    result = command(*folder.glob("step_*"), "--out", tmp_path, "--group-by", key)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_two_batches_have_groups_too(runs, tmp_path):
    folder, _ = runs
    arguments = [folder / "step_1000", folder / "step_2000", "--out", tmp_path, "--group-by"]
    plain = json.loads(command(*arguments, "prompt", "--json").stdout)
    assert plain["clusters"] == 12
    assert plain["groups"][0]["lines"][0]["what"] == "defect"
    assert sum(one["pictures"] for one in plain["groups"]) == COUNT
    text = command(*arguments, "prompt").stdout
    assert "walls with a defect by group, the worst in B first:" in text
    assert "bricks" in (tmp_path / "compare.html").read_text()


def test_the_folder_for_the_comparison_is_no_checkpoint(runs):
    folder, _ = runs
    result = command(*folder.iterdir(), "--out", folder / "trend")
    assert result.exit_code == 0
    again = command(*folder.iterdir(), "--out", folder / "trend")
    assert again.exit_code == 0
    assert "is the folder for the comparison, and no input" in " ".join(again.stderr.split())
    assert again.stdout == result.stdout
    (folder / "trend" / "trend.html").unlink()
    (folder / "trend" / "compare.json").unlink()
    (folder / "trend").rmdir()


def test_what_can_not_be_compared_is_said(runs, tmp_path):
    folder, _ = runs
    one, two = folder / "step_500", folder / "step_1000"
    for inputs, message in [
        ([one], "name two pictures, or two or more folders"),
        ([one, two, one], "step_500 is there twice"),
        ([one, two, folder / "nothing"], "there is no file or folder"),
        ([one, two, "--masks", "a", "--masks", "b", "--masks", "c"], "--masks is there 3 times"),
    ]:
        result = command(*inputs, "--out", tmp_path)
        assert result.exit_code == 2
        assert message in " ".join(result.stderr.split())
    nothing = side_of(Path("x"), [True])
    unreadable = type(nothing)(Path("y"), [nothing.walls[0]._replace(status="error")], {})
    with pytest.raises(InputError, match="y has no picture that could be read"):
        trend_of([nothing, nothing, unreadable], steps_of(["x", "z", "y"]))


def test_checkpoints_of_other_pictures_are_compared_without_pairs():
    flags = answers_of([0.1, 0.5, 0.5], 200)
    sides = [side_of(Path(f"s_{k}"), one) for k, one in enumerate(flags)]
    moved = [
        type(side)(side.folder, [w._replace(name=f"{k}/{w.name}") for w in side.walls], {})
        for k, side in enumerate(sides)
    ]
    t = trend_of(moved, steps_of(["s_0", "s_1", "s_2"]))
    assert t.best.is_sure
    assert t.changes == []
    assert t.notes == ["the checkpoints share too few pictures to say where defects change"]
    assert len(t.walls) == 600


def test_pictures_that_are_missing_or_could_not_be_read_do_not_count():
    flags = answers_of([0.2, 0.3, 0.4], 50)
    sides = [side_of(Path(f"s_{k}"), one) for k, one in enumerate(flags)]
    sides[1].walls[:5] = [wall._replace(status="error", codes=frozenset(), octaves=math.nan)
                          for wall in sides[1].walls[:5]]  # fmt: skip
    del sides[2].walls[-3:]
    t = trend_of(sides, steps_of(["s_0", "s_1", "s_2"]))
    assert t.lines[0].answers == [50, 45, 47]
    assert t.lines[0].shares[1].estimate == pytest.approx(flags[1, 5:].mean())
    assert t.notes == ["not every checkpoint has every picture"]
    np.testing.assert_equal(len(t.walls), 50)


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize("width", [400, 1280])
def test_the_link_of_a_point_leads_to_the_pictures_that_changed(runs, width):
    folder, flags = runs
    out = folder.parent / "page"
    command(*folder.glob("step_*"), "--out", out, "--group-by", "prompt")
    with browser() as context, opened(context, out / "trend.html") as page:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        assert page.locator(".chart svg").count() == 3
        charts = page.locator(".chart")
        for index, lines in enumerate((("octave error",), ("period_doubled",))):
            assert all(one in charts.nth(index).text_content() for one in lines)
        ends = charts.evaluate_all(
            "all => all.map(c => c.querySelector('svg').getBoundingClientRect().right)"
        )
        assert max(ends) <= width
        point = page.locator(".chart a").nth(2)
        target = point.evaluate("a => a.href.baseVal")
        assert target == "#checkpoint-2" and point.get_attribute("target") is None
        page.evaluate("target => { location.hash = target }", target)
        section = page.locator("section:target")
        better = int((flags[1] & ~flags[2]).sum())
        assert f"{better} better by their verdict" in section.inner_text()
        page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
        page.wait_for_function(
            "() => [...document.images].every(i => !i.complete || i.naturalWidth > 0)"
        )
        link = section.locator(".pair a").first.get_attribute("href")
        with opened(context, out / link) as own:
            assert own.locator("body").inner_text() == "page"
