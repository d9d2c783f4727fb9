#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reports how the C interface of a library differs from the one written down in capi/mlcore.abi.

    abi_report.py LIBRARY            print what abidiff finds; until 1.0 a difference is no failure
    abi_report.py LIBRARY --write    write LIBRARY's interface down, after a change that is meant

LIBRARY needs debug information (presets dev and asan). Exit status 1 when the two can't be compared.
"""
import argparse
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
WRITTEN = ROOT / "capi" / "mlcore.abi"
HEADERS = ROOT / "capi" / "include"
UNCOMPARABLE = 1 | 2  # the bits of abidiff's exit status: an error, a wrong usage


def write(library):
    options = ["--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--no-elf-needed",
               "--drop-private-types", "--exported-interfaces-only", "--headers-dir", HEADERS]
    text = subprocess.run(["abidw", *options, library], check=True, capture_output=True, text=True).stdout
    if "mlcore_error_t" not in text:
        sys.exit(f"abi_report: {library} has no debug information")
    WRITTEN.write_text(text, encoding="utf-8")


def report(library):
    run = subprocess.run(["abidiff", "--no-architecture", "--headers-dir2", HEADERS, WRITTEN, library],
                         capture_output=True, text=True)
    print(run.stdout, end="")
    if run.returncode & UNCOMPARABLE:
        print(f"abi_report: abidiff failed: {run.stderr.strip()}", file=sys.stderr)
        return 1
    if run.returncode:
        print("Allowed before 1.0; once it is meant: tools/abi_report.py LIBRARY --write")
    else:
        print("The C interface is the one written down.")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    if not arguments.library.exists():
        sys.exit(f"abi_report: {arguments.library}: no such file")
    return write(arguments.library) if arguments.write else report(arguments.library)


if __name__ == "__main__":
    sys.exit(main())
