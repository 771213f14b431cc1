"""Lines, meshes and chequerboards on the pixel grid: their period, axis and amplitude."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from known_lattice import known, none
from PIL import Image

import tiling_diag as td
from tiling_diag.checks.artifacts.grid_lattice import locked_pattern, without_grid_lattices
from tiling_diag.checks.artifacts.results import GridAxis
from tiling_diag.checks.artifacts.upsampling_grid import measure_grid
from tiling_diag.checks.plane.plane_fit import Plane
from tiling_diag.checks.walls import Walls
from tiling_diag.synth import Material, View, draw_wall

PERIODS = (2, 4, 8, 16, 32)
# Together with what the periods that divide it have, as in `findings.evidence`.
SURE = 4.0
LEVELS = 2.5
SAMPLE = Path(__file__).parents[2] / "sample_data" / "brick_reference.jpg"


@pytest.fixture(scope="module")
def wall():
    material = Material(width_px=70.2, height_px=23.4, mortar_px=3.0)
    drawn = draw_wall(material, View((448, 512), noise=0.01))
    return drawn.image, known(drawn.truth.a_px, drawn.truth.b_px)


def pattern(size, shape, period):
    """A pattern of root mean square 1."""
    y, x = torch.arange(size[0])[:, None], torch.arange(size[1])[None]

    def wave(at):
        return (at % period == 0).float()

    made = {
        "rows": wave(y).expand(size),
        "columns": wave(x).expand(size),
        "mesh": wave(x) + wave(y),
        "chequer": 1.0 - 2.0 * ((x // max(1, period // 2) + y // max(1, period // 2)) % 2),
    }[shape]
    made = made - made.mean()
    return made / made.square().mean().sqrt()


def measured(image, lattice):
    image = (image.clamp(0, 1) * 255).round() / 255
    with torch.inference_mode():
        return measure_grid(Walls(image[None], torch.ones_like(image[:1])), lattice, PERIODS)


def after_jpeg(picture, quality):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return torch.from_numpy(np.asarray(Image.open(file)).astype(np.float32) / 255).movedim(-1, 0)


def longest(grid):
    """The longest period with lines of its own, all that speaks for it, and its index."""
    scores = grid.score[0].clamp_min(0).tolist()
    index = max((i for i, score in enumerate(scores) if score > 1), default=0)
    return PERIODS[index], sum(scores[: index + 1]), index


@pytest.mark.parametrize("shape", ["rows", "columns", "mesh", "chequer"])
@pytest.mark.parametrize("period_px", [2, 8])
def test_every_shape_is_found_with_period_axis_and_amplitude(wall, shape, period_px):
    image, lattice = wall
    grid = measured(image + LEVELS / 255 * pattern(image.shape[1:], shape, period_px), lattice)
    period, total, index = longest(grid)
    assert period == period_px
    assert total > SURE
    axis = {"rows": GridAxis.ROWS, "columns": GridAxis.COLUMNS}.get(shape, GridAxis.BOTH)
    assert int(grid.axis[0, index]) == axis
    # Joints where detail is cut off take some of the pattern away.
    assert float(grid.amplitude[0, index]) == pytest.approx(LEVELS, rel=0.35)


def test_a_clean_wall_has_no_shape(wall):
    grid = measured(*wall)
    assert float(grid.score.clamp_min(0).sum()) < SURE / 3


@pytest.mark.parametrize("shape", [None, "rows", "columns", "mesh"])
def test_a_faint_pattern_stands_out_of_a_textured_wall_that_was_a_jpeg(shape):
    bricks = np.asarray(Image.open(SAMPLE).convert("RGB")).astype(np.float32)
    lines = 0 if shape is None else 1.5 * pattern(bricks.shape[:2], shape, 16)[..., None].numpy()
    picture = np.clip(bricks + lines + 0.5, 0, 255).astype(np.uint8)
    grid = measured(after_jpeg(picture, 80), known((35.22, 23.39), (-35.25, 23.39)))
    score, amplitude = float(grid.score[0, 3]), float(grid.amplitude[0, 3])
    if shape is None:
        assert score < SURE / 3
    else:
        # With the pixels near edges in the sum it was 6 to 10.
        assert score > 2.1 * SURE
        assert amplitude == pytest.approx(1.5, rel=0.35)


@pytest.mark.parametrize("period_px", [2, 8])
@pytest.mark.parametrize("levels", [0.0, 0.9])
def test_a_material_of_whole_pixels_hides_no_grid_and_is_none(period_px, levels):
    # All lines of a grid are the material's, which repeats every 64 px.
    noise = torch.rand(64, 64, generator=torch.Generator().manual_seed(5))
    near = [noise.roll((dy, dx), (0, 1)) for dy in range(-3, 4) for dx in range(-3, 4)]
    tile = 0.4 + 0.2 * torch.stack(near).mean(0)
    image = tile.repeat(8, 8) + levels / 255 * pattern((512, 512), "mesh", period_px)
    grid = measured(image.expand(3, -1, -1), known((64.0, 0.0), (0.0, 64.0)))
    period, total, index = longest(grid)
    if not levels:
        assert total < SURE / 3
        return
    assert period == period_px
    assert total > SURE
    assert float(grid.amplitude[0, index]) == pytest.approx(levels, rel=0.35)


def test_what_jpeg_makes_of_lines_of_4_px_is_not_named_8():
    bricks = np.asarray(Image.open(SAMPLE).convert("RGB")).astype(np.float32)
    lines = 3 * pattern(bricks.shape[:2], "rows", 4)[..., None].numpy()
    picture = np.clip(bricks + lines + 0.5, 0, 255).astype(np.uint8)
    findings = {one.code: one for one in td.diagnose(after_jpeg(picture, 60)).findings}
    assert findings["upsampling_grid"].title.startswith("horizontal lines every 4 px")


def test_a_grid_on_a_flat_dark_picture_is_found_in_its_own_period():
    flat = torch.full((3, 256, 256), 0.05)
    grid = measured(flat + LEVELS / 255 * pattern((256, 256), "mesh", 8), none())
    assert longest(grid)[0] == 8


def test_the_locked_pattern_is_what_repeats():
    noise = torch.rand(1, 3, 200, 230, generator=torch.Generator().manual_seed(3))
    mesh = pattern((200, 230), "mesh", 8)
    mask = torch.ones(1, 200, 230)
    found = locked_pattern(0.1 * noise + 0.02 * mesh, mask, 8)
    # 700 cells average the noise of 0.029 down to 0.0011.
    assert float((found[0, 0] - 0.02 * mesh).square().mean().sqrt()) < 0.003


@pytest.mark.parametrize(
    ("basis", "of_grid"),
    [
        (((8.0, 0.0), (0.0, 8.0)), True),
        (((4.0, 4.0), (4.0, -4.0)), True),
        # 2 px are nearly no step at all of these.
        (((341.0, 0.0), (170.5, 170.7)), False),
        (((700.0, 0.0), (0.0, 520.0)), False),
    ],
)
def test_a_coarse_lattice_is_no_grids(basis, of_grid):
    image = torch.full((1, 1, 64, 64), 0.5)
    image[..., ::8, :] += 0.004
    image[..., ::8] += 0.004
    walls = Walls(image, torch.ones(1, 64, 64))
    lattice = known(*basis)
    plane = Plane(*(torch.zeros(1, *size).double() for size in ((2,), (2, 2), (), ())))
    found, _ = without_grid_lattices(walls, lattice, plane, (2, 4, 8, 16, 32))
    assert bool(found.is_periodic[0]) != of_grid
