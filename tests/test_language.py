"""Texts that people read are there in every language; keys, codes and JSON stay English."""

import ast
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import tiling_diag as td
from tiling_diag.batch.groups import Grouping
from tiling_diag.batch.partners import Partners
from tiling_diag.checks.results import Reason
from tiling_diag.command.cli import app
from tiling_diag.findings.advice import ADVICE
from tiling_diag.findings.finding import VERDICT_WORDS
from tiling_diag.language import LANGUAGES, catalogue, said, speaking, translated
from tiling_diag.report.figures.texts import LABELS
from tiling_diag.report.measures import MEASURES

ROOT = Path(__file__).parent.parent / "tiling_diag"
CHANGES = ("improved", "regressed", "changed", "unchanged")
CODES = [code for code in LANGUAGES if code != "en"]
HOLE = re.compile(r"\{[^{}]*\}")
# Where all that is said is shown to people.
SAID = [
    *(ROOT / "findings" / f"{name}.py" for name in ("advice", "judge", "unjudged", "zones")),
    ROOT / "report" / "values.py",
    ROOT / "report" / "figures" / "texts.py",
    ROOT / "batch" / "totals.py",
    ROOT / "compare" / "trend_text.py",
]
# Whose arguments are shown to people, and where errors are those of a command with --lang.
SAYS, REFUSES = ("said", "say"), ("InputError", "TilingDiagError")
REFUSING = [
    *(path for name in ("batch", "command", "compare") for path in (ROOT / name).glob("**/*.py")),
    *(ROOT / "inputs" / f"{name}.py" for name in ("masks", "picture_files", "missing_files")),
    *(ROOT / "report" / f"{name}.py" for name in ("write", "rectified")),
    ROOT / "device.py",
    ROOT / "settings.py",
]
# Commands without --lang.
REFUSING = [path for path in REFUSING if path.name not in ("scoring.py", "synthesis.py")]
# Words of the code: names of modules and keys, styles, messages of errors that stay English.
NOT_SAID = re.compile(r"[\w./%{}-]*|bold \w+|[^A-Za-z]*|\[\{\}\]\{\}\[/\]")


def texts(source):
    """Literal texts of a module; parts of f-strings that are filled in are ``{}``."""
    return texts_of(ast.parse(source))


def texts_of(tree):
    nodes = list(ast.walk(tree))
    homes = (ast.Module, ast.FunctionDef, ast.ClassDef)
    docs = {id(n.body[0].value) for n in nodes if isinstance(n, homes) and is_text(n.body[0])}
    parts = {
        id(p) for n in nodes if isinstance(n, ast.JoinedStr) for p in ast.walk(n) if p is not n
    }
    for node in nodes:
        if id(node) in docs | parts:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(v.value if isinstance(v, ast.Constant) else "{}" for v in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def arguments(source, names):
    """Literal texts in the arguments of calls of these names."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            for one in node.args if called in names else ():
                yield from texts_of(one)


def is_text(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def is_known(text, code):
    """Whether a text is an entry, or a piece of one that is put together of several."""
    if text in catalogue(code):
        return True
    pieces = [re.escape(piece) for piece in HOLE.split(text.strip())]
    pattern = re.compile(".*?".join(pieces))
    return any(pattern.search(entry) for entry in catalogue(code))


def missing(found, code):
    return sorted({t for t in found if not NOT_SAID.fullmatch(t) and not is_known(t, code)})


@pytest.mark.parametrize("code", CODES)
def test_every_text_of_the_code_has_an_entry(code):
    found = {text for path in SAID for text in texts(path.read_text())} - LABELS.keys()
    assert len(found) > 120
    assert missing(found, code) == [], f"add these to tiling_diag/{code}.po"


@pytest.mark.parametrize("code", CODES)
def test_what_is_said_and_refused_anywhere_has_an_entry(code):
    found = {t for path in ROOT.glob("**/*.py") for t in arguments(path.read_text(), SAYS)}
    assert len(found) > 40
    refused = {t for path in REFUSING for t in arguments(path.read_text(), REFUSES)}
    assert len(refused) > 60
    assert missing(found | refused, code) == [], f"add these to tiling_diag/{code}.po"


@pytest.mark.parametrize("code", CODES)
def test_every_text_of_the_tables_has_an_entry(code):
    found = {text for one in MEASURES for text in (one.meaning, one.reading)}
    found |= {one.unit for one in MEASURES if one.unit not in ("", "px")}
    found |= {text for advice in ADVICE.values() for text in vars(advice).values()} - {"", "-"}
    found |= {reason.sentence for reason in Reason if reason.sentence} | set(VERDICT_WORDS.values())
    assert sorted(found - catalogue(code).keys()) == [], f"add these to tiling_diag/{code}.po"


@pytest.mark.parametrize("code", CODES)
def test_every_text_of_the_templates_has_an_entry(code):
    found = set()
    for path in (ROOT / "report" / "templates").glob("*.j2"):
        marked = re.findall(r'(?:\b_|\bsaid|\bfilled)\("((?:[^"\\]|\\.)*)"', path.read_text())
        found |= {re.sub(r"%\.?\d?[fsd]", "{}", text).replace("%%", "%") for text in marked}
    assert len(found) > 60
    assert missing(found, code) == [], f"add these to tiling_diag/{code}.po"


@pytest.mark.parametrize("code", CODES)
def test_entries_keep_what_is_filled_in(code):
    entries = catalogue(code)
    assert len(entries) > 300
    assert (ROOT / f"{code}.po").read_text().count("\nmsgid ") == len(entries)
    for english, text in entries.items():
        assert len(HOLE.findall(english)) == len(HOLE.findall(text)), english


def test_sentences_with_numbers_and_several_in_a_row_are_found():
    for text, expected in {
        "the period of the units and courses is about twice the expected one": "элементы и ряды",
        "rows 171 to 346 px (7.5 courses), period 2x": "строки с 171 по 346 px (рядов: 7.5)",
        "unit: not measured, the wall repeats in one direction only; course: not measured, "
        "the wall shows too few of them or none": "ряд: не измерено",
        "DEFECT: doubling_bands — units 70.5 px, courses 23.4 px": "ДЕФЕКТ: doubling_bands",
    }.items():
        assert expected in translated(text, "ru")
    assert translated("6.01e-05 to 0.0003377", "ru") == "от 6.01e-05 до 0.0003377"
    assert translated("nothing of the kind", "ru") == "nothing of the kind"
    assert said("defect") == "defect"


def english_left(text):
    """Words of English in what people read: runs of two and more that are no names."""
    text = re.sub(r"<(style|script|svg|code)\b.*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL)
    text = re.sub(r"\b(tiling-diag|summary\.json|cycles per|CHW|max|min)\b", " ", text)
    return re.findall(r"\b[a-z]{3,} [a-z]{2,}(?: [a-z]+)*", text)


def test_page_and_terminal_speak_russian():
    from tiling_diag.report.console import rendered
    from tiling_diag.report.figures.export import draw_all
    from tiling_diag.report.html import page

    d = td.diagnose(ROOT.parent / "sample_data" / "tile_grid.jpg", settings=td.Settings(unit_px=24))
    summary = d.summary()
    assert english_left(rendered(d, summary))
    with speaking("ru"):
        drawn = draw_all(d, ["overview", "acf"])
        text = page(summary, drawn, d.notes)
        terminal = rendered(d, summary)
    assert english_left(terminal) == []
    assert english_left(text) == []
    assert '<html lang="ru">' in text
    assert "first peak" not in text and "lag x, px" not in text
    assert {f.code for f in d.findings} and all(f.code in terminal for f in d.findings)


def test_comparisons_and_errors_speak_russian_and_name_files_as_they_are(tmp_path):
    y, x = np.indices((128, 128))
    for name, period in (("mask", 16), ("wall", 32)):
        wave = 128 + 80 * np.sin(2 * np.pi * x / period) * np.sin(2 * np.pi * y / 16)
        Image.fromarray(wave.astype(np.uint8)).save(tmp_path / f"{name}.png")
    call = ["compare", *(str(tmp_path / f"{name}.png") for name in ("mask", "wall"))]
    done = CliRunner().invoke(app, [*call, "--out", str(tmp_path / "out"), "--lang", "ru"])
    assert done.exit_code == 0, done.output
    assert "период B относительно A:" in done.stdout
    assert english_left(done.stdout) == []
    assert english_left((tmp_path / "out" / "compare.html").read_text()) == []
    assert json.loads((tmp_path / "out" / "compare.json").read_text())["change"] in CHANGES
    done = CliRunner().invoke(app, ["diag", str(tmp_path / "mask"), "--lang", "ru"])
    assert done.exit_code == 2
    assert done.stderr == f"tiling-diag: нет файла {tmp_path / 'mask'}; может быть, mask.png?\n"
    assert translated("wall can't be read: Permission denied", "ru") == (
        "wall: прочитать нельзя: нет прав доступа"
    )


def test_what_has_no_partner_and_what_makes_no_group_is_said_in_russian():
    for role in ("mask", "ref"):
        pictures = [("", name) for name in "ab"]
        found = Partners(role, "m", ["a_area.png", "c.png"], set(pictures))
        for _, name in pictures:
            found.of(f"{name}.png", f"w/{name}.png", "w")
        for strict in (True, False):
            lines = found.messages(strict=strict)
            assert len(lines) == 2
            assert ("batch.json" in lines[0]) != strict
            assert [english_left(translated(line, "ru")) for line in lines] == [[], []]
    for columns in ([], ["seed"]):
        with pytest.raises(td.InputError) as error:
            Grouping("prompt").check([None], "a.png", columns)
        assert english_left(translated(str(error.value), "ru")) == []


def test_the_command_line_chooses_and_json_stays_english(tmp_path):
    Image.new("RGB", (64, 64), "grey").save(tmp_path / "flat.png")
    call = ["diag", str(tmp_path / "flat.png")]
    run = CliRunner()
    assert "НЕ ОЦЕНЕНО" in run.invoke(app, [*call, "--lang", "ru"]).stdout
    by_system = {"LC_ALL": "", "LC_MESSAGES": "", "LANG": "ru_RU.UTF-8"}
    assert "НЕ ОЦЕНЕНО" in run.invoke(app, call, env=by_system).stdout
    assert "NOT JUDGED" in run.invoke(app, [*call, "--lang", "en"], env=by_system).stdout
    summary = json.loads(run.invoke(app, [*call, "--json"], env=by_system).stdout)
    assert summary["unjudged"] == "the picture is flat: there is nothing to measure"
