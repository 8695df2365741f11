"""Programs that managers use read the module, as it is and rooted elsewhere: all names, numbers, types and indexes.

snmptranslate and libsmi are in test_mib.py.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from haproxy_agentx.agentx.oid import Oid, dotted
from haproxy_agentx.objects import module, schema
from tests.support import mibs

pytestmark = pytest.mark.system

ROOTS = {"the default root": schema.ROOT, "another root": (1, 3, 6, 1, 4, 1, 32473, 8404)}
COUNTERS = {"Counter32", "Counter64", "CounterBasedGauge64"}
"""What a Prometheus counter is made of; the last one is rendered as Counter64 on the wire (RFC 2856)."""


@pytest.fixture(scope="module", params=ROOTS.values(), ids=ROOTS)
def root(request) -> Oid:
    return request.param


@pytest.fixture(scope="module")
def file(root, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("mib") / mibs.MODULE.name
    path.write_text(module.render(root))
    return path


def moved(oid: Oid, root: Oid) -> str:
    return dotted((*root, *oid[len(schema.ROOT) :]))


def objects(root: Oid) -> dict[str, str]:
    """Every object that can be read, with its number."""
    columns = ((table, column) for table in schema.TABLES for column in table.columns)
    return {one.name: moved(schema.scalar_oid(one), root) for one in schema.SCALARS} | {
        column.name: moved(schema.column_oid(table, column), root) for table, column in columns
    }


def notifications(root: Oid) -> dict[str, str]:
    return {one.name: dotted((*root, 0, one.sub_id)) for one in schema.NOTIFICATIONS}


def run(command: list[object], folder: Path, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=60, cwd=folder, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


# SNMPTT's converter: an EVENT for each notification, whose variables are named by their positions.
def test_snmpttconvertmib_makes_an_event_of_each_notification(file, root, tmp_path):
    made = tmp_path / "snmptt.conf"
    converter = mibs.readers() / "usr" / "sbin" / "snmpttconvertmib"
    said = run(
        ["perl", converter, f"--in={file}", f"--out={made}"],
        tmp_path,
        {"MIBDIRS": mibs.folders(file), "MIBS": module.NAME},
    )
    count = len(schema.NOTIFICATIONS)
    assert re.search(
        rf"Total translations: +{count}\nSuccessful translations: +{count}\nFailed translations: +0\n", said
    )
    text = made.read_text()
    assert dict(re.findall(r"^EVENT (\S+) \.(\S+) ", text, re.MULTILINE)) == notifications(root)
    variables = [re.findall(r"^  \d+: (\S+)$", part, re.MULTILINE) for part in text.split("\nEVENT ")[1:]]
    assert variables == [list(one.objects) for one in schema.NOTIFICATIONS]


# snmp_exporter: a metric for each object, with the labels of its table's indexes and the words of its numbers.
def test_the_generator_of_snmp_exporter_makes_a_metric_of_each_object(file, root, tmp_path):
    (tmp_path / "generator.yml").write_text("modules: {ours: {walk: [haxObjects]}}\n")
    generator = mibs.readers() / "usr" / "bin" / "prometheus-snmp-generator"
    run([generator, "generate"], tmp_path, {"MIBDIRS": mibs.folders(file)})
    made = yaml.load((tmp_path / "snmp.yml").read_text(), yaml.CSafeLoader)
    ours = made.get("modules", made)["ours"]
    metrics = {one["name"]: one for one in ours["metrics"]}
    indexes = {table.index.name for table in schema.TABLES}
    assert {name: one["oid"] for name, one in metrics.items() if name not in indexes} == objects(root)
    for table in schema.TABLES:
        for column in table.columns:
            metric = metrics[column.name]
            assert [one["labelname"] for one in metric["indexes"]] == [index.name for index in table.indexes]
            assert (metric["type"] == "counter") == (column.syntax.name in COUNTERS), column.name
            if column.syntax.labels and metric["type"] == "gauge":
                words = {number: label for label, number in column.syntax.labels.items()}
                assert metric["enum_values"] == words, column.name


# pysmi, by which pysnmp's users get their modules. Nothing is asked of the network: what it lacks would be an error.
def test_pysmi_compiles_all_of_it(file, root, tmp_path):
    made = tmp_path / "made"
    sources = [f"--mib-source=file://{folder}" for folder in mibs.folders(file).split(":")]
    run(
        [
            Path(sys.executable).with_name("mibdump"),
            *sources,
            f"--mib-borrower=file://{tmp_path}",
            "--destination-format=json",
            f"--destination-directory={made}",
            "--rebuild",
            module.NAME,
        ],
        tmp_path,
        {},
    )
    compiled = json.loads((made / f"{module.NAME}.json").read_text())
    assert compiled[module.IDENTITY]["oid"] == dotted(root)
    readable = {
        name: one["oid"]
        for name, one in compiled.items()
        if one.get("class") == "objecttype" and one.get("maxaccess") == "read-only"
    }
    assert readable == objects(root)
    reported = {name: one for name, one in compiled.items() if one.get("class") == "notificationtype"}
    assert {name: one["oid"] for name, one in reported.items()} == notifications(root)
    for one in schema.NOTIFICATIONS:
        assert [part["object"] for part in reported[one.name]["objects"]] == list(one.objects)
    for table in schema.TABLES:
        assert [index["object"] for index in compiled[table.entry]["indices"]] == [one.name for one in table.indexes]
    for convention in schema.CONVENTIONS:
        assert convention.name in compiled
