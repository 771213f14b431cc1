"""Names and steps of checkpoints."""

import os

import pytest

from tiling_diag.compare.steps import Step, in_order, steps_of, without_step


@pytest.mark.parametrize(
    ("locations", "labels", "numbers"),
    [
        (["r/step_10", "r/step_9", "r/step_200"], ["step_10", "step_9", "step_200"], [10, 9, 200]),
        (["r/ckpt-1/out", "r/ckpt-2/out"], ["ckpt-1", "ckpt-2"], [1, 2]),
        (["epoch=3-v2", "epoch=4-v2"], ["epoch=3-v2", "epoch=4-v2"], [3, 4]),
        (["r/0100", "r/0200"], ["0100", "0200"], [100, 200]),
        (["r/base", "r/step_5"], ["base", "step_5"], [None, None]),
        (["a/step_5", "b/step_5"], ["a", "b"], [None, None]),
        (["a/step_5", "b/step_6"], ["a/step_5", "b/step_6"], [5, 6]),
    ],
)
def test_labels_are_where_locations_differ_and_steps_are_read_from_them(locations, labels, numbers):
    steps = steps_of([one.replace("/", os.sep) for one in locations])
    assert [step.label for step in steps] == labels
    assert [step.number for step in steps] == numbers


def test_checkpoints_come_by_step_or_else_as_named():
    assert in_order(steps_of(["r/step_10", "r/step_9", "r/step_200"])) == [1, 0, 2]
    assert in_order(steps_of(["r/old", "r/new", "r/best"])) == [0, 1, 2]


def test_pictures_are_the_same_without_the_step_in_their_names():
    step = Step("step_1000", 1000)
    assert without_step("x/3_step1000.png", step) == "x/3_.png"
    assert without_step("x/3_step2000.png", step) == "x/3_step2000.png"
    assert without_step("x/3_step1000.png", Step("a", None)) == "x/3_step1000.png"
