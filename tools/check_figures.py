#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every line of README's tables under Speed stands in docs/performance.md, word for word.

    check_figures.py [--root CHECKOUT]

Exit status 1 when one does not, or there is none.
"""
import argparse
import pathlib
import re
import sys


def missing_figures(readme, page):
    """How many lines the tables have, and those of them that the page lacks."""
    section = re.search(r"^## Speed\n(.*?)(?=^## |\Z)", readme, re.MULTILINE | re.DOTALL)
    rows = [line for line in section.group(1).splitlines() if line.startswith("|")] if section else []
    known = set(page.splitlines())
    return len(rows), [row for row in rows if row not in known]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).parents[1])
    root = parser.parse_args().root
    count, missing = missing_figures((root / "README.md").read_text(), (root / "docs/performance.md").read_text())
    for row in missing:
        print(f"README.md: docs/performance.md has no line {row}")
    if count == 0:
        print("README.md: no table under Speed")
    print(f"{count - len(missing)} of {count} lines of figures stand in docs/performance.md")
    return 1 if missing or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
