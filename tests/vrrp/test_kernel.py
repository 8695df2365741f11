"""A raw socket for VRRP shows that keepalived runs."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.vrrp import kernel

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
LINE = " 112: 00000000:{:04X} 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0 0\n"
IP6 = " 112: {}:{:04X} {}:0000 07 00000000:00000000 00:00000000 00000000 0 0 4711 2 0 0\n"


@pytest.mark.parametrize(("protocols", "spoken"), [((), False), ((1, 89), False), ((1, 112), True)])
def test_the_protocol_is_the_port_of_the_local_address(protocols, spoken):
    assert kernel.lists_vrrp(HEAD + "".join(LINE.format(number) for number in protocols)) is spoken
    six = "".join(IP6.format("0" * 32, number, "0" * 32) for number in protocols)
    assert kernel.lists_vrrp(HEAD + six) is spoken


@given(st.text(max_size=200))
def test_any_text(text):
    assert kernel.lists_vrrp(text) in (True, False)


def test_what_cannot_be_read_proves_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(kernel, "FILES", (tmp_path / "none", Path("/")))
    assert not kernel.is_vrrp_spoken()
