#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A stranger's use of an installed mlcore.

Installs a build tree, moves the installed tree into a path with a space, then builds and runs the
programs of consumer/ against it: by find_package in CMake, and by pkg-config for C. Fails when a
file of the installed tree still names the source, build or first install folder.
"""
import argparse
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

CONSUMER = pathlib.Path(__file__).resolve().parent / "consumer"


def run(*command, env=None):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                            env={**os.environ, **(env or {})})
    if result.returncode != 0:
        sys.exit(f"{shlex.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stdout


def text_files(prefix):
    return [path for path in prefix.rglob("*") if path.suffix in {".cmake", ".pc", ".hpp", ".h"}]


def install(build, place):
    """Returns the prefix, after it was moved."""
    first, prefix = place / "first", place / "second home"
    run("cmake", "--install", build, "--prefix", first)
    first.rename(prefix)
    cache = (build / "CMakeCache.txt").read_text().splitlines()
    source = next(line.split("=", 1)[1] for line in cache
                  if line.startswith("CMAKE_HOME_DIRECTORY"))
    for path in text_files(prefix):
        for trace in (str(first), source + "/", str(build)):
            if trace in path.read_text():
                sys.exit(f"{path.relative_to(prefix)} names {trace}")
    return prefix


def use_cmake(prefix, place, languages):
    run("cmake", "-S", CONSUMER, "-B", place / "a build", "-G", "Ninja",
        f"-DCMAKE_PREFIX_PATH={prefix}", f"-DLANGUAGES={';'.join(languages)}")
    run("cmake", "--build", place / "a build")
    for language in languages:
        print(f"find_package, {language}: {run(place / 'a build' / f'consumer_{language}').strip()}")


def use_pkg_config(prefix, place):
    libdir = next(path.parent for path in prefix.rglob("libmlcore.so"))
    env = {"PKG_CONFIG_PATH": str(libdir / "pkgconfig"), "LD_LIBRARY_PATH": str(libdir)}
    flags = shlex.split(run("pkg-config", "--cflags", "--libs", "mlcore", env=env))
    program = place / "consumer by pkg-config"
    run("cc", "-std=c99", CONSUMER / "consumer.c", *flags, "-o", program)
    print(f"pkg-config, c: {run(program, env=env).strip()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--languages", nargs="+", choices=["cpp", "c", "train"], required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mlcore ") as folder:
        place = pathlib.Path(folder)
        prefix = install(arguments.build.resolve(), place)
        use_cmake(prefix, place, arguments.languages)
        if "c" in arguments.languages:
            use_pkg_config(prefix, place)


if __name__ == "__main__":
    main()
