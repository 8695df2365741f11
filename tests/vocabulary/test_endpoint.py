import pytest

from haproxy_agentx.vocabulary.endpoint import Endpoint, parse


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:161", "127.0.0.1", 161),
        ("localhost:1162", "127.0.0.1", 1162),
        ("[::1]:161", "::1", 161),
        ("[0:0::1]:65535", "::1", 65535),
        ("192.0.2.7:1", "192.0.2.7", 1),
    ],
)
def test_what_it_reads(text, host, port):
    assert parse(text) == Endpoint(host, port)


@pytest.mark.parametrize(
    "text",
    ["", ":", "127.0.0.1", "127.0.0.1:", ":161", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:1" + "0" * 9,
     "127.0.0.1:0000161234567", "::1:161", "[::1]", "example.org:161", "127.0.0.1:-1", "127.0.0.1:١٦١",
     "127.0.0.1:161 ", "[::1:161", "udp:127.0.0.1:161"],
)  # fmt: skip
def test_what_it_refuses_with_an_example(text):
    with pytest.raises(ValueError, match=r"write 127\.0\.0\.1:161 or"):
        parse(text)


def test_what_is_this_machine():
    assert [parse(text).is_loopback for text in ("127.0.0.9:1", "[::1]:1", "10.0.0.1:1", "0.0.0.0:1")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert [parse(text).is_ipv6 for text in ("127.0.0.9:1", "[::1]:1")] == [False, True]
