# SPDX-License-Identifier: Apache-2.0
"""The sum that .ci/run ends with counts every suite, and never hides a failure."""
import pathlib
import subprocess
import sys
import tempfile
import unittest
from xml.sax.saxutils import escape

TOOL = pathlib.Path(__file__).parents[2] / "tools" / "count_tests.py"
DOCTEST = ("[doctest] doctest version is \"2.4.9\"\n"
           "[doctest] test cases:  12 |  {0} passed | {1} failed | 3 skipped\n"
           "[doctest] assertions: 455 | 455 passed |   0 failed |\n")


def case(output, status="run"):
    return f'<testcase name="x" status="{status}"><system-out>{escape(output)}</system-out></testcase>'


class CountTests(unittest.TestCase):
    def count(self, *cases, status=0):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "results.xml"
            path.write_text(f"<testsuite>{''.join(cases)}</testsuite>")
            run = subprocess.run([sys.executable, TOOL, "--status", str(status), path],
                                 capture_output=True, text=True)
        return run.stdout.splitlines()[-1], run.returncode

    def test_each_kind_of_summary_is_read(self):
        table = [
            (DOCTEST.format(12, 0), "run", "12 passed, 0 failed"),
            (DOCTEST.format(10, 2), "fail", "10 passed, 2 failed"),
            ("....\n41 passed in 0.52s\n", "run", "41 passed, 0 failed"),
            ("==== 2 failed, 39 passed, 1 error in 1.10s ====\n", "fail", "39 passed, 3 failed"),
            ("Ran 6 tests in 1.719s\n\nOK\n", "run", "6 passed, 0 failed"),
            ("Ran 6 tests in 0.1s\n\nFAILED (failures=1, errors=2)\n", "fail", "3 passed, 3 failed"),
            ("# tests 9\n# suites 0\n# pass 9\n# fail 0\n# cancelled 0\n# skipped 0\n", "run", "9 passed, 0 failed"),
            ("# pass 7\n# fail 1\n# cancelled 1\n# skipped 0\n", "fail", "7 passed, 2 failed"),
            ("386 passed, 0 failed\n", "run", "386 passed, 0 failed"),
            ("a case: expected 1 passed, found 2 failed\n385 passed, 1 failed\n", "fail", "385 passed, 1 failed"),
            ("=== RUN   TestA\n--- PASS: TestA (0.00s)\n--- SKIP: TestB (0.00s)\nPASS\n", "run",
             "1 passed, 0 failed"),
            ("--- FAIL: TestC (0.01s)\n    --- PASS: TestC/one (0.00s)\n    --- FAIL: TestC/two (0.00s)\n"
             "--- PASS: ExampleOpen (0.00s)\nFAIL\n", "fail", "2 passed, 1 failed"),
            ("[INFO] Tests run: 9, Failures: 0, Errors: 0, Skipped: 1, Time elapsed: 0.1 s -- in ATest\n[INFO] \n"
             "[WARNING] Tests run: 19, Failures: 0, Errors: 0, Skipped: 1\n", "run", "18 passed, 0 failed"),
            ("[ERROR] Tests run: 9, Failures: 1, Errors: 2, Skipped: 0\n", "fail", "6 passed, 3 failed"),
            ("43 files keep the order of the rooms\n", "run", "1 passed, 0 failed"),
            ("something broke\n", "fail", "0 passed, 1 failed"),
        ]
        for output, status, expected in table:
            with self.subTest(output):
                line, code = self.count(case(output, status))
                self.assertEqual(line, expected)
                self.assertEqual(code, 0 if status == "run" else 1)

    def test_a_crash_after_a_good_summary_is_a_failure(self):
        self.assertEqual(self.count(case(DOCTEST.format(12, 0), "fail")), ("12 passed, 1 failed", 1))

    def test_suites_are_summed(self):
        line, code = self.count(case(DOCTEST.format(12, 0)), case("5 passed in 1.0s\n"), case("fine"))
        self.assertEqual((line, code), ("18 passed, 0 failed", 0))

    def test_a_test_that_did_not_run_is_a_failure(self):
        self.assertEqual(self.count(case("", "notrun")), ("0 passed, 1 failed", 1))

    def test_a_broken_step_or_no_test_at_all_is_a_failure(self):
        self.assertEqual(self.count(case("fine"), status=1), ("1 passed, 1 failed", 1))
        self.assertEqual(self.count(), ("0 passed, 1 failed", 1))

    def test_a_file_that_cannot_be_read_is_a_failure(self):
        run = subprocess.run([sys.executable, TOOL, "no such file.xml"], capture_output=True, text=True)
        self.assertEqual((run.stdout.splitlines()[-1], run.returncode), ("0 passed, 1 failed", 1))


if __name__ == "__main__":
    unittest.main()
