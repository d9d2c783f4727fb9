# SPDX-License-Identifier: Apache-2.0
"""The examples of the stubs are run; stubs, package and C header name the same things."""
import ast
import doctest
import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import get_args

import mlcore
import numpy as np
import pytest
from mlcore import _error

PACKAGE = pathlib.Path(mlcore.__file__).parent
SOURCE = pathlib.Path(os.environ["MLCORE_SOURCE"])
HEADER = "".join((SOURCE / "capi/include/mlcore" / name).read_text(encoding="utf-8") for name in ("codes.h", "mlcore.h", "state.h"))


def documented(tree: ast.AST, name: str = "mlcore") -> Iterator[tuple[str, str, int]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            text = ast.get_docstring(node)
            if text and ">>>" in text:
                yield f"{name}.{node.name}", text, node.lineno
            yield from documented(node, f"{name}.{node.name}")


STUBS = ast.parse((PACKAGE / "_core.pyi").read_text(encoding="utf-8"))
EXAMPLES = list(documented(STUBS))


@pytest.mark.parametrize(("name", "text", "line"), EXAMPLES, ids=[example[0] for example in EXAMPLES])
def test_an_example_gives_what_it_says(loan: mlcore.Model, shop: mlcore.Model, lender: mlcore.Model,
                                     name: str, text: str, line: int) -> None:
    names = {"mlcore": mlcore, "np": np, "loan": loan, "shop": shop, "lender": lender, "timedelta": timedelta,
             "day": datetime(1998, 1, 1, tzinfo=timezone.utc)}
    test = doctest.DocTestParser().get_doctest(text, names, name, "_core.pyi", line)
    found: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    runner.run(test, out=found.append)
    assert runner.tries > 0
    assert not found, "".join(found)


def test_the_stubs_have_every_member_and_no_other() -> None:
    ignored = {"__init__", "__new__", "__doc__", "__module__", "__repr__"}
    for node in STUBS.body:
        if isinstance(node, ast.ClassDef):
            real = {name for name in vars(getattr(mlcore, node.name)) if name not in ignored}
            told = {item.name for item in node.body if isinstance(item, ast.FunctionDef)} - ignored
            assert told == real, node.name


def numbers(prefix: str) -> dict[str, int]:
    """Names and numbers of an enum of the C header: {"MARGIN": 1}."""
    return {name: int(number) for name, number in re.findall(rf"\bMLCORE_{prefix}_([A-Z0-9_]+) = (\d+)", HEADER)}


def test_outputs_are_those_of_the_c_header(loan: mlcore.Model) -> None:
    wanted = [name.lower() for name, _ in sorted(numbers("OUTPUT").items(), key=lambda item: item[1])]
    assert list(get_args(mlcore.Output)) == wanted
    for name in get_args(mlcore.Output):
        with loan.context(name) as context:
            assert context.names[0].startswith("years" if name == "features" else name)


def test_types_are_those_of_the_c_header() -> None:
    short = {"boolean": "bool"}
    wanted = [short.get(name.lower(), name.lower()) for name, _ in sorted(numbers("TYPE").items(), key=lambda item: item[1])]
    assert list(get_args(mlcore.Type)) == wanted


def test_codes_and_reasons_are_those_of_the_c_header(loan: mlcore.Model) -> None:
    codes = {int(number): name for name, number in re.findall(r"^  MLCORE_([A-Z_]+) = (\d+),?$", HEADER.split("enum {")[1], re.M)}
    reasons = {number: name.lower() for name, number in numbers("REASON").items()}
    assert len(codes) == 16 and len(reasons) > 50
    assert {number: name for name, number in _error._CODES.items()}.items() <= codes.items()
    assert {number: name for name, number in _error._REASONS.items()}.items() <= reasons.items()
    seen = set()
    for call in (lambda: mlcore.Model.open("absent"), lambda: loan.context("x"),  # type: ignore[arg-type]
                 lambda: mlcore.Features.parse(""), lambda: mlcore.Rows(loan.features.request).extend({"age": 5.0}),
                 lambda: loan.features.request.pack({}), lambda: mlcore.Model.from_bytes(b"")):
        try:
            call()
        except mlcore.Error as error:
            assert codes[error.code] == error.code_name
            assert reasons[error.reason] == error.reason_name
            seen.add(error.reason)
        except TypeError:
            pass
    assert len(seen) >= 4


def test_the_package_is_typed(tmp_path: pathlib.Path) -> None:
    programs = [str(path) for path in sorted((SOURCE / "examples/python").glob("*.py"))]
    for what in (["-p", "mlcore"], *([program] for program in programs)):
        done = subprocess.run(
            [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), *what],
            capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
