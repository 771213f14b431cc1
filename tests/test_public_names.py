"""Names that other programs rely on: Python, command line and JSON."""

import typer

import tiling_diag as td
import tiling_diag.losses
from tiling_diag.command.cli import app
from tiling_diag.report.schema import summary_schema

SIZES = {"--ref-scale", "--unit-px", "--course-px"}
FOLDERS = {"--masks", "--refs", "--recursive", "-r", "--workers"}
ANY = {"--out", "-o", "--json", "--device"}
OPTIONS = {
    "diag": {
        "--pred", "--mask", "--ref", "--no-figures", "--figure-format", "--dpi", "--rectify",
        "--fail-on", "--lang", *SIZES, *ANY,
    },
    "batch": {
        "--mask-pattern", "--strict", "--group-by", "--watch", "--figures", "--restart",
        "--junit", "--fail-on", "--lang",
        "--engine", "--address", "--storage-option", *SIZES, *FOLDERS, *ANY,
    },
    "compare": {
        "--fail-on-regression", "--mask-pattern", "--strict", "--group-by", "--lang",
        *SIZES, *FOLDERS, *ANY,
    },
    "schema": set(),
    "synth": {
        "--picture", "--walls", "--defects", "--strength", "--size", "--seed",
        "--out", "-o", "--json",
    },
    "score": {"--json"},
}  # fmt: skip
KEYS = {
    "schema_version", "input", "verdict", "unjudged", "findings", "periodicity", "lattice",
    "periods", "reference", "local_period", "wall",
    "fundamental_radius_bin", "acf_first_peak_radius_bin", "ref_radius_bin", "E2f_over_Ef",
    "Ehalf_over_Ef", "axis_ratio_at_f", "shift_mse_dx1", "shift_mse_dy1", "resize_mse_downUp",
    "resize_delta_r", "band_axis_hint", "band_base_period_px", "band_row_frac_max",
    "band_col_frac_max", "band_row_max_run", "band_col_max_run", "band_score", "band_max_run",
}  # fmt: skip


def test_names_of_the_package():
    assert set(td.__all__) == {
        "Diagnosis", "Evidence", "Finding", "InputError", "Settings", "TilingDiagError", "Zone",
        "__version__", "diagnose", "diagnose_batch", "losses", "plot",
        "run_diagnostics_from_tensors",
    }  # fmt: skip
    assert all(hasattr(td, name) for name in td.__all__)


def test_names_of_the_losses():
    assert set(tiling_diag.losses.__all__) == {
        "ACFPeriodLoss", "ColourLoss", "LogPolarAlignLoss", "PatchwiseLoss",
        "ScaleConsistencyLoss", "SpectralPeriodLoss", "TilingLoss", "acf_period_loss",
        "log_polar_align_loss", "scale_consistency_loss", "spectral_period_loss", "tiling_loss",
    }  # fmt: skip
    assert all(hasattr(tiling_diag.losses, name) for name in tiling_diag.losses.__all__)


def test_commands_and_their_options():
    found = {
        name: {flag for one in command.params for flag in one.opts if flag.startswith("-")}
        for name, command in typer.main.get_command(app).commands.items()
    }
    assert found == OPTIONS


def test_keys_of_a_summary():
    # That every summary follows the schema is tested where summaries are made.
    schema = summary_schema()
    assert set(schema["properties"]) == set(schema["required"]) == KEYS
