# SPDX-License-Identifier: Apache-2.0
"""The checks of the house find what they are there to find."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tools"))
import check_headers  # noqa: E402
import check_layers  # noqa: E402
import check_portable  # noqa: E402
import check_simd  # noqa: E402
import check_sources  # noqa: E402


class Layers(unittest.TestCase):
    def violations(self, include, room, allows_local=False):
        return check_layers.violations_in(f'#pragma once\n#include "{include}"\n', room, allows_local)

    def test_to_the_left_and_the_room_itself_are_fine(self):
        self.assertEqual(self.violations("mlcore/base/error.hpp", "schema"), [])
        self.assertEqual(self.violations("schema/private.hpp", "schema"), [])

    def test_to_the_right_is_named_with_its_line(self):
        self.assertEqual(self.violations("mlcore/predict/predictor.hpp", "model"), [
            '2: model includes predict ("mlcore/predict/predictor.hpp"), which is to its right'])
        self.assertEqual(len(self.violations("train/save.hpp", "artifact")), 1)

    def test_the_c_api_takes_every_room_but_train(self):
        self.assertEqual(self.violations("mlcore/predict/predictor.hpp", "capi"), [])
        self.assertEqual(self.violations("guard.hpp", "capi", allows_local=True), [])
        self.assertEqual(len(self.violations("mlcore/train/train.hpp", "capi", True)), 1)

    def test_an_include_that_names_no_room_is_refused(self):
        self.assertEqual(len(self.violations("helpers.hpp", "base")), 1)
        self.assertEqual(len(self.violations("mlcore/utils/x.hpp", "base")), 1)


class Simd(unittest.TestCase):
    KERNELS = ["0000 <void mlcore::(anonymous namespace)::KernelBody<mlcore::(anonymous namespace)::Avx2>::f()>:",
               "  10:\tvpcmpgtb %ymm1,%ymm2,%ymm3",
               "0020 <void mlcore::(anonymous namespace)::Avx512::walk(int)>:", "  30:\tkmovq  %k1,%rax"]

    def test_wide_instructions_of_kernels_are_fine(self):
        self.assertEqual(check_simd.problems_in(self.KERNELS), ([], 2))

    def test_the_same_elsewhere_are_named_with_their_function(self):
        for instruction in ("vaddss %xmm0,%xmm1,%xmm1", "shlx   %rax,%rbx,%rcx", "kandw  %k1,%k2,%k3",
                            "popcnt %eax,%eax", "{evex} vpaddb %ymm0,%ymm1,%ymm2", "pextl  %eax,%eax,%eax"):
            lines = self.KERNELS + ["0040 <std::vector<int>::push_back(int)>:", f"  50:\t{instruction}"]
            messages, _ = check_simd.problems_in(lines)
            self.assertEqual(len(messages), 1, instruction)
            self.assertIn("std::vector<int>::push_back(int): 1", messages[0])

    def test_the_base_is_fine_anywhere(self):
        lines = self.KERNELS + ["0040 <f>:", "  50:\taddps  %xmm0,%xmm1", "  54:\trep stos %al,%es:(%rdi)",
                                "  58:\tverr   %ax"]
        self.assertEqual(check_simd.problems_in(lines)[0], [])

    def test_a_library_without_symbols_is_no_proof(self):
        self.assertEqual(len(check_simd.problems_in(["0000 <.text>:", "  10:\tret"])[0]), 2)


class Portable(unittest.TestCase):
    def test_glibc_up_to_the_floor_is_fine(self):
        dump = "  NEEDED  libc.so.6\n  NEEDED  libgcc_s.so.1\n 0x0 0x00 04 GLIBC_2.34\n 0x0 0x00 05 GLIBC_2.2.5\n"
        self.assertEqual(check_portable.problems_in(dump), [])

    def test_what_is_newer_or_of_another_library_is_named(self):
        self.assertEqual(check_portable.problems_in(" 0x0 0x00 04 GLIBC_2.35\n"),
                         ["needs GLIBC_2.35, newer than 2.34"])
        self.assertEqual(check_portable.problems_in("  NEEDED  libstdc++.so.6\n 0x0 0x00 03 GLIBCXX_3.4\n"),
                         ["needs libstdc++.so.6", "needs GLIBCXX_3.4"])


class Sources(unittest.TestCase):
    LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"

    def test_licence_and_length(self):
        self.assertEqual(check_sources.problems_in(self.LICENCE + "x\n" * 599), [])
        self.assertEqual(len(check_sources.problems_in(self.LICENCE + "x\n" * 600)), 1)
        self.assertEqual(len(check_sources.problems_in("#pragma once\n" + self.LICENCE)), 1)
        self.assertEqual(check_sources.problems_in("#!/bin/sh\n# " + self.LICENCE), [])
        self.assertEqual(len(check_sources.problems_in("")), 1)

    def test_what_is_a_source(self):
        for name in ("src/base/error.cpp", "scripts/test", ".ci/run", "CMakeLists.txt", "a/b.cmake.in"):
            self.assertTrue(check_sources.is_source(name), name)
        for name in ("README.md", "CMakePresets.json", "scripts/requirements.txt", "cmake/mlcore.pc.in",
                     "tests/fuzz/corpus/csv/one", "LICENSE"):
            self.assertFalse(check_sources.is_source(name), name)


class Headers(unittest.TestCase):
    EXISTING = ["mlcore/base/error.hpp", "mlcore/feature/plan.hpp", "mlcore/train/train.hpp"]

    def test_umbrella(self):
        complete = self.EXISTING[:2]
        self.assertEqual(check_headers.umbrella_problems(complete, self.EXISTING), [])
        for wrong in (complete[:1], complete[::-1], complete + complete[:1], self.EXISTING,
                      complete + ["mlcore/base/gone.hpp"]):
            self.assertTrue(check_headers.umbrella_problems(wrong, self.EXISTING), wrong)

    def test_what_is_heavy(self):
        for path in ("/usr/include/xgboost/c_api.h", "/usr/include/fmt/core.h", "/x/boost/crc.hpp",
                     "/usr/include/c++/12/iostream", "/usr/include/sodium.h", "/usr/include/nlohmann/json.hpp"):
            self.assertTrue(check_headers.HEAVY.search(path), path)
        for path in ("/usr/include/c++/12/iosfwd", "/usr/include/c++/12/ostream", "include/mlcore/base/json.hpp"):
            self.assertFalse(check_headers.HEAVY.search(path), path)


if __name__ == "__main__":
    unittest.main()
