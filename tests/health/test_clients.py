"""What clients got, from counters (HAProxy 2.6's and 3.x', as captured): each row of docs/health.md."""

import pytest

from haproxy_agentx.health.model import Readiness, Reason
from haproxy_agentx.health.readiness import ProcessState, assess
from haproxy_agentx.health.requirements import ServiceRequirements
from haproxy_agentx.health.traffic import FORGOTTEN, STUCK, TIMED_OUT, ClientOutcome
from haproxy_agentx.health.words import of_clients
from tests.health.proxies import Process
from tests.support.stat_csv import answer, backend, frontend, listener, server

COUNTED = ("hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_other", "hrsp_5xx", "dreq", "ereq", "intercepted")


class Site:
    """A HAProxy with the frontends www and stats, and the backends site and spoe; counters grow by what is said."""

    def __init__(self, frontends=("www",), mode="http") -> None:
        self.process = Process()
        self.mode = mode
        self.now = 0.0
        self.fronts = {name: self._counters() for name in frontends}
        self.econ = {"site": 0, "spoe": 0}
        self.lbtot = 0
        self.queue = 0
        self.load = (1, 100)
        self.sockets: list[str] = []
        self.same = True
        self.closed: set[str] = set()

    def _counters(self) -> dict[str, int]:
        return {"stot": 5, "scur": 1, "slim": 100, "bout": 0} | (
            dict.fromkeys(COUNTED, 0) if self.mode == "http" else {}
        )

    def read(self, seconds: float = 1.0, **grown: int) -> "Site":
        """Let time pass and counters of www grow, and be read."""
        return self.more("www", seconds, **grown)

    def more(self, name: str, seconds: float = 1.0, **grown: int) -> "Site":
        self.now += seconds
        econ = grown.pop("econ", 0)
        self.econ["site"] += econ
        self.lbtot += grown.pop("lbtot", 0)
        for field, number in grown.items():
            self.fronts[name][field] += number
        self.fronts[name]["stot"] += sum(grown.get(field, 0) for field in COUNTED[:5])
        self.show()
        return self

    def show(self) -> None:
        rows = [
            frontend(name, 1, status="STOP" if name in self.closed else "OPEN", **self._text(cells))
            for name, cells in self.fronts.items()
        ]
        rows += [listener("www", f"sock-{n}", 1, n, status=status) for n, status in enumerate(self.sockets)]
        for number, name in enumerate(self.econ, 7):
            state = {"status": "no check", "check_status": ""} if name == "site" else {}
            rows.append(server(name, "one", number, 1, **state))
            counted = {"econ": self.econ[name], "eresp": 0, "dresp": 0, "lbtot": self.lbtot}
            rows.append(backend(name, number, qcur=str(self.queue if name == "site" else 0), **self._text(counted)))
        self.process.take(answer(rows), now=self.now, load=self.load, same_process=self.same)

    @staticmethod
    def _text(cells: dict[str, int]) -> dict[str, str]:
        return {name: str(value) for name, value in cells.items()}

    @property
    def verdict(self):
        return assess(ServiceRequirements(), [ProcessState("local", self.process.proxies)])

    @property
    def is_ready(self) -> bool:
        return self.verdict.readiness is Readiness.ready

    def failed(self) -> bool:
        verdict = self.verdict
        return verdict.readiness is Readiness.notReady and Reason.clientErrors in verdict.reasons


OWN = {"hrsp_5xx": 4, "econ": 4}


def test_every_request_fails_though_all_backends_are_up():
    """The site's server is not checked and dead; an agent of SPOE beside it is well."""
    site = Site().read(hrsp_2xx=9).read(**OWN).read(**OWN)
    assert site.is_ready
    site.read(**OWN)
    assert site.failed()
    assert site.verdict.details.startswith("frontend www answers every request with HAProxy's own errors")
    site.read(hrsp_2xx=1)
    assert site.is_ready


@pytest.mark.parametrize(
    "grown",
    [
        {"hrsp_5xx": 9},
        {"hrsp_5xx": 9, "dreq": 9},
        {"hrsp_4xx": 9, "dreq": 9},
        {"hrsp_4xx": 9, "ereq": 9},
        {"hrsp_2xx": 9, "intercepted": 9},
        {"hrsp_3xx": 9, "intercepted": 9},
        {"hrsp_4xx": 9},
        {"hrsp_2xx": 200, "hrsp_5xx": 3, "econ": 3},
        {},
    ],
    ids=["servers' own 5xx", "503 by a rule", "403 by a rule", "bad requests", "monitor-uri", "redirects",
         "404 of servers", "few errors", "no traffic"],
)  # fmt: skip
def test_what_is_no_outage(grown):
    site = Site().read()
    for _ in range(9):
        assert site.read(**grown).is_ready


@pytest.mark.parametrize("beside", [{"hrsp_2xx": 9, "intercepted": 9}, {"hrsp_4xx": 9, "dreq": 9}])
def test_what_is_no_evidence_does_not_hide_an_outage(beside):
    """A load balancer before this one asks monitor-uri each second; robots are denied."""
    site = Site().read()
    for _ in range(3):
        site.more("www", hrsp_5xx=4, econ=4, **beside)
    assert site.failed()


@pytest.mark.parametrize("beside", [{}, {"hrsp_2xx": 9, "intercepted": 18}, {"hrsp_4xx": 3, "dreq": 3}])
def test_a_page_of_503_for_everybody_is_an_outage(beside):
    """``http-request return status 503``, while monitor-uri is asked or robots are denied."""
    site = Site().read(hrsp_2xx=9)
    for _ in range(3):
        site.more("www", **{"hrsp_5xx": 9, "intercepted": 9} | beside)
    assert site.failed()
    assert site.read(hrsp_2xx=9).is_ready


def test_a_part_of_the_requests():
    site = Site().read(hrsp_2xx=9)
    for _ in range(4):
        site.read(hrsp_2xx=8, **OWN)
    assert site.verdict.readiness is Readiness.degraded
    assert Reason.clientErrors in site.verdict.reasons
    site.read(hrsp_2xx=9).read(hrsp_2xx=9)
    assert site.is_ready


def test_hardly_any_request_is_served():
    """A server with few connections answers one now and then, the queue times out for all others."""
    site = Site().read(hrsp_2xx=9).read(**OWN)
    for number in range(9):
        site.more("www", hrsp_5xx=20, econ=20, hrsp_2xx=number % 2)
        assert site.failed() or number < 2


def test_few_requests_over_a_long_time():
    site = Site().read(hrsp_2xx=1)
    for _ in range(4):
        site.read(5, hrsp_5xx=1, econ=1).read(5)
    assert site.failed()


def test_errors_are_forgotten_without_traffic():
    site = Site().read().read(**OWN).read(**OWN).read(**OWN)
    assert site.read(FORGOTTEN - 1).failed()
    assert site.read(2).is_ready


def test_a_reload_begins_the_counters_anew_and_proves_nothing():
    site = Site().read(hrsp_2xx=50).read(**OWN).read(**OWN).read(**OWN)
    assert site.failed()
    site.fronts["www"] = site._counters()
    site.econ = dict.fromkeys(site.econ, 0)
    site.same = False
    assert site.read(hrsp_5xx=1, econ=1).failed()
    assert site.read(**OWN).failed()
    assert site.read(hrsp_2xx=3).is_ready


def reloaded(site: Site) -> Site:
    site.fronts["www"] = site._counters()
    site.econ = dict.fromkeys(site.econ, 0)
    site.same = False
    return site


DENIED = {"hrsp_4xx": 4, "dreq": 4}


def test_a_reload_that_brings_a_rule_which_denies_everybody():
    site = reloaded(Site().read().read(hrsp_2xx=5, **DENIED))
    for _ in range(3):
        assert site.read(**DENIED).is_ready, "not long enough"
    assert site.read(**DENIED).failed()
    assert "denies every request" in site.verdict.details
    assert reloaded(site).read(**DENIED).read(**DENIED).read(**DENIED).read(**DENIED).failed(), "another reload"
    assert site.read(hrsp_2xx=2).is_ready


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"hrsp_2xx": 2} | DENIED, DENIED),
        ({}, DENIED),
        ({"hrsp_2xx": 5}, {"hrsp_2xx": 1} | DENIED),
        ({"hrsp_2xx": 5}, {"hrsp_4xx": 1, "dreq": 1}),
        ({"hrsp_2xx": 5}, {"hrsp_4xx": 4, "ereq": 4}),
        ({"hrsp_2xx": 5}, {"hrsp_3xx": 4, "intercepted": 4}),
    ],
    ids=["most were denied before", "not used before", "some are answered", "few", "no HTTP", "answered as configured"],
)
def test_what_is_denied_otherwise_is_no_outage(before, after):
    site = reloaded(Site().read().read(**before))
    for _ in range(8):
        assert site.read(**after).is_ready


def test_an_abuser_who_is_denied_is_no_outage():
    site = Site().read().read(hrsp_2xx=500)
    for _ in range(20):
        assert site.read(hrsp_4xx=50, dreq=50).is_ready


def test_what_is_denied_is_forgotten_without_requests():
    site = reloaded(Site().read().read(hrsp_2xx=50)).read(hrsp_4xx=15, dreq=15).read(3.0, **DENIED)
    assert site.failed()
    assert site.read(FORGOTTEN + 1).is_ready
    late = reloaded(Site().read().read(hrsp_2xx=5)).read(FORGOTTEN + 1, **DENIED)
    for _ in range(5):
        assert late.read(**DENIED).is_ready, "what was before is too long ago"


def test_beside_a_frontend_that_was_never_used():
    """A statistics page is open and answers all by itself: the site is out."""
    site = Site(("www", "stats")).more("stats", hrsp_2xx=5, intercepted=5)
    for _ in range(3):
        site.read(**OWN)
    assert site.failed()
    two = Site(("www", "shop")).more("shop", hrsp_2xx=5)
    for _ in range(3):
        two.read(**OWN)
    assert two.verdict.readiness is Readiness.degraded


def test_a_frontend_that_passes_clients_on_to_a_closed_one_is_no_site():
    """TLS is passed on over TCP to a frontend that terminates it, and that is closed: clients wait."""
    chain = Site(("www", "inner"), mode="tcp").more("inner", stot=5, bout=9).read(stot=5, bout=90)
    chain.closed = {"inner"}
    assert chain.read(stot=1, bout=10).verdict.readiness is Readiness.degraded
    assert chain.read(stot=2).verdict.readiness is Readiness.degraded, "they may be waiting"
    assert chain.read(stot=2).verdict.readiness is Readiness.notReady
    assert chain.read().verdict.readiness is Readiness.notReady, "without clients it stands"
    assert chain.read(stot=1, bout=10).verdict.readiness is Readiness.degraded
    waits = Site(mode="tcp").read(stot=5, bout=90)
    for _ in range(5):
        assert waits.read(stot=2).is_ready, "with nothing closed it says nothing"


@pytest.mark.parametrize("trouble", [Reason.haproxyGone, Reason.haproxyUnresponsive])
def test_one_of_two_haproxy_is_gone(trouble):
    """Degraded while the other one serves clients; where none were seen to be served, it may have been the site."""
    site, other = Site().read().read(hrsp_2xx=5), Site().read()
    gone = ProcessState("other", other.process.proxies, trouble, "nobody listens")

    def readiness() -> Readiness:
        return assess(ServiceRequirements(), [ProcessState("local", site.process.proxies), gone]).readiness

    assert readiness() is Readiness.degraded
    site.read(6.0)
    assert readiness() is Readiness.notReady
    site.read(hrsp_2xx=5)
    unread = ProcessState("other", None, trouble, "nobody listens")
    assert (
        assess(ServiceRequirements(), [ProcessState("local", site.process.proxies), unread]).readiness
        is Readiness.notReady
    )


def test_whose_errors_they_are_is_not_guessed():
    """Two frontends answer 5xx; one of them those of its servers."""
    site = Site(("www", "shop")).read()
    for _ in range(5):
        site.fronts["shop"]["hrsp_5xx"] += 9
        site.read(**OWN)
        assert not site.failed()


def test_tcp():
    """Connections come in, not an octet goes out, and connecting to servers fails."""
    site = Site(mode="tcp").read(bout=100).read(stot=3, econ=3).read(stot=3, econ=3).read(stot=3, econ=3)
    assert site.failed()
    words = "frontend www returns nothing on its connections, while connections to servers fail"
    assert site.verdict.details.startswith(words)
    assert site.read(stot=1, bout=90).is_ready
    quiet = Site(mode="tcp").read()
    for _ in range(5):
        assert quiet.read(stot=3).is_ready


@pytest.mark.parametrize("outcome", [outcome for outcome in ClientOutcome if outcome is not ClientOutcome.fine])
def test_no_word_of_a_frontend_in_tcp_mode_is_of_http(outcome):
    words = of_clients("www", outcome, is_tcp=True)
    assert "request" not in words
    assert "answers" not in words


def test_clients_that_are_served_are_evidence_where_checked_servers_are_down():
    """``use_backend app if { nbsrv(app) gt 0 }``, and another backend without checks otherwise."""
    process, good = Process(), 0

    def show(now: float, *, up: bool = False, bad: int = 0) -> str:
        own = {"status": "UP"} if up else {"status": "DOWN", "act": "0"}
        cells = dict.fromkeys(COUNTED, "0") | {"hrsp_2xx": str(good), "hrsp_5xx": str(bad), "stot": "9"}
        rows = [frontend("www", 1, scur="1", slim="9", bout="0", **cells)]
        rows += [server("app", "one", 2, 1, status=own["status"]), backend("app", 2, qcur="0", **own)]
        rows += [server("other", "one", 3, 1, status="no check", check_status=""), backend("other", 3, qcur="0")]
        process.take(answer(rows), now=now, same_process=True)
        return assess(ServiceRequirements(), [ProcessState("local", process.proxies)]).readiness.name

    assert show(1, up=True) == "ready"
    assert show(2) == "notReady"  # without clients nothing speaks for the other one
    good = 5
    assert show(3) == "degraded"
    assert show(4) == "degraded"
    assert show(9) == "notReady"
    good = 9
    assert show(10) == "degraded"
    assert show(11, bad=1) == "notReady"


# At a limit


@pytest.mark.parametrize("what", ["frontend", "process", "sockets"])
def test_a_limit_is_reached_and_nobody_gets_in(what):
    site = Site().read()

    def full(*, now: bool) -> Site:
        site.fronts["www"]["scur"] = 100 if now and what == "frontend" else 1
        site.load = (100, 100) if now and what == "process" else (1, 100)
        site.sockets = ["WAITING" if now and what == "sockets" else "OPEN"]
        return site.read()

    site.sockets = ["OPEN"]
    site.read()
    assert full(now=True).is_ready
    verdict = full(now=True).verdict
    assert (verdict.readiness, verdict.reasons & ~Reason.unchecked) == (Readiness.notReady, Reason.saturated)
    assert not full(now=False).is_ready
    assert full(now=False).is_ready


def test_a_limit_is_reached_and_some_get_in():
    site = Site().read()
    site.fronts["www"]["scur"] = 100
    for _ in range(3):
        site.read(hrsp_2xx=4)
    assert (site.verdict.readiness, site.verdict.details) == (
        Readiness.degraded,
        "frontend www is at its limit of connections",
    )


def test_one_of_two_sockets_is_full():
    site = Site()
    site.sockets = ["FULL", "OPEN"]
    site.read().read(hrsp_2xx=1)
    assert site.verdict.readiness is Readiness.degraded


@pytest.mark.parametrize(
    ("seconds", "grown", "readiness"),
    [
        (TIMED_OUT, {"econ": 1}, Readiness.degraded),
        (STUCK, {}, Readiness.degraded),
        (2.0, {"econ": 1}, Readiness.degraded),
        (5.0, {}, Readiness.ready),
        (60.0, {"lbtot": 1}, Readiness.ready),
        (60.0, {"lbtot": 1, "econ": 1}, Readiness.degraded),
    ],
)
def test_clients_wait_for_a_server(seconds, grown, readiness):
    """Beside another backend that serves; the last ones get a server now and then."""
    site = Site().read()
    site.queue = 3
    site.read()
    for _ in range(int(seconds)):
        site.read(**grown)
    verdict = site.verdict
    assert verdict.readiness is (readiness if grown or seconds >= STUCK else Readiness.ready)
    if readiness is not Readiness.ready:
        assert Reason.saturated in verdict.reasons
    site.queue = 0
    site.read()
    assert site.read().is_ready


# Evidence that is missing


@pytest.mark.parametrize("field", ["scur", "slim", "stot", "hrsp_2xx", "hrsp_5xx", "intercepted"])
def test_a_counter_that_is_missing_makes_nothing_better(field):
    site = Site().read(hrsp_2xx=9)
    del site.fronts["www"][field]
    site.show()
    assert site.verdict.readiness is Readiness.unknown
    assert site.verdict.details == "frontend www has a row that is missing or cannot be understood"


def test_a_backend_that_lost_its_servers_is_an_outage_unless_it_answers_itself():
    process = Process()
    rows = [frontend("www", 1), server("app", "one", 2, 1), backend("app", 2)]
    process.take(answer(rows))
    process.take(answer([rows[0], backend("app", 2, act="0", hrsp_3xx="7")]))

    def verdict():
        return assess(ServiceRequirements(), [ProcessState("local", process.proxies)])

    assert (verdict().readiness, verdict().details) == (Readiness.notReady, "backend app has lost all its servers")
    assert Reason.backendEmpty in verdict().reasons
    process.take(answer([rows[0], backend("app", 2, act="0", hrsp_3xx="8")]))
    assert verdict().readiness is Readiness.ready


def test_a_statistics_page_is_no_empty_backend():
    process = Process()
    process.take(answer([frontend("www", 1), frontend("stats", 2), backend("stats", 2, act="0")]))
    assert assess(ServiceRequirements(), [ProcessState("local", process.proxies)]).readiness is Readiness.ready
