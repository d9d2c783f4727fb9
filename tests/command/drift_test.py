#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`mlcore drift` and `mlcore report` as a user runs them.

    tests/command/drift_test.py path/to/mlcore [unittest arguments]
"""

import html.parser
import json
import os
import sys
import unittest
import xml.etree.ElementTree
from datetime import date, timedelta

import command_test
from command_test import ANSWER_IS_NO, BAD_INPUT, DONE, USAGE

CUSTOMERS = 150
STREAM = ("--stream", "orders=orders.csv")
FEATURES = ["orders_60d", "spend_60d", "recency_d", "spend_z"]


def requests_csv(days):
    """Every customer at each day: a number, counted from 2020-01-01."""
    lines = [f"c{customer},{date(2020, 1, 1) + timedelta(day)}" for day in days for customer in range(CUSTOMERS)]
    return "\n".join(["customer,as_of"] + lines) + "\n"


class Values(html.parser.HTMLParser):
    """What the <data> elements of a page say."""

    def __init__(self):
        super().__init__()
        self.values = []

    def handle_starttag(self, tag, attributes):
        if tag == "data":
            self.values.append(dict(attributes)["value"])


class DriftBase(command_test.CommandTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The train days, then half a year without an order in the file's last weeks.
        cls.write("quiet.csv", requests_csv([60, 61, 91, 92]))
        cls.write("later.csv", requests_csv([60, 91, 350, 351, 352]))
        cls.write("none.csv", "customer,as_of\n")

    def drift(self, current, *options):
        return self.succeed("drift", "--reference", "models/v1", "--current", current, *STREAM, *options)

    def report(self, current, *options):
        return json.loads(self.drift(current, *options, "--json"))


class Imported(command_test.CommandTest):
    ARGUMENTS = ("import", "stump.json", "--from", "xgboost", "--reference")

    def test_an_imported_model_is_compared_with_the_rows_it_was_fitted_on(self):
        rows = [f"{age},{spend}" for age in range(40) for spend in range(40)]
        self.write("training.csv", "\n".join(["age,spend"] + rows) + "\n")
        self.write("moved.csv", "\n".join(["age,spend"] + [f"{row}00" for row in rows]) + "\n")
        answer = json.loads(self.succeed(*self.ARGUMENTS, "training.csv", "-o", "known.mlc", "--json"))
        self.assertEqual(answer["reference_rows"], 1600)
        shown = json.loads(self.succeed("inspect", "known.mlc", "--json"))
        self.assertEqual(shown["reference"], {"rows": 1600, "features": 2, "categories": 0, "scores": 1})
        for name, verdict, drifted in (("training.csv", "OK", {"OK"}), ("moved.csv", "DRIFT", {"OK", "DRIFT"})):
            for matrix in ([], ["--matrix"]):
                report = json.loads(self.succeed("drift", "--reference", "known.mlc", "--current", name, *matrix, "--json"))
                columns = {column["name"]: column["verdict"] for column in report["total"]["columns"]}
                self.assertEqual((report["total"]["verdict"], columns["age"]), (verdict, "OK"))
                self.assertEqual(set(columns.values()), drifted)
        margins = [self.succeed("predict", name, "--matrix", "moved.csv", "--hex") for name in ("stump.mlc", "known.mlc")]
        self.assertEqual(margins[0], margins[1])

    def test_a_reference_that_can_not_be_made(self):
        self.write("narrow.csv", "age\n1\n")
        self.write("none.csv", "age,spend\n")
        for name, part in (("narrow.csv", '"spend"'), ("none.csv", "no row"), ("nowhere.csv", "nowhere.csv")):
            self.fail_with(BAD_INPUT, part, *self.ARGUMENTS, name, "-o", "never.mlc")
        message = self.fail_with(BAD_INPUT, "no reference profile", "drift", "--reference", "stump.mlc", "--current", "none.csv")
        self.assertIn("--reference CSV", message)


class Drift(DriftBase):
    def test_each_pane_has_a_line_with_its_verdict_and_what_drifted(self):
        text = self.drift("later.csv")
        lines = text.splitlines()
        self.assertRegex(lines[0], r"^pane \(as_of\) +rows  verdict +drifted: value \(threshold\)$")
        panes = [line for line in lines if line.startswith("20")]
        self.assertEqual(len(panes), len(self.report("later.csv")["panes"]))
        self.assertRegex(panes[-1], r"^2020-\d\d-\d\d to 202\d-\d\d-\d\d +\d+  DRIFT +\w+ \w+ [\d.]+ \(0\.\d+\)")
        self.assertRegex(text, r"recency_d \w+ [\d.e+]+ \(0\.\d+\)")
        self.assertRegex(lines[-1], r"^DRIFT: \d of 5 columns drift, ")

    def test_panes_are_cut_by_as_of_and_hold_every_row(self):
        report = self.report("later.csv", "--pane", "7d")
        self.assertEqual(report["rows"], 5 * CUSTOMERS)
        self.assertEqual(report["late_rows"], 0)
        self.assertEqual(sum(pane["rows"] for pane in report["panes"]), 5 * CUSTOMERS)
        self.assertEqual([pane["rows"] for pane in report["panes"]][:2], [CUSTOMERS, CUSTOMERS])
        by_count = self.report("later.csv", "--pane", "500")
        self.assertEqual([pane["rows"] for pane in by_count["panes"]], [500, 250])
        self.assertEqual(report["version"], 1)

    def test_the_same_rows_give_the_same_bytes(self):
        self.assertEqual(self.drift("later.csv", "--json"), self.drift("later.csv", "--json"))
        lines = self.read("later.csv", "r").splitlines()
        self.write("reversed_requests.csv", "\n".join([lines[0]] + lines[:0:-1]) + "\n")
        self.assertEqual(self.drift("later.csv", "--json"), self.drift("reversed_requests.csv", "--json"))

    def test_fail_on_is_the_exit_status(self):
        cases = [("later.csv", None, DONE), ("later.csv", "drift", ANSWER_IS_NO),
                 ("later.csv", "insufficient", ANSWER_IS_NO), ("today.csv", "drift", DONE),
                 ("today.csv", "insufficient", ANSWER_IS_NO), ("none.csv", "insufficient", ANSWER_IS_NO)]
        for current, fail_on, status in cases:
            with self.subTest(current, fail_on=fail_on):
                options = ["--fail-on", fail_on] if fail_on else []
                run = self.run_command("drift", "--reference", "models/v1", "--current", current, *STREAM, *options)
                self.assertEqual((run.returncode, run.stderr), (status, b""), run)

    def test_the_version_is_that_of_the_registry(self):
        self.assertEqual(self.report("later.csv")["version"], 1)
        page = self.succeed("report", "--reference", "models@v1", "--current", "later.csv", *STREAM)
        self.assertIn("<dd>v1</dd>", page)
        for current in ("models@v1", "later.csv"):
            options = STREAM if current.endswith(".csv") else ()
            file = self.succeed("drift", "--reference", "models/v1/model.mlc", "--current", current, *options, "--json")
            self.assertEqual(json.loads(file)["version"], 0)

    def test_no_row_is_insufficient_and_says_so(self):
        self.assertRegex(self.drift("none.csv"), r"^INSUFFICIENT: no row to compare with the reference's 300\n$")
        report = self.report("none.csv")
        self.assertEqual((report["panes"], report["rows"]), ([], 0))
        self.assertEqual(report["total"]["verdict"], "INSUFFICIENT")

    def test_a_matrix_counts_as_its_requests_do(self):
        self.succeed("features", "models/v1", *STREAM, "--requests", "later.csv", "-o", "later_matrix.csv")
        by_matrix = json.loads(self.succeed("drift", "--reference", "models/v1", "--current", "later_matrix.csv",
                                            "--matrix", "--pane", "500", "--json"))
        by_request = self.report("later.csv", "--pane", "500")
        self.assertEqual(by_matrix["total"], by_request["total"])
        self.assertEqual(by_matrix["panes"], by_request["panes"])

    def test_another_artifact_is_compared_by_its_profile(self):
        same = json.loads(self.succeed("drift", "--reference", "models/v1", "--current", "models/v1/model.mlc", "--json"))
        self.assertEqual(same["rows"], 300)
        for column in same["total"]["columns"]:
            self.assertNotEqual(column["verdict"], "DRIFT", column["name"])
        spec = {**command_test.SPEC, "split": {"train": ["2020-04-30"], "test": ["2020-06-01"]}, "registry": "later"}
        self.write("later.json", json.dumps(spec))
        self.succeed("train", "later.json")
        text = self.succeed("drift", "--reference", "models/v1", "--current", "later/v1")
        self.assertIn("rows", text)

    def test_alpha_reaches_the_statistics(self):
        self.assertEqual(self.report("later.csv", "--alpha", "0.01")["total"]["alpha"], 0.01)
        for alpha in ("0", "0.7", "-1"):
            self.fail_with(BAD_INPUT, "alpha", "drift", "--reference", "models/v1", "--current", "later.csv", *STREAM,
                           "--alpha", alpha)

    def test_errors_name_the_thing(self):
        self.write("no_as_of.csv", "customer\nc1\n")
        self.write("empty_requests.csv", "")
        reference = ("drift", "--reference", "models/v1", "--current")
        cases = [
            (("drift", "--reference", "stump.mlc", "--current", "today.csv"), "stump.mlc: the artifact has no reference"),
            ((*reference, "no_as_of.csv", *STREAM), 'no_as_of.csv: '),
            ((*reference, "empty_requests.csv", *STREAM), "empty_requests.csv"),
            ((*reference, "nowhere.csv", *STREAM), "nowhere.csv"),
            ((*reference, "stump.mlc"), "stump.mlc: the artifact has no reference"),
            ((*reference, "nowhere.mlc"), "nowhere.mlc"),
            ((*reference, "later.csv"), '"orders"'),
            ((*reference, "orders.csv", "--matrix"), 'orders.csv: '),
        ]
        for arguments, part in cases:
            with self.subTest(part, arguments=arguments):
                message = self.fail_with(BAD_INPUT, part, *arguments)
                self.assertIn("next: ", message)

    def test_too_many_panes_are_refused(self):
        self.fail_with(BAD_INPUT, "the requests make 750 panes, the limit is 512: choose a longer --pane",
                       "drift", "--reference", "models/v1", "--current", "later.csv", *STREAM, "--pane", "1")
        self.assertEqual(len(self.report("later.csv", "--pane", "1s")["panes"]), 5)

    def test_a_profile_of_another_model_is_refused(self):
        definition = command_test.DEFINITION.replace("orders_60d", "orders_2m").replace("churn version", "other version")
        self.write("other.features", definition)
        self.write("other_spec.json", json.dumps({**command_test.SPEC, "features": "other.features", "registry": "other"}))
        self.succeed("train", "other_spec.json")
        message = self.fail_with(BAD_INPUT, 'other/v1: the other profile has no feature "orders_60d"',
                                 "drift", "--reference", "models/v1", "--current", "other/v1")
        self.assertIn("same features", message)

    def test_wrong_usage(self):
        reference = ("--reference", "models/v1", "--current")
        for arguments, part in [
            ((*reference, "later.csv", *STREAM, "--pane", "soon"), '"soon"'),
            ((*reference, "later.csv", *STREAM, "--pane", "0d"), '"0d"'),
            ((*reference, "later.csv", *STREAM, "--pane", "104250d"), '--pane: '),
            ((*reference, "later.csv", *STREAM, "--pane", "9223372036854775807"), '--pane: '),
            ((*reference, "orders.csv", "--matrix", "--pane", "9223372036854775807"), '--pane: '),
            ((*reference, "later.csv", *STREAM, "--fail-on", "ok"), "--fail-on"),
            ((*reference, "later.csv", *STREAM, "--matrix"), "--stream"),
            ((*reference, "orders.csv", "--matrix", "--pane", "30d"), "as rows"),
            ((*reference, "models/v1", *STREAM), "artifact"),
            (("--current", "later.csv"), "--reference"),
        ]:
            for verb in ("drift", "report"):
                with self.subTest(part, verb=verb):
                    self.fail_with(USAGE, part, verb, *arguments)

    def test_help_has_an_example(self):
        for verb in ("drift", "report"):
            self.assertRegex(self.succeed(verb, "--help"), rf"Example:\n +mlcore {verb} --reference")


class Report(DriftBase):
    def page(self, current, *options):
        self.succeed("report", "--reference", "models/v1", "--current", current, *STREAM, "-o", "page.html", *options)
        return self.read("page.html", "r")

    def test_the_page_says_what_drift_says(self):
        report = self.report("later.csv")
        page = self.page("later.csv")
        xml.etree.ElementTree.fromstring(page)
        values = Values()
        values.feed(page)
        told = {value for value in values.values if value != "NaN"}
        for column in report["total"]["columns"]:
            self.assertIn(f"<bdi>{column['name']}</bdi>", page)
            for statistic in column["statistics"].values():
                for name in ("value", "null_quantile", "threshold"):
                    if statistic[name] is not None:
                        self.assertIn(statistic[name], {float(value) for value in told})
        self.assertIn("No call was timed.", page)  # nobody waited for these calls

    def test_json_stands_beside_the_page(self):
        self.write("page.html", "")
        answer = self.succeed("report", "--reference", "models/v1", "--current", "later.csv", *STREAM, "-o", "page.html", "--json")
        self.assertEqual(json.loads(answer), self.report("later.csv"))
        self.assertTrue(self.read("page.html", "r").startswith("<!DOCTYPE html>"))
        run = self.run_command("report", "--reference", "models/v1", "--current", "later.csv", *STREAM, "--json")
        self.assertEqual(run.returncode, USAGE)
        self.assertIn("-o FILE", json.loads(run.stdout)["error"]["message"])

    def test_the_page_goes_to_stdout_and_has_a_title(self):
        page = self.page("quiet.csv", "--title", "Quiet <days>")
        self.assertIn("<title>Quiet &lt;days&gt;: drift</title>", page)
        run = self.run_command("report", "--reference", "models/v1", "--current", "quiet.csv", *STREAM, "--title", "Quiet <days>")
        self.assertEqual(run.stdout.decode(), page)

    def test_no_row_makes_a_page_too(self):
        self.assertIn("No row has been seen yet", self.page("none.csv"))

    def test_fail_on_writes_the_page_first(self):
        run = self.run_command("report", "--reference", "models/v1", "--current", "later.csv", *STREAM, "-o", "failed.html",
                               "--fail-on", "drift")
        self.assertEqual(run.returncode, ANSWER_IS_NO)
        self.assertTrue(os.path.getsize(self.path("failed.html")) > 10_000)


if __name__ == "__main__":
    command_test.COMMAND = os.path.abspath(sys.argv.pop(1))
    unittest.main()
