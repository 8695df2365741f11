"""What needs no root and no Debian: style, types, architecture, language and most tests: `nox`, `uvx nox`.

Any Linux with Python 3.11 or later and git will do; session lint asks nothing of Linux. A session installs the packages
of requirements/dev.txt, by their hashes, into .nox; with ``--no-venv`` it uses the environment that runs nox, as the
Makefile does.
"""

from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_external_run = True
nox.options.reuse_venv = "yes"

LOCK = "requirements/dev.txt"
CONFIGURATIONS, SAMPLE = "tests/zoo/entries/*/config.yaml", "integration/config/haproxy-agentx.yaml"


def install(session: nox.Session) -> None:
    """Install what is locked, and the project in place."""
    if session.virtualenv.venv_backend == "none":
        return
    session.install("--require-hashes", "--requirement", LOCK)
    session.install("--no-deps", "--no-build-isolation", "--editable", ".")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types, architecture, language, generated documents, the CI workflow and configurations."""
    install(session)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("lint-imports", "--no-logo")
    session.run("python", "-m", "tools.check_prose")
    session.run("python", "-m", "tools.documents", "--check")
    session.run("python", "-m", "tools.dead_names")
    session.run("python", "-m", "integration.packs", "--check")
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", ".github/workflows/ci.yml")
    schema = Path(session.create_tmp()) / "schema.json"
    with schema.open("w") as written:
        session.run("python", "-m", "haproxy_agentx", "schema", stdout=written, stderr=None)
    session.run("check-jsonschema", "--check-metaschema", str(schema))
    session.run("check-jsonschema", "--schemafile", str(schema), *map(str, Path().glob(CONFIGURATIONS)), SAMPLE)


@nox.session
def unit(session: nox.Session) -> None:
    """Run the tests that need no root and no daemons; the arguments are pytest's."""
    install(session)
    session.run("pytest", "-m", "not system", "--numprocesses", "auto", "--quiet", *session.posargs)
