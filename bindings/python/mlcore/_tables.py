# SPDX-License-Identifier: Apache-2.0
"""Mappings of arrays and pandas frames as columns of numpy arrays; Arrow's tables go another way.

A column is (name, meaning, values, mask): meaning is boolean, integer, float, instant, duration or object;
instants and durations are int64 microseconds, objects a list; mask, where it is not None, is true at nulls.
"""
from collections.abc import Mapping
from typing import Any

import numpy as np

from ._error import Error, refusal

Column = tuple[str, str, Any, Any]


def columns_of(table: Any) -> tuple[list[Column], int] | None:
    """The columns and the number of rows; None for a table of Arrow's."""
    if type(table).__module__.partition(".")[0] == "pandas" and hasattr(table, "columns"):
        made = [_of_series(name, series) for name, series in table.items()]
        return made, len(table)
    if hasattr(table, "__arrow_c_stream__") or hasattr(table, "__arrow_c_array__"):
        return None
    if isinstance(table, Mapping):
        made = [_of_array(name, values) for name, values in table.items()]
        return made, len(made[0][2]) if made else 0
    raise TypeError(
        "expected mlcore.Rows, a mapping of arrays, a pandas DataFrame or an object with __arrow_c_stream__,"
        f" found {type(table).__name__}"
    )


def _refuse(name: str, problem: str) -> Error:
    return refusal("INVALID_ARGUMENT", "type_mismatch", f'column "{name}": {problem}')


def _of_array(name: Any, values: Any) -> Column:
    """A numpy array, or a sequence of objects as Rows.append takes them."""
    if not isinstance(name, str):
        raise _refuse(str(name), "the name of a column is no string")
    if not isinstance(values, np.ndarray):
        return name, "object", list(values), None
    if values.ndim != 1:
        raise _refuse(name, f"expected one dimension, found {values.ndim}")
    mask = np.ascontiguousarray(np.ma.getmaskarray(values)) if isinstance(values, np.ma.MaskedArray) else None
    if values.dtype.kind == "M":
        raise _refuse(name, "numpy's datetime64 has no time zone; give aware datetimes, or a pandas column with one")
    if values.dtype.kind == "m":
        micros, gone = _micros(name, np.ma.getdata(values))
        return name, "duration", micros, gone if mask is None else gone | mask
    meaning = {"b": "boolean", "i": "integer", "u": "integer", "f": "float"}.get(values.dtype.kind, "object")
    if meaning == "object":
        return name, meaning, values.tolist(), None
    if values.dtype.kind == "f":
        wide = np.longdouble if values.dtype.itemsize > 8 else np.float64
        if wide is np.longdouble:
            raise _refuse(name, f"expected float64 or less, found {values.dtype}")
        return name, meaning, np.ascontiguousarray(np.ma.getdata(values), np.float64), mask
    return name, meaning, np.ascontiguousarray(np.ma.getdata(values), values.dtype.newbyteorder("=")), mask


def _micros(name: str, values: Any) -> tuple[Any, Any]:
    """datetime64 or timedelta64, floored to microseconds; NaT is null."""
    unit, step = np.datetime_data(values.dtype)
    if unit not in {"W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"}:
        raise _refuse(name, f"{values.dtype} has no fixed length in microseconds")
    mask = np.isnat(values)
    wide = values.astype(values.dtype.str[1] + "8[us]")
    back = wide.astype(values.dtype)
    if unit in {"W", "D", "h", "m", "s", "ms"} and not (mask | (back == values)).all():
        raise _refuse(name, "a time does not fit into microseconds")
    return np.ascontiguousarray(wide.view(np.int64)), np.ascontiguousarray(mask)


def _of_series(name: Any, series: Any) -> Column:
    """A pandas column: its own nulls become nulls, an instant needs a time zone."""
    if not isinstance(name, str):
        raise _refuse(str(name), "the name of a column is no string")
    dtype = series.dtype
    if getattr(dtype, "tz", None) is not None:
        return name, "instant", *_micros(name, series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy())
    kind = "O" if hasattr(dtype, "pyarrow_dtype") and dtype.kind in "Mm" else getattr(dtype, "kind", "O")
    if kind == "M":
        raise _refuse(name, "the column has no time zone; use dt.tz_localize")
    if isinstance(dtype, np.dtype) and dtype.kind in "biufm":
        return _of_array(name, series.to_numpy())
    mask = np.ascontiguousarray(series.isna().to_numpy(), bool)
    if kind in "biuf" and not isinstance(dtype, np.dtype) and hasattr(dtype, "numpy_dtype"):
        filled = series.to_numpy(dtype=dtype.numpy_dtype, na_value=dtype.numpy_dtype.type(0))
        _, meaning, values, _ = _of_array(name, filled)
        return name, meaning, values, mask
    values = series.astype(object).tolist()
    return name, "object", [None if gone else value for value, gone in zip(values, mask.tolist())], None
