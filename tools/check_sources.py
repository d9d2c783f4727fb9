#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every source file opens with the licence line and has at most 600 lines.

Looks at what git tracks. Exit status 1 when a file breaks the rule.
"""
import argparse
import pathlib
import subprocess
import sys

LICENCE = "SPDX-License-Identifier: Apache-2.0"
SUFFIXES = {".cpp", ".hpp", ".c", ".h", ".cc", ".py", ".pyi", ".js", ".ts", ".go", ".java", ".cmake",
            ".in"}
NAMES = {"CMakeLists.txt", ".clang-tidy", ".clang-format"}
FOLDERS = ("scripts/", ".ci/")
NO_COMMENTS = {".pc.in", ".json", ".txt", ".md"}
MAX_LINES = 600


def is_source(name):
    path = pathlib.PurePosixPath(name)
    if any(name.endswith(suffix) for suffix in NO_COMMENTS) and path.name not in NAMES:
        return False
    return path.suffix in SUFFIXES or path.name in NAMES or name.startswith(FOLDERS)


def problems_in(text):
    """What is wrong with one file's text, as messages."""
    lines = text.splitlines()
    opening = lines[1:2] if lines and lines[0].startswith("#!") else lines[:1]
    messages = []
    if not opening or LICENCE not in opening[0]:
        messages.append(f"the first line is not the licence line ({LICENCE})")
    if len(lines) > MAX_LINES:
        messages.append(f"{len(lines)} lines; more than {MAX_LINES} wants a split by what they do")
    return messages


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).parents[1])
    root = parser.parse_args().root
    listing = subprocess.run(["git", "-C", root, "ls-files", "-z"], check=True, capture_output=True)
    names = [name for name in listing.stdout.decode().split("\0") if name and is_source(name)]
    messages = []
    for name in names:
        if (root / name).exists():
            messages += [f"{name}: {problem}" for problem in problems_in((root / name).read_text())]
    if not names:
        messages.append(f"{root}: no source file found")
    print("\n".join(messages) if messages else f"{len(names)} source files in order")
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main())
