#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A stranger's use of the jar: an empty Maven project in a temporary folder, which takes dev.mlcore:mlcore from
a repository that is a folder and runs the first program of bindings/java/README.md, on every JDK that is here.

Maven's local repository is a folder of links to the usual one, so that plugins come from there and the jar never does.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

README = pathlib.Path(__file__).resolve().parents[2] / "bindings" / "java" / "README.md"
POM = README.with_name("pom.xml")
POM_TEMPLATE = """<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>stranger</groupId>
  <artifactId>stranger</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.release>17</maven.compiler.release>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <repositories>
    <repository><id>folder</id><url>{repository}</url></repository>
  </repositories>
  <dependencies>
    {dependency}
  </dependencies>
  <build>
    <plugins>
      <plugin><artifactId>maven-resources-plugin</artifactId><version>{resources}</version></plugin>
      <plugin><artifactId>maven-compiler-plugin</artifactId><version>{compiler}</version></plugin>
    </plugins>
  </build>
</project>
"""


def run(*command, cwd=None):
    result = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result


def block(language):
    """The README's block in a language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
    if not found:
        sys.exit(f"{README} has no {language} block")
    return found.group(1)


def plugin_version(name):
    return re.search(rf"{name}</artifactId>\s*<version>([^<]+)<", POM.read_text()).group(1)


def file_repository(packages, folder):
    """The packages as a Maven repository."""
    for path in packages.glob("mlcore-*"):
        version = re.match(r"mlcore-(.+)\.(?:jar|pom)$", path.name).group(1)
        target = folder / "dev" / "mlcore" / "mlcore" / version
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def local_repository(folder):
    """Links to what the user's repository has, but for our own package."""
    folder.mkdir()
    usual = pathlib.Path.home() / ".m2" / "repository"
    for entry in usual.iterdir() if usual.is_dir() else []:
        if entry.name != "dev":
            (folder / entry.name).symlink_to(entry)


def jdks(java):
    """The java given, and one of each other version, 17 or newer, that Debian or others installed."""
    found = {}
    for candidate in [pathlib.Path(java), *sorted(pathlib.Path("/usr/lib/jvm").glob("*/bin/java"))]:
        told = run(candidate, "-version").stderr
        major = int(re.search(r'version "(\d+)', told).group(1))
        if major >= 17:
            found.setdefault(major, candidate)
    return found


def check(java, major, class_path, project, expected):
    cache = project / f"cache{major}"
    result = run(java, *(["--enable-native-access=ALL-UNNAMED"] if major >= 24 else []),
                 f"-Dmlcore.tmpdir={cache}", "-cp", class_path, "Main", cwd=project)
    if not re.fullmatch(expected + "\n", result.stdout):
        sys.exit(f"Java {major} printed {result.stdout!r}, expected {expected}")
    if result.stderr:
        sys.exit(f"Java {major} complained: {result.stderr}")
    print(f"Java {major}: {result.stdout.strip()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--maven", required=True)
    parser.add_argument("--java", required=True)
    parser.add_argument("--packages", type=pathlib.Path, required=True)
    parser.add_argument("--artifact", type=pathlib.Path, required=True, help="the program's churn.mlc")
    parser.add_argument("--expected", required=True, help="what the program prints, a regular expression")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        project = folder / "project"
        (project / "src" / "main" / "java").mkdir(parents=True)
        (project / "src" / "main" / "java" / "Main.java").write_text(block("java"))
        (project / "pom.xml").write_text(POM_TEMPLATE.format(
            repository=(folder / "repository").as_uri(), dependency=block("xml"),
            resources=plugin_version("maven-resources-plugin"), compiler=plugin_version("maven-compiler-plugin")))
        shutil.copy(options.artifact, project / "churn.mlc")
        file_repository(options.packages.resolve(), folder / "repository")
        local_repository(folder / "local")
        run(options.maven, "--batch-mode", "--no-transfer-progress", f"-Dmaven.repo.local={folder / 'local'}",
            "compile", cwd=project)
        jars = list((folder / "local" / "dev").rglob("mlcore-*.jar"))
        if len(jars) != 1:
            sys.exit(f"Maven took {jars} from the repository")
        class_path = os.pathsep.join([str(project / "target" / "classes"), str(jars[0])])
        for major, java in jdks(options.java).items():
            check(java, major, class_path, project, options.expected)


if __name__ == "__main__":
    main()
