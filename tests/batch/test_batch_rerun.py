"""A batch that is run again does what is missing, and no more."""

import os

import pytest
from batch_walls import (
    assert_same_rows,
    rows_in,
    run,
    save_wall,
)

import tiling_diag as td
from tiling_diag.batch import measuring
from tiling_diag.batch.folder import thumb_file
from tiling_diag.errors import InputError

pytestmark = pytest.mark.usefixtures("remembered")


@pytest.fixture
def three(tmp_path):
    for seed in range(3):
        save_wall(tmp_path / "walls" / f"{seed}.png", seed)
    run([tmp_path / "walls"], tmp_path / "out")
    return tmp_path


def test_only_what_is_missing_or_changed_is_done(three):
    save_wall(three / "walls" / "1.png", 77)
    save_wall(three / "walls" / "3.png", 3)
    os.utime(three / "walls" / "0.png")
    totals, _ = run([three / "walls"], three / "out")
    assert totals.done == 2
    fresh = run([three / "walls"], three / "fresh")
    assert fresh[0].done == 4
    assert_same_rows(three / "out", three / "fresh")


def test_a_thumbnail_that_is_gone_is_made_again(three):
    (three / "out" / thumb_file(str(three / "walls" / "2.png"))).unlink()
    assert run([three / "walls"], three / "out")[0].done == 1
    assert (three / "out" / thumb_file(str(three / "walls" / "2.png"))).exists()
    assert run([three / "walls"], three / "out", figures="all")[0].done == 3


def test_settings_and_restart_do_all_again(three):
    assert run([three / "walls"], three / "out", td.Settings(unit_px=24.0))[0].done == 3
    assert run([three / "walls"], three / "out", td.Settings(unit_px=24.0))[0].done == 0
    assert (
        run([three / "walls"], three / "out", td.Settings(unit_px=24.0, device="cpu"))[0].done == 0
    )
    assert (
        run([three / "walls"], three / "out", td.Settings(unit_px=24.0), restart=True)[0].done == 3
    )


def test_rows_of_pictures_that_are_gone_are_taken_out_with_their_files(three):
    (three / "walls" / "0.png").unlink()
    totals, said = run([three / "walls"], three / "out")
    assert (totals.pictures, totals.done, totals.dropped) == (2, 0, 1)
    assert "no longer inputs" in said[-1]
    assert len(rows_in(three / "out")) == len(list((three / "out" / "thumbs").iterdir())) == 2


def test_results_may_lie_among_the_pictures(three):
    for _ in range(2):
        totals, _ = run([three / "walls"], three / "walls", recursive=True)
        assert totals.pictures == 3
    assert totals.done == 0


def test_a_batch_that_fails_is_measured_one_by_one(three, monkeypatch):
    real = measuring.diagnose_walls

    def brittle(walls, settings):
        if len(walls) > 1 or walls[0].names["pred"].endswith("1.png"):
            raise RuntimeError("out of\nmemory")
        return real(walls, settings)

    monkeypatch.setattr(measuring, "diagnose_walls", brittle)
    totals, _ = run([three / "walls"], three / "out", restart=True)
    assert totals.verdicts["error"] == 1
    (bad,) = (row for row in rows_in(three / "out") if row["status"] == "error")
    assert bad["error"].endswith("1.png can't be measured (RuntimeError: out of memory)")
    monkeypatch.undo()
    # What may have been bad luck is tried again.
    assert run([three / "walls"], three / "out")[0].done == 1


def test_two_runs_into_one_folder_are_refused(three):
    with open(three / "out" / ".lock", "w") as held:
        import fcntl

        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="in use by another run"):
            run([three / "walls"], three / "out")
