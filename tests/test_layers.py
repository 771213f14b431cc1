"""The package's imports point one way: from the command line down to the kernels."""

import ast
import graphlib
import itertools
import sys
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

import tiling_diag.diagnosis  # noqa: F401 - loaded now, so that loading it is not followed
from tiling_diag.command.cli import app

ROOT = Path(__file__).parent.parent
SOURCES = {"tiling_diag": ROOT / "tiling_diag", "tiling_diag.losses": ROOT / "losses"}
# From top to bottom; what stands on one line does not import each other.
CHAIN = (
    ("__main__", "tiling_diag"),
    ("compat",),
    ("command",),
    ("compare",),
    ("batch", "plot", "training"),
    ("diagnosis",),
    ("report",),
    ("record",),
    ("findings",),
    ("checks",),
    ("inputs", "losses", "synth"),
    ("kernels",),
    ("device", "memory", "numerics", "process", "settings"),
    ("_version", "errors", "language", "text"),
)
RANK = {name: rank for rank, names in enumerate(CHAIN) for name in names}


def imported(source, module, modules, is_package=False):
    """The modules of `modules` that a module's source imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            home = node.module or ""
            if node.level:
                parents = module.split(".")[: None if is_package else -1]
                parents = parents[: len(parents) - node.level + 1]
                home = ".".join([*parents, home] if home else parents)
            below = {f"{home}.{alias.name}" for alias in node.names}
            names |= below & modules if below <= modules else {home, *below}
    return (names & modules) - {module}


def package():
    """For every module of the package the modules of the package that it imports."""
    files = {}
    for name, root in SOURCES.items():
        for path in root.rglob("*.py"):
            parts = path.relative_to(root).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            files[".".join((name, *parts))] = path
    return {
        module: imported(path.read_text(), module, files.keys(), path.name == "__init__.py")
        for module, path in files.items()
    }


IMPORTS = package()


def place(module):
    """The part of the chain that a module belongs to."""
    return module.split(".")[1] if "." in module else module


def folder(module):
    """A module's folder; a module that lies loose in a folder with folders stands for itself."""
    home = module.rpartition(".")[0]
    has_folders = any(
        m.startswith(f"{home}.") and m.count(".") > module.count(".") for m in IMPORTS
    )
    return module if has_folders else home


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import tiling_diag.batch.run", "tiling_diag.batch.run"),
        ("def f():\n    from tiling_diag.batch import run", "tiling_diag.batch.run"),
        ("if TYPE_CHECKING:\n    from tiling_diag.record import Record", "tiling_diag.record"),
        ("from .base import Term", "tiling_diag.losses.base"),
        ("from . import base", "tiling_diag.losses.base"),
        ("from ..record import Record", "tiling_diag.record"),
    ],
)
def test_imports_are_found_wherever_they_stand(source, name):
    assert imported(source, "tiling_diag.losses.tiling", IMPORTS.keys()) == {name}


def test_every_folder_is_packed():
    folders = {
        folder.relative_to(ROOT)
        for folder in ROOT.glob("tiling_diag/**/")
        if any(folder.glob("*.py"))
    }
    listed = (ROOT / "pyproject.toml").read_text()
    assert all(f'"{".".join(folder.parts)}",\n' in listed for folder in folders)


def test_every_module_has_a_place_in_the_chain():
    assert {place(module) for module in IMPORTS} == RANK.keys()


def test_no_import_points_up_the_chain():
    wrong = [
        f"{module} imports {other}"
        for module, others in IMPORTS.items()
        for other in others
        if place(module) != place(other) and RANK[place(module)] >= RANK[place(other)]
    ]
    assert not wrong


@pytest.mark.parametrize("part", [lambda module: module, folder], ids=["modules", "folders"])
def test_no_import_closes_a_circle(part):
    graph = {}
    for module, others in IMPORTS.items():
        graph.setdefault(part(module), set()).update({part(other) for other in others})
    for name, others in graph.items():
        others.discard(name)
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_a_picture_climbs_back_at_most_seven_times_on_its_way_to_the_summary(tmp_path):
    # Kernels and what lies below them count as part of who calls them.
    way, stack, home = [], [], str(SOURCES["tiling_diag"])

    def follow(frame, event, _):
        if event == "call":
            path = Path(frame.f_code.co_filename)
            inside = path.is_relative_to(home) and path.relative_to(home).with_suffix("").parts[0]
            known = inside and RANK.get(inside, len(CHAIN)) < RANK["kernels"]
            stack.append(inside if known else (stack[-1] if stack else "command"))
            written = frame.f_code.co_name == "write_atomically"
        elif event == "return" and stack:
            stack.pop()
            written = False
        else:
            return
        if written:
            sys.setprofile(None)
        elif stack and way[-1:] != stack[-1:]:
            way.append(stack[-1])

    picture = tmp_path / "wall.png"
    Image.open(ROOT / "sample_data" / "brick.jpg").crop((0, 0, 400, 400)).save(picture)
    sys.setprofile(follow)
    try:
        CliRunner().invoke(
            app, ["diag", "--pred", str(picture), "--out", str(tmp_path / "out"), "--no-figures"]
        )
    finally:
        sys.setprofile(None)
    way = way[way.index("command") :]
    assert {"inputs", "checks", "findings", "report"} <= set(way)
    climbs = sum(RANK[after] < RANK[before] for before, after in itertools.pairwise(way))
    assert climbs <= 7, " -> ".join(way)
