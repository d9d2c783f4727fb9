#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the verbs of the registry as a user does.

    tests/command/registry_test.py path/to/mlcore [unittest arguments]
"""

import copy
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from command_test import ANSWER_IS_NO, BAD_INPUT, DONE, STUMP, USAGE

COMMAND = None


def stump(leaf):
    """The stump of command_test with another leaf: another model."""
    model = copy.deepcopy(STUMP)
    tree = model["learner"]["gradient_booster"]["model"]["trees"][0]
    tree["base_weights"][2] = tree["split_conditions"][2] = leaf
    return json.dumps(model)


class RegistryTest(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = holder.name
        for number, leaf in enumerate((2.0, 3.0), 1):
            with open(self.path(f"{number}.json"), "w", encoding="utf-8") as file:
                file.write(stump(leaf))
            self.succeed("import", f"{number}.json", "--from", "xgboost", "-o", f"{number}.mlc")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(content)

    def run_command(self, *arguments):
        return subprocess.run([COMMAND, *arguments], cwd=self.folder, capture_output=True, check=False)

    def succeed(self, *arguments):
        run = self.run_command(*arguments)
        self.assertEqual((run.returncode, run.stderr), (DONE, b""), run)
        return run.stdout.decode()

    def answer(self, *arguments):
        return json.loads(self.succeed(*arguments, "--json"))

    def fail_with(self, status, part, *arguments):
        run = self.run_command(*arguments)
        self.assertEqual((run.returncode, run.stdout), (status, b""), run)
        self.assertIn(part, run.stderr.decode())
        return run.stderr.decode()

    def test_a_file_that_may_not_grow_is_named_and_leaves_no_version(self):
        self.succeed("publish", "1.mlc", "--registry", "models")
        run = subprocess.run(f"ulimit -f 1; exec {COMMAND} publish 2.mlc --registry models", shell=True,
                             cwd=self.folder, capture_output=True, check=False)
        self.assertEqual((run.returncode, run.stdout), (BAD_INPUT, b""), run)
        self.assertRegex(run.stderr.decode(), r"^mlcore: can't write \S*models\S*: File too large\n")
        self.assertEqual(len(self.answer("list", "models")["versions"]), 1)
        self.succeed("audit", "verify", "models")
        self.succeed("publish", "2.mlc", "--registry", "models")

    def publish_both(self):
        self.assertEqual(self.answer("publish", "1.mlc", "--registry", "models", "--alias", "champion",
                                     "--dataset", "by hand")["version"], "v1")
        self.assertEqual(self.answer("publish", "2.mlc", "--registry", "models", "--tag", "team=risk",
                                     "--tag", "note=a b")["version"], "v2")

    def test_publish_promote_roll_back(self):
        self.publish_both()
        again = self.answer("publish", "1.mlc", "--registry", "models")
        self.assertEqual((again["version"], again["new"]), ("v1", False))
        self.assertEqual(self.succeed("promote", "models@champion", "--to", "v2", "--expect", "v1"), "champion is v2\n")
        digest = self.answer("inspect", "models/v2")["content_digest"]
        self.assertEqual(self.answer("inspect", "models@champion")["content_digest"], digest)
        self.assertEqual(self.answer("inspect", "models@v2")["content_digest"], digest)
        with open(self.path("rows.csv"), "w", encoding="utf-8") as file:
            file.write("spend,age\n5,1\n")
        self.assertIn("3", self.succeed("predict", "models@champion", "--matrix", "rows.csv", "--margin"))
        self.assertEqual(self.succeed("rollback", "models", "--alias", "champion", "--by", "ada", "--reason", "worse"),
                         "champion is v1\n")
        self.assertIn("2", self.succeed("predict", "models@champion", "--matrix", "rows.csv", "--margin"))
        self.fail_with(BAD_INPUT, "promoted from no other", "rollback", "models@champion")
        message = self.fail_with(BAD_INPUT, "expected v2, it is v1", "promote", "models@champion", "--to", "v2", "--expect", "v2")
        self.assertIn("next: ", message)
        self.assertEqual(self.answer("promote", "models", "--alias", "beta", "--to", "v2", "--expect", "none")["seq"], 1)

    def test_list_and_audit(self):
        self.publish_both()
        listed = self.answer("list", "models")
        self.assertEqual([(v["version"], v["dataset"], v["aliases"], v["tags"]) for v in listed["versions"]],
                         [("v1", "by hand", ["champion"], {}), ("v2", None, [], {"note": "a b", "team": "risk"})])
        self.assertEqual(listed["aliases"][0]["history"][0]["action"], "promote")
        text = self.succeed("list", "models")
        for part in ("v1", "champion", "by hand", "note=a b, team=risk"):
            self.assertIn(part, text)
        records = self.answer("audit", "models")["records"]
        self.assertEqual([record["seq"] for record in records], list(range(1, 9)))
        self.assertEqual([record["state"] for record in records], ["intent", "done"] * 4)
        self.assertIn("promote  done      champion to v1", self.succeed("audit", "models"))
        verified = self.answer("audit", "verify", "models")
        self.assertEqual((verified["holds"], verified["records"], verified["faults"]), (True, 8, []))
        self.assertIn(verified["head"], self.succeed("audit", "verify", "models"))
        os.makedirs(self.path("empty"))
        self.assertIn("no versions", self.succeed("list", "empty"))

    def test_diff(self):
        self.publish_both()
        same = self.answer("diff", "1.mlc", "models/v1/model.mlc")
        self.assertTrue(same["same_file"])
        differs = self.answer("diff", "models/v1", "models@v2")
        self.assertEqual([d["what"] for d in differs["model"]], ["SHA-256 of the trees"])
        self.assertEqual((differs["schema"], differs["features"], differs["parameters"]), ([], [], []))
        self.assertIn({"what": "version", "a": "v1", "b": "v2"}, differs["metadata"])
        text = self.succeed("diff", "models/v1", "models/v2")
        self.assertIn("schema: the same", text)
        self.assertIn("version: v1 → v2", text)
        digests = [self.answer("inspect", f"models/v{version}")["content_digest"] for version in (1, 2)]
        self.assertIn(f"content_digest: {digests[0][:16]}… (64 bytes) → {digests[1][:16]}… (64 bytes)", text)

    def test_diff_of_values_whose_names_hold_an_equals_sign(self):
        for number in (1, 2):
            values = f"`a = b` = age + {number}\n`a = c` = spend\n"
            text = f"features f version 1\ninput age: f64\ninput spend: f64\n{values}output [`a = b`, `a = c`]\n"
            model = copy.deepcopy(STUMP)
            model["learner"]["feature_names"] = ["a = b", "a = c"]
            self.write("named.json", json.dumps(model))
            self.write("f.features", text)
            self.succeed("import", "named.json", "--from", "xgboost", "--features", "f.features", "-o", f"named{number}.mlc")
        differences = self.answer("diff", "named1.mlc", "named2.mlc")["features"]
        self.assertEqual(differences, [{"what": "`a = b`", "a": "age + 1", "b": "age + 2"}])

    def test_verify_of_a_registry_finds_what_was_changed(self):
        self.publish_both()
        self.assertIn("holds: 2 versions", self.succeed("verify", "models"))
        self.assertEqual(self.answer("verify", "models@champion")["version"], "v1")
        os.chmod(self.path("models/v1/metadata.json"), 0o644)
        with open(self.path("models/v1/metadata.json"), "r+", encoding="utf-8") as file:
            text = file.read().replace("by hand", "by mind")
            file.seek(0)
            file.write(text)
        for arguments in (("verify", "models"), ("audit", "verify", "models")):
            run = self.run_command(*arguments)
            self.assertEqual(run.returncode, ANSWER_IS_NO, run)
            self.assertIn(b"v1/metadata.json: it is not what the log says", run.stdout)
            self.assertFalse(json.loads(self.run_command(*arguments, "--json").stdout)["holds"])
        os.chmod(self.path("models/v2/model.mlc"), 0o644)
        with open(self.path("models/v2/model.mlc"), "ab") as file:
            file.write(b"\0")
        run = self.run_command("verify", "models/v2")
        self.assertEqual(run.returncode, ANSWER_IS_NO, run)
        self.fail_with(BAD_INPUT, "mlcore verify DIR", "inspect", "models/v2")

    def test_names_are_refused_before_anything_is_published(self):
        for option in (("--alias", "v3"), ("--alias", "a/b"), ("--alias", "x@champion"), ("--alias", "x.mlc"),
                       ("--tag", "a b=c")):
            self.fail_with(BAD_INPUT, option[1].split("=")[0], "publish", "1.mlc", "--registry", "models", *option)
            self.assertFalse(os.path.exists(self.path("models")), option)
        self.publish_both()
        self.fail_with(USAGE, "expected a version", "promote", "models@champion", "--to", "v1@v2")

    def test_bad_input_and_usage(self):
        self.publish_both()
        self.fail_with(BAD_INPUT, "mlcore list DIR", "inspect", "models@v9")
        self.fail_with(BAD_INPUT, 'it has "champion"', "inspect", "models@beta")
        self.fail_with(BAD_INPUT, "reserved", "promote", "models@latest", "--to", "v1")
        self.fail_with(BAD_INPUT, 'alias "Up"', "publish", "2.mlc", "--registry", "none", "--alias", "Up")
        self.assertFalse(os.path.exists(self.path("none")))
        self.fail_with(BAD_INPUT, "no directory", "list", "nowhere")
        self.fail_with(BAD_INPUT, "nowhere.mlc", "publish", "nowhere.mlc", "--registry", "models")
        os.symlink(self.path("models/v1"), self.path("models/v3"))
        self.fail_with(BAD_INPUT, "a symbolic link", "list", "models")
        for arguments in (["publish", "1.mlc"], ["promote", "models@champion"], ["promote", "models", "--to", "v1"],
                          ["promote", "models@a", "--alias", "b", "--to", "v1"], ["promote", "models@a", "--to", "3"],
                          ["promote", "models@v1", "--to", "v2"], ["publish", "1.mlc", "--registry", "m", "--tag", "x"],
                          ["audit"], ["audit", "verify"], ["diff", "1.mlc"], ["rollback"], ["list"]):
            with self.subTest(arguments):
                self.fail_with(USAGE, "--help", *arguments)


if __name__ == "__main__":
    COMMAND = os.path.abspath(sys.argv.pop(1))
    unittest.main()
