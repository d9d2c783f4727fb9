# SPDX-License-Identifier: Apache-2.0
"""Names of the types that calls take."""
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, SupportsFloat, SupportsIndex

Value = str | bool | SupportsIndex | SupportsFloat | datetime | timedelta | None
"""What a field of a row may be given as."""


class ArrowStream(Protocol):
    """What exports Arrow's C Stream interface: tables of pyarrow, polars, pandas, …"""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...


class ArrowArray(Protocol):
    """What exports Arrow's C Data interface: a record batch."""

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]: ...


Tabular = Mapping[str, Sequence[Any]] | Mapping[str, Any] | ArrowStream | ArrowArray
"""A table by columns: a mapping of numpy arrays or sequences, a pandas DataFrame, anything of Arrow's."""

Output = Literal["prediction", "margin", "features", "class", "leaf"]
"""What a context writes."""

Absent = Literal["default", "missing", "zero"]
"""What a sparse matrix does not hold; by default missing for models of XGBoost, 0 for others."""


class Sparse(Protocol):
    """A sparse array or matrix of SciPy's."""

    def tocsr(self) -> Any: ...


Type = Literal["bool", "i64", "f64", "string", "timestamp", "duration"]
"""The type of a field."""
