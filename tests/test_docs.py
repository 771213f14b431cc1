"""The README does what it says: its commands run, its output and its table are the real ones."""

import os
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tiling_diag.command.cli import app
from tiling_diag.report.measures import MEASURES

pytestmark = pytest.mark.usefixtures("remembered")

ROOT = Path(__file__).parent.parent
READMES = {name: (ROOT / name).read_text() for name in ("README.md", "README.ru.md")}
README = READMES["README.md"]


def blocks(readme, kind):
    return re.findall(rf"```{kind}\n(.*?)```", READMES[readme], flags=re.DOTALL)


def commands(kind):
    """Commands of this program with the README that they are in."""
    return [
        (name, line)
        for name in READMES
        for text in blocks(name, kind)
        for line in text.splitlines()
        if line.startswith("tiling-diag")
    ]


PROGRAMS = [(name, text) for name in READMES for text in blocks(name, "python")]


@pytest.mark.parametrize("name, command", commands("sh"), ids=[n for n, _ in commands("sh")])
def test_commands_print_what_the_readme_shows(name, command, monkeypatch):
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(app, shlex.split(command)[1:], env={"COLUMNS": "80"})
    assert result.exit_code == 0
    shown = blocks(name, "text")[-1]
    printed = [line.rstrip() for line in result.stdout.splitlines()]
    if "WRITE_README" in os.environ:
        new = READMES[name].replace(f"```text\n{shown}```", "\n".join(["```text", *printed, "```"]))
        (ROOT / name).write_text(new)
    # Figures may differ in the last digits from machine to machine; words may not.
    number = re.compile(r"\d+(?:\.\d+)?")
    then, now = ("\n".join(lines) for lines in (shown.splitlines(), printed))
    assert number.sub("#", now) == number.sub("#", then), "WRITE_README=1 writes it anew"
    numbers = ([float(one) for one in number.findall(text)] for text in (now, then))
    assert next(numbers) == pytest.approx(next(numbers), rel=0.05, abs=0.06)


@pytest.mark.slow
def test_commands_that_take_longer_run_one_after_another(monkeypatch, tmp_path):
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    monkeypatch.chdir(tmp_path)
    assert commands("bash")
    for _, command in commands("bash"):
        result = CliRunner().invoke(app, shlex.split(command)[1:], env={"COLUMNS": "80"})
        assert result.exit_code == 0, result.stderr
    assert (tmp_path / "out" / "samples" / "index.html").exists()
    assert (tmp_path / "out" / "compared" / "compare.html").exists()


@pytest.mark.parametrize("name, program", PROGRAMS, ids=[name for name, _ in PROGRAMS])
def test_programs_run(name, program, monkeypatch, tmp_path):
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    monkeypatch.chdir(tmp_path)
    exec(compile(program, name, "exec"), {})


def test_the_table_is_that_of_the_report():
    for measure in MEASURES:
        assert f"| `{measure.key}` | {measure.unit or '-'} | {measure.reading} |" in README


@pytest.mark.parametrize(
    "target",
    [
        "demo",
        "test",
        "test-portable",
        "test-slow",
        "check",
        "docs",
        "tables",
        "bench",
        "clean",
        "help",
    ],
)
def test_the_makefile_has_every_target(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)


PAGES = [*(ROOT / name for name in READMES), *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page):
    text = page.read_text()
    named = set(re.findall(r"`((?:tiling_diag|losses|benchmarks|tests|docs)/[\w/.]*)`", text))
    linked = {one for one in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in one}
    assert not [name for name in named if not (ROOT / name).exists()]
    assert not [name for name in linked if not (page.parent / name).exists()]
    if page.name == "code_map.md":
        assert len(named) > 40


def test_the_words_of_the_glossary_occur_in_the_code():
    code = "\n".join(
        f"{path.stem} {path.read_text()}"
        for folder in ("tiling_diag", "losses")
        for path in (ROOT / folder).rglob("*.py")
    )
    words = set(re.findall(r"\b\w+\b", code))
    rows = re.findall(
        r"^\| [^|]+ \| ([^|]+) \|", (ROOT / "docs/reference/glossary.md").read_text(), re.M
    )
    names = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert len(names) > 50
    assert not [name for name in names if name not in words]


def test_the_pages_about_the_code_are_linked():
    for page in ("how_it_works/code_map.md", "reference/glossary.md"):
        assert f"(docs/{page})" in README


def test_modules_that_the_map_of_the_checks_names_are_there():
    folder = ROOT / "tiling_diag" / "checks"
    text = (folder / "measure.py").read_text().partition('"""\n\nfrom')[0]
    modules = [name.split(".") for name in re.findall(r"`([a-z]\w*\.[a-z]\w*)`", text)]
    modules = [parts for parts in modules if (folder / parts[0]).is_dir()]
    assert len(modules) > 15
    assert [m for m in modules if not folder.joinpath(*m).with_suffix(".py").exists()] == []
