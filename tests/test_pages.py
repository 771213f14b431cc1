"""Pages do what they say: examples run, generated parts are complete, the site builds."""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from tiling_diag.command.cli import app
from tiling_diag.findings.advice import ADVICE
from tiling_diag.report.measures import MEASURES

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = {str(path.relative_to(DOCS)): path.read_text() for path in sorted(DOCS.rglob("*.md"))}
# These have tests of their own, which look at more than that they run.
TESTED_ELSEWHERE = {"guides/training.md", "guides/coming_from_diag_tiling.md"}
# Starts processes, which read the program from a file.
NEEDS_A_FILE = "guides/folder.md"


def blocks(kind):
    return [
        (name, text)
        for name, page in PAGES.items()
        for text in re.findall(rf"```{kind}\n(.*?)```", page, flags=re.DOTALL)
    ]


def commands(kind):
    """Commands of this program by their page, a line that ends in a backslash with the next one."""
    found = {}
    for name, text in blocks(kind):
        lines = text.replace("\\\n", " ").splitlines()
        found.setdefault(name, []).extend(x for x in lines if x.startswith("tiling-diag "))
    return {name: lines for name, lines in found.items() if lines}


PROGRAMS = [one for one in blocks("python") if one[0] not in TESTED_ELSEWHERE | {NEEDS_A_FILE}]


@pytest.fixture
def workplace(monkeypatch, tmp_path):
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name, program", PROGRAMS, ids=[name for name, _ in PROGRAMS])
def test_programs_run(name, program, workplace, capsys):
    exec(compile(program, name, "exec"), {})


@pytest.mark.slow
def test_the_program_with_worker_processes_runs(workplace):
    ((_, program),) = [one for one in blocks("python") if one[0] == NEEDS_A_FILE]
    (workplace / "program.py").write_text(program)
    done = subprocess.run([sys.executable, "program.py"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("of 7\n")


def paint(folder):
    """What the guides take as given: a tile, and walls of three checkpoints."""
    from PIL import Image

    from tiling_diag.synth import Material, View, draw_wall

    def save(path, seed, scale=1.0):
        material = Material(width_px=32 * scale, height_px=14 * scale, mortar_px=2.0, seed=seed)
        wall = draw_wall(material, View(size=(112, 128), seed=seed)).image
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((wall * 255).byte().permute(1, 2, 0).numpy()).save(path)

    save(folder / "tile.png", 0)
    for step in (1000, 2000, 3000):
        for seed in range(3):
            save(folder / "walls" / f"step_{step}" / f"{seed}.png", seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", commands("sh"))
def test_commands_of_a_page_run_one_after_another(name, workplace):
    paint(workplace)
    for command in commands("sh")[name]:
        result = CliRunner().invoke(app, shlex.split(command)[1:], env={"COLUMNS": "80"})
        assert result.exit_code == 0, (command, result.stderr)


@pytest.mark.parametrize("kind", ["sh", "bash", "text"])
def test_commands_have_options_that_exist(kind):
    known = get_command(app).commands
    for name, lines in commands(kind).items():
        for line in lines:
            words = shlex.split(line, comments=True)[1:]
            options = {o for p in known[words[0]].params for o in [*p.opts, *p.secondary_opts]}
            wrong = [w for w in words if w.startswith("--") and w.split("=")[0] not in options]
            assert not wrong, (name, line)


def test_benchmarks_that_pages_name_exist():
    named = {n for page in PAGES.values() for n in re.findall(r"python (benchmarks/\w+\.py)", page)}
    assert len(named) > 8
    assert not [one for one in named if not (ROOT / one).exists()]


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_parts_are_complete():
    made = load(DOCS / "site_pages.py").on_page_markdown
    summary, cli, findings = (
        made(PAGES[f"reference/{name}.md"]) for name in ("summary", "cli", "findings")
    )
    lines = summary.replace("<wbr>", "").splitlines()
    for measure in MEASURES:
        line = next(one for one in lines if one.startswith(f"| <code>{measure.key}</code> |"))
        assert f"| {measure.unit or '-'} | {measure.meaning} (" in line and measure.reading in line
    for command, one in get_command(app).commands.items():
        part = cli.split(f"`tiling-diag {command}`")[1]
        assert not [o for p in one.params for o in p.opts if o.startswith("--") and o not in part]
    for code, advice in ADVICE.items():
        assert f"## `{code}`" in findings
        assert advice.cause in findings and advice.fix in findings
        assert (DOCS / "reference" / "findings" / f"{code}.webp").exists()
    assert "<!-- generated" not in summary + cli + findings


def test_tables_are_put_where_they_belong():
    tables = load(ROOT / "benchmarks" / "page_tables.py")
    good = {name: text for name, text in PAGES.items() if name.startswith("how_good_it_is/")}
    places = [name for text in good.values() for _, name, _ in tables.BLOCK.findall(text)]
    assert sorted(places) == sorted(tables.SOURCES)
    page = good["how_good_it_is/lattice.md"]
    new = tables.replaced(page, {"scenes": "| a new table |"})
    assert "| a new table |" in new and "| second_plane |" not in new
    assert new.split("## How sure")[1] == page.split("## How sure")[1]


def test_pictures_of_the_pages_are_small():
    sizes = [path.stat().st_size for path in DOCS.rglob("*") if path.suffix == ".webp"]
    assert len(sizes) > 10 and sum(sizes) < 1_000_000
    assert not [path for path in DOCS.rglob("*") if path.suffix in {".png", ".jpg"}]


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_fetches_nothing(tmp_path):
    site = tmp_path / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "http_proxy": "none"}
    )
    assert done.returncode == 0, done.stderr
    for page in site.rglob("*.html"):
        fetched = re.findall(r"<(?:script|img|link|iframe)\b[^>]*https?://", page.read_text())
        assert not fetched, page
    assert "run_batch" in (site / "reference" / "python.html").read_text()
