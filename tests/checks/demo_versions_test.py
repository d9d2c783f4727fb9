# SPDX-License-Identifier: Apache-2.0
"""The demo's story of two versions: a wrong bit after a rollback and a promotion without effect fail it."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).parents[2] / "tools"
DAY = 86_400_000_000


def column(name, verdict, psi):
    return {"name": name, "verdict": verdict, "statistics": {"psi": {"value": psi}}}


class DemoVersions(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)
        versions = [{"version": "v1", "algorithm": "xgboost", "content_digest": "a" * 64, "aliases": ["champion"]},
                    {"version": "v2", "algorithm": "xgboost", "content_digest": "b" * 64, "aliases": []}]
        panes = [{"begin": 0, "columns": [column("age", "OK", 0.01), column("spend", "DRIFT", None)]},
                 {"begin": DAY, "columns": [column("age", "DRIFT", 0.4), column("spend", "DRIFT", 0.2)]}]
        (self.path / "list.json").write_text(json.dumps({"versions": versions}))
        (self.path / "drift.json").write_text(json.dumps({"panes": panes}))
        (self.path / "drift.html").write_text("<!DOCTYPE html>\n<html></html>")
        (self.path / "training_table.csv").write_text("customer,margin\n1,3ff0000000000000\n2,bfe0000000000000\n")
        self.write("promoted", "0x1p+0", "-0x1p-2")
        self.write("rolled_back", "0x1p+0", "-0x1p-1")
        (self.path / "report.json").write_text('{"as_of": "1998-01-01"}')

    def write(self, name, first, second):
        rows = f"customer,as_of,margin\n1,1998-01-01,{first}\n2,1998-01-01,{second}\n"
        (self.path / f"{name}.csv").write_text(rows)

    def run_tool(self):
        return subprocess.run([sys.executable, TOOLS / "demo_versions.py", "--folder", self.path,
                               "--json", self.path / "report.json"], capture_output=True, text=True)

    def test_the_report_gains_versions_drift_and_the_page(self):
        run = self.run_tool()
        self.assertEqual(run.returncode, 0, run.stderr)
        report = json.loads((self.path / "report.json").read_text())
        self.assertEqual(report["as_of"], "1998-01-01")
        self.assertEqual([version["version"] for version in report["versions"]], ["v1", "v2"])
        self.assertEqual(report["drift"]["columns"],
                         [{"column": "age", "since": "1970-01-02", "panes": 1, "largest_psi": 0.4},
                          {"column": "spend", "since": "1970-01-01", "panes": 2, "largest_psi": 0.2}])
        self.assertEqual(report["alias"]["changed_by_promotion"], 1)
        self.assertEqual(report["drift_page"], str(self.path / "drift.html"))

    def test_another_bit_after_the_rollback_fails(self):
        self.write("rolled_back", "0x1.0000000000001p+0", "-0x1p-1")
        self.assertEqual(self.run_tool().returncode, 1)

    def test_a_promotion_without_effect_fails(self):
        self.write("promoted", "0x1p+0", "-0x1p-1")
        self.assertEqual(self.run_tool().returncode, 1)

    def test_missing_customers_and_no_page_are_named(self):
        (self.path / "rolled_back.csv").write_text("customer,as_of,margin\n1,1998-01-01,0x1p+0\n")
        self.assertIn("1 customers, expected 2", self.run_tool().stderr)
        self.setUp()
        (self.path / "drift.html").write_text("")
        self.assertIn("drift.html", self.run_tool().stderr)


class DemoRequests(unittest.TestCase):
    def test_a_customer_is_asked_about_after_the_first_order(self):
        with tempfile.TemporaryDirectory() as folder:
            orders, requests = pathlib.Path(folder) / "orders.csv", pathlib.Path(folder) / "requests.csv"
            orders.write_text("customer,at\nb,1997-03-01\na,1997-02-01\nb,1997-01-01\n")
            tool = [sys.executable, TOOLS / "demo_requests.py", orders, requests]
            subprocess.run([*tool, "1997-02-01", "1997-03-01"], check=True)
            self.assertEqual(requests.read_text(),
                             "customer,as_of\nb,1997-02-01\na,1997-03-01\nb,1997-03-01\n")
            early = subprocess.run([*tool, "1996-01-01"], capture_output=True, text=True)
            self.assertEqual(early.returncode, 1)
            self.assertIn("no order before 1996-01-01", early.stderr)


if __name__ == "__main__":
    unittest.main()
