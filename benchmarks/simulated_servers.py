"""What HAProxy's ``show stat`` says of many servers, second after second. Pure.

A frontend, and backends of 100 servers each with a text in every field that a server has. Each second the counters of
a tenth of the servers move, ``lastchg`` grows in all rows, and some checks are under way; where asked for, servers go
and come back.
"""

FIELDS = (
    "pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,"
    "bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,"
    "check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,"
    "req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt,comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,"
    "qtime,ctime,rtime,ttime,agent_status,agent_code,agent_duration,check_desc,agent_desc,check_rise,check_fall,"
    "check_health,agent_rise,agent_fall,agent_health,addr,cookie,mode,algo,conn_rate,conn_rate_max,conn_tot,"
    "intercepted,dcon,dses,wrew,connect,reuse,cache_lookups,cache_hits,srv_icur,src_ilim,qtime_max,ctime_max,"
    "rtime_max,ttime_max,eint,idle_conn_cur,safe_conn_cur,used_conn_cur,need_conn_est,uweight,agg_server_status,"
    "agg_server_check_status,agg_check_status"
)
"""The static fields of HAProxy 2.6, 103 of them."""

FIELDS_3 = (
    "srid,sess_other,h1sess,h2sess,h3sess,req_other,h1req,h2req,h3req,proto,priv_idle_cur,reqbin,reqbout,resbin,"
    "resbout,cache_hint_hits"
)
"""What 3.x has besides."""

MODULE_FIELDS = (
    "-,ssl_sess,ssl_reused_sess,ssl_failed_handshake,h2_headers_rcvd,h2_data_rcvd,h2_settings_rcvd,"
    "h2_rst_stream_rcvd,h2_goaway_rcvd,h2_detected_conn_protocol_errors,h2_detected_strm_protocol_errors,"
    "h2_rst_stream_resp,h2_goaway_resp,h2_open_connections,h2_backend_open_streams,h2_total_connections,"
    "h2_backend_total_streams,h1_open_connections,h1_open_streams,h1_total_connections,h1_total_streams,"
    "h1_bytes_in,h1_bytes_out,h1_spliced_bytes_in,h1_spliced_bytes_out"
)
"""The fields without a fixed order, and the column that separates them."""

PER_BACKEND = 100
FIRST_BACKEND = 3
"""``iid`` of the first backend; that of the frontend is 2."""

COUNTERS = {
    "stot": 40, "bin": 18_211, "bout": 244_703, "econ": 0, "eresp": 1, "wretr": 0, "wredis": 0, "lbtot": 40,
    "hrsp_2xx": 36, "hrsp_3xx": 2, "hrsp_4xx": 1, "req_tot": 39, "cli_abrt": 1, "connect": 7, "reuse": 33,
    "reqbin": 18_211, "reqbout": 18_590, "resbin": 251_300, "resbout": 244_703,
}  # fmt: skip
"""What a server's counters have more each time they move."""

LEVELS = {
    "qcur": 2, "scur": 40, "rate": 60, "lastsess": 9, "qtime": 3,
    "ctime": 5, "rtime": 80, "ttime": 200, "srv_icur": 20, "idle_conn_cur": 8, "safe_conn_cur": 12,
    "used_conn_cur": 9, "need_conn_est": 11, "check_duration": 7, "agent_duration": 3, "priv_idle_cur": 2,
}  # fmt: skip
"""What a server's levels stay below."""

SERVER = {
    "qmax": "30", "smax": "180", "rate_max": "200", "slim": "200", "dresp": "0", "weight": "100", "act": "1",
    "bck": "0", "chkfail": "3", "chkdown": "1",
    "downtime": "12", "qlimit": "64", "pid": "1", "type": "2", "check_code": "200", "hrsp_1xx": "0", "hrsp_5xx": "4",
    "hrsp_other": "0", "hanafail": "0", "srv_abrt": "2", "agent_status": "L7OK", "agent_code": "0",
    "check_desc": "Layer7 check passed", "agent_desc": "Layer7 check passed", "last_agt": "up 100%",
    "check_rise": "2", "check_fall": "3", "check_health": "4", "agent_rise": "1", "agent_fall": "1",
    "agent_health": "1", "mode": "http", "wrew": "0", "src_ilim": "512", "qtime_max": "31", "ctime_max": "104",
    "rtime_max": "2113", "ttime_max": "9050", "eint": "0", "uweight": "100", "srid": "0",
    "ssl_sess": "0", "ssl_reused_sess": "0", "ssl_failed_handshake": "0",
}  # fmt: skip

BACKEND = {
    "qcur": "0", "qmax": "12", "scur": "310", "smax": "900", "slim": "2000", "stot": "812345", "bin": "912345678",
    "bout": "81234567890", "dreq": "0", "dresp": "0", "econ": "17", "eresp": "3", "wretr": "5", "wredis": "2",
    "status": "UP", "weight": "9900", "act": "99", "bck": "0", "chkdown": "0", "downtime": "0", "pid": "1", "sid": "0",
    "lbtot": "812340", "type": "1", "rate": "410", "rate_max": "1320", "hrsp_2xx": "810000", "req_tot": "812345",
    "lastsess": "0", "mode": "http", "algo": "roundrobin", "uweight": "9900",
}  # fmt: skip

FRONTEND = {
    "pxname": "fe_shop", "svname": "FRONTEND", "scur": "900", "smax": "4000", "slim": "60000", "stot": "40812345",
    "bin": "45912345678", "bout": "4081234567890", "dreq": "12", "dresp": "0", "ereq": "5012", "status": "OPEN",
    "pid": "1", "iid": "2", "sid": "0", "type": "0", "rate": "12000", "rate_lim": "0", "rate_max": "21000",
    "req_tot": "40812999", "mode": "http", "conn_rate": "900", "conn_rate_max": "5100", "conn_tot": "812345",
}  # fmt: skip

STATES = {
    7: ("DOWN", "L4CON", "Connection refused"),
    31: ("UP 2/3", "L7STS", "HTTP status check returned code <503>"),
    43: ("MAINT", "", ""),
    59: ("DOWN 1/2", "L7OK", "OK"),
    831: ("UP 2/3", "L7RSP", '"TCPCHK did not match, step 2"'),
}
"""Which servers of a thousand are not up, with status, check_status and last_chk, which is quoted when it needs be."""


def instance(number: int) -> str:
    """Give the indexes that HAProxy's own ids make of server ``number``, from 0, of the process with index 1."""
    return f"1.{FIRST_BACKEND + number // PER_BACKEND}.{number % PER_BACKEND + 1}"


class SimulatedServers:
    """``servers`` servers; ``fields`` is 103 as in 2.6 or 119 as in 3.x; ``churn`` servers go and come each second."""

    def __init__(self, servers: int, fields: int = 103, churn: int = 0) -> None:
        names = f"{FIELDS},{FIELDS_3}".split(",")[:fields] + MODULE_FIELDS.split(",")
        self._names = names
        self._servers = servers
        self._churn = churn
        self._seconds = 0
        numbers = (*COUNTERS, *LEVELS, "iid", "sid")
        texts = ("pxname", "svname", "status", "check_status", "last_chk", "addr", "cookie")
        given = dict.fromkeys(numbers, "%d") | dict.fromkeys(texts, "%s") | SERVER
        self._order = [name for name in names if name in numbers or name in texts]
        self._template = _line(names, given, escape=True)
        self._rows = [self._server(number) for number in range(servers)]
        self._frontend = _line(names, FRONTEND, lastchg="")

    def tick(self) -> None:
        """Let a second pass."""
        self._seconds += 1
        for number in range(self._seconds % 10, self._servers, 10):
            self._rows[number] = self._server(number)

    def show_stat(self) -> bytes:
        """Give the answer of now."""
        pieces = [f"# {','.join(self._names)},\n{self._frontend}\n".encode()]
        gone = {(self._seconds * self._churn + each) * 7919 % self._servers for each in range(self._churn)}
        for number, row in enumerate(self._rows):
            present = [row] if number not in gone else []
            if number % PER_BACKEND == PER_BACKEND - 1 or number == self._servers - 1:
                present.append(self._backend(number // PER_BACKEND))
            for head, tail in present:
                pieces[-1] += head
                pieces.append(tail)
        return str(1000 + self._seconds).encode().join(pieces) + b"\n"

    def show_info(self) -> bytes:
        """Give the answer of now."""
        values = {
            "Name": "HAProxy", "Version": "2.6.12-1+deb12u2", "Release_date": "2023/12/16", "Nbthread": 4,
            "Process_num": 1, "Pid": 4711, "Uptime": "0d 0h16m40s", "Uptime_sec": 1000 + self._seconds,
            "Start_time_sec": 1_700_000_000, "Maxconn": 60000, "CurrConns": 900, "CumConns": 812345 + self._seconds,
            "CumReq": 40812999 + 12000 * self._seconds, "ConnRate": 900, "SessRate": 900, "Tasks": 2 * self._servers,
            "Run_queue": 3, "Idle_pct": 61, "node": "lb1", "Stopping": 0, "Jobs": 910, "Listeners": 4,
        }  # fmt: skip
        return "".join(f"{name}: {value}\n" for name, value in values.items()).encode() + b"\n"

    def _server(self, number: int) -> tuple[bytes, bytes]:
        """Give a server's row, without its end and what stands in ``lastchg``."""
        moved = (number * 37) % 1000 + self._seconds // 10
        backend, place = number // PER_BACKEND, number % PER_BACKEND
        status, check, last = STATES.get(number % 1000, ("UP", "L7OK", "OK"))
        values: dict[str, int | str] = {name: 1000 + number + by * moved for name, by in COUNTERS.items()}
        values |= {name: (number + 7 * moved) % below for name, below in LEVELS.items()}
        values |= {
            "pxname": f"be_shop_{backend:03}", "svname": f"web{place + 1:03}", "iid": FIRST_BACKEND + backend,
            "sid": place + 1, "status": status, "last_chk": last,
            "check_status": f"* {check}" if moved % 50 == 1 and check else check,
            "addr": f"10.{backend % 200}.{backend // 200}.{place + 1}:8080", "cookie": f"s{place + 1}",
        }  # fmt: skip
        text = self._template % tuple(values[name] for name in self._order)
        head, tail = text.encode().split(b"\0")
        return head, tail + b"\n"

    def _backend(self, number: int) -> tuple[bytes, bytes]:
        given = BACKEND | {"pxname": f"be_shop_{number:03}", "svname": "BACKEND", "iid": str(FIRST_BACKEND + number)}
        head, tail = _line(self._names, given).encode().split(b"\0")
        return head, tail + b"\n"


def _line(names: list[str], given: dict[str, str], lastchg: str = "\0", *, escape: bool = False) -> str:
    """Put a row together; it ends with a comma, and the column ``-`` says so. ``escape`` what formatting would take."""
    texts = ("-" if name == "-" else lastchg if name == "lastchg" else given.get(name, "") for name in names)
    if escape:
        texts = (text if text in {"%d", "%s"} else text.replace("%", "%%") for text in texts)
    return ",".join(texts) + ","
