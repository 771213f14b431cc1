"""Groups in totals and gallery, the contact sheet, and folders that are watched."""

import io
import json
import os

import pytest
from batch_walls import HereEngine, rows_in, save_wall
from PIL import Image
from typer.testing import CliRunner

import tiling_diag as td
from tiling_diag.batch import BatchOptions, run_batch
from tiling_diag.batch.contact_sheet import WORST, contact_sheet, worst_of
from tiling_diag.batch.gallery import gallery_row
from tiling_diag.batch.groups import Grouping, groups_of
from tiling_diag.batch.inputs import discover
from tiling_diag.batch.places import FolderPlace
from tiling_diag.batch.rows import badness
from tiling_diag.batch.totals import Totals, render
from tiling_diag.batch.watch import Watch, watch
from tiling_diag.command.cli import app
from tiling_diag.errors import InputError
from tiling_diag.report.console import as_text

pytestmark = pytest.mark.usefixtures("remembered")


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """Six walls of two materials, of which one has doubled units, and a broken picture."""
    folder = tmp_path_factory.mktemp("groups")
    for material, unit in (("brick", 24), ("<i>tile<-i>", 48)):
        for seed in range(3):
            save_wall(
                folder / "walls" / material / f"{seed}.png",
                seed,
                period=(16, unit),
                size=(128, 192),
            )
    (folder / "walls" / "brick" / "bad.png").write_bytes(b"no")
    totals = run_batch(
        [str(folder / "walls")],
        folder / "out",
        td.Settings(unit_px=24.0),
        BatchOptions(recursive=True, group_by="{material}/*"),
        engine=HereEngine(),
    )
    return folder / "out", totals


@pytest.mark.parametrize(
    ("key", "name", "group"),
    [
        ("{material}/*", "brick/a.png", "brick"),
        ("{material}/*", "x/brick/a.png", None),
        ("**/{material}/*", "x/y/brick/a.png", "brick"),
        ("{prompt}_seed{seed}", "red wall_seed12.png", "red wall / 12"),
        ("{prompt}_*", "wall_1_2.jpg", "wall"),
        ("a.b_{x}", "a.b_c.png", "c"),
        ("a.b_{x}", "aab_c.png", None),
    ],
)
def test_patterns_say_what_makes_the_group(key, name, group):
    assert Grouping(key).of(name, {"material": "no"}) == group


def test_columns_say_the_group_and_what_has_none_is_a_group_of_its_own():
    pictures = [("a", "a.png", {"seed": 3.0}), ("b", "b.png", None), ("c", "c.png", {"seed": "x"})]
    assert groups_of(pictures, "seed") == {"a": "3", "b": "(no group)", "c": "x"}
    assert groups_of(pictures, None) == {}
    with pytest.raises(InputError, match=r"no list has that column \(there are seed\)"):
        groups_of(pictures, "prompt")
    for wrong in ("", "{", "{}", "a}b"):
        with pytest.raises(InputError, match="name a column"):
            BatchOptions(group_by=wrong).check()


def test_totals_have_every_group_the_worst_first(batch):
    out, totals = batch
    plain = json.loads((out / "batch.json").read_text())["totals"]
    assert plain == totals.plain()
    assert [one["group"] for one in plain["groups"]] == ["<i>tile<-i>", "brick"]
    tile, brick = plain["groups"]
    assert (tile["pictures"], tile["verdicts"]["defect"]) == (3, 3)
    assert (brick["pictures"], brick["verdicts"]["defect"], brick["verdicts"]["error"]) == (4, 0, 1)
    assert tile["findings"]["period_doubled"] == 3
    text = as_text(lambda console: render(totals, console))
    assert text.index("<i>tile<-i> (3 pictures)") < text.index("brick (4 pictures)")
    assert "groups" not in Totals().plain()


def test_the_terminal_names_the_worst_pictures(batch, monkeypatch):
    out, totals = batch
    monkeypatch.setenv("COLUMNS", "400")
    text = as_text(lambda console: render(totals, console))
    named = [row["path"] for row in worst_of(rows_in(out)) if row["summary"]["verdict"] == "defect"]
    assert len(named) == 3
    places = [text.index(path) for path in named]
    assert text.index("the worst pictures:") < places[0] and places == sorted(places)
    assert "the worst pictures:" not in as_text(lambda console: render(Totals(), console))
    many = Totals()
    for row in worst_of(rows_in(out)) * 3:
        many.add(row)
    flagged = [one.badness for one in totals.worst]
    assert [one.badness for one in many.worst] == sorted(flagged * 3, reverse=True)[:5]


def test_the_gallery_has_groups_as_text(batch):
    page = (batch[0] / "index.html").read_text()
    assert "2 groups, the worst first" in page
    assert "<i>" not in page
    assert 'data-group="&lt;i&gt;tile&lt;-i&gt;"' in page


def test_the_gallery_says_why_a_wall_is_not_judged(batch):
    row = worst_of(rows_in(batch[0]))[-1]
    why = "unit: not measured, the wall shows too few of them or none"
    unjudged = {**row, "summary": {**row["summary"], "verdict": "unjudged", "unjudged": why}}
    assert why in gallery_row(unjudged, [], "none", ())
    assert why not in gallery_row(row, [], "none", ())


def test_a_folder_of_results_is_small(batch):
    files = [path for path in batch[0].rglob("*") if path.is_file()]
    pages = [
        path.stat().st_size for path in files if path.suffix == ".html" and path.stem != "index"
    ]
    thumbs = [path.stat().st_size for path in files if path.parent.name == "thumbs"]
    # They take 137 kB and 19 kB.
    assert 0 < sum(pages) / len(pages) < 220_000
    assert 0 < sum(thumbs) / len(thumbs) < 40_000


def test_the_contact_sheet_has_the_worst_pictures(batch):
    out, totals = batch
    with Image.open(out / "contact_sheet.jpg") as sheet:
        assert sheet.format == "JPEG"
        sheet.load()
        assert sheet.width > 1500
    worst = worst_of(rows_in(out))
    assert len(worst) == 6  # the broken one has nothing to show
    assert [badness(row) for row in worst] == sorted(map(badness, worst), reverse=True)
    assert "tile" in worst[0]["path"]
    many = [{**worst[-1], "path": f"walls/{k}.png"} for k in range(50)]
    asked = []
    data = contact_sheet(
        many, totals, roots=["walls"], thumbnail=lambda path: asked.append(path) or None
    )
    assert len(asked) == WORST
    with Image.open(io.BytesIO(data)) as sheet:
        assert sheet.height > 900
    assert contact_sheet([], totals, roots=[], thumbnail=lambda path: None) is None


def test_the_sheet_writes_names_in_other_alphabets_and_what_is_wrong_before_what_is_known():
    found = [("perspective_drift", "info"), ("period_off", "defect")]
    findings = [
        {"code": code, "severity": severity, "probability": 0.95} for code, severity in found
    ]

    def sheet(name, findings=findings):
        summary = {"verdict": "defect", "findings": findings}
        row = {"path": name, "status": "ok", "summary": summary}
        return contact_sheet([row], Totals(), roots=[], thumbnail=lambda path: None)

    # A font without a letter draws one box for all of them.
    names = ("стена.png", "стёна.png", "παντα.png", "壁.png", "写.png", "🧱.png", "벽.png")
    assert len({sheet(name) for name in names}) == len(names)
    # Names of one prompt differ at their ends.
    long = "step_1000/" + 20 * "red bricks " + "seed{}.png"
    assert sheet(long.format(1)) != sheet(long.format(2))
    assert sheet("a.png") == sheet("a.png", findings[1:])


def test_the_contact_sheet_is_no_picture_to_measure(tmp_path):
    walls, sheets = tmp_path / "walls", tmp_path / "walls" / "sheets"
    for path in (walls / "a.png", walls / "contact_sheet.jpg", sheets / "contact_sheet.jpg"):
        save_wall(path)
    skip = FolderPlace(walls, restart=False).inner()

    def names(*sources):
        found = discover([str(s) for s in sources], recursive=True, skip=skip)
        return sorted(os.path.relpath(job.path, walls) for job in found.jobs)

    # One of that name that lies elsewhere is somebody's picture.
    assert (
        names(walls)
        == names(walls / "**")
        == ["a.png", os.path.join("sheets", "contact_sheet.jpg")]
    )
    assert names(walls / "*.*") == ["a.png"]


def test_a_folder_is_ready_when_nobody_writes_to_it_and_again_when_something_comes(tmp_path):
    runs = tmp_path / "runs"
    runs.mkdir()
    found = Watch(str(runs), runs / "results")

    def look():
        return [path.rpartition("/")[2].rpartition("\\")[2] for path in found.ready()]

    assert look() == []
    save_wall(runs / "step_1" / "a.png")
    save_wall(runs / "results" / "thumbs" / "a.png")
    (runs / "step_2").mkdir()
    (runs / ".hidden").mkdir()
    assert look() == []
    save_wall(runs / "step_1" / "b.png")
    assert look() == []  # it grew since the last look
    assert look() == ["step_1"]
    assert look() == []
    save_wall(runs / "step_2" / "deep" / "a.png")
    save_wall(runs / "step_1" / "b.png", period=(20, 30))
    assert look() == []
    assert look() == ["step_1"]  # what lies deeper counts with --recursive only
    deep = Watch(str(runs), runs / "results", recursive=True)
    assert list(deep.ready()) == []
    assert len(list(deep.ready())) == 2
    with pytest.raises(InputError, match="is not a folder: --watch takes one"):
        Watch(str(runs / "nothing"), runs / "results")


def test_what_can_not_be_measured_is_said_and_the_rest_goes_on(tmp_path):
    for name in ("a", "b"):
        save_wall(tmp_path / "runs" / name / "0.png")
    measured, said, looks = [], [], []

    def measure(folder):
        if folder.endswith("a"):
            raise InputError("no")
        measured.append(folder)

    def wait():
        looks.append(1)
        if len(looks) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch(Watch(str(tmp_path / "runs"), tmp_path), measure, wait, say=said.append)
    assert [folder[-1] for folder in measured] == ["b"]
    (line,) = said
    assert line.endswith("a: no")


@pytest.mark.slow
def test_checkpoints_are_measured_as_they_come_and_their_trend_is_written(tmp_path, monkeypatch):
    runs, out, looks = tmp_path / "runs", tmp_path / "out", []

    def sleep(seconds):
        looks.append(seconds)
        if len(looks) <= 3:
            unit = 24 if len(looks) < 3 else 48
            for seed in range(2):
                save_wall(
                    runs / f"step_{len(looks)}" / f"{seed}.png",
                    seed,
                    period=(16, unit),
                    size=(128, 192),
                )
        elif len(looks) == 7:
            raise KeyboardInterrupt

    runs.mkdir()
    monkeypatch.setattr("tiling_diag.command.watching.time.sleep", sleep)
    arguments = ["batch", str(runs), "--watch", "--unit-px", "24", "--workers", "1"]
    result = CliRunner().invoke(app, [*arguments, "--out", str(out)])
    assert result.exit_code == 130
    assert {path.name for path in out.iterdir()} >= {"step_1", "step_2", "step_3", "trend.html"}
    assert len(rows_in(out / "step_2")) == 2
    plain = json.loads((out / "compare.json").read_text())
    assert [one["step"] for one in plain["checkpoints"]] == [1, 2, 3]
    # Started again, all is as it was, and the trend is written once.
    (out / "trend.html").unlink()
    looks[:] = [0] * 4
    again = CliRunner().invoke(app, [*arguments, "--out", str(out)])
    assert again.exit_code == 130
    assert again.stderr.count("2 pictures (ok: 2), 0 measured now") == 2
    assert again.stderr.count("trend: ") == 1
    assert (out / "trend.html").is_file()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--fail-on", "defect"], "--watch never ends by itself"),
        (["--junit", "walls.xml"], "--watch never ends by itself"),
        (["--restart"], "--watch never ends by itself"),
        (["--json"], "--watch has no one document for --json"),
        (["--group-by", "{"], "name a column of the list"),
        (["another"], "--watch takes one folder of this machine"),
    ],
)
def test_what_watching_can_not_do_is_said_at_once(tmp_path, more, message):
    arguments = ["batch", str(tmp_path), "--watch", "--out", str(tmp_path / "out"), *more]
    refused = CliRunner().invoke(app, arguments)
    assert refused.exit_code == 2
    assert message in " ".join(refused.stderr.split())
    assert refused.stdout == ""
