"""Which pictures a batch finds, and which masks and references belong to them."""

import os

import pytest
from batch_walls import save_wall

from tiling_diag.batch.inputs import discover
from tiling_diag.batch.locations import name_of, split_name
from tiling_diag.errors import InputError


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return folder


def found(sources, **how):
    return [os.path.basename(job.path) for job in discover([str(s) for s in sources], **how).jobs]


def test_a_folder_gives_its_pictures_in_order_and_nothing_else(tmp_path):
    touch(tmp_path, "b.PNG", "a.jpg", "c.webp", "d.tiff", "e.bmp", "notes.txt", ".hidden.png")
    touch(tmp_path, "below/f.png")
    assert found([tmp_path]) == ["a.jpg", "b.PNG", "c.webp", "d.tiff", "e.bmp"]
    assert found([tmp_path], recursive=True)[-1] == "f.png"


def test_files_globs_and_folders_mix_and_nothing_comes_twice(tmp_path):
    touch(tmp_path, "a.png", "b.png", "x/c.png", "odd.name")
    sources = [tmp_path / "*.png", tmp_path / "a.png", tmp_path / "x", tmp_path / "odd.name"]
    assert found(sources) == ["a.png", "b.png", "c.png", "odd.name"]
    assert found([tmp_path / "**" / "c*"]) == ["c.png"]


def test_a_name_with_brackets_is_a_file_first(tmp_path):
    touch(tmp_path, "wall[1].png", "wall1.png")
    assert found([tmp_path / "wall[1].png"]) == ["wall[1].png"]


def test_masks_are_matched_by_folder_and_stem_and_never_by_order(tmp_path):
    walls = touch(tmp_path / "walls", "a/one.png", "a/two.png", "b/one.jpg", "b/three_pred.png")
    masks = touch(
        tmp_path / "masks", "a/one.png", "a/two_mask.png", "b/one-Mask.tif", "b/three.png"
    )
    touch(masks, "b/four.png")
    inputs = discover([str(walls)], masks=str(masks), recursive=True)
    matched = {
        job.path[len(str(walls)) + 1 :]: job.mask[len(str(masks)) + 1 :] for job in inputs.jobs
    }
    assert matched == {
        "a/one.png": "a/one.png",
        "a/two.png": "a/two_mask.png",
        "b/one.jpg": "b/one-Mask.tif",
        "b/three_pred.png": "b/three.png",
    }
    assert inputs.unmatched == {"without_mask": [], "masks_without_picture": ["b/four.png"]}


def test_what_has_no_partner_or_two_is_said_and_not_guessed(tmp_path):
    walls = touch(tmp_path / "walls", "one.png", "two.png", "three.png")
    masks = touch(tmp_path / "masks", "one.png", "one.jpg", "zwei.png", "three.png")
    inputs = discover([str(walls)], masks=str(masks))
    assert [job.mask is not None for job in inputs.jobs] == [False, True, False]
    assert inputs.unmatched["without_mask"] == ["one.png (one.jpg and one.png both fit)", "two.png"]
    assert len(inputs.messages) == 2
    assert "two.png" in inputs.messages[0]
    assert "zwei.png" in inputs.messages[1]


def test_masks_beside_their_pictures_are_not_measured(tmp_path):
    walls = touch(tmp_path, "one.png", "one_mask.png", "two_pred.png", "two_mask.png", "a_mask.png")
    inputs = discover([str(walls)], masks=str(walls))
    pairs = [(os.path.basename(j.path), j.mask and os.path.basename(j.mask)) for j in inputs.jobs]
    # a_mask.png belongs to no picture here: it may well be a picture of that name.
    assert pairs == [
        ("a_mask.png", None),
        ("one.png", "one_mask.png"),
        ("two_pred.png", "two_mask.png"),
    ]


def test_folders_of_masks_and_results_are_no_inputs(tmp_path):
    touch(tmp_path, "a.png", "masks/a.png", "out/thumbs/a.png")
    skip = frozenset([os.path.realpath(tmp_path / "out")])
    how = {"masks": str(tmp_path / "masks"), "recursive": True, "skip": skip}
    assert found([tmp_path], **how) == ["a.png"]


def test_one_reference_serves_all_and_a_folder_each_its_own(tmp_path):
    walls = touch(tmp_path / "walls", "a.png", "b.png")
    tile = touch(tmp_path, "tile.png") / "tile.png"
    assert {job.ref for job in discover([str(walls)], refs=str(tile)).jobs} == {str(tile)}
    refs = touch(tmp_path / "refs", "a_ref.png", "b.png")
    own = discover([str(walls)], refs=str(refs)).jobs
    assert [os.path.basename(job.ref) for job in own] == ["a_ref.png", "b.png"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.csv", "pred,mask,note,ref\nw/a.png,m.png,x,\nb.png,,,r.png\n"),
        ("list.csv", "\ufeffpred;mask;ref\r\nw/a.png;m.png;\r\n\r\nb.png;;r.png\r\n"),
        ("list.jsonl", '{"pred": "w/a.png", "mask": "m.png"}\n\n{"pred": "b.png", "ref": "r.png"}'),
    ],
)
def test_a_manifest_names_pictures_masks_and_references(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    inputs = discover([str(tmp_path / name)])
    at = lambda one: str(tmp_path / one)  # noqa: E731
    assert [job[:3] for job in inputs.jobs] == [
        (at("w/a.png"), at("m.png"), None),
        (at("b.png"), None, at("r.png")),
    ]
    assert name_of(inputs.jobs[0].path, inputs.roots) == "w/a.png"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("picture,mask\na.png,b.png\n", "no column pred"),
        ("pred,mask\n,b.png\n", "line 2: there is no pred"),
        ("pred\ns3://walls/a.png\n", "is a URL"),
    ],
)
def test_a_bad_manifest_is_refused_with_its_line(tmp_path, text, message):
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        discover([str(tmp_path / "list.csv")])


@pytest.mark.parametrize("line", ["[1]", "{", '{"pred": 3}', '{"mask": "a.png"}'])
def test_a_bad_json_line_is_refused(tmp_path, line):
    (tmp_path / "list.jsonl").write_text('{"pred": "a.png"}\n' + line)
    with pytest.raises(InputError, match="line 2"):
        discover([str(tmp_path / "list.jsonl")])


@pytest.mark.parametrize(
    ("source", "how", "message"),
    [
        ("nothing", {}, "there is no file or folder"),
        ("no*.png", {}, "nothing fits"),
        ("empty", {}, "--recursive"),
        ("s3://bucket/walls", {}, "is a URL"),
        ("a.png", {"masks": "a.png"}, "--masks takes the folder"),
        ("a.png", {"refs": "nothing.png"}, "which --refs names"),
    ],
)
def test_what_is_missing_is_named(tmp_path, monkeypatch, source, how, message):
    monkeypatch.chdir(touch(tmp_path, "a.png", "empty/x.txt"))
    with pytest.raises(InputError, match=message):
        discover([source], **how)


def test_names_are_relative_and_have_stems():
    assert split_name("a/b/wall.one.png") == ("a/b", "wall.one")
    assert split_name("wall") == ("", "wall")
    assert name_of("gen/x/1.png", ["gen", "other"]) == "x/1.png"
    assert name_of("gen/x/1.png", ["gen", "gen/x"]) == "1.png"
    assert name_of("1.png", [""]) == "1.png"


def test_a_folder_that_is_a_link_can_be_an_input(tmp_path):
    save_wall(tmp_path / "real" / "a.png")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert found([tmp_path / "link"]) == ["a.png"]
