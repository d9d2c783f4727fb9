# SPDX-License-Identifier: Apache-2.0
"""The Go package in empty projects outside the repository: each way to get it builds the README's first
program, which runs and gives one prediction.

    go_package.py --go GO --packages BUILD/packages/go --library BUILD/capi --artifact shop.mlc
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULE = "github.com/mlcore/mlcore-go"
FIRST = re.compile(r"^```go\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEEDED = re.compile(r"lib(c|m|gcc_s|dl|pthread|resolv)\.so\.\d+|ld-linux-[\w-]+\.so\.\d+")
NEWEST_GLIBC = (2, 34)
given = argparse.Namespace()


class Package(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)
        self.project = self.top / "project"
        self.project.mkdir()
        program = FIRST.search((ROOT / "bindings/go/README.md").read_text(encoding="utf-8"))[1]
        (self.project / "main.go").write_text(program)
        self.environment = {**os.environ, "GOMODCACHE": f"{self.top}/modules", "GOPROXY": "off",
                            "GOFLAGS": "-buildvcs=false -modcacherw -mod=mod", "GONOSUMDB": MODULE}
        self.go("mod", "init", "example.com/first")

    def go(self, *arguments):
        self.run_in(self.project, given.go, *arguments)

    def run_in(self, folder, *command):
        run = subprocess.run([str(part) for part in command], cwd=folder, env=self.environment,
                             capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, f"{command}\n{run.stdout}{run.stderr}")
        return run.stdout

    def get_from_proxy(self):
        self.environment["GOPROXY"] = f"file://{given.packages}/proxy"
        self.go("get", f"{MODULE}@v{self.version()}")

    def version(self):
        return (given.packages / "proxy" / MODULE / "@v/list").read_text().strip().lstrip("v")

    def check_runs(self, **environment):
        """Runs the program where nothing but the artifact is, and gives the folder."""
        folder = self.top / "deployed"
        folder.mkdir()
        shutil.copyfile(given.artifact, folder / "churn.mlc")
        shutil.copy(self.project / "first", folder / "first")
        shutil.rmtree(self.top / "modules", ignore_errors=True)
        shutil.rmtree(self.project)
        run = subprocess.run([folder / "first"], cwd=folder, env=environment, capture_output=True,
                             text=True)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertRegex(run.stdout, r"^0\.\d+\n$")
        return folder

    def test_from_a_module_proxy_and_the_program_needs_no_library_of_ours(self):
        self.get_from_proxy()
        self.go("build", "-o", "first")
        dump = subprocess.run(["objdump", "-p", self.check_runs() / "first"], check=True,
                              capture_output=True, text=True).stdout
        needed = re.findall(r"NEEDED +(\S+)", dump)
        self.assertTrue(needed)
        self.assertEqual([name for name in needed if not NEEDED.fullmatch(name)], [])
        versions = [tuple(map(int, number.split("."))) for number in re.findall(r"GLIBC_([\d.]+)", dump)]
        self.assertLessEqual(max(versions), NEWEST_GLIBC)
        self.assertNotIn("GLIBCXX", dump)

    def test_from_a_folder(self):
        self.go("mod", "edit", f"-require={MODULE}@v{self.version()}",
                f"-replace={MODULE}={given.packages}/mlcore-go")
        self.go("build", "-o", "first")
        self.check_runs()

    def test_vendored(self):
        version = self.run_in(self.project, given.go, "env", "GOVERSION")
        if tuple(map(int, re.search(r"(\d+)\.(\d+)", version).groups())) < (1, 22):
            self.skipTest("an older go mod vendor stops at a file of a newer Go")
        self.get_from_proxy()
        self.go("mod", "vendor")
        self.environment["GOPROXY"] = "off"
        shutil.rmtree(self.top / "modules")
        self.go("build", "-mod=vendor", "-o", "first")
        self.check_runs()

    def test_with_the_library_of_the_system(self):
        (self.top / "mlcore.pc").write_text(
            f"Name: mlcore\nDescription: of the build\nVersion: {self.version()}\n"
            f"Libs: -L{given.library} -lmlcore\nCflags: -I{ROOT}/capi/include\n")
        self.environment["PKG_CONFIG_PATH"] = str(self.top)
        self.get_from_proxy()
        self.go("build", "-tags", "mlcore_system", "-o", "first")
        folder = self.check_runs(LD_LIBRARY_PATH=str(given.library))
        self.assertIn("libmlcore.so.0", self.failure_of(folder))
        newer = self.top / "newer_header.so"  # asks as the next header would
        self.run_in(folder, "cc", "-shared", "-fPIC", "-Wl,--no-as-needed", f"-I{ROOT}/capi/include",
                    ROOT / "tests/capi/newer_header.c", f"-L{given.library}", "-lmlcore", "-o", newer)
        message = self.failure_of(folder, LD_LIBRARY_PATH=str(given.library), LD_PRELOAD=str(newer))
        self.assertRegex(message, r"ABI 0\.\d+.*libmlcore\.so.*ABI 0\.\d+.*FAILED_PRECONDITION/abi_mismatch")

    def failure_of(self, folder, **environment):
        run = subprocess.run([folder / "first"], cwd=folder, env=environment, capture_output=True,
                             text=True)
        self.assertNotEqual(run.returncode, 0)
        return run.stderr

    def test_without_cgo_the_message_says_what_is_missing(self):
        self.get_from_proxy()
        run = subprocess.run([given.go, "build"], cwd=self.project, capture_output=True, text=True,
                             env={**self.environment, "CGO_ENABLED": "0"})
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("mlcore_needs_cgo", run.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--go", required=True)
    for name in ("--packages", "--library", "--artifact"):
        parser.add_argument(name, type=lambda text: pathlib.Path(text).resolve(), required=True)
    parser.add_argument("cases", nargs="*")
    parser.parse_args(namespace=given)
    unittest.main(argv=[sys.argv[0], *given.cases])
