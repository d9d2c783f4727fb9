#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that a shared library exports the listed symbols and nothing else, and that the headers
declare exactly them.

usage: check_symbols.py [--nm NM] LIBRARY SYMBOLS HEADERS
"""
import argparse
import pathlib
import re
import subprocess
import sys


def exported(nm, library):
    """Names that the library defines for others. The version node itself is absolute ("A")."""
    lines = subprocess.run([nm, "-D", "--defined-only", library], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.splitlines()
    found = {}
    for line in lines:
        kind, name = line.split()[-2:]
        if kind != "A":
            found[name.split("@")[0]] = kind
    return found


def declared(headers):
    text = "".join(header.read_text(encoding="utf-8") for header in sorted(headers.glob("*.h")))
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return set(re.findall(r"\b(mlcore_\w+)\(", text))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--nm", default="nm")
    parser.add_argument("library")
    parser.add_argument("symbols")
    parser.add_argument("headers", type=pathlib.Path, help="the folder of the C headers")
    arguments = parser.parse_args()
    listed = set(open(arguments.symbols, encoding="utf-8").read().split())
    kinds = exported(arguments.nm, arguments.library)
    problems = []
    for what, names in (("exported", set(kinds)), ("declared in the headers", declared(arguments.headers))):
        problems += [f"{name}: {what} but not listed" for name in sorted(names - listed)]
        problems += [f"{name}: listed but not {what}" for name in sorted(listed - names)]
    problems += [f"{name}: a unique symbol keeps the library loaded" for name, kind in kinds.items()
                 if kind == "u"]
    print("\n".join(problems) or f"{len(listed)} symbols")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
