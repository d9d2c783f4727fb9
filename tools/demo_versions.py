#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tells what the demo's two versions did: which alias pointed where, what drifted and when, and whether
rolling back gave the first version's bits again.

    demo_versions.py --folder DIR [--json FILE]

DIR holds list.json of `mlcore list`, drift.json and drift.html of `mlcore report`, training_table.csv of
demo_reference, and margins of the same customers through the alias: promoted.csv and rolled_back.csv of
`mlcore predict --margin --hex`. FILE is demo_compare's report; it gains versions, drift and drift_page.
Exit status 1 when rolling back gave other bits than version 1, or promoting gave the same ones.
"""
import argparse
import csv
import datetime
import json
import pathlib
import struct
import sys

DRIFT = "DRIFT"


def margins_of(path, parse):
    """{customer: bits} of the column "margin"."""
    with open(path, encoding="ascii", newline="") as file:
        return {row["customer"]: parse(row["margin"]) for row in csv.DictReader(file)}


def bits_of(text):
    return int.from_bytes(struct.pack(">d", float.fromhex(text)), "big")


def differing_customers(expected, found):
    if expected.keys() != found.keys():
        raise ValueError(f"{len(found)} customers, expected {len(expected)}")
    return sum(expected[customer] != found[customer] for customer in expected)


def day(micros):
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=micros)).date().isoformat()


def drifts_of(report):
    """For each column that drifts in a pane: the first pane, how many, its largest PSI."""
    found = {}
    for pane in report["panes"]:
        for column in pane["columns"]:
            if column["verdict"] == DRIFT:
                entry = found.setdefault(column["name"], {"column": column["name"], "since": day(pane["begin"]),
                                                          "panes": 0, "largest_psi": 0.0})
                entry["panes"] += 1
                entry["largest_psi"] = max(entry["largest_psi"], column["statistics"]["psi"]["value"] or 0.0)
    return sorted(found.values(), key=lambda entry: -entry["largest_psi"])


def make_report(folder):
    listing = json.loads((folder / "list.json").read_text(encoding="utf-8"))
    drift = json.loads((folder / "drift.json").read_text(encoding="utf-8"))
    first = margins_of(folder / "training_table.csv", lambda text: int(text, 16))
    changed, wrong = (differing_customers(first, margins_of(folder / name, bits_of))
                      for name in ("promoted.csv", "rolled_back.csv"))
    if not (folder / "drift.html").read_bytes().startswith(b"<!DOCTYPE html>"):
        raise ValueError("drift.html: no HTML page")
    return {"versions": listing["versions"],
            "alias": {"name": "champion", "customers": len(first), "changed_by_promotion": changed,
                      "differing_after_rollback": wrong},
            "drift": {"panes": len(drift["panes"]), "columns": drifts_of(drift)},
            "drift_page": str(folder / "drift.html")}


def text_of(report):
    lines = ["Versions:", ""]
    for version in report["versions"]:
        aliases = f"  <- {', '.join(version['aliases'])}" if version["aliases"] else ""
        lines.append(f"  {version['version']}  {version['algorithm']}  {version['content_digest'][:12]}{aliases}")
    alias, drift = report["alias"], report["drift"]
    lines += ["", f"Promoting v2 changed {alias['changed_by_promotion']} of {alias['customers']} margins; after "
                  f"rolling back {alias['differing_after_rollback']} differ from v1's.", "",
              f"Drift against v1's training rows, {drift['panes']} panes of 30 days:", "",
              f"  {'column':<16}{'since':<12}{'panes':>6}{'largest PSI':>13}"]
    lines += [f"  {column['column']:<16}{column['since']:<12}{column['panes']:>6}{column['largest_psi']:>13.3f}"
              for column in drift["columns"]]
    return "\n".join([*lines, "", f"The page: {report['drift_page']}"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    try:
        report = make_report(arguments.folder)
        if arguments.json:
            whole = json.loads(arguments.json.read_text(encoding="utf-8"))
            arguments.json.write_text(json.dumps(whole | report, indent=2) + "\n", encoding="utf-8")
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"demo_versions: {error}")
    print(text_of(report))
    if report["alias"]["differing_after_rollback"] or not report["alias"]["changed_by_promotion"]:
        print("demo_versions: the alias did not give the version that it points to", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
