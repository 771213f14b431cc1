"""Pictures of real materials: scikit-image's bricks, and the corpus where it is."""

from pathlib import Path

import numpy as np
import pytest
from skimage import data

import tiling_diag as td

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
NO_PERIOD = sorted(CORPUS.glob("none_*"))
# Long joints counted by hand on row 256 of the picture, from x = 38 to x = 500, and how many
# courses lie between; above they are nearer to each other and below farther apart.
COURSE_PX = (500 - 38) / 13
# One brick in the middle of the picture, from joint to joint on column 203: y = 130, 235 and 357.
BRICK_PX = (357 - 130) / 2


@pytest.mark.slow
@pytest.mark.xfail(reason="half a brick is taken for one where courses shift irregularly")
@pytest.mark.parametrize("turned", [False, True], ids=["courses upright", "courses level"])
def test_the_lattice_of_scikit_images_bricks_is_their_own(turned):
    picture = data.brick()
    summary = td.diagnose(np.ascontiguousarray(picture.T) if turned else picture).summary()
    assert summary["periods"]["fundamental_px"] == pytest.approx(COURSE_PX, rel=0.05)
    basis = np.array([summary["lattice"]["a_px"], summary["lattice"]["b_px"]])
    courses = basis[:, int(turned)] / COURSE_PX
    # Both vectors lead from course to course, and together they reach the next one.
    assert courses == pytest.approx(courses.round(), abs=0.1)
    assert np.gcd.reduce(np.abs(courses.round()).astype(int)) == 1
    # Courses are shifted now one way and now the other, and some bricks are halves: still a brick
    # leads to the next, and half a brick does not.
    assert abs(np.linalg.det(basis)) == pytest.approx(COURSE_PX * BRICK_PX, rel=0.06)
    brick = np.array([BRICK_PX, 0.0] if turned else [0.0, BRICK_PX]) @ np.linalg.inv(basis)
    assert brick == pytest.approx(brick.round(), abs=0.15)


@pytest.mark.skipif(not NO_PERIOD, reason="needs the corpus beside the project")
@pytest.mark.parametrize("path", NO_PERIOD, ids=lambda path: path.stem)
def test_what_does_not_repeat_has_no_period(request, path):
    if path.stem == "none_ashlar_01":
        nearly = "courses of nearly one height are a pitch, at a probability of 0.51"
        request.applymarker(pytest.mark.xfail(reason=nearly, strict=False))
    summary = td.diagnose(path).summary()
    assert summary["periodicity"]["is_periodic"] is False
    assert summary["lattice"] is None
    assert summary["verdict"] == "ok"
