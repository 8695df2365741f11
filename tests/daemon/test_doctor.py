"""``doctor`` asks a real snmpd for our subtree, as a monitoring host would."""

from haproxy_agentx.config import load
from haproxy_agentx.doctor import look


def unanswered(snmpd, folder) -> str | None:
    """Return what doctor finds at this snmpd."""
    (folder / "community").write_text("public\n")
    file = folder / "doctor.yaml"
    file.write_text(f"keepalived:\n  snmp: {{address: '127.0.0.1:{snmpd.port}', community_file: {folder}/community}}\n")
    config = load(str(file))
    return look.unanswered(config, look.setup_of(config))


def test_a_subtree_that_is_there(daemon, snmpd, tmp_path):
    assert daemon.alive
    assert unanswered(snmpd, tmp_path) is None


def test_a_subtree_that_is_not_there(snmpd, tmp_path):
    assert unanswered(snmpd, tmp_path) == "snmpd answers, and has no such object: the view of the community hides it"


def test_an_snmpd_that_is_not_there(snmpd, tmp_path):
    snmpd.stop()
    assert "snmpd was asked: " in (unanswered(snmpd, tmp_path) or "")
