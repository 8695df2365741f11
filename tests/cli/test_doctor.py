"""``doctor``: what it prints, its exit status, copies of files, and muting."""

import json
import os

import pytest

from haproxy_agentx.cli.main import main
from haproxy_agentx.doctor.look import MAX_FILES, MAX_OCTETS
from tests.doctor.node import HAPROXY, KEEPALIVED, OTHER, OURS, SNMPD, TEXTS


@pytest.fixture
def copies(tmp_path):
    """Copies of a node without a fault, and of the other node's keepalived.conf."""
    for path, text in TEXTS.items():
        file = tmp_path / "lb1" / path.removeprefix("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "lb2").mkdir()
    (tmp_path / "lb2" / "keepalived.conf").write_text(OTHER[KEEPALIVED])
    (tmp_path / "lb1" / "config.yaml").write_text(
        f"store: {tmp_path}/state.db\nhaproxy:\n  - stats: /run/haproxy/ro.sock\n"
    )
    return tmp_path


@pytest.fixture
def doctor(copies, capsys):
    def run(*words: str) -> tuple[int, str, str]:
        status = main(["doctor", "--config", str(copies / "lb1/config.yaml"), *words])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return run


def break_master(copies):
    file = copies / "lb1" / OURS.removeprefix("/")
    file.write_text(file.read_text().replace("master agentx", "master agentx # on"))


def test_a_node_without_a_fault(doctor, copies):
    status, out, err = doctor("--from", str(copies / "lb1"), "--other", str(copies / "lb2"))
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[:4] == ["ok    haproxy", "ok    snmpd", "ok    keep", "ok    pair"]
    assert [line.partition(":")[0] for line in lines[4:]] == [
        f"-     {part}" for part in ("agent", "system", "store", "limit", "peer")
    ]


def test_what_was_not_examined_is_not_well(doctor, tmp_path):
    flat = tmp_path / "flat"
    flat.mkdir()
    (flat / "keepalived.conf").write_text(TEXTS[KEEPALIVED])
    status, out, _ = doctor("--from", str(flat))
    assert status == 0
    assert [line for line in out.splitlines() if line.startswith("ok")] == ["ok    keep"]
    assert len([line for line in out.splitlines() if ": not examined: " in line]) == 8


def test_a_fault_is_printed_with_its_place_and_its_remedy(doctor, copies):
    break_master(copies)
    status, out, _ = doctor("--from", str(copies / "lb1"))
    assert status == 2
    lines = out.splitlines()
    place = next(place for place, line in enumerate(lines) if line.startswith("FAIL"))
    assert lines[place].startswith(f"FAIL  HAX-SNMPD-003 {OURS}:1: `master agentx # on`")
    assert (
        lines[place + 1]
        == f"      -> write 'master agentx' in place of line 1 of {OURS}, then run `systemctl restart snmpd`"
    )


def test_json_has_the_same(doctor, copies):
    break_master(copies)
    status, out, _ = doctor("--from", str(copies / "lb1"), "--json")
    found = json.loads(out)
    assert (status, found["grade"]) == (2, "fail")
    (finding,) = found["findings"]
    assert (finding["code"], finding["grade"], finding["where"]) == ("HAX-SNMPD-003", "fail", f"{OURS}:1")


def test_files_in_one_folder(doctor, tmp_path):
    flat = tmp_path / "flat"
    flat.mkdir()
    (flat / "snmpd.conf").write_text(TEXTS[SNMPD] + TEXTS[OURS].replace("master agentx", "master agentx # on"))
    (flat / "keepalived.conf").write_text(TEXTS[KEEPALIVED])
    (flat / "haproxy.cfg").write_text(TEXTS[HAPROXY])
    status, out, _ = doctor("--from", str(flat))
    assert status == 2
    assert "HAX-SNMPD-003 /etc/snmp/snmpd.conf:" in out


def test_the_other_node_shows_that_a_check_does_not_move_the_address(doctor, copies):
    file = copies / "lb1" / KEEPALIVED.removeprefix("/")
    file.write_text(file.read_text().replace("weight -60", "weight -40"))
    status, out, _ = doctor("--from", str(copies / "lb1"), "--other", str(copies / "lb2/keepalived.conf"))
    assert status == 2
    assert (
        "if chk_haproxy fails here, the priority goes from 150 to 110 and stays above 100: the address does NOT" in out
    )
    assert "give chk_haproxy a weight of -51 or lower on both nodes" in out


def test_a_muted_code_is_shown_and_counts_for_nothing(doctor, copies):
    break_master(copies)
    status, out, _ = doctor("mute", "hax-snmpd-003", "--for", "7d")
    assert (status, out[:31]) == (0, "HAX-SNMPD-003 is muted until 20")
    status, out, _ = doctor("--from", str(copies / "lb1"))
    assert status == 0
    assert "muted HAX-SNMPD-003" in out
    assert doctor("mute", "HAX-SNMPD-003", "--for", "0")[0] == 0
    assert doctor("--from", str(copies / "lb1"))[0] == 2


def test_explain(doctor):
    status, out, _ = doctor("explain", "HAX-KEEP-018")
    assert status == 0
    assert out.startswith(
        "HAX-KEEP-018 (warn): The check only asks whether a process is there.\n\n`killall -0 haproxy` succeeds"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("explain", "HAX-1"), "HAX-1: no such code"),
        (("mute", "HAX-1"), "HAX-1: no such code"),
        (("mute", "HAX-KEEP-018", "--for", "soon"), "--for soon: not a time"),
        (("explain",), "doctor explain CODE"),
        (
            ("--from", "/nowhere", "--other", "/nowhere/keepalived.conf"),
            "/nowhere: no such folder",
        ),
        (("--from", __file__), ": no such folder"),
        (("--from", "EMPTY"), ": there is no file of"),
        (("--from", "OTHER"), ": there is no file of"),
        (("--from", "GOOD", "--other", "EMPTY"), ": there is no file of"),
        (
            ("--from", "GOOD", "--other", "/nowhere/keepalived.conf"),
            "/nowhere/keepalived.conf: No such file or directory",
        ),
        (("--from", "GOOD", "--other", "/dev/zero"), "/dev/zero: neither a file nor a folder"),
        (("--from", "GOOD", "--other", "LONG"), "octets"),
    ],
)
def test_wrong_usage(doctor, copies, words, said, tmp_path):
    """Catches a mistyped path that is well, as there is nothing to find fault with."""
    made = {"GOOD": copies / "lb1", "EMPTY": tmp_path / "empty", "LONG": tmp_path / "long"}
    made["EMPTY"].mkdir()
    made["OTHER"] = tmp_path / "other"
    (made["OTHER"] / "etc").mkdir(parents=True)
    (made["OTHER"] / "etc/passwd").touch()
    made["LONG"].touch()
    os.truncate(made["LONG"], MAX_OCTETS + 1)
    status, out, err = doctor(*(str(made.get(word, word)) for word in words))
    assert (status, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_an_invalid_configuration_is_a_finding(doctor, copies):
    (copies / "lb1/config.yaml").write_text("haproxi: []\n")
    status, out, _ = doctor("--from", str(copies / "lb1"))
    assert status == 2
    assert "HAX-AGENT-001 /etc/haproxy-agentx/config.yaml: " in out


def test_a_whole_machine_can_be_the_copy(doctor, copies):
    """Catches a limit that is used up by files that nobody reads."""
    expected = doctor("--from", str(copies / "lb1"))
    (copies / "lb1/bin").mkdir()
    for number in range(MAX_FILES):
        (copies / f"lb1/bin/{number}").touch()
    assert doctor("--from", str(copies / "lb1")) == expected
