"""Command lines with hostile files, options and streams, by kind, drawn at random."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field

import fuzz_inputs
from fuzz_inputs import NUMBERS, changed_row, listing, picture, plain_picture

CODES = {"diag": {0, 1, 2}, "compare": {0, 1, 2}, "batch": {0, 1, 2, 3}, "synth": {0, 2}}
# 141: who reads standard output went away.
STREAM_CODES = {0, 1, 2, 3, 141}


@dataclass
class Case:
    """A command line, what its streams are, and what it may end with."""

    arguments: list[str]
    codes: set[int] = field(default_factory=set)
    stdout: str = "file"
    stderr: str = "file"
    encoding: str = "utf-8"
    file_limit: int | None = None
    has_streams: bool = False

    def __post_init__(self):
        self.arguments = [str(one) for one in self.arguments]
        self.codes = self.codes or CODES.get(self.arguments[0], {0, 1, 2, 3})


def maybe(chance, share, *arguments):
    return list(arguments) if chance.random() < share else []


def a_picture(chance, folder, _):
    more = maybe(chance, 0.7, "--json") + maybe(chance, 0.15, "--out", "out", "--no-figures")
    more += maybe(chance, 0.01, "--out", "figures") + maybe(chance, 0.2, "--fail-on", "suspect")
    return Case(["diag", "--pred", picture(chance, folder), *more])


def a_mask(chance, folder, _):
    pred = picture(chance, folder / "p", whole=True, plain=True)
    size = fuzz_inputs.Image.open(pred).size[::-1]
    mask = picture(chance, folder / "m")
    if chance.random() < 0.5:
        mask = plain_picture(folder / "m" / "same.png", chance.randrange(9), size)
    return Case(["diag", "--pred", pred, "--mask", mask, "--json"])


def a_reference(chance, folder, _):
    pred = plain_picture(folder / "p.png", chance.randrange(9))
    ref = picture(chance, folder / "r")
    more = maybe(chance, 0.4, "--ref-scale", chance.choice(NUMBERS))
    return Case(["diag", "--pred", pred, "--ref", ref, "--json", *more])


OPTIONS: dict[str, list[str]] = {
    **dict.fromkeys(("--unit-px", "--course-px", "--ref-scale"), NUMBERS),
    "--device": ["cpu", "cuda:99", "mkldnn", "meta", "", "CPU", "cpu:0", "cuda:-1", "auto:1"],
    "--fail-on": ["suspect", "defect", "unjudged", "never", ""],
    "--out": ["out", "", ".", "p.png", "p.png/x", "no/such/place", "/dev/null", "a\nb", "\udcff"],
    "--mask": ["p.png", "", "nothing.png", ".", "/dev/null", "a\nb"],
    "--ref": ["p.png", "", "nothing.png", ".", "/dev/null", "\udcff"],
    "--masks": ["masks", "", "p.png", "nothing", "nothing://x/y"],
    "--refs": ["p.png", "", "nothing", "walls"],
    "--mask-pattern": ["{stem}.png", "{stem}", "", "{", "{0}", "{stem!r}", "../{stem}.png", "x"],
    "--junit": ["j.xml", "", ".", "no/such/j.xml", "p.png/j.xml", "out/j.xml"],
    "--figures": ["none", "all", "some", ""],
    "--workers": ["1", "0", "-1", "abc", "9" * 30],
    "--strength": NUMBERS,
    "--defects": ["", "nothing", "grid_8,,", ","],
    "--frobnicate": ["1"],
}  # fmt: skip
SWITCHES = ["--json", "--no-figures", "--rectify", "--recursive", "--strict", "--restart", "--x"]


def settings(chance, folder, _):
    pred = plain_picture(folder / "p.png", chance.randrange(9), (8, 8))
    plain_picture(folder / "walls" / "a.png", 1, (8, 8))
    plain_picture(folder / "masks" / "a.png", 2, (8, 8))
    command = chance.choice(["diag", "diag", "batch", "batch", "compare", "synth"])
    # Walls that `synth` draws are large: only what can't be drawn is asked for.
    start = {
        "diag": ["--pred", pred],
        "batch": [chance.choice(["walls", "p.png", "*.png", "[", "nothing", "", "."])],
        "compare": ["p.png", chance.choice(["p.png", "walls", "nothing"]), "--out", "out"],
        "synth": ["--size", chance.choice(["0", "-1", "8"]), "--out", "out"],
    }[command]
    names = chance.sample(list(OPTIONS), chance.randint(1, 3))
    more = [part for name in names for part in (name, chance.choice(OPTIONS[name]))]
    if command == "batch" and "--out" not in more:
        more += ["--out", "out"]
    more += chance.sample(SWITCHES, chance.choice([0, 0, 1, 2]))
    return Case([command, *start, *more])


def manifest(chance, folder, _):
    names = ["a.png", "стена.png", "b c.png", "nothing.png", "../x.png", "a.png"]
    for seed, name in enumerate(names[:3]):
        plain_picture(folder / name, seed, (8, 8))
    content, ending = listing(chance, chance.sample(names, chance.randint(1, 5)))
    (folder / f"list{ending}").write_bytes(content)
    more = maybe(chance, 0.5, "--json") + maybe(chance, 0.2, "--strict")
    more += maybe(chance, 0.3, "--junit", "j.xml")
    return Case(["batch", f"list{ending}", "--figures", "none", "--out", "out", *more])


def rows(chance, folder, shared):
    shutil.copytree(shared / "out", folder / "out")
    path = folder / "out" / "results.jsonl"
    lines = path.read_bytes().splitlines()
    at = chance.randrange(len(lines))
    lines[at] = changed_row(chance, lines[at])
    lines += maybe(chance, 0.2, chance.choice(lines))
    path.write_bytes(b"\n".join(lines) + chance.choice([b"\n", b"\n", b"", b"\n\n"]))
    for name in ("batch.json", "index.html", "thumbs", "pages", ".lock"):
        if chance.random() < 0.1:
            spoil(chance, folder / "out" / name)
    if chance.random() < 0.4:
        sides = chance.sample([folder / "out", shared / "out"], 2)
        return Case(["compare", *sides, "--out", "compared", *maybe(chance, 0.7, "--json")])
    more = maybe(chance, 0.7, "--json") + maybe(chance, 0.2, "--junit", "j.xml")
    more += ["--figures", chance.choice(["none", "none", "none", "flagged", "all"])]
    return Case(["batch", shared / "walls", "--out", "out", *more])


def spoil(chance, path):
    """Damage a file, or put one where a folder was, or the reverse."""
    if path.is_dir():
        shutil.rmtree(path)
        path.write_bytes(b"")
    elif chance.random() < 0.3:
        path.unlink(missing_ok=True)
        path.mkdir()
    elif path.exists():
        path.write_bytes(damaged_text(chance, path.read_bytes()))


def damaged_text(chance, content):
    texts = [b"", b"[]", b"3", b"[" * 100_000, b'{"settings": {}, "roots": [1]}']
    return chance.choice([*texts, fuzz_inputs.damaged(chance, content)])


def streams(chance, folder, _):
    pred = plain_picture(folder / chance.choice(["p.png", "стена.png", "\udcff.png"]), 1, (8, 8))
    (folder / "walls").mkdir()
    shutil.copy(pred, folder / "walls")
    commands = [
        ["--version"], ["--help"], ["diag", "--help"], [], ["frobnicate"],
        ["diag", "--pred", pred], ["diag", "--pred", pred, "--json"],
        ["diag", "--pred", pred, "--out", "out", "--no-figures"],
        ["diag", "--pred", pred, "--fail-on", "suspect", "--unit-px", "4"],
        ["batch", "walls", "--out", "out", "--json"], ["batch", "walls", "--out", "out"],
        ["compare", pred, pred, "--out", "out", "--json"], ["batch", "nothing", "--out", "out"],
    ]  # fmt: skip
    return Case(
        chance.choice(commands),
        codes=STREAM_CODES,
        stdout=chance.choice(["file", "file", "closed", "full", "gone"]),
        stderr=chance.choice(["file", "file", "closed", "full", "gone"]),
        encoding=chance.choice(["utf-8", "ascii", "latin-1", "cp1251"]),
        file_limit=chance.choice([None, None, None, 2000, 5000]),
        has_streams=True,
    )


KINDS: dict[str, Callable[..., Case]] = {
    "picture": a_picture, "mask": a_mask, "reference": a_reference, "settings": settings,
    "manifest": manifest, "rows": rows, "streams": streams,
}  # fmt: skip
