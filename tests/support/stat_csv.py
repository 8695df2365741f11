"""Answers to ``show stat`` made to measure: the columns of HAProxy's versions, and rows that fill what they need."""

import csv
import io
from collections.abc import Iterable, Mapping

_NAMES = """
    pxname svname qcur qmax scur smax slim stot bin bout dreq dresp ereq econ eresp wretr wredis status weight act
    bck chkfail chkdown lastchg downtime qlimit pid iid sid throttle lbtot tracked type rate rate_lim rate_max
    check_status check_code check_duration hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other hanafail req_rate
    req_rate_max req_tot cli_abrt srv_abrt comp_in comp_out comp_byp comp_rsp lastsess last_chk last_agt qtime ctime
    rtime ttime agent_status agent_code agent_duration check_desc agent_desc check_rise check_fall check_health
    agent_rise agent_fall agent_health addr cookie mode algo conn_rate conn_rate_max conn_tot intercepted dcon dses
    wrew connect reuse cache_lookups cache_hits srv_icur src_ilim qtime_max ctime_max rtime_max ttime_max eint
    idle_conn_cur safe_conn_cur used_conn_cur need_conn_est uweight agg_server_status agg_server_check_status
    agg_check_status srid sess_other h1sess h2sess h3sess req_other h1req h2req h3req proto priv_idle_cur reqbin
    reqbout resbin resbout cache_hint_hits
"""

COLUMNS = tuple(_NAMES.split())
"""The static columns of HAProxy 3.x, in their order; an older version has the first of them."""

VERSIONS: Mapping[str, tuple[str, ...]] = {
    "1.8": COLUMNS[:83],
    "2.4": (*COLUMNS[:100], "-", "ssl_sess", "ssl_reused_sess", "h2_headers_rcvd", "h1_open_connections"),
    "2.6": (*COLUMNS[:103], "-", "ssl_sess", "ssl_failed_handshake", "h2_data_rcvd", "h1_bytes_in"),
    "2.8": (*COLUMNS[:103], "-", "h2_data_rcvd", "ssl_sess", "h3_data", "quic_rxbuf_full"),
    "3.x": (*COLUMNS, "-", "quic_rxbuf_full", "ssl_sess", "h3_data"),
}
"""What the header of each version names; what follows ``-`` has no fixed order."""

FRONTEND, BACKEND, SERVER, LISTENER = "0", "1", "2", "3"

Row = Mapping[str, str]


def server(proxy: str, name: str, iid: int, sid: int, **more: str) -> dict[str, str]:
    """Give the row of a server that is well."""
    row = {"pxname": proxy, "svname": name, "type": SERVER, "iid": str(iid), "sid": str(sid), "status": "UP"}
    return row | {"weight": "1", "act": "1", "bck": "0", "check_status": "L7OK", "mode": "http"} | more


def backend(proxy: str, iid: int, **more: str) -> dict[str, str]:
    """Give the row of a backend."""
    row = {"pxname": proxy, "svname": "BACKEND", "type": BACKEND, "iid": str(iid), "sid": "0", "status": "UP"}
    return row | {"weight": "1", "act": "1", "bck": "0", "mode": "http"} | more


def frontend(proxy: str, iid: int, **more: str) -> dict[str, str]:
    """Give the row of a frontend."""
    row = {"pxname": proxy, "svname": "FRONTEND", "type": FRONTEND, "iid": str(iid), "sid": "0", "status": "OPEN"}
    return row | {"mode": "http"} | more


def listener(proxy: str, name: str, iid: int, sid: int, **more: str) -> dict[str, str]:
    """Give the row of a listening socket."""
    row = {"pxname": proxy, "svname": name, "type": LISTENER, "iid": str(iid), "sid": str(sid), "status": "OPEN"}
    return row | {"mode": "http"} | more


def line(row: Row, columns: Iterable[str]) -> bytes:
    """Write a row as HAProxy does: quoted where RFC 4180 wants it, a comma at its end."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow([row.get(column, "") for column in columns])
    return text.getvalue().removesuffix("\r\n").encode() + b",\n"


def header(columns: Iterable[str]) -> bytes:
    """Write the first line."""
    return b"# " + ",".join(columns).encode() + b",\n"


def answer(rows: Iterable[Row], columns: Iterable[str] = VERSIONS["2.6"], *, end: bytes = b"\n") -> bytes:
    """Write an answer; on the socket an empty line ends it."""
    columns = tuple(columns)
    return header(columns) + b"".join(line(row, columns) for row in rows) + end


def show_info(pid: int = 1, start: int = 1_700_000_000, **more: str) -> bytes:
    """Write an answer to ``show info``."""
    fields = {"Name": "HAProxy", "Version": "2.6.12", "Pid": pid, "Uptime_sec": 60, "Start_time_sec": start} | more
    return "".join(f"{name}: {value}\n" for name, value in fields.items()).encode() + b"\n"
