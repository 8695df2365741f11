"""Everything that HAProxy 3.4 serves at a fixed place is in the MIB, at 10 + N; the samples are from Debian's 3.4.7."""

from pathlib import Path

from haproxy_agentx.objects.process_columns import INFO_FIELDS
from haproxy_agentx.objects.stat_fields import STAT_FIELDS

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "haproxy"


def test_every_line_of_show_info():
    lines = (SAMPLES / "16-show_info_typed-3.4.txt").read_text().splitlines()
    shown = {
        key: int(number) for number, key, *_ in (line.split(":")[0].rsplit(".", 1)[0].split(".", 1) for line in lines)
    }
    declared = {key: field.number for field in INFO_FIELDS for key in (field.key, *field.aliases)}
    assert {key: declared.get(key) for key in shown} == shown


def test_every_static_column_of_show_stat():
    header = (SAMPLES / "16-show_stat_header-3.4.txt").read_text().removeprefix("# ").strip().split(",")
    static = header[: header.index("-")]
    declared = {field.name: field.number for field in STAT_FIELDS}
    assert [declared.get(name) for name in static] == list(range(len(static)))
