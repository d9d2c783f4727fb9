#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles and runs the code blocks of a page that are marked as tests.

    check_readme.py --build build/release [--packages node go java python] [--python PYTHON] README.md

A block that opens with ```cpp test, or c, js, go, java, python or sh for cpp, is run, in the order of
the page, in one new folder where `examples` and `data` are the checkout's, `mlcore` is on the path and
the packages of BUILD/packages are installed; a program must exit with 0. A ```text test block holds
exactly what the block before it prints. A block whose package is not named is told and left out.
Exit status 1 when a block fails.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(\w+) test\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROOT = pathlib.Path(__file__).resolve().parents[1]
FILES = {"js": "program.mjs", "go": "program.go", "java": "Program.java"}
PACKAGES = {"js": "node", "go": "go", "java": "java", "python": "python"}


def blocks_of(text):
    """[(line, language, code)] of the marked blocks."""
    return [(text.count("\n", 0, match.start()) + 1, match.group(1), match.group(2))
            for match in BLOCK.finditer(text)]


def flags_for(language, build):
    if language == "cpp":
        return ["c++", "-std=c++20", "-x", "c++", "program", "-x", "none", f"-I{ROOT}/include",
                f"{build}/src/libmlcore.a", "-lsodium", "-ldl"]
    return ["cc", "-std=c99", "-pedantic", "-Werror", "-x", "c", "program", "-x", "none",
            f"-I{ROOT}/capi/include", f"-L{build}/capi", f"-Wl,-rpath,{build}/capi", "-lmlcore"]


def commands_for(language, build, python):
    """The commands that build and run the block's file."""
    if language == "js":
        return [["node", "program.mjs"]]
    if language == "go":
        return [["go", "run", "program.go"]]
    if language == "java":
        jar = next((build / "packages" / "java").glob("mlcore-*[0-9].jar"))
        return [["java", "--enable-native-access=ALL-UNNAMED", "-cp", str(jar), "Program.java"]]
    if language == "sh":
        return [["bash", "-eu", "program"]]
    if language == "python":
        return [[python, "program"]]
    if language in ("cpp", "c"):
        return [[*flags_for(language, build), "-o", "./run"], ["./run"]]
    raise ValueError(f"no way to test a block of {language}")


def install_packages(folder, build, packages):
    """What an application would have beside its program."""
    if "node" in packages:
        (folder / "node_modules" / "@mlcore").mkdir(parents=True)
        (folder / "node_modules" / "@mlcore" / "runtime").symlink_to(build / "bindings" / "node" / "package")
    if "go" in packages:
        (folder / "go.mod").write_text(
            "module first\n\ngo 1.19\n\nrequire github.com/mlcore/mlcore-go v0.1.0\n\n"
            f"replace github.com/mlcore/mlcore-go => {build}/packages/go/mlcore-go\n")


def run_block(folder, language, code, build, python):
    """What the block prints. Throws RuntimeError with its complaint."""
    (folder / FILES.get(language, "program")).write_text(code)
    environment = {**os.environ, "PATH": f"{build}/tools:{os.environ['PATH']}",
                   "CGO_ENABLED": "1", "GOFLAGS": "-mod=mod -buildvcs=false", "GOTOOLCHAIN": "local"}
    for command in commands_for(language, build, python):
        run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        if run.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: exit status {run.returncode}\n"
                               f"{run.stdout}{run.stderr}")
    return run.stdout


def check_page(page, build, packages, python):
    """Prints what it finds and returns the exit status."""
    blocks = blocks_of(page.read_text(encoding="utf-8"))
    if not blocks:
        print(f"{page}: no block is marked as a test")
        return 1
    output = None
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for shared in ("examples", "data"):
            (folder / shared).symlink_to(ROOT / shared)
        install_packages(folder, build, packages)
        left_out = False
        for line, language, code in blocks:
            if language == "text":
                if left_out:
                    continue
                if code != output:
                    print(f"{page}:{line}: the block before printed\n{output}")
                    return 1
                continue
            left_out = language in PACKAGES and PACKAGES[language] not in packages
            if left_out:
                print(f"{page.name}:{line}: {language} is left out, its package is not built")
                continue
            try:
                output = run_block(folder, language, code, build, python)
            except (RuntimeError, ValueError) as error:
                print(f"{page}:{line}: {error}")
                return 1
            print(f"{page.name}:{line}: {language} runs")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--packages", nargs="*", choices=sorted(PACKAGES.values()), default=[])
    parser.add_argument("--python", type=os.path.abspath, default=sys.executable)
    arguments = parser.parse_args()
    return check_page(arguments.page, arguments.build.resolve(), arguments.packages,
                      arguments.python)


if __name__ == "__main__":
    sys.exit(main())
