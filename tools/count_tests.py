#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sums the cases of every suite in the JUnit files that ctest wrote.

A test of ctest may be a program with many cases: what doctest, pytest, unittest, node:test and the
runners of the parity table print at their end is counted; a test that prints no such summary counts as one. A program that failed without a
failed case, as in a crash, counts as one failure. The last line is "N passed, N failed"; exit status 1 when
anything failed or nothing ran. `--status N`: N other than 0 means that a step beside the tests failed.
"""
import argparse
import re
import sys
import xml.etree.ElementTree as ElementTree

DOCTEST = re.compile(r"^\[doctest\] test cases: +\d+ \| +(\d+) passed \| +(\d+) failed", re.MULTILINE)
PYTEST = re.compile(r"^=*\s*((?:\d+ \w+,? ?)+) in [\d.]+s", re.MULTILINE)
UNITTEST = re.compile(r"^Ran (\d+) tests? in .*\n\n(?:OK|FAILED)(?: \((.*)\))?", re.MULTILINE)
PARITY = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)
NODE = re.compile(r"^# pass (\d+)\n# fail (\d+)\n# cancelled (\d+)$", re.MULTILINE)
MAVEN = re.compile(r"^\[[A-Z]+\] Tests run: (\d+), Failures: (\d+), Errors: (\d+), Skipped: (\d+)$", re.MULTILINE)
GO = re.compile(r"^ *--- (PASS|FAIL|SKIP): (\S+)", re.MULTILINE)


def named_counts(text):
    """{"passed": 3, "failed": 1} from "3 passed, 1 failed"."""
    return {name: int(count) for count, name in re.findall(r"(\d+) (\w+)", text)}


def summaries_in(output):
    """A pair (passed, failed) for each summary that a program printed."""
    plain = DOCTEST.findall(output) + PARITY.findall(output)
    pairs = [(int(passed), int(failed)) for passed, failed in plain]
    for line in PYTEST.findall(output):
        counts = named_counts(line)
        failed = counts.get("failed", 0) + counts.get("error", 0) + counts.get("errors", 0)
        pairs.append((counts.get("passed", 0), failed))
    for ran, notes in UNITTEST.findall(output):
        counts = {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", notes)}
        failed = counts.get("failures", 0) + counts.get("errors", 0)
        pairs.append((int(ran) - failed - counts.get("skipped", 0), failed))
    for passed, failed, cancelled in NODE.findall(output):
        pairs.append((int(passed), int(failed) + int(cancelled)))
    for ran, *others in (map(int, counts) for counts in MAVEN.findall(output)):
        pairs.append((ran - sum(others), others[0] + others[1]))
    pairs.extend(go_cases_in(output))
    return pairs


def go_cases_in(output):
    """The cases of `go test -v`, as one pair: a test that has subtests is no case beside them."""
    cases = dict(reversed(case) for case in GO.findall(output))
    parents = {name.rpartition("/")[0] for name in cases}
    leaves = [result for name, result in cases.items() if name not in parents]
    return [(leaves.count("PASS"), leaves.count("FAIL"))] if leaves else []


def count_case(case):
    """(passed, failed) of one test of ctest."""
    passes = case.get("status") == "run"
    pairs = summaries_in(case.findtext("system-out") or "")
    if not pairs:
        return (1, 0) if passes else (0, 1)
    passed, failed = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
    return passed, failed if passes else max(failed, 1)


def count_file(path):
    """(passed, failed) of one JUnit file; one failure when it cannot be read."""
    try:
        cases = ElementTree.parse(path).iter("testcase")
        counts = [count_case(case) for case in cases]
    except (OSError, ElementTree.ParseError) as error:
        print(f"{path}: {error}")
        return 0, 1
    return sum(count[0] for count in counts), sum(count[1] for count in counts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*")
    parser.add_argument("--status", type=int, default=0)
    arguments = parser.parse_args()
    passed = failed = 0
    for path in arguments.files:
        file_passed, file_failed = count_file(path)
        passed, failed = passed + file_passed, failed + file_failed
    if failed == 0 and (arguments.status != 0 or passed == 0):
        failed = 1  # a step broke before its tests could
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
