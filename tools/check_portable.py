#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that a shared library runs on systems older than the one that built it.

    check_portable.py LIBRARY

It may need glibc up to 2.34 and libgcc_s, and no symbol of libstdc++. Exit status 1 when it needs more.
"""
import pathlib
import re
import subprocess
import sys

NEWEST_GLIBC = (2, 34)
LIBRARIES = re.compile(r"lib(c|m|gcc_s|dl|pthread|sodium|mlcore)\.so\.\d+|ld-linux-[\w-]+\.so\.\d+")


def problems_in(dump):
    """What `objdump -p` says of needed libraries and versions, and is not allowed."""
    needed = re.findall(r"NEEDED +(\S+)", dump)
    problems = [f"needs {name}" for name in needed if not LIBRARIES.fullmatch(name)]
    versions = sorted(set(re.findall(r"\b(?:GLIBC|GLIBCXX|CXXABI)_[\w.]+", dump)))
    for version in versions:
        family, _, number = version.partition("_")
        if family != "GLIBC":
            problems.append(f"needs {version}")
        elif tuple(int(part) for part in number.split(".")[:2]) > NEWEST_GLIBC:
            problems.append(f"needs {version}, newer than {NEWEST_GLIBC[0]}.{NEWEST_GLIBC[1]}")
    return problems


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    library = pathlib.Path(sys.argv[1])
    dump = subprocess.run(["objdump", "-p", library], check=True, capture_output=True, text=True).stdout
    if "NEEDED" not in dump:
        sys.exit(f"{library}: no shared library")
    problems = problems_in(dump)
    for problem in problems:
        print(f"{library.name}: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
