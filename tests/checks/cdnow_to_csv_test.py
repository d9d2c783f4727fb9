#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/cdnow_to_csv.py on small logs of the CDNOW form, good and bad."""

import os
import subprocess
import sys
import tempfile
import unittest

TOOL = os.path.join(os.path.dirname(__file__), "..", "..", "tools", "cdnow_to_csv.py")
HEADER = " customer_id  date number_of_cds  dollar_value\r\n"


class CdnowToCsv(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.input = os.path.join(holder.name, "log.txt")
        self.output = os.path.join(holder.name, "orders.csv")

    def run_tool(self, content):
        with open(self.input, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return subprocess.run([sys.executable, TOOL, self.input, self.output],
                              capture_output=True, text=True, check=False)

    def test_every_line_becomes_a_row_equal_ones_too(self):
        run = self.run_tool(HEADER + " 00001 19970101  1  11.77\r\n 00002 19970112  5  77.00\r\n"
                                     " 00002 19970112  5  77.00\r\n 00002 19971231  0  0.00\r\n")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertIn("4 orders of 2 customers", run.stdout)
        with open(self.output, newline="", encoding="ascii") as file:
            self.assertEqual(file.read(), "customer,at,cds,amount\n00001,1997-01-01,1,11.77\n"
                                          "00002,1997-01-12,5,77.00\n00002,1997-01-12,5,77.00\n"
                                          "00002,1997-12-31,0,0.00\n")

    def test_what_is_no_log_is_refused_and_writes_nothing(self):
        line = " 00001 19970101  1  11.77\r\n"
        cases = [("", "header"), (line, "header"), (HEADER, "no order"),
                 (HEADER + " 00001 19970101  1\r\n", "line 2: expected 4 fields, found 3"),
                 (HEADER + line + " 00001 19970230  1  11.77\r\n", "line 3: date"),
                 (HEADER + " 1 19970101  1  11.77\r\n", "customer_id"),
                 (HEADER + " 00001 19970101  -1  11.77\r\n", "number_of_cds"),
                 (HEADER + " 00001 19970101  1  1e3\r\n", "dollar_value"),
                 (HEADER + "\r\n", "found 0"), (b"\xff\xfe", "ascii")]
        for content, part in cases:
            with self.subTest(content):
                run = self.run_tool(content)
                self.assertEqual(run.returncode, 1)
                self.assertIn(part, run.stderr)
                self.assertNotIn("Traceback", run.stderr)
                self.assertEqual(os.listdir(os.path.dirname(self.output)), ["log.txt"])

    def test_a_missing_file_is_named(self):
        run = subprocess.run([sys.executable, TOOL, self.input, self.output],
                             capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertIn("log.txt: No such file", run.stderr)


if __name__ == "__main__":
    unittest.main()
