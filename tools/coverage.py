"""Measure the branch coverage of the pure modules by the tests that need no system, and print it.

usage: python -m tools.coverage [PYTEST ARGUMENTS]

Pure is each module of the package that the contract of purity (pyproject.toml) does not list. Examples of hypothesis
are few and the same each time, so the figure is. Exit status 0 when all tests pass and each line and branch is covered.
"""

import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PACKAGE = "haproxy_agentx"
TESTS = ("-m", "not system", "-q", "--numprocesses", "2", "--hypothesis-profile=quick", "-p", "no:cacheprovider")
WANTED = 100
"""Percent of the lines and branches."""


def impure(project: Path = PROJECT) -> Iterator[str]:
    """Yield the files of the modules that may do IO, as patterns below the project."""
    settings = tomllib.loads((project / "pyproject.toml").read_text())
    (contract,) = (one for one in settings["tool"]["importlinter"]["contracts"] if one["type"] == "purity")
    for entry in contract["io"]:
        path = entry.removesuffix(".*").replace(".", "/")
        if entry.endswith(".*"):
            yield f"{path}/*"
        else:
            yield f"{path}/__init__.py" if (project / path).is_dir() else f"{path}.py"


def main(arguments: list[str]) -> int:
    """Run the tests and print the report."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "coveragerc")
        omitted = "".join(f"\n  {PROJECT / pattern}" for pattern in impure())
        settings.write_text(
            f"[run]\nbranch = true\nparallel = true\npatch = subprocess\nsource = {PROJECT / PACKAGE}\n"
            f"data_file = {folder}/data\nomit ={omitted}\n"
            "[report]\nexclude_also =\n  if __name__ == .__main__.:\n  @overload\n"
        )
        coverage = [sys.executable, "-m", "coverage"]
        options = [f"--rcfile={settings}"]
        tests = subprocess.run(
            [*coverage, "run", *options, "-m", "pytest", *TESTS, *arguments], check=False, cwd=PROJECT
        )
        subprocess.run([*coverage, "combine", "--quiet", *options], check=True, cwd=PROJECT)
        report = [*coverage, "report", *options, "--show-missing", "--skip-covered", f"--fail-under={WANTED}"]
        shown = subprocess.run(report, check=False, cwd=PROJECT)
    return tests.returncode or shown.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
