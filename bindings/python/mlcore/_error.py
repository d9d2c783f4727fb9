# SPDX-License-Identifier: Apache-2.0
"""The one exception type of the package."""


class Error(Exception):
    """What the library refused, and why.

    `code` is a gRPC status number and `reason` tells one cause from another under the same code;
    `code_name` and `reason_name` spell them. `column` and `row` say where in the caller's data, or
    are None.
    """

    def __init__(
        self,
        message: str,
        code: int,
        reason: int,
        code_name: str,
        reason_name: str,
        column: int | None = None,
        row: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.reason = reason
        self.code_name = code_name
        self.reason_name = reason_name
        self.column = column
        self.row = row

    def __str__(self) -> str:
        return f"{self.message} ({self.code_name}/{self.reason_name})"


_CODES = {"INVALID_ARGUMENT": 3, "UNIMPLEMENTED": 12}
_REASONS = {"type_mismatch": 203, "malformed_model": 401, "unsupported_model": 402, "feature_count": 404,
            "feature_names": 405}


def refusal(code: str, reason: str, message: str) -> Error:
    """The Error of what this package itself refuses, by the names that codes.h gives the numbers."""
    return Error(message, _CODES[code], _REASONS[reason], code, reason)
