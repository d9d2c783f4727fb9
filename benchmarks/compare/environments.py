# SPDX-License-Identifier: Apache-2.0
"""The cache folder of peers.py and growth.py: an environment a peer, the models, the compiled loop."""
import hashlib
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = HERE.parent / "requirements.txt"


class Absent(Exception):
    """Why something can't be measured here."""


def tell(text):
    print(text, file=sys.stderr, flush=True)


def run(command, what):
    """Runs to the end or raises Absent with the last line that it wrote."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()
        raise Absent(f"{what}: {lines[-1]}")
    return done.stdout


def pins(name):
    """The lines of one environment in requirements.txt."""
    sections = REQUIREMENTS.read_text().split("# environment: ")[1:]
    for section in sections:
        title, _, lines = section.partition("\n")
        if title == name:
            return [line for line in lines.splitlines() if line and not line.startswith("#")]
    raise KeyError(name)


def make_environment(cache, name, wheel=None):
    """The Python of an environment, made anew when its pins or the wheel changed."""
    folder = cache / "environments" / name.replace(" ", "")
    wanted = "\n".join([sys.version, *pins(name)])
    if wheel is not None:
        wanted += hashlib.sha256(wheel.read_bytes()).hexdigest()
    mark = folder / "made_from"
    python = folder / "bin/python"
    if mark.exists() and mark.read_text() == wanted:
        return python
    tell(f"installing {name}")
    run([sys.executable, "-m", "venv", "--clear", folder], f"environment of {name}")
    run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", *pins(name), *([wheel] if wheel else [])],
        f"pip for {name}")
    mark.write_text(wanted)
    return python


def find_wheel(build):
    wheels = sorted((build / "packages/python").glob("*.whl"))
    if not wheels:
        raise Absent(f"no wheel in {build}/packages/python: bindings/python/build makes it")
    return wheels[-1]


def make_model(cache, build, name):
    """Trains it, unless it is there, and imports it by the `mlcore` of this build."""
    models = cache / "models"
    models.mkdir(parents=True, exist_ok=True)
    framework = "xgboost 1.7" if name.startswith("x") else "lightgbm"
    python = make_environment(cache, framework)
    if not (models / f"{name}.margins.npy").exists():
        tell(f"training {name}")
    run([python, HERE / "models.py", models, name], f"training {name}")
    source = models / f"{name}.{'json' if name.startswith('x') else 'txt'}"
    run([build / "tools/mlcore", "import", source, "--from", framework.split()[0], "-o", models / f"{name}.mlc"], f"importing {name}")
    return models


def make_loop(cache):
    """row_loop.c, compiled."""
    library = cache / "row_loop.so"
    source = HERE / "row_loop.c"
    if not library.exists() or library.stat().st_mtime < source.stat().st_mtime:
        run(["cc", "-O2", "-std=c99", "-D_POSIX_C_SOURCE=199309L", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", source, "-o", library], "row_loop.c")
    return library
