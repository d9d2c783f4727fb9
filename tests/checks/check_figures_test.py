# SPDX-License-Identifier: Apache-2.0
"""A figure of README's that the page of performance lacks is told."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tools"))
from check_figures import missing_figures  # noqa: E402

README = "# x\n| not | of it |\n## Speed\n\n| case | ns |\n|---|---|\n| a | 1 |\n\n## Next\n| b | 2 |\n"


class CheckFigures(unittest.TestCase):
    def test_lines_under_speed_must_stand_in_the_page(self):
        self.assertEqual(missing_figures(README, "| case | ns |\n|---|---|\n| a | 1 |\n"), (3, []))
        self.assertEqual(missing_figures(README, "| case | ns |\n|---|---|\n| a | 1.0 |\n"), (3, ["| a | 1 |"]))
        self.assertEqual(missing_figures("# x\n", "| a | 1 |\n"), (0, []))


if __name__ == "__main__":
    unittest.main()
