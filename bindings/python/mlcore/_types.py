# SPDX-License-Identifier: Apache-2.0
"""Names of the types that calls take."""
from datetime import datetime, timedelta
from typing import Literal, SupportsFloat, SupportsIndex

Value = str | bool | SupportsIndex | SupportsFloat | datetime | timedelta | None
"""What a field of a row may be given as."""

Output = Literal["prediction", "margin", "features", "class", "leaf"]
"""What a context writes."""

Type = Literal["bool", "i64", "f64", "string", "timestamp", "duration"]
"""The type of a field."""
