#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command between what starts it and what it writes: streams, signals, paths, full disks.

    tests/command/process_test.py path/to/mlcore [unittest arguments]
"""

import os
import signal
import subprocess
import sys
import time
import unittest

import command_test
from command_test import BAD_INPUT, DONE, USAGE

STREAM = ("--stream", "orders=orders.csv")


class Streams(command_test.CommandTest):
    def run_without(self, streams, *arguments):
        """Without these of the descriptors 0, 1 and 2."""

        def close():
            for stream in streams:
                os.close(stream)

        return subprocess.run([command_test.COMMAND, *arguments], cwd=self.folder, capture_output=True, check=False,
                              preexec_fn=close)

    def test_a_closed_stderr_loses_the_message_and_not_the_status(self):
        self.assertEqual(self.run_without([2], "inspect", "nowhere.mlc").returncode, BAD_INPUT)
        self.assertEqual(self.run_without([2], "fly").returncode, USAGE)
        self.assertEqual(self.run_without([0, 2], "inspect", "stump.mlc").returncode, DONE)

    def test_a_closed_stdout_is_an_error_and_no_other_file_gets_its_text(self):
        run = self.run_without([1], "inspect", "stump.mlc")
        self.assertEqual(run.returncode, BAD_INPUT)
        self.assertIn(b"can't write to stdout", run.stderr)
        for closed in ([1], [0, 1], [1, 2], [0, 1, 2]):
            with self.subTest(closed):
                run = self.run_without(closed, "import", "stump.json", "--from", "xgboost", "-o", "silent.mlc")
                self.assertEqual(run.returncode, BAD_INPUT)  # the line that says what was made
                self.assertEqual(self.read("silent.mlc"), self.read("stump.mlc"))

    def test_help_that_can_not_be_written_is_an_error(self):
        for arguments in (["--help"], ["predict", "--help"], ["--version"]):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                run = subprocess.run([command_test.COMMAND, *arguments], stdout=full, check=False)
                self.assertEqual(run.returncode, BAD_INPUT)

    def test_a_reader_that_leaves_ends_the_command_without_a_word(self):
        self.write("many.csv", "age,spend\n" + "1,2\n" * 100_000)
        run = subprocess.Popen([command_test.COMMAND, "predict", "stump.mlc", "--matrix", "many.csv"],
                               cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(run.stdout.readline(), b"prediction\n")
        run.stdout.close()
        self.assertEqual((run.stderr.read(), run.wait()), (b"", -signal.SIGPIPE))
        run.stderr.close()

    def test_rows_come_from_stdin_too(self):
        for option, content in (("--matrix", "age,spend\n1,2\n"), ("--requests", "spend,age\n3,1\n")):
            self.write("piped.csv", content)
            run = subprocess.run([command_test.COMMAND, "predict", "stump.mlc", option, "-"], cwd=self.folder,
                                 input=content.encode(), capture_output=True, check=False)
            self.assertEqual((run.returncode, run.stderr), (DONE, b""))
            self.assertEqual(run.stdout.decode(), self.succeed("predict", "stump.mlc", option, "piped.csv"))


class Signals(command_test.CommandTest):
    def interrupt(self, delay, *arguments):
        run = subprocess.Popen([command_test.COMMAND, *arguments], cwd=self.folder, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
        time.sleep(delay)
        run.send_signal(signal.SIGINT)
        run.communicate()
        self.assertIn(run.returncode, (DONE, -signal.SIGINT))  # a shell says 130
        return run.returncode

    def test_ctrl_c_leaves_a_whole_file_or_none(self):
        self.write("many.csv", "age,spend\n" + "1,2\n" * 300_000)
        begin = time.monotonic()
        self.succeed("predict", "stump.mlc", "--matrix", "many.csv", "-o", "whole.csv")
        duration = time.monotonic() - begin
        before = set(os.listdir(self.folder))
        steps = 30
        for step in range(steps):
            self.interrupt(duration * step / steps, "predict", "stump.mlc", "--matrix", "many.csv", "-o", "out.csv")
            self.assertLessEqual(set(os.listdir(self.folder)) - before, {"out.csv"})
            if os.path.exists(self.path("out.csv")):
                self.assertEqual(self.read("out.csv"), self.read("whole.csv"))
                os.remove(self.path("out.csv"))

    def test_ctrl_c_while_training_leaves_no_version(self):
        for step in range(8):
            registry = f"stopped{step}"
            if self.interrupt(step * 0.01, "train", "churn.json", "--registry", registry) == DONE:
                continue
            self.assertFalse(os.path.exists(self.path(f"{registry}/v1/model.mlc")) and not
                             os.path.exists(self.path(f"{registry}/v1/metadata.json")))
            self.succeed("train", "churn.json", "--registry", registry)
            self.assertIn("holds: 1 versions", self.succeed("verify", registry))


class Paths(command_test.CommandTest):
    def test_blanks_and_other_letters_in_every_path(self):
        folder = "une journ\u00e9e \u2713"
        os.makedirs(self.path(folder), exist_ok=True)
        for name in ("churn.features", "orders.csv", "churn.json", "today.csv", "stump.json"):
            self.write(f"{folder}/{name}", self.read(name))
        self.succeed("train", f"{folder}/churn.json", "--registry", f"{folder}/les mod\u00e8les")
        ref = f"{folder}/les mod\u00e8les@le"
        self.succeed("promote", ref, "--to", "v1")
        requests = ("--requests", f"{folder}/today.csv", "--stream", f"orders={folder}/orders.csv")
        rows = self.rows(self.succeed("predict", ref, *requests))
        self.assertEqual([row["customer"] for row in rows], ["c1", "nobody", "c2"])
        self.assertEqual(len(self.rows(self.succeed("features", ref, *requests))), 3)
        self.succeed("import", f"{folder}/stump.json", "--from", "xgboost", "-o", f"{folder}/\u2713.mlc")
        self.assertIn("holds", self.succeed("verify", f"{folder}/\u2713.mlc"))

    def test_an_artifact_that_does_not_open_is_named(self):
        self.write("half.mlc", self.read("stump.mlc")[:1000])
        self.write("row.csv", "age,spend\n1,2\n")
        for arguments in (["inspect", "{}"], ["predict", "{}", "--matrix", "row.csv"], ["diff", "{}", "stump.mlc"],
                          ["features", "{}", "--requests", "row.csv"], ["publish", "{}", "--registry", "r"],
                          ["drift", "--reference", "{}", "--current", "row.csv", "--matrix"]):
            for name in ("half.mlc", "stump.json"):
                with self.subTest((name, arguments)):
                    message = self.fail_with(BAD_INPUT, name, *[part.format(name) for part in arguments])
                    self.assertIn("next: ", message)
        self.assertIn("mlcore import", self.fail_with(BAD_INPUT, "stump.json: not an mlcore artifact", "verify", "stump.json"))

    def test_a_registry_is_no_ref(self):
        for verb in (["inspect"], ["predict", "--matrix", "row.csv"]):
            self.fail_with(BAD_INPUT, 'expected "models/v1" or DIR@ALIAS', verb[0], "models", *verb[1:])

    def test_an_output_without_a_name(self):
        self.fail_with(USAGE, "empty", "import", "stump.json", "--from", "xgboost", "-o", "")

    def test_a_framework_whose_models_are_imported_in_python(self):
        for name, converter in (("sklearn", "from_sklearn"), ("onnx", "from_onnx"), ("catboost", "from_catboost")):
            self.fail_with(USAGE, f"mlcore.{converter}(model)", "import", "m.bin", "--from", name, "-o", "x.mlc")


if __name__ == "__main__":
    command_test.COMMAND = os.path.abspath(sys.argv.pop(1))
    unittest.main()
