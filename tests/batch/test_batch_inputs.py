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
    ("source", "how", "message"),
    [
        ("nothing", {}, "there is no file or folder"),
        ("no*.png", {}, "nothing fits"),
        ("empty", {}, "--recursive"),
        ("nosuch://bucket/walls", {}, "can.t be read"),
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


@pytest.mark.parametrize(
    "name",
    [
        "X_mask",
        "mask_X",
        "X_wall_mask",
        "wall_mask_X",
        "X_segmentation",
        "X-seg",
        "MASK X",
        "X.msk",
    ],
)
def test_masks_are_found_under_the_names_in_use(tmp_path, name):
    walls = touch(tmp_path / "walls", "X.png", "Y.png")
    masks = touch(tmp_path / "masks", f"{name}.png")
    assert [job.mask for job in discover([str(walls)], masks=str(masks)).jobs] == [
        str(masks / f"{name}.png"), None,
    ]  # fmt: skip
    touch(walls, f"{name}.png")  # beside its picture it is no picture
    assert found([walls], masks=str(walls)) == ["X.png", "Y.png"]


def test_a_wall_mask_belongs_to_the_picture_that_is_called_wall(tmp_path):
    walls = touch(tmp_path / "walls", "X.png", "X_wall.png")
    masks = touch(tmp_path / "masks", "X_wall_mask.png")
    jobs = discover([str(walls)], masks=str(masks)).jobs
    assert [job.mask is not None for job in jobs] == [False, True]


def test_a_pattern_names_the_masks(tmp_path):
    walls = touch(tmp_path / "walls", "a/X.png", "a/Y.jpg", "a/Z.png")
    masks = touch(tmp_path / "masks", "a/X_area.png", "a/Y_area.png", "a/Z.png")
    how = {"mask_pattern": "{stem}_area.png", "recursive": True}
    inputs = discover([str(walls)], masks=str(masks), **how)
    assert [job.mask and os.path.basename(job.mask) for job in inputs.jobs] == [
        "X_area.png", "Y_area.png", None,
    ]  # fmt: skip
    (missing, unused) = inputs.messages
    assert "1 of 3 pictures have no mask" in missing
    assert "a/Z_area.png" in missing
    assert "a/Z.png" in unused
    touch(walls, "a/X_area.png", "a/Z_area.png")
    beside = discover([str(walls)], **how)
    assert [os.path.basename(job.path) for job in beside.jobs] == ["X.png", "Y.jpg", "Z.png"]
    assert [job.mask is not None for job in beside.jobs] == [True, False, True]


@pytest.mark.parametrize("pattern", ["mask.png", "{name}.png", "{stem}{x}.png", "{stem"])
def test_a_pattern_that_says_nothing_of_the_picture_is_refused(tmp_path, pattern):
    with pytest.raises(InputError, match=r"needs \{stem\}"):
        discover([str(touch(tmp_path, "a.png"))], mask_pattern=pattern)


def test_what_has_no_mask_is_one_line_with_a_count_and_what_would_match(tmp_path):
    walls = touch(tmp_path / "walls", *(f"{k}.png" for k in range(150)))
    masks = touch(tmp_path / "masks", *(f"{k}_area.png" for k in range(150)))
    line, _ = discover([str(walls)], masks=str(masks)).messages
    assert line.startswith("150 of 150 pictures have no mask and are measured whole, such as 0.png")
    assert "0 or 0_mask or mask_0" in line
    assert "--mask-pattern '{stem}_area.png'" in line


@pytest.mark.parametrize("name", ["./a.png", "a.png", "x/../a.png", "x//b.png"])
def test_a_picture_has_one_name(tmp_path, monkeypatch, name):
    monkeypatch.chdir(touch(tmp_path, "a.png", "x/b.png"))
    jobs = discover([name, ".", "a.png", str(tmp_path), "./x/b.png"]).jobs
    assert len(jobs) == 2
    assert sorted(map(os.path.realpath, (job.path for job in jobs))) == [
        str(tmp_path / "a.png"), str(tmp_path / "x" / "b.png"),
    ]  # fmt: skip
    assert discover([name]).jobs[0].path in ("a.png", "x/../a.png", "x/b.png")


def test_a_folder_that_can_not_be_listed_is_said_and_the_rest_is_found(tmp_path, monkeypatch):
    touch(tmp_path, "a.png", "closed/b.png", "open/c.png")
    real = os.scandir

    def scandir(place):
        if str(place).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return real(place)

    monkeypatch.setattr(os, "scandir", scandir)
    inputs = discover([str(tmp_path)], masks=str(tmp_path), recursive=True)
    assert [os.path.basename(job.path) for job in inputs.jobs] == ["a.png", "c.png"]
    assert [line for line in inputs.messages if "closed (Permission denied)" in line]
    with pytest.raises(InputError, match="can't be listed"):
        discover([str(tmp_path / "closed")])
