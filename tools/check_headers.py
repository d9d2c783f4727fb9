#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The umbrella header is complete, and public headers are light.

Complete: include/mlcore/mlcore.hpp includes every public header but those of train (which need
XGBoost to link) and the optional adapters, each once, in the order of the rooms.
Light: no public header brings in a third-party header or a stream, however indirectly.
That a header stands alone is the check headers_stand_alone. Exit status 1 when a rule is broken.
"""
import argparse
import pathlib
import re
import subprocess
import sys

from check_layers import INCLUDE, ROOMS

HEAVY = re.compile(r"/(xgboost|boost|fmt|nlohmann|Eigen|eigen3|sodium|CLI|benchmark|doctest)/|"
                   r"/(iostream|fstream|sstream|regex|sodium\.h)$")  # <memory> itself needs <ostream>
ADAPTERS = {"mlcore/eigen.hpp"}  # optional, each for users of the library it names
UMBRELLA = "mlcore/mlcore.hpp"


def umbrella_problems(included, existing):
    """`included`: what the umbrella includes, in order; `existing`: all public headers."""
    wanted = sorted((name for name in existing if name.split("/")[1] != "train"),
                    key=lambda name: (ROOMS.index(name.split("/")[1]), name))
    messages = [f"{UMBRELLA}: {name} is not included" for name in wanted if name not in included]
    messages += [f"{UMBRELLA}: {name} does not belong in it" for name in included
                 if name not in wanted]
    if not messages and list(included) != wanted:
        messages.append(f"{UMBRELLA}: not in the order of the rooms, each once: {' '.join(wanted)}")
    return messages


def dependencies_of(header, include_dir, compiler):
    """Every file the preprocessor reads for `header`."""
    command = [compiler, "-std=c++20", "-M", "-I", str(include_dir), "-x", "c++", "-"]
    run = subprocess.run(command, input=f'#include "{header}"\n', capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"{header}: {run.stderr.strip()}")
    return run.stdout.replace("\\\n", " ").split()[1:]


def heavy_dependencies(header, include_dir, compiler):
    return sorted({path for path in dependencies_of(header, include_dir, compiler)
                   if HEAVY.search(path)})


def light_problems(headers, include_dir, compiler):
    """Asks for the umbrella and train's headers, which reach all others; blames one by one only
    when something heavy is found."""
    reaching = [UMBRELLA] + [name for name in headers if name.split("/")[1] == "train"]
    if not any(heavy_dependencies(name, include_dir, compiler) for name in reaching):
        return []
    return [f"{name}: brings in {path}" for name in headers
            for path in heavy_dependencies(name, include_dir, compiler)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).parents[1])
    parser.add_argument("--compiler", default="c++")
    arguments = parser.parse_args()
    include_dir = arguments.root / "include"
    headers = sorted(path.relative_to(include_dir).as_posix()
                     for path in include_dir.glob("mlcore/*/*.hpp"))
    if not headers:
        sys.exit(f"{include_dir}: no public header found")
    strays = [path.relative_to(include_dir).as_posix() for path in include_dir.glob("mlcore/*.hpp")]
    messages = [f"{name}: a public header belongs in a room" for name in strays
                if name != UMBRELLA and name not in ADAPTERS]
    included = INCLUDE.findall((include_dir / UMBRELLA).read_text())
    messages += umbrella_problems(included, headers)
    messages += light_problems(headers, include_dir, arguments.compiler)
    print("\n".join(messages) if messages else f"{len(headers)} public headers, umbrella complete")
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main())
