"""Lists of pictures: tables and lines of JSON, whole and torn."""

import pytest

from tiling_diag.batch.inputs import discover
from tiling_diag.batch.locations import name_of
from tiling_diag.errors import InputError


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
    ("text", "message"),
    [
        ('pred,note\na.png,"x\nb.png,y\nc.png,z\n', r"line 2: a quote is missing"),
        ('pred,note\na.png,x\n"b.png,y\nc.png,"z\n', r"line 3: a quote is missing"),
        ('pred,note\na.png,x\n"b.png\nc.png",z\n', r"line 3: pred goes on over the next line"),
        ('pred,note\na.png,"x\nb.png,y"\nc.png,z\n', r"line 2: note goes on over the next line"),
        ('pred,note\na.png,"' + "b.png,y\n" * 40_000, r"line 2: a quote is missing.*limit"),
        ("pred,note\na.png,red, old brick\n", r"line 2 has 3 cells and the first line 2"),
        ("pred\na\0b.png\n", r"line 2"),
    ],
)
def test_a_torn_line_of_a_table_is_named(tmp_path, text, message):
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        discover([str(tmp_path / "list.csv")])


@pytest.mark.parametrize(
    "line",
    [
        '{"pred": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"pred": "\\ud800.png"}',
        '{"pred": "\\u0000"}',
    ],
)
def test_json_that_is_deep_or_names_no_file_is_refused_with_its_line(tmp_path, line):
    (tmp_path / "list.jsonl").write_text('{"pred": "a.png"}\n' + line)
    with pytest.raises(InputError, match="line 2"):
        discover([str(tmp_path / "list.jsonl")])


def test_other_columns_of_a_list_are_kept(tmp_path):
    (tmp_path / "list.csv").write_text('Pred,prompt,seed,\na.png,"red\nbrick",7,\nb.png,,,\n')
    jobs = discover([str(tmp_path / "list.csv")]).jobs
    assert [job.columns for job in jobs] == [{"prompt": "red\nbrick", "seed": "7"}, None]
    (tmp_path / "list.jsonl").write_text(
        '{"pred": "a.png", "prompt": "x\\ud800", "seed": 7, "loss": NaN, "tags": ["old"]}\n'
    )
    (job,) = discover([str(tmp_path / "list.jsonl")]).jobs
    assert job.columns == {"prompt": "x\\ud800", "seed": 7, "tags": '["old"]'}
