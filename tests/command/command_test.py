#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the built command as a user does: every verb, good input and bad.

    tests/command/command_test.py path/to/mlcore [unittest arguments]
"""

import csv
import io
import json
import math
import os
import pty
import random
import subprocess
import sys
import tempfile
import unittest
from datetime import date, timedelta

COMMAND = None
SEED = 20

DEFINITION = """features churn version 1
stream orders(customer: string key, at: timestamp event, amount: f64)
orders_60d = count() over orders last 60d
spend_60d  = sum(amount) over orders last 60d
recency_d  = days_between(last(at) over orders lifetime, as_of())
spend_z    = fit standard_scale(coalesce(spend_60d, 0))
output [orders_60d, spend_60d, recency_d, spend_z]
"""

SPEC = {
    "name": "churn",
    "features": "churn.features",
    "streams": {"orders": "orders.csv"},
    "label": "count() over orders next 30d == 0",
    "split": {"train": ["2020-03-01", "2020-04-01"], "test": ["2020-06-01"]},
    "model": {"library": "xgboost", "params": {"max_depth": 3}, "rounds": 5},
    "registry": "models",
}

# Written by XGBoost 1.7.4: spend < 3 → −2, else 2, and a missing spend goes right.
STUMP = {
    "learner": {
        "attributes": {},
        "feature_names": ["spend", "age"],
        "feature_types": ["float", "float"],
        "gradient_booster": {
            "model": {
                "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": "1", "size_leaf_vector": "0"},
                "tree_info": [0],
                "trees": [{
                    "base_weights": [-0.0, -2.0, 2.0], "categories": [], "categories_nodes": [],
                    "categories_segments": [], "categories_sizes": [], "default_left": [0, 0, 0],
                    "id": 0, "left_children": [1, -1, -1], "loss_changes": [4.0, 0.0, 0.0],
                    "parents": [2147483647, 0, 0], "right_children": [2, -1, -1],
                    "split_conditions": [3.0, -2.0, 2.0], "split_indices": [0, 0, 0],
                    "split_type": [0, 0, 0], "sum_hessian": [1.0, 0.5, 0.5],
                    "tree_param": {"num_deleted": "0", "num_feature": "2", "num_nodes": "3", "size_leaf_vector": "0"},
                }],
            },
            "name": "gbtree",
        },
        "learner_model_param": {"base_score": "5E-1", "boost_from_average": "1", "num_class": "0",
                                "num_feature": "2", "num_target": "1"},
        "objective": {"name": "binary:logistic", "reg_loss_param": {"scale_pos_weight": "1"}},
    },
    "version": [1, 7, 4],
}

DONE, ANSWER_IS_NO, USAGE, BAD_INPUT = 0, 1, 2, 3


def orders_csv():
    generator = random.Random(SEED)
    lines = []
    for customer in range(150):
        day = generator.randrange(40)
        while day < 200:
            at = date(2020, 1, 1) + timedelta(day)
            lines.append(f"c{customer},{at},{generator.randrange(1, 90)}.{generator.randrange(10)}")
            day += generator.randrange(5, 30) if customer % 2 else generator.randrange(20, 120)
    generator.shuffle(lines)
    return "\n".join(["customer,at,amount"] + lines) + "\n"


class CommandTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory()
        cls.folder = cls.holder.name
        cls.write("churn.features", DEFINITION)
        cls.write("orders.csv", orders_csv())
        cls.write("churn.json", json.dumps(SPEC))
        cls.write("today.csv", "customer,as_of,note\nc1,2020-06-01,x\nnobody,2020-06-01,\nc2,2020-05-01,\n")
        cls.write("stump.json", json.dumps(STUMP))
        cls.trained = cls.run_command("train", "churn.json")
        cls.imported = cls.run_command("import", "stump.json", "--from", "xgboost", "-o", "stump.mlc")

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    def open_terminal(self):
        try:
            return pty.openpty()
        except OSError as error:  # as in a chroot without /dev/pts
            self.skipTest(f"no terminal can be had: {error}")

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    @classmethod
    def write(cls, name, content):
        mode, options = ("wb", {}) if isinstance(content, bytes) else ("w", {"encoding": "utf-8"})
        with open(cls.path(name), mode, **options) as file:
            file.write(content)

    @classmethod
    def read(cls, name, mode="rb"):
        with open(cls.path(name), mode) as file:
            return file.read()

    @classmethod
    def run_command(cls, *arguments):
        return subprocess.run([COMMAND, *arguments], cwd=cls.folder, capture_output=True, check=False)

    def succeed(self, *arguments):
        run = self.run_command(*arguments)
        self.assertEqual((run.returncode, run.stderr), (DONE, b""), run)
        return run.stdout.decode()

    def fail_with(self, status, part, *arguments):
        """One message on stderr, nothing on stdout, and no file."""
        before = sorted(os.listdir(self.folder))
        run = self.run_command(*arguments)
        message = run.stderr.decode(errors="replace")
        self.assertEqual(run.returncode, status, run)
        self.assertEqual(run.stdout, b"", run)
        self.assertIn(part, message)
        self.assertEqual(sorted(os.listdir(self.folder)), before)
        return message

    def rows(self, text):
        return list(csv.DictReader(io.StringIO(text)))


class Train(CommandTest):
    def test_train_says_how_good_the_model_is_and_where_it_is(self):
        self.assertEqual(self.trained.returncode, DONE, self.trained)
        self.assertEqual(self.trained.stderr, b"")  # no progress bar where there is no terminal
        text = self.trained.stdout.decode()
        for part in ("AUC", "recency rule", "base rate", "test at 2020-06-01", "saved models/v1"):
            self.assertIn(part, text)
        self.assertEqual(sorted(os.listdir(self.path("models/v1"))), ["metadata.json", "model.mlc"])

    def test_train_again_gives_the_same_bytes_elsewhere(self):
        self.succeed("train", "churn.json", "--registry", "again")
        self.assertEqual(self.read("again/v1/model.mlc"), self.read("models/v1/model.mlc"))
        self.succeed("train", "churn.json")  # the same model at the same place is no error

    def test_train_as_json(self):
        answer = json.loads(self.succeed("train", "churn.json", "--registry", "as_json", "--json"))
        self.assertEqual(answer["saved"], "as_json/v1")
        self.assertEqual(answer["metadata"], json.loads(self.read("as_json/v1/metadata.json")))
        self.assertEqual(list(answer["metadata"])[:4], ["version", "algorithm", "dataset", "created_at"])

    def test_progress_is_shown_on_a_terminal_only(self):
        main, terminal = self.open_terminal()
        run = subprocess.Popen([COMMAND, "train", "churn.json", "--registry", "on_a_terminal"],
                               cwd=self.folder, stdout=subprocess.PIPE, stderr=terminal)
        os.close(terminal)
        drawn = b""
        while True:
            try:
                part = os.read(main, 4096)
            except OSError:  # Linux: the last writer has gone
                break
            if not part:
                break
            drawn += part
        os.close(main)
        output, _ = run.communicate()
        self.assertEqual(run.returncode, DONE)
        self.assertIn(b"ingest orders", drawn)
        self.assertRegex(drawn, rb"train +\[[# ]{30}\] \d/5")
        self.assertTrue(drawn.endswith(b"\r\033[K"), drawn[-40:])
        self.assertTrue(output.endswith(b"saved on_a_terminal/v1\n"))

    def test_another_model_is_the_next_version(self):
        self.succeed("train", "churn.json", "--registry", "grown")
        before = self.read("grown/v1/model.mlc")
        self.write("other.json", json.dumps({**SPEC, "model": {"library": "xgboost", "rounds": 6}}))
        self.assertIn("saved grown/v2", self.succeed("train", "other.json", "--registry", "grown"))
        self.assertIn("saved grown/v1", self.succeed("train", "churn.json", "--registry", "grown"))
        self.assertEqual(self.read("grown/v1/model.mlc"), before)
        self.assertIn("holds: 2 versions", self.succeed("verify", "grown"))

    def test_a_registry_that_can_not_be_written_is_refused_before_training(self):
        streams = {**SPEC, "streams": {"orders": "nowhere.csv"}}  # what comes first is what is said
        for registry in ("orders.csv", "orders.csv/below", "/proc/mlcore/models"):
            with self.subTest(registry):
                self.write("bad.json", json.dumps({**streams, "registry": registry}))
                message = self.fail_with(BAD_INPUT, "can't ", "train", "bad.json")
                self.assertNotIn("nowhere.csv", message)
                self.assertIn("writable", message)
        self.write("bad.json", json.dumps({**streams, "registry": "not/yet/there"}))
        self.fail_with(BAD_INPUT, "nowhere.csv", "train", "bad.json")  # and leaves no folder

    def test_train_refuses_bad_specs(self):
        leak = {"train": ["2020-05-03"], "test": ["2020-06-01"]}
        cases = [
            ({"labl": "x"}, 'unknown field "labl"'),
            ({"split": leak}, "train as_of must be at or before 2020-05-02"),
            ({"streams": {"orders": "nowhere.csv"}}, "nowhere.csv"),
            ({"streams": {"visits": "orders.csv"}}, '"orders"'),
            ({"label": "count() over orders next 30d ="}, "label"),
            ({"alias": "champion"}, '"alias"'),
            ({"model": {"library": "xgboost", "params": {"max_dept": 3}}}, '"max_dept"'),
        ]
        for change, part in cases:
            with self.subTest(part):
                self.write("bad.json", json.dumps({**SPEC, "registry": "bad", **change}))
                message = self.fail_with(BAD_INPUT, part, "train", "bad.json")
                self.assertTrue(message.startswith("mlcore: "), message)
        self.write("bad.json", '{"name": ')
        self.fail_with(BAD_INPUT, "bad.json", "train", "bad.json")
        self.fail_with(BAD_INPUT, "nowhere.json", "train", "nowhere.json")

    def test_train_refuses_bad_data(self):
        good = self.read("orders.csv", "r")
        cases = [
            ("empty file", "", "bad.csv"),
            ("header only", "customer,at,amount\n", "nothing to train on"),
            ("missing column", good.replace("customer,at,amount", "customer,at,amt"), '"amount"'),
            ("mistyped", good + "c1,2020-01-01,many\n", "many"),
            ("bad date", good + "c1,2020-02-30,1\n", "2020-02-30"),
            ("null key", good + ",2020-01-01,1\n", "customer"),
            ("short line", good + "c1,2020-01-01\n", "line"),
            ("not UTF-8", good.encode() + b"c\xff,2020-01-01,1\n", "UTF-8"),
        ]
        self.write("bad_data.json", json.dumps({**SPEC, "streams": {"orders": "bad.csv"}, "registry": "bad"}))
        for name, content, part in cases:
            with self.subTest(name):
                self.write("bad.csv", content)
                message = self.fail_with(BAD_INPUT, part, "train", "bad_data.json")
                self.assertIn("bad.csv", message)


class Predict(CommandTest):
    ARGUMENTS = ("predict", "models/v1", "--stream", "orders=orders.csv", "--requests", "today.csv")

    def test_predict_scores_each_request_in_order(self):
        rows = self.rows(self.succeed(*self.ARGUMENTS))
        self.assertEqual([row["customer"] for row in rows], ["c1", "nobody", "c2"])
        self.assertEqual(rows[0]["as_of"], "2020-06-01T00:00:00Z")
        self.assertEqual(list(rows[0]), ["customer", "as_of", "prediction"])
        for row in rows:
            self.assertTrue(0 < float(row["prediction"]) < 1)

    def test_margin_hex_and_prediction_are_one_number(self):
        predictions = self.rows(self.succeed(*self.ARGUMENTS))
        margins = self.rows(self.succeed(*self.ARGUMENTS, "--margin"))
        hexes = self.rows(self.succeed(*self.ARGUMENTS, "--margin", "--hex"))
        for prediction, margin, text in zip(predictions, margins, hexes):
            self.assertEqual(float(margin["margin"]), float.fromhex(text["margin"]))
            self.assertAlmostEqual(float(prediction["prediction"]),
                                   1 / (1 + math.exp(-float(margin["margin"]))), places=6)

    def test_the_sequence_of_events_changes_nothing(self):
        lines = self.read("orders.csv", "r").splitlines()
        self.write("reversed.csv", "\n".join([lines[0]] + lines[:0:-1]) + "\n")
        arguments = [a.replace("=orders.csv", "=reversed.csv") for a in self.ARGUMENTS]
        self.assertEqual(self.succeed(*arguments, "--hex"), self.succeed(*self.ARGUMENTS, "--hex"))

    def test_output_goes_to_a_file_and_json_says_so(self):
        table = self.succeed(*self.ARGUMENTS)
        answer = json.loads(self.succeed(*self.ARGUMENTS, "-o", "out.csv", "--json"))
        self.assertEqual(self.read("out.csv", "r"), table)
        self.assertEqual((answer["file"], answer["rows"], answer["extra_columns"]), ("out.csv", 3, ["note"]))
        self.assertEqual(self.succeed(*self.ARGUMENTS, "-o", "-"), table)
        whole = json.loads(self.succeed(*self.ARGUMENTS, "--json"))
        self.assertEqual(whole["columns"], ["customer", "as_of", "prediction"])
        self.assertEqual([row[0] for row in whole["rows"]], ["c1", "nobody", "c2"])
        self.assertEqual(whole["rows"][0][2], float(self.rows(table)[0]["prediction"]))

    def test_features_then_matrix_give_the_same_scores(self):
        self.succeed("features", "models/v1", "--stream", "orders=orders.csv", "--requests", "today.csv", "-o", "features.csv")
        whole = self.rows(self.succeed(*self.ARGUMENTS, "--hex"))
        matrix = self.rows(self.succeed("predict", "models/v1", "--matrix", "features.csv", "--hex"))
        self.assertEqual([row["prediction"] for row in matrix], [row["prediction"] for row in whole])

    def test_imported_stump_by_hand(self):
        self.write("stump.csv", "age,spend\n1,2.5\n1,3\n,\n")
        for option in ("--requests", "--matrix"):
            margins = self.rows(self.succeed("predict", "stump.mlc", option, "stump.csv", "--margin"))
            self.assertEqual([float(row["margin"]) for row in margins], [-2, 2, 2])

    def test_bad_requests(self):
        cases = [
            ("empty file", "", "bad_requests.csv"),
            ("header only", "customer,as_of\n", "no row"),
            ("missing column", "customer\nc1\n", '"as_of"'),
            ("mistyped", "customer,as_of\nc1,yesterday\n", "yesterday"),
            ("bare number as time", "customer,as_of\nc1,1590969600\n", "as_of"),
            ("null", "customer,as_of\nc1,\n", "as_of"),
            ("long line", "customer,as_of\nc1,2020-06-01,1,2\n", "line"),
            ("open quote", 'customer,as_of\n"c1,2020-06-01\n', "line"),
            ("not UTF-8", b"customer,as_of\nc\xe9,2020-06-01\n", "UTF-8"),
        ]
        for name, content, part in cases:
            with self.subTest(name):
                self.write("bad_requests.csv", content)
                arguments = [a.replace("today.csv", "bad_requests.csv") for a in self.ARGUMENTS]
                message = self.fail_with(BAD_INPUT, part, *arguments, "-o", "never.csv")
                self.assertIn("bad_requests.csv", message)
                self.assertIn("next: ", message)

    def test_a_definition_with_streams_needs_their_events(self):
        message = self.fail_with(BAD_INPUT, '"orders"', "predict", "models/v1", "--requests", "today.csv")
        self.assertIn("--stream NAME=CSV", message)
        self.fail_with(BAD_INPUT, '"visits"', *self.ARGUMENTS, "--stream", "visits=orders.csv")

    def test_a_matrix_must_have_the_features(self):
        self.write("narrow.csv", "spend\n1\n")
        self.fail_with(BAD_INPUT, '"age"', "predict", "stump.mlc", "--matrix", "narrow.csv")

    def test_errors_as_json(self):
        run = self.run_command("predict", "stump.mlc", "--matrix", "nowhere.csv", "--json")
        self.assertEqual((run.returncode, run.stderr), (BAD_INPUT, b""))
        error = json.loads(run.stdout)["error"]
        self.assertEqual((error["code"], error["reason"]), ("NOT_FOUND", "file_not_found"))
        self.assertIn("nowhere.csv", error["message"])

    def test_an_output_that_can_not_be_written(self):
        self.fail_with(BAD_INPUT, "no_folder", *self.ARGUMENTS, "-o", "no_folder/out.csv")


class Features(CommandTest):
    def test_features_of_a_definition_by_hand(self):
        self.write("plain.features", DEFINITION.replace("spend_z    = fit standard_scale(coalesce(spend_60d, 0))\n", "").replace(", spend_z", ""))
        self.write("few.csv", "customer,at,amount\na,2020-01-01,1.5\na,2020-02-10,2\na,2020-02-20,0.25\n")
        self.write("few_requests.csv", "customer,as_of\na,2020-02-20\na,2020-04-20\nb,2020-04-20\n")
        rows = self.rows(self.succeed("features", "plain.features", "--stream", "orders=few.csv", "--requests", "few_requests.csv"))
        self.assertEqual([list(row.values()) for row in rows], [
            ["a", "2020-02-20T00:00:00Z", "2", "3.5", "10"],
            ["a", "2020-04-20T00:00:00Z", "1", "0.25", "60"],
            ["b", "2020-04-20T00:00:00Z", "0", "", ""],
        ])
        whole = json.loads(self.succeed("features", "plain.features", "--stream", "orders=few.csv", "--requests", "few_requests.csv", "--json"))
        self.assertEqual(whole["rows"][2], ["b", "2020-04-20T00:00:00Z", 0, None, None])

    def test_a_definition_with_fit_needs_its_artifact(self):
        message = self.fail_with(BAD_INPUT, "next: ", "features", "churn.features", "--stream", "orders=orders.csv", "--requests", "today.csv")
        self.assertIn("trained artifact", message)

    def test_a_definition_with_a_fault_shows_the_place(self):
        self.write("bad.features", DEFINITION.replace("sum(amount)", "sum(amonut)"))
        message = self.fail_with(BAD_INPUT, "amonut", "features", "bad.features", "--stream", "orders=orders.csv", "--requests", "today.csv")
        self.assertIn("^", message)
        self.assertIn("amount", message)


class Import(CommandTest):
    def test_import_says_what_it_made(self):
        self.assertEqual((self.imported.returncode, self.imported.stderr), (DONE, b""), self.imported)
        self.assertIn("1 tree, 2 features", self.imported.stdout.decode())
        answer = json.loads(self.succeed("import", "stump.json", "--from", "xgboost", "-o", "stump2.mlc", "--json"))
        self.assertEqual((answer["trees"], answer["features"]), (1, 2))
        self.assertEqual(self.read("stump.mlc"), self.read("stump2.mlc"))

    def test_import_keeps_the_best_iteration_if_asked(self):
        model = json.loads(json.dumps(STUMP))
        model["learner"]["attributes"] = {"best_iteration": "0"}
        self.write("best.json", json.dumps(model))
        arguments = ["import", "best.json", "--from", "xgboost", "--best-iteration", "-o", "best.mlc", "--json"]
        self.assertEqual(json.loads(self.succeed(*arguments))["trees"], 1)
        arguments[1] = "stump.json"
        self.fail_with(BAD_INPUT, "best_iteration", *arguments[:-1])

    def test_import_of_lightgbm(self):
        self.write("model.txt", "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n"
                   "max_feature_idx=0\nobjective=regression\nfeature_names=age\nfeature_infos=[0:1]\n\nTree=0\n"
                   "num_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=0.5\ndecision_type=0\nleft_child=-1\n"
                   "right_child=-2\nleaf_value=0.1 0.2\n\nend of trees\n")
        self.succeed("import", "model.txt", "--from", "lightgbm", "-o", "lightgbm.mlc")
        self.write("ages.csv", "age\n0.5\n0.50000000000000011\n")
        rows = self.rows(self.succeed("predict", "lightgbm.mlc", "--matrix", "ages.csv"))
        self.assertEqual([row["prediction"] for row in rows], ["0.1", "0.2"])

    def test_import_of_a_model_json(self):
        model = {"format": "mlcore-model", "version": 1, "framework": "f", "framework_version": "1", "objective": "o",
                 "task": "classification", "classes": ["no", "\u2713"], "features": ["age"], "outputs": 1,
                 "fidelity": "bounded", "bound": "1 ulp", "link": {"kind": "identity"},
                 "trees": {"input": "float64", "sum": "float64", "comparison": "<", "start": "base", "base": [0.5],
                           "finish": "none", "trees": [
                               {"output": 0, "left": [1, -1, -1], "right": [2, -1, -1], "feature": [0, -1, -1],
                                "threshold": [0.5, 0, 0], "missing_left": [False] * 3, "value": [0, 1, 2]}]}}
        self.write("neutral.json", json.dumps(model))
        self.succeed("import", "neutral.json", "--from", "json", "-o", "neutral.mlc")
        self.write("ages.csv", "age\n0.5\n0.49999999999999994\n")
        rows = self.rows(self.succeed("predict", "neutral.mlc", "--matrix", "ages.csv"))
        self.assertEqual([row["prediction"] for row in rows], ["2.5", "1.5"])
        shown = json.loads(self.succeed("inspect", "neutral.mlc", "--json"))
        self.assertEqual(shown["model"]["margin"], "within 1 ulp, f64")
        self.assertEqual((shown["model"]["task"], shown["model"]["classes"]), ("classification", ["no", "\u2713"]))
        self.assertIn("classes     no, \u2713\n", self.succeed("inspect", "neutral.mlc"))
        model["trees"]["trees"][0]["left"][0] = 9
        self.write("neutral.json", json.dumps(model))
        self.fail_with(BAD_INPUT, "trees.trees[0].left[0]: child 9 of 3 nodes", "import", "neutral.json", "--from",
                       "json", "-o", "broken.mlc")

    def test_an_artifact_goes_to_stdout_alone(self):
        run = self.run_command("import", "stump.json", "--from", "xgboost", "-o", "-")
        self.assertEqual((run.returncode, run.stderr), (DONE, b""))
        self.assertEqual(run.stdout, self.read("stump.mlc"))
        self.assertFalse(os.path.exists(self.path("-")))
        self.fail_with(BAD_INPUT, "nowhere.json", "import", "nowhere.json", "--from", "xgboost", "-o", "-")
        with open("/dev/full", "wb") as full:
            run = subprocess.run([COMMAND, "import", "stump.json", "--from", "xgboost", "-o", "-"], cwd=self.folder,
                                 stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(run.returncode, BAD_INPUT, run)
        self.assertIn(b"can't write to stdout", run.stderr)

    def test_an_artifact_is_not_written_to_a_terminal(self):
        main, terminal = self.open_terminal()
        run = subprocess.run([COMMAND, "import", "stump.json", "--from", "xgboost", "-o", "-"], cwd=self.folder,
                             stdout=terminal, stderr=subprocess.PIPE, check=False)
        os.close(terminal)
        os.close(main)
        self.assertEqual(run.returncode, USAGE, run)
        self.assertIn(b"terminal", run.stderr)

    def test_an_output_that_is_a_link_is_written_through(self):
        os.makedirs(self.path("elsewhere"), exist_ok=True)
        self.write("elsewhere/old.mlc", "old")
        for target in ("elsewhere/old.mlc", "elsewhere/new.mlc"):
            with self.subTest(target):
                link = self.path("link.mlc")
                if os.path.lexists(link):
                    os.unlink(link)
                os.symlink(target, link)
                self.succeed("import", "stump.json", "--from", "xgboost", "-o", "link.mlc")
                self.assertEqual(os.readlink(link), target)
                self.assertFalse(os.path.islink(self.path(target)))
                self.assertEqual(self.read(target), self.read("stump.mlc"))
        self.assertEqual(sorted(os.listdir(self.path("elsewhere"))), ["new.mlc", "old.mlc"])

    def test_features_keep_their_names(self):
        model = json.loads(json.dumps(STUMP))
        model["learner"]["feature_names"] = ["spend, \"\u20ac\"", "input"]
        self.write("named.json", json.dumps(model))
        self.succeed("import", "named.json", "--from", "xgboost", "-o", "named.mlc")
        self.write("named.csv", "input,\"spend, \"\"\u20ac\"\"\"\n1,2.5\n1,3\n")
        for option in ("--requests", "--matrix"):
            margins = self.rows(self.succeed("predict", "named.mlc", option, "named.csv", "--margin"))
            self.assertEqual([float(row["margin"]) for row in margins], [-2, 2])

    def test_names_that_the_language_lacks_become_numbers(self):
        for names in (["spend`eur", "age"], ["spend", "as_of"], []):
            with self.subTest(names):
                model = json.loads(json.dumps(STUMP))
                model["learner"]["feature_names"] = names
                if not names:
                    model["learner"]["feature_types"] = []
                self.write("named.json", json.dumps(model))
                self.succeed("import", "named.json", "--from", "xgboost", "-o", "named.mlc")
                outputs = json.loads(self.succeed("inspect", "named.mlc", "--json"))["features"]["outputs"]
                self.assertEqual(outputs, ["f0", "f1"])

    def test_import_with_a_definition(self):
        text = "features f version 1\ninput cents: i64\ninput age: f64?\nspend = cents / 100\noutput [spend, age]\n"
        self.write("f.features", text)
        self.succeed("import", "stump.json", "--from", "xgboost", "--features", "f.features", "-o", "f.mlc")
        self.write("cents.csv", "cents,age\n299,\n300,\n")
        margins = self.rows(self.succeed("predict", "f.mlc", "--requests", "cents.csv", "--margin"))
        self.assertEqual([float(row["margin"]) for row in margins], [-2, 2])

        for change, part in ((("[spend, age]", "[age, spend]"), '"spend"'), (("[spend, age]", "[spend]"), "2 features")):
            self.write("bad.features", text.replace(*change))
            message = self.fail_with(BAD_INPUT, part, "import", "stump.json", "--from", "xgboost", "--features", "bad.features", "-o", "never.mlc")
            self.assertIn("output [...]", message)
        self.fail_with(BAD_INPUT, "fit", "import", "stump.json", "--from", "xgboost", "--features", "churn.features", "-o", "never.mlc")

    def test_models_that_are_none(self):
        broken = json.loads(json.dumps(STUMP))
        broken["learner"]["gradient_booster"]["model"]["trees"][0]["left_children"] = [0, -1, -1]
        linear = json.loads(json.dumps(STUMP))
        linear["learner"]["gradient_booster"]["name"] = "gblinear"
        cases = [
            ("empty", "", "model.json"),
            ("truncated", json.dumps(STUMP)[:-40], "JSON"),
            ("binary", b"binf\x00\x01\xff", "model.json"),
            ("a tree that loops", json.dumps(broken), "tree"),
            ("another booster", json.dumps(linear), "gblinear"),
        ]
        for name, content, part in cases:
            with self.subTest(name):
                self.write("model.json", content)
                self.fail_with(BAD_INPUT, part, "import", "model.json", "--from", "xgboost", "-o", "never.mlc")
        self.fail_with(BAD_INPUT, "nowhere.json", "import", "nowhere.json", "--from", "xgboost", "-o", "never.mlc")


class InspectAndVerify(CommandTest):
    def test_inspect_shows_what_the_file_holds(self):
        text = self.succeed("inspect", "models/v1")
        for part in ("orders(customer: string key, at: timestamp event, amount: f64)", "spend_z",
                     "binary:logistic", "5 trees", "exact", "customer: string, as_of: timestamp"):
            self.assertIn(part, text)
        answer = json.loads(self.succeed("inspect", "models/v1/model.mlc", "--json"))
        self.assertEqual(answer["model"]["trees"], 5)
        self.assertEqual((answer["reference"]["features"], answer["reference"]["scores"]), (4, 1))
        self.assertIn(f"{answer['reference']['rows']} rows: 4 features, 0 categories, 1 scores", text)
        self.assertIsNone(json.loads(self.succeed("inspect", "stump.mlc", "--json"))["reference"])
        self.assertIn("reference   none", self.succeed("inspect", "stump.mlc"))
        self.assertEqual(answer["features"]["outputs"], ["orders_60d", "spend_60d", "recency_d", "spend_z"])
        self.assertEqual(answer["metadata"]["label"], SPEC["label"])
        metadata = json.loads(self.read("models/v1/metadata.json"))
        self.assertEqual(answer["content_digest"], metadata["content_digest"])
        # The definition that is printed is a definition.
        self.write("printed.features", answer["definition"])
        self.fail_with(BAD_INPUT, "trained artifact", "features", "printed.features", "--stream", "orders=orders.csv", "--requests", "today.csv")

    def test_verify_holds(self):
        self.assertIn("holds", self.succeed("verify", "models/v1"))
        self.assertTrue(json.loads(self.succeed("verify", "stump.mlc", "--json"))["holds"])

    def test_damage_is_found(self):
        whole = self.read("stump.mlc")
        flipped = bytearray(whole)
        flipped[len(whole) // 2] ^= 1
        for name, content in (("truncated", whole[:-1]), ("half", whole[: len(whole) // 2]),
                              ("longer", whole + b"\0"), ("flipped", bytes(flipped))):
            with self.subTest(name):
                self.write("damaged.mlc", content)
                run = self.run_command("verify", "damaged.mlc")
                self.assertEqual(run.returncode, ANSWER_IS_NO, run)
                self.assertIn(b"does not hold", run.stdout)
                answer = self.run_command("verify", "damaged.mlc", "--json")
                self.assertEqual(answer.returncode, ANSWER_IS_NO)
                self.assertFalse(json.loads(answer.stdout)["holds"])
                self.write("stump_row.csv", "age,spend\n1,2\n")
                for verb in (["inspect"], ["predict", "--matrix", "stump_row.csv"]):
                    self.fail_with(BAD_INPUT, "next: ", verb[0], "damaged.mlc", *verb[1:])

    def test_what_is_no_artifact_is_bad_input(self):
        self.write("empty.mlc", "")
        os.makedirs(self.path("hollow"), exist_ok=True)
        for reference in ("orders.csv", "nowhere.mlc", "hollow"):
            with self.subTest(reference):
                for verb in ("inspect", "verify"):
                    self.fail_with(BAD_INPUT, "next: ", verb, reference)
        self.fail_with(BAD_INPUT, "0 bytes", "inspect", "empty.mlc")
        self.assertEqual(self.run_command("verify", "empty.mlc").returncode, ANSWER_IS_NO)
        self.fail_with(BAD_INPUT, 'no alias "champion"', "inspect", "models@champion")
        self.fail_with(BAD_INPUT, "no directory nowhere", "inspect", "nowhere@champion")


class Usage(CommandTest):
    def test_every_verb_explains_itself_with_an_example(self):
        self.assertIn("Exit status", self.succeed("--help"))
        for verb in ("train", "import", "predict", "features", "inspect", "verify", "publish", "promote", "rollback",
                     "list", "diff", "audit"):
            self.assertIn(f"Example:\n  mlcore {verb} ", self.succeed(verb, "--help"))
        self.assertRegex(self.succeed("--version"), r"^\d+\.\d+\.\d+\n$")

    def test_wrong_usage(self):
        for arguments in ([], ["fly"], ["train"], ["train", "churn.json", "--fast"],
                          ["import", "stump.json", "-o", "x.mlc"],
                          ["import", "stump.json", "--from", "spark", "-o", "x.mlc"],
                          ["predict", "stump.mlc"],
                          ["predict", "stump.mlc", "--requests", "a.csv", "--matrix", "b.csv"],
                          ["predict", "stump.mlc", "--requests", "a.csv", "--stream", "orders"],
                          ["predict", "stump.mlc", "--requests", "a.csv", "--stream", "a=1", "--stream", "a=2"],
                          ["predict", "stump.mlc", "--matrix", "a.csv", "--stream", "a=1"],
                          ["features", "churn.features"], ["inspect"], ["verify", "a", "b"]):
            with self.subTest(arguments):
                message = self.fail_with(USAGE, "--help", *arguments)
                self.assertTrue(message.startswith("mlcore: "), message)
                run = self.run_command(*arguments, "--json")
                self.assertEqual((run.returncode, run.stderr), (USAGE, b""), run)
                error = json.loads(run.stdout)["error"]
                self.assertEqual((error["code"], error["reason"]), ("INVALID_ARGUMENT", "invalid_option"))
                self.assertIn("--help", error["next"])
                if arguments:  # else the message is about --json
                    self.assertEqual(message.splitlines()[0], "mlcore: " + error["message"])

    def test_json_has_no_place_beside_an_artifact_on_stdout(self):
        run = self.run_command("import", "stump.json", "--from", "xgboost", "-o", "-", "--json")
        self.assertEqual((run.returncode, run.stderr), (USAGE, b""), run)
        self.assertIn("--json", json.loads(run.stdout)["error"]["message"])


if __name__ == "__main__":
    COMMAND = os.path.abspath(sys.argv.pop(1))
    unittest.main()
