"""Hostile inputs drawn at random: no traceback, and no exit code but the documented ones.

    python tests/fuzz.py --cases 3000
    python tests/fuzz.py --cases 3000 --first 2000
    python tests/fuzz.py --only rows:17 --keep build/fuzz

Each case is a command line with files of its own. The batch's worker processes are left out, for
their start takes most of a second; where streams are closed or full, a child of this process
becomes the program, from start to end. What a case may end with is checked: its exit code, one line
on standard error where it is 2, strict JSON, and whole files.
"""

import argparse
import csv
import gc
import io
import json
import os
import re
import shlex
import shutil
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

from batch_walls import HereEngine
from fuzz_cases import KINDS, Case
from fuzz_inputs import chance_of, plain_picture

# A case that takes so long hangs; most take a tenth of a second.
HANGS_S = 300
LINE = re.compile(r"(tiling-diag|report:|comparison:|truth:|\d+/\d+  )")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--first", type=int, default=0, help="how many of the cases to leave out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="one case, such as rows:17")
    parser.add_argument("--keep", type=Path, help="folder in which cases that fail are left")
    options = parser.parse_args()
    # The start and end of a process take longer than most cases.
    kinds = [*[kind for kind in KINDS if kind != "streams"] * 3, "streams"]
    drawn = Counter()
    wanted = []
    for index in range(options.cases):
        kind = kinds[index % len(kinds)]
        if index >= options.first:
            wanted.append((kind, drawn[kind]))
        drawn[kind] += 1
    if options.only:
        kind, _, number = options.only.partition(":")
        wanted = [(kind, int(number))]
    prepare()
    codes, failed = Counter(), 0
    root = Path(tempfile.mkdtemp(prefix="fuzz-"))
    shared = shared_results(root / "shared")
    for kind, number in wanted:
        folder = root / f"{kind}-{number}"
        folder.mkdir()
        case = KINDS[kind](chance_of(options.seed, kind, number), folder, shared)
        code, faults = run(case, folder)
        codes[code] += 1
        if faults or options.only:
            failed += bool(faults)
            tell(case, f"{kind}:{number}", code, faults, folder)
        if options.keep and (faults or options.only):
            shutil.copytree(folder, options.keep / folder.name, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(folder)
    shutil.rmtree(root)
    ends = ", ".join(f"{code}: {count}" for code, count in sorted(codes.items()))
    print(f"{len(wanted)} cases, {failed} faults; exit codes: {ends}")
    return 1 if failed else 0


def tell(case, name, code, faults, folder):
    said = (folder / ".stderr").read_bytes().decode("utf-8", "replace")
    command = shlex.join(["tiling-diag", *case.arguments]).encode("utf-8", "replace").decode()
    print(f"{name}: exit code {code}; {'; '.join(faults) or 'as it should be'}")
    print(f"  {command}\n  stdout {case.stdout}, stderr {case.stderr}, {case.encoding}")
    print("  | " + "\n  | ".join(said.splitlines()[-12:]), flush=True)


def prepare():
    """Load what every case needs once, before the children that run them are made."""
    import torch

    torch.set_num_threads(1)
    import tiling_diag
    import tiling_diag.batch.run
    import tiling_diag.command.cli
    import tiling_diag.compare.run
    import tiling_diag.report.console

    os.environ |= {"COLUMNS": "80", "TERM": "dumb"}
    tiling_diag.batch.run.LocalEngine = lambda workers, device: HereEngine()
    tiling_diag.diagnose(torch.rand(3, 16, 20)).summary()
    gc.freeze()


def run(case, folder):
    """The exit code of a case, and what is wrong with how it ended."""
    signal.alarm(HANGS_S)
    code = in_a_child(case, folder) if case.has_streams else here(case, folder)
    out, err = ((folder / name).read_bytes() for name in (".stdout", ".stderr"))
    return code, list(faults_of(case, code, out, err.decode("utf-8", "replace"), folder))


def here(case, folder):
    """Run a case in this process, with its standard streams in files."""
    from tiling_diag.command.main import run as program

    kept = [(number, os.dup(number)) for number in (1, 2)]
    before, home = (sys.stdout, sys.stderr, sys.argv), os.getcwd()
    sys.stdout.flush()
    os.chdir(folder)
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream(number, folder / f".{name}", "file")
    sys.stdout, sys.stderr = text_stream(1, case.encoding), text_stream(2, case.encoding)
    sys.argv = ["tiling-diag", *case.arguments]
    try:
        return program()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr, sys.argv = before
        os.chdir(home)
        for number, handle in kept:
            os.dup2(handle, number)
            os.close(handle)


def in_a_child(case, folder):
    """Run a case in a child of this process, from the start of the program to its end."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            be_the_program(case, folder)
        finally:
            os._exit(99)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def be_the_program(case, folder):
    """Never returns: the process becomes the program, with the case's streams."""
    import resource

    from tiling_diag.command.main import main as program

    signal.alarm(HANGS_S)
    os.chdir(folder)
    for number, name, how in ((1, "stdout", case.stdout), (2, "stderr", case.stderr)):
        stream(number, folder / f".{name}", how)
    sys.stdin = io.StringIO()
    sys.stdout = text_stream(1, case.encoding) if case.stdout != "closed" else None
    sys.stderr = text_stream(2, case.encoding) if case.stderr != "closed" else None
    if case.file_limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (case.file_limit, case.file_limit))
    sys.argv = ["tiling-diag", *case.arguments]
    program()


def stream(number, path, how):
    """Make a standard stream what a case asks for."""
    path.touch()
    if how == "closed":
        os.close(number)
        return
    if how == "gone":
        reader, handle = os.pipe()
        os.close(reader)
    else:
        handle = os.open("/dev/full" if how == "full" else path, os.O_WRONLY)
    os.dup2(handle, number)
    os.close(handle)


def text_stream(number, encoding):
    return io.TextIOWrapper(
        open(number, "wb", closefd=False),
        encoding=encoding,
        errors="backslashreplace",
        line_buffering=number == 2,
    )


def faults_of(case, code, out, err, folder):
    """What must not be, in words."""
    if code < 0:
        yield f"it was ended by {signal.Signals(-code).name}"
    elif code not in case.codes:
        yield f"exit codes are {sorted(case.codes)}"
    if "Traceback" in err:
        yield "a traceback"
    lines = err.splitlines()
    if raw := [line for line in lines if not LINE.match(line)]:
        yield f"a raw line: {raw[0][:100]}"
    # With nothing at all the program shows its help.
    if code == 2 and case.arguments and case.stdout == case.stderr == "file":
        if case.arguments[:1] != ["batch"] and len(lines) != 1:
            yield f"{len(lines)} lines say why"
        if not lines:
            yield "nothing says why"
        if out and "written" not in err:
            yield "a result in spite of the error"
    if code in (0, 1, 3) and "--json" in case.arguments and case.stdout == "file":
        yield from not_json(out, "standard output")
    if code in (0, 1, 3):
        yield from bad_files(case, folder)


def not_json(content, what):
    def refuse(name):
        raise ValueError(f"{name} is no JSON")

    try:
        json.loads(content.decode(), parse_constant=refuse)
    except ValueError as error:
        yield f"{what}: {error}"


def bad_files(case, folder):
    """Whole files of strict JSON, and no temporary ones."""
    left = [path.name for path in folder.rglob(".*.tmp") if path.is_file()]
    if left:
        yield f"left behind: {left[0]}"
    for path in folder.rglob("summary.json"):
        yield from not_json(path.read_bytes(), path.name)
    out = folder / "out"
    if case.arguments[:1] != ["batch"] or not (out / "results.jsonl").is_file():
        return
    lines = (out / "results.jsonl").read_bytes().splitlines()
    for line in lines:
        yield from not_json(line, "a row")
    yield from not_json((out / "batch.json").read_bytes(), "batch.json")
    paths = [json.loads(line)["path"] for line in lines]
    if len(set(paths)) != len(paths):
        yield "a picture has two rows"
    with open(out / "results.csv", encoding="utf-8", errors="surrogateescape", newline="") as file:
        if len(list(csv.DictReader(file))) != len(lines):
            yield "the table has other rows"
    if (out / "index.html").stat().st_size < 1000:
        yield "there is no gallery"


def shared_results(folder):
    """The results of a small batch, which cases of rows change."""
    for seed in range(2):
        plain_picture(folder / "walls" / f"{seed}.png", seed)
    (folder / "walls" / "bad.png").write_bytes(b"no")
    walls = str(folder / "walls")
    case = Case(["batch", walls, "--out", folder / "out", "--figures", "none"])
    code, faults = run(case, folder)
    assert (code, faults) == (3, []), (code, faults, (folder / ".stderr").read_text())
    return folder


if __name__ == "__main__":
    sys.exit(main())
