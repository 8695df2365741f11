"""The pack for Prometheus, with Debian's exporter, its generator, Prometheus and Alertmanager."""

import shutil
import subprocess

import pytest
import yaml

from integration.netlab.services import MIB_DIRECTORIES
from integration.packs.files import FOLDER

PACK = FOLDER / "prometheus"


def run(*command, cwd, **environment):
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=cwd, env={"PATH": "/usr/bin", **environment}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_generator_makes_the_same_file_of_generator_yml(tmp_path):
    shutil.copy(PACK / "generator-0.21.yml", tmp_path / "generator.yml")
    run("prometheus-snmp-generator", "generate", cwd=tmp_path, MIBDIRS=MIB_DIRECTORIES)
    made, ours = (
        yaml.safe_load((folder / name).read_text())
        for folder, name in ((tmp_path, "snmp.yml"), (PACK, "snmp-0.21.yml"))
    )
    for module in (*made.values(), *ours.values()):  # their order means nothing
        module["metrics"].sort(key=lambda metric: metric["name"])
    assert made == ours


def test_the_current_format_differs_in_the_place_of_the_community_only():
    old = yaml.safe_load((PACK / "snmp-0.21.yml").read_text())
    new = yaml.safe_load((PACK / "snmp.yml").read_text())
    assert new["modules"] == {
        name: {key: value for key, value in module.items() if key not in {"version", "auth"}}
        for name, module in old.items()
    }
    assert [auth["community"] for auth in new["auths"].values()] == ["public"]


@pytest.mark.parametrize("check", ["rules haproxy-agentx.rules.yml", "config prometheus.example.yml"])
def test_promtool_accepts(check):
    kind, file = check.split()
    assert "SUCCESS" in run("promtool", "check", kind, file, cwd=PACK)


def test_the_rules_pass_their_tests():
    assert "SUCCESS" in run("promtool", "test", "rules", "haproxy-agentx.rules.test.yml", cwd=PACK)


def test_the_tests_of_the_rules_can_fail(tmp_path):
    shutil.copytree(PACK, tmp_path, dirs_exist_ok=True)
    rules = tmp_path / "haproxy-agentx.rules.yml"
    rules.write_text(rules.read_text().replace('haxServiceHealth="blackhole"} == 1', 'haxServiceHealth="active"} == 1'))
    command = ["promtool", "test", "rules", "haproxy-agentx.rules.test.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "HaxServiceBlackhole" in done.stdout + done.stderr


def test_amtool_accepts():
    assert "SUCCESS" in run("amtool", "check-config", "alertmanager.example.yml", cwd=PACK)
