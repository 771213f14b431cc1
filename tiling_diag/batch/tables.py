"""Rows as flat tables: `results.csv`, and `results.parquet` where pyarrow is installed."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from tiling_diag.batch.folder import CSV_FILE, PARQUET_FILE
from tiling_diag.batch.rows import found_codes, is_long, status_of
from tiling_diag.batch.whole_files import WholeFile
from tiling_diag.report.schema import finding_codes
from tiling_diag.report.values import look_up

_TEXT = ("path", "status", "error", "mask", "ref", "verdict", "findings")
# Column and dotted path in the summary; units are in the names, ratios have none.
_NUMBERS = {
    "width_px": "input.width_px",
    "height_px": "input.height_px",
    "mask_coverage": "input.mask_coverage",
    "strength": "periodicity.strength",
    "unit_px": "lattice.unit_px",
    "course_px": "lattice.course_px",
    "angle_deg": "lattice.angle_deg",
    "a_x_px": "lattice.a_px.0",
    "a_y_px": "lattice.a_px.1",
    "b_x_px": "lattice.b_px.0",
    "b_y_px": "lattice.b_px.1",
    "fundamental_period_px": "periods.fundamental_px",
    "spectral_period_px": "periods.spectral_px",
    "acf_period_px": "periods.acf_px",
    "cepstrum_period_px": "periods.cepstrum_px",
    "scale_ratio": "reference.scale_ratio",
    "scale_ratio_x": "reference.scale_ratio_x",
    "scale_ratio_y": "reference.scale_ratio_y",
    "local_period_median_px": "local_period.median_px",
    "local_period_p05_px": "local_period.p05_px",
    "local_period_p95_px": "local_period.p95_px",
    "drift_x": "local_period.drift_x",
    "drift_y": "local_period.drift_y",
    "fundamental_radius_bin": "fundamental_radius_bin",
    "acf_first_peak_radius_bin": "acf_first_peak_radius_bin",
    "ref_radius_bin": "ref_radius_bin",
    "E2f_over_Ef": "E2f_over_Ef",
    "Ehalf_over_Ef": "Ehalf_over_Ef",
    "axis_ratio_at_f": "axis_ratio_at_f",
    "shift_mse_dx1": "shift_mse_dx1",
    "shift_mse_dy1": "shift_mse_dy1",
    "resize_mse_downUp": "resize_mse_downUp",
    "resize_delta_r_bin": "resize_delta_r",
    "band_base_period_px": "band_base_period_px",
    "band_row_frac_max": "band_row_frac_max",
    "band_col_frac_max": "band_col_frac_max",
    "band_row_max_run_rows": "band_row_max_run",
    "band_col_max_run_columns": "band_col_max_run",
    "band_score": "band_score",
}
_PROBABILITIES = {f"{code}_probability": code for code in finding_codes()}
COLUMNS = (*_TEXT, "is_periodic", "band_axis_hint", *_PROBABILITIES, *_NUMBERS, "seconds_s")
_STRINGS = (*_TEXT, "band_axis_hint")
_AT_ONCE = 1000


def kinds_of(lines: Iterable[dict[str, Any] | None]) -> dict[str, type]:
    """The columns of lists in order: ``float`` where all values are such numbers, else ``str``.

    A whole number that a float would round, such as a seed of 64 bits, stays as it is written.
    """
    kinds: dict[str, type] = {}
    for line in lines:
        for name, value in (line or {}).items():
            if kinds.get(name) is not str:
                kinds[name] = float if _is_float(value) else str
    return kinds


def _is_float(value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and not is_long(value)


def flat(row: dict[str, Any], columns: Mapping[str, type]) -> dict[str, Any]:
    """One row of the table; None where nothing was measured or said."""
    summary = row["summary"] or {}
    values: dict[str, Any] = {name: row.get(name) for name in _TEXT[:5]}
    values["verdict"] = status_of(row)
    values["findings"] = " ".join(found_codes(row["summary"]))
    values["is_periodic"] = look_up(summary, "periodicity.is_periodic")
    values["band_axis_hint"] = summary.get("band_axis_hint")
    chances = {f["code"]: f["probability"] for f in reversed(summary.get("findings", []))}
    nothing = 0.0 if summary else None
    values |= {name: chances.get(code, nothing) for name, code in _PROBABILITIES.items()}
    values |= {name: look_up(summary, key) for name, key in _NUMBERS.items()}
    values["seconds_s"] = row["seconds"]
    said = row.get("columns", {})
    for name, kind in columns.items():
        value = said.get(name)
        values[_title(name)] = value if value is None else kind(value)
    return values


def _title(name: str) -> str:
    """What a list's column is called in the table, whose own columns go first."""
    return f"list_{name}" if name in COLUMNS else name


class Tables:
    """Writes the tables row by row; they appear whole when all is done."""

    def __init__(self, folder: Path, columns: Mapping[str, type]) -> None:
        """Nothing is written yet; `columns` are those of lists, as `kinds_of` gives them."""
        self._folder, self._columns = folder, columns
        self._stack = ExitStack()

    def __enter__(self) -> Tables:
        file = self._stack.enter_context(WholeFile(self._folder / CSV_FILE))
        # Names of bytes that are no text keep them.
        text = file.text(errors="surrogateescape")
        kinds: dict[str, type] = {**dict.fromkeys(COLUMNS, float), **dict.fromkeys(_STRINGS, str)}
        kinds["is_periodic"] = bool
        kinds |= {_title(name): kind for name, kind in self._columns.items()}
        self._csv = csv.DictWriter(text, kinds)
        self._csv.writeheader()
        self._parquet = _Parquet.if_installed(self._folder / PARQUET_FILE, kinds, self._stack)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def add(self, row: dict[str, Any]) -> None:
        """Write one row."""
        values = flat(row, self._columns)
        self._csv.writerow(values)
        if self._parquet is not None:
            self._parquet.add(values)


class _Parquet:
    """A parquet file written in groups of rows."""

    def __init__(self, pyarrow: Any, writer: Any, schema: Any) -> None:
        self._pyarrow, self._writer, self._schema = pyarrow, writer, schema
        self._waiting: list[dict[str, Any]] = []

    @classmethod
    def if_installed(
        cls, path: Path, kinds: Mapping[str, type], stack: ExitStack
    ) -> _Parquet | None:
        try:
            import pyarrow
            from pyarrow.parquet import ParquetWriter
        except ImportError:
            return None
        types = {str: pyarrow.string(), float: pyarrow.float64(), bool: pyarrow.bool_()}
        schema = pyarrow.schema([(name, types[kind]) for name, kind in kinds.items()])
        file = stack.enter_context(WholeFile(path))
        writer = stack.enter_context(ParquetWriter(file.binary, schema))
        parquet = cls(pyarrow, writer, schema)
        stack.callback(parquet.flush)
        return parquet

    def add(self, values: dict[str, Any]) -> None:
        from tiling_diag.text import printable

        texts = {name: value for name, value in values.items() if isinstance(value, str)}
        for name, text in texts.items():
            values[name] = text if text.isascii() or _is_text(text) else printable(text)
        for name, value in values.items():
            if isinstance(value, int) and not isinstance(value, bool):
                values[name] = float(value)
        self._waiting.append(values)
        if len(self._waiting) == _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            self._writer.write_table(
                self._pyarrow.Table.from_pylist(self._waiting, schema=self._schema)
            )
            self._waiting = []


def _is_text(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)
