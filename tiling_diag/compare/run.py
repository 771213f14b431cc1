"""From names to a comparison: pictures are diagnosed, folders measured, results read."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tiling_diag.batch import BatchOptions, run_batch
from tiling_diag.batch.folder import file_stem, folder_of, is_results
from tiling_diag.batch.groups import Grouping
from tiling_diag.batch.locations import check_local
from tiling_diag.batch.manifest import is_manifest
from tiling_diag.compare.batches import BatchComparison, compare_batches
from tiling_diag.compare.pictures import PictureComparison
from tiling_diag.compare.sides import Side, read_side
from tiling_diag.compare.steps import in_order, steps_of
from tiling_diag.compare.trend import Trend, trend_of
from tiling_diag.errors import InputError
from tiling_diag.language import said
from tiling_diag.settings import Settings


def compare(
    inputs: Sequence[str],
    out: Path,
    settings: Settings | None = None,
    options: BatchOptions | None = None,
    *,
    masks: Sequence[str] = (),
    refs: Sequence[str] = (),
    say: Callable[[str], None] = lambda line: None,
) -> BatchComparison | PictureComparison | Trend:
    """Compare two pictures, two batches or many checkpoints.

    Args:
        inputs: two pictures; or folders and lists of pictures, or results of `batch`, in any
            mixture, of which three and more are checkpoints.
        out: what is not measured yet is measured into folders below it; it is no input itself.
        settings: of the diagnosis.
        options: for folders of pictures; those of `masks` and `refs` are not taken from here.
        masks: for all inputs, or one for each.
        refs: references, alike.
        say: called with a line for people.

    Raises:
        InputError: if something is missing, can't be used, or is not of the same kind.
    """
    settings, options = settings or Settings(), options or BatchOptions()
    inputs = _without_out(inputs, out, say)
    each = [_one_each(name, some, inputs) for name, some in (("masks", masks), ("refs", refs))]
    pictures = [_is_picture(check_local(one)) for one in inputs]
    if len(inputs) == 2 and all(pictures):
        _check_for_pictures(options)
        return _two_pictures(inputs, settings, *each)
    if any(pictures):
        raise InputError(
            f"{' and '.join(inputs[:3])}: compare two pictures, or folders of pictures or of "
            "results"
        )
    _say_what_is_left_out(inputs, each, settings, options, say)
    grouping = None if options.group_by is None else Grouping(options.group_by)
    names = ["a", "b"] if len(inputs) == 2 else [file_stem(one) for one in inputs]
    sides = []
    for name, one, mask, ref in zip(names, inputs, *each, strict=True):
        own = replace(options, masks=mask, refs=ref, figures="none", group_by=None)
        sides.append(_side(one, out / name, settings, own, grouping, say))
    steps = steps_of([os.fspath(folder_of(i)) if is_results(i) else i for i in inputs])
    if len(sides) == 2:
        return compare_batches(sides[0], sides[1], steps)
    order = in_order(steps)
    return trend_of([sides[k] for k in order], [steps[k] for k in order])


def _without_out(inputs: Sequence[str], out: Path, say: Callable[[str], None]) -> list[str]:
    """The inputs without the folder for the comparison, which globs may take in."""
    real = os.path.realpath(out)
    kept = [one for one in inputs if os.path.realpath(one) != real]
    if len(kept) < len(inputs):
        say(f"{out} is the folder for the comparison, and no input")
    places = [os.path.realpath(folder_of(one) if is_results(one) else one) for one in kept]
    if len(kept) > 2 and len(set(places)) < len(places):
        twice = next(k for k, place in enumerate(places) if place in places[:k])
        raise InputError(f"{kept[twice]} is there twice: name every checkpoint once")
    if len(kept) < 2:
        raise InputError("name two pictures, or two or more folders of pictures or of results")
    return kept


def _one_each(name: str, given: Sequence[str], inputs: Sequence[str]) -> list[str | None]:
    """What was given for each input."""
    if len(given) <= 1:
        return [*given, None][:1] * len(inputs)
    if len(given) != len(inputs):
        raise InputError(
            f"--{name} is there {len(given)} times for {len(inputs)} inputs: give it once for all, "
            "or once for each in their order"
        )
    return list(given)


def _two_pictures(
    inputs: Sequence[str],
    settings: Settings,
    masks: Sequence[str | None],
    refs: Sequence[str | None],
) -> PictureComparison:
    from tiling_diag.diagnosis import diagnose

    before, after = (
        diagnose(one, mask, ref, settings)
        for one, mask, ref in zip(inputs, masks, refs, strict=True)
    )
    said = (*refs, settings.unit_px, settings.course_px)
    return PictureComparison(before, after, is_a_reference=all(one is None for one in said))


def _check_for_pictures(options: BatchOptions) -> None:
    """Refuse what is for many pictures."""
    for name, value in (("group_by", options.group_by), ("mask_pattern", options.mask_pattern)):
        if value is not None:
            raise InputError(
                f"{name}={value!r} is for folders of pictures: a mask of two pictures is named by "
                "--masks"
            )


def _say_what_is_left_out(
    inputs: Sequence[str],
    each: Sequence[Sequence[str | None]],
    settings: Settings,
    options: BatchOptions,
    say: Callable[[str], None],
) -> None:
    """Results are there already: what was asked for the measurement comes too late for them."""
    results = [k for k, one in enumerate(inputs) if is_results(one)]
    asked = {
        name: any(some[k] is not None for k in results)
        for name, some in zip(("--masks", "--refs"), each, strict=True)
    }
    asked |= {
        f"--{name.replace('_', '-')}": getattr(settings, name) != getattr(Settings(), name)
        for name in ("ref_scale", "unit_px", "course_px")
    }
    asked |= {"--mask-pattern": options.mask_pattern is not None, "--strict": options.strict}
    names = ", ".join(name for name, is_asked in asked.items() if is_asked)
    if results and names:
        say(f"{inputs[results[0]]} is measured already, without what is asked here: {names}")


def _is_picture(location: str) -> bool:
    if not os.path.lexists(location):
        raise InputError(f"there is no file or folder {location}")
    return not (os.path.isdir(location) or is_results(location) or is_manifest(location))


def _side(
    location: str,
    out: Path,
    settings: Settings,
    options: BatchOptions,
    grouping: Grouping | None,
    say: Callable[[str], None],
) -> Side:
    if not is_results(location):
        run_batch(
            [location], out, settings, options, say=lambda line: say(f"{location}: {said(line)}")
        )
        location = os.fspath(out)
    return read_side(location, grouping)
