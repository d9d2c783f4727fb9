# SPDX-License-Identifier: Apache-2.0
"""The wheel, installed in an empty environment outside the repository, runs the README's first program."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest

SOURCE = pathlib.Path(os.environ["MLCORE_SOURCE"])
BUILD = pathlib.Path(os.environ["MLCORE_BUILD"])


def run(*command: object, folder: pathlib.Path) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    done = subprocess.run([str(part) for part in command], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel() -> pathlib.Path:
    (found,) = (BUILD / "packages/python").glob("*.whl")
    return found


@pytest.fixture(scope="module")
def project(wheel: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """An environment with the wheel and numpy, and nothing else."""
    folder = tmp_path_factory.mktemp("project")
    assert SOURCE not in folder.parents
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", folder=folder)
    python = folder / "venv/bin/python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps", wheel, folder=folder)
    (packages,) = (folder / "venv/lib").glob("python3*/site-packages")
    installed = pathlib.Path(np.__file__).parent
    for name in ("numpy", "numpy.libs"):
        if (installed.parent / name).exists():
            (packages / name).symlink_to(installed.parent / name)
    return folder


def test_the_first_program_of_the_readme_runs(project: pathlib.Path, fixtures: pathlib.Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", (SOURCE / "bindings/python/README.md").read_text(encoding="utf-8"), re.S)
    (expected,) = re.findall(r"```text\n(.*?)```", (SOURCE / "bindings/python/README.md").read_text(encoding="utf-8"), re.S)
    shutil.copy(fixtures / "shop.mlc", project / "churn.mlc")
    (project / "first.py").write_text(program, encoding="utf-8")
    assert run("venv/bin/python", "first.py", folder=project) == expected


def test_every_library_comes_from_the_package(project: pathlib.Path) -> None:
    code = "import mlcore; print(mlcore.__file__); print(open('/proc/self/maps').read())"
    maps = run("venv/bin/python", "-c", code, folder=project)
    for library in ("_core.cpython", "libmlcore.so.0", "libsodium.so.23"):
        paths = {line.split()[-1] for line in maps.splitlines() if library in line}
        assert len(paths) == 1
        assert str(project / "venv") in paths.pop()
    assert "libstdc++" not in {line.rpartition("/")[2].partition(".so")[0] for line in maps.splitlines() if "numpy" not in line}


def test_the_wheel_runs_on_the_glibc_that_its_name_tells(wheel: pathlib.Path, tmp_path: pathlib.Path) -> None:
    assert wheel.name.endswith("-cp3" + str(sys.version_info.minor) + "-manylinux_2_34_x86_64.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    libraries = sorted(path for path in (tmp_path / "mlcore").iterdir() if ".so" in path.name)
    assert len(libraries) == 3
    for library in libraries:
        run(sys.executable, SOURCE / "tools/check_portable.py", library, folder=tmp_path)
    metadata = next(tmp_path.glob("*.dist-info/WHEEL")).read_text(encoding="ascii")
    assert "Tag: " + wheel.name.removesuffix(".whl").split("-", 2)[2] in metadata
