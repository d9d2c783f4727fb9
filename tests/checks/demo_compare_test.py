# SPDX-License-Identifier: Apache-2.0
"""The demo's comparison sees one bit, a missing customer and another column."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).parents[2] / "tools" / "demo_compare.py"
SCORES = ("customer,orders_90d,spend_90d,margin\n"
          "00001,3ff0000000000000,7ff8000000000000,bfd0000000000000\n"
          "00002,4000000000000000,403d800000000000,3fd0000000000000\n")
NAMES = ["training_table", "batch", "restored_snapshot", "one_row_events", "cpp", "c", "python"]


class DemoCompare(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)
        for name in NAMES:
            (self.path / f"{name}.csv").write_text(SCORES)
            (self.path / f"{name}.log").write_text(f'a warning\n{{"ns_per_row": 812.5}}\n')
        (self.path / "summary.json").write_text(json.dumps(
            {"as_of": "1998-01-01", "auc": {"model": 0.8, "base_rate": 0.5, "recency_rule": 0.75},
             "ns_per_row": {name: 1.0 for name in NAMES}}))

    def run_tool(self, *arguments):
        return subprocess.run(
            [sys.executable, TOOL, "--folder", self.path, "--json", self.path / "report.json",
             "--languages", "cpp", "c", "python", *arguments],
            capture_output=True, text=True)

    def change(self, name, old, new):
        text = (self.path / f"{name}.csv").read_text()
        self.assertEqual(text.count(old), 1)
        (self.path / f"{name}.csv").write_text(text.replace(old, new))

    def test_equal_files_pass_and_the_report_has_every_language(self):
        run = self.run_tool()
        self.assertEqual(run.returncode, 0, run.stderr)
        report = json.loads((self.path / "report.json").read_text())
        self.assertEqual([row["name"] for row in report["languages"]], ["cpp", "c", "python"])
        self.assertEqual(report["languages"][0], {
            "name": "cpp", "rows": 2, "ns_per_row": 812.5,
            "differing_feature_bits": 0, "differing_margin_bits": 0})
        self.assertEqual(report["auc"], {"model": 0.8, "base_rate": 0.5, "recency_rule": 0.75})

    def test_one_changed_feature_bit_fails_wherever_it_is(self):
        for name in NAMES[1:]:
            with self.subTest(name):
                self.setUp()
                self.change(name, "403d800000000000", "403d800000000001")
                run = self.run_tool()
                self.assertEqual(run.returncode, 1)
                report = json.loads((self.path / "report.json").read_text())
                rows = {row["name"]: row for row in report["languages"] + report["paths"]}
                self.assertEqual(rows[name]["differing_feature_bits"], 1)
                self.assertEqual(rows[name]["differing_margin_bits"], 0)
                others = [row["differing_feature_bits"] for key, row in rows.items() if key != name]
                self.assertEqual(sum(others), 0)

    def test_margin_bits_are_counted_apart(self):
        self.change("c", "bfd0000000000000", "3fd0000000000003")  # the sign and two more
        run = self.run_tool()
        self.assertEqual(run.returncode, 1)
        row = json.loads((self.path / "report.json").read_text())["languages"][1]
        self.assertEqual((row["differing_feature_bits"], row["differing_margin_bits"]), (0, 3))

    def test_another_payload_of_nan_is_a_difference(self):
        self.change("python", "7ff8000000000000", "7ff8000000000001")
        self.assertEqual(self.run_tool().returncode, 1)

    def test_a_missing_customer_a_strange_column_and_no_rows_are_refused(self):
        first_row = SCORES.splitlines(keepends=True)[1]
        stories = [("cpp", lambda text: text.replace(first_row, "")),
                   ("cpp", lambda text: text.replace("spend_90d", "spend_30d")),
                   ("cpp", lambda text: text.replace(",bfd0000000000000", "")),
                   ("training_table", lambda text: text.splitlines(keepends=True)[0])]
        for name, change in stories:
            with self.subTest(name=name, text=change(SCORES)):
                self.setUp()
                (self.path / f"{name}.csv").write_text(change(SCORES))
                run = self.run_tool()
                self.assertEqual(run.returncode, 1)
                self.assertTrue(run.stderr.startswith("demo_compare: "), run.stderr)

    def test_an_absent_language_is_shown_as_absent(self):
        run = self.run_tool("--absent", "go", "java")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertRegex(run.stdout, r"(?m)^Go +absent$")
        self.assertRegex(run.stdout, r"(?m)^Java +absent$")
        report = json.loads((self.path / "report.json").read_text())
        self.assertEqual(report["absent"], ["go", "java"])

    def test_a_missing_file_is_named(self):
        (self.path / "python.csv").unlink()
        run = self.run_tool()
        self.assertEqual(run.returncode, 1)
        self.assertIn("python.csv", run.stderr)


if __name__ == "__main__":
    unittest.main()
