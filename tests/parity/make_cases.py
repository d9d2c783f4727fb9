#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes cases.json: the inputs of *_cases.py, and what the Python package gives for them.

    .venv/bin/python tests/parity/make_cases.py FOLDER_OF_THE_ARTIFACTS

Run review_cases.py afterwards, and look at every expectation that changed.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "bindings/python/tests")]

import classes_cases
import parity_table
import plain_cases
import shop_cases
import torn_cases

ARTIFACTS = {name: f"{name}.mlc" for name in ("plain", "shop", "classes")}


def main(folder):
    runner = parity_table.Runner(pathlib.Path(folder), ARTIFACTS)
    lines, names = [], set()
    for source in (plain_cases, classes_cases, shop_cases, torn_cases):
        for case in source.cases():
            if case["name"] in names:
                sys.exit(f"two cases are called {case['name']!r}")
            names.add(case["name"])
            case["expect"] = runner.outcome(case)
            lines.append(json.dumps(case, ensure_ascii=True))
    text = f'{{"artifacts": {json.dumps(ARTIFACTS)}, "cases": [\n' + ",\n".join(lines) + "\n]}\n"
    (HERE / "cases.json").write_text(text, encoding="ascii")
    print(f"{len(lines)} cases")


if __name__ == "__main__":
    main(*sys.argv[1:])
