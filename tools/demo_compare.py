#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares, bit for bit, what each program of the demo scored with what training computed.

    demo_compare.py --folder DIR --languages cpp c node [--absent go java] [--json FILE]

DIR holds training_table.csv, batch.csv, restored_snapshot.csv, one_row_events.csv and summary.json of
demo_reference, and for each language LANGUAGE.csv and LANGUAGE.log, whose last line is the JSON that
the program ended with. examples/README.md has the format. Exit status 1 when a bit differs, or when a
file has other customers or columns than the training table.
"""
import argparse
import json
import pathlib
import sys

REFERENCE = "training_table"
PATHS = {"batch": "C++, one batch call", "restored_snapshot": "C++, restored snapshot",
         "one_row_events": "C++, events of one row"}
LANGUAGES = {"cpp": "C++", "c": "C", "node": "Node.js", "go": "Go", "java": "Java", "python": "Python"}


def read_scores(path):
    """(column names, {customer: [bits]})."""
    with open(path, encoding="ascii") as file:
        header, *lines = file.read().splitlines()
    rows = {}
    for line in lines:
        customer, *cells = line.split(",")
        if customer in rows:
            raise ValueError(f"{path}: customer {customer} twice")
        rows[customer] = [int(cell, 16) for cell in cells]
    return header.split(","), rows


def differing_bits(reference, scores):
    """(feature bits, margin bits) that differ over all rows.

    Throws ValueError where the two do not even have the same shape."""
    columns, expected = reference
    found_columns, found = scores
    if found_columns != columns:
        raise ValueError(f"columns {','.join(found_columns)}; expected {','.join(columns)}")
    if found.keys() != expected.keys():
        strange = sorted(found.keys() ^ expected.keys())
        raise ValueError(f"{len(found)} customers, expected {len(expected)}; first difference {strange[0]}")
    width = sum(not name.startswith("margin") for name in columns[1:])
    bits = [0, 0]
    for customer, values in expected.items():
        if len(found[customer]) != len(values):
            raise ValueError(f"customer {customer}: {len(found[customer])} values, expected {len(values)}")
        for column, (left, right) in enumerate(zip(values, found[customer])):
            bits[column >= width] += (left ^ right).bit_count()
    return tuple(bits)


def compare(folder, name, reference, ns_per_row):
    """One row of the table."""
    scores = read_scores(folder / f"{name}.csv")
    feature_bits, margin_bits = differing_bits(reference, scores)
    return {"name": name, "rows": len(scores[1]), "ns_per_row": ns_per_row,
            "differing_feature_bits": feature_bits, "differing_margin_bits": margin_bits}


def language_time(folder, name):
    last_line = (folder / f"{name}.log").read_text(encoding="utf-8").strip().splitlines()[-1]
    return json.loads(last_line)["ns_per_row"]


def make_report(folder, languages, absent):
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    reference = read_scores(folder / f"{REFERENCE}.csv")
    if not reference[1]:
        raise ValueError(f"{REFERENCE}.csv: no rows")
    report = {"as_of": summary["as_of"], "languages": [], "absent": absent, "paths": [],
              "auc": summary["auc"]}
    for name in languages:
        report["languages"].append(compare(folder, name, reference, language_time(folder, name)))
    for name in PATHS:
        report["paths"].append(compare(folder, name, reference, summary["ns_per_row"][name]))
    return report


def table_of(report):
    lines = [f"Customers at {report['as_of']}, each program beside the training table and XGBoost:", "",
             f"{'language':<24}{'rows':>8}{'ns per row':>12}{'feature bits':>14}{'margin bits':>13}",
             f"{'':<24}{'':>8}{'':>12}{'that differ':>14}{'that differ':>13}"]
    named = [(LANGUAGES[row["name"]], row) for row in report["languages"]]
    named += [(PATHS[row["name"]], row) for row in report["paths"]]
    for title, row in named:
        lines.append(f"{title:<24}{row['rows']:>8}{row['ns_per_row']:>12.0f}"
                     f"{row['differing_feature_bits']:>14}{row['differing_margin_bits']:>13}")
    lines += [f"{LANGUAGES[name]:<24}{'absent':>8}" for name in report["absent"]]
    auc = report["auc"]
    lines += ["", f"AUC: model {auc['model']:.4f}, recency rule {auc['recency_rule']:.4f}, "
                  f"base rate {auc['base_rate']:.4f}"]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--languages", nargs="*", choices=list(LANGUAGES), required=True)
    parser.add_argument("--absent", nargs="*", choices=list(LANGUAGES), default=[])
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    try:
        report = make_report(arguments.folder, arguments.languages, arguments.absent)
    except (OSError, ValueError, KeyError, IndexError) as error:
        sys.exit(f"demo_compare: {error}")
    print(table_of(report))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    differs = any(row["differing_feature_bits"] or row["differing_margin_bits"]
                  for row in report["languages"] + report["paths"])
    if differs:
        print("demo_compare: bits differ", file=sys.stderr)
    return 1 if differs else 0


if __name__ == "__main__":
    sys.exit(main())
