"""The host and the map of a service for Zabbix: what its lines say of each health, and that well is no trigger."""

import re

import pytest

from haproxy_agentx.health.model import Health
from integration.packs.alarms import AGENT_SILENT, ALARMS, DUAL_ACTIVE, SERVING, of_health
from integration.packs.zabbix_parts import PRIORITIES
from integration.zabbixlab import service_map
from integration.zabbixlab.api import Api, ZabbixError

LB1, LB2 = (
    service_map.MappedNode(name, f"hax.service.health[{place}]", frozenset())
    for place, name in enumerate(("lb1", "lb2"), 1)
)
SITE = service_map.MappedService("SITE1", (LB1, LB2), "http://192.0.2.100/", "operations.md")
SEVERITIES = list(PRIORITIES.values())
"""Worst first."""


def test_each_health_that_is_a_problem_has_a_colour():
    assert service_map.COLOURS.keys() == {*(of_health(one) for one in Health if one > Health.standby), AGENT_SILENT}


def test_red_wins_over_orange():
    severity = {alarm.name: SEVERITIES.index(PRIORITIES[alarm.severity]) for alarm in ALARMS}
    of_colour = {
        colour: {severity[a] for a, c in service_map.COLOURS.items() if c == colour}
        for colour in (service_map.RED, service_map.ORANGE)
    }
    assert max(of_colour[service_map.RED]) < min(of_colour[service_map.ORANGE])


def test_the_node_that_is_meant_to_serve_is_green_and_turns_blue_while_the_other_one_serves():
    in_place = service_map.in_place(LB2)
    assert service_map.line(SITE, LB1) == (
        service_map.GREEN,
        {in_place: service_map.BLUE, DUAL_ACTIVE.name: service_map.RED},
    )
    assert service_map.line(SITE, LB2) == (
        service_map.BLUE,
        {in_place: service_map.GREEN, DUAL_ACTIVE.name: service_map.RED},
    )


def test_a_link_has_the_colour_of_each_trigger():
    here = {alarm: f"1{place}" for place, alarm in enumerate(service_map.COLOURS)}
    there = {
        service_map.known_as({tag["tag"]: tag["value"] for tag in one["tags"]}): f"2{n}"
        for n, one in enumerate(service_map.triggers(SITE))
    }
    made = service_map.site_map(
        SITE, {"SITE1": "1", "lb1": "2", "lb2": "3"}, ("4", "5"), {"SITE1": there, "lb1": here, "lb2": here}
    )
    for link, member in zip(made["links"], SITE.members, strict=True):
        by_trigger = {one["triggerid"]: one["color"] for one in link["linktriggers"]}
        assert by_trigger == {
            **{here[alarm]: colour for alarm, colour in service_map.COLOURS.items()},
            **{there[alarm]: colour for alarm, colour in service_map.line(SITE, member)[1].items()},
        }
    assert {element["selementid"] for element in made["selements"]} == {"1", "2", "3"}


def value(formula, healths, *, silent=()):
    """Calculate a formula of the host from the health of each node; who is silent has sent nothing for long."""
    text = re.sub(r"last\(/(\w+)/hax\.service\.health\[\d\]\)", lambda m: str(int(healths[m[1]])), formula)
    text = re.sub(r"last\(/(\w+)/hax\.health\)", lambda m: str(int(healths[m[1]])), text)
    text = re.sub(r"count\(/(\w+)/hax\.health,\{\$HAX\.NODATA\}\)", lambda m: str(int(m[1] not in silent)), text)
    assert re.fullmatch(r"[\d()=>*+]+", text)
    return eval(text.replace("=", "=="))


@pytest.mark.parametrize("first", Health)
@pytest.mark.parametrize("second", Health)
def test_the_nodes_that_serve_are_counted(first, second):
    formulas = {item["key_"]: item["params"] for item in service_map.items(SITE, "1", new=True) if "params" in item}
    healths = {"lb1": first, "lb2": second}
    assert value(formulas["hax.site.serving"], healths) == sum(one in SERVING for one in (first, second))
    assert value(formulas["hax.site.may_serve"], healths) == sum(
        one in service_map.MAY_SERVE for one in (first, second)
    )
    assert value(formulas["hax.site.health[lb1]"], healths) == first
    assert value(formulas["hax.site.health[lb1]"], healths, silent={"lb1"}) == 0
    assert value(formulas["hax.site.may_serve"], healths, silent={"lb1", "lb2"}) == 2


def test_what_the_api_refuses_is_said_with_its_words_and_the_method():
    api = Api(lambda _body, _headers: '{"error": {"message": "Invalid params.", "data": "no permissions"}}')
    with pytest.raises(ZabbixError, match=r"map\.create: Invalid params\. no permissions"):
        api.call("map.create", {})


def test_a_page_that_is_no_api_is_an_error():
    with pytest.raises(ZabbixError, match=r"apiinfo\.version: <html>"):
        Api(lambda _body, _headers: "<html>").use("token")


@pytest.mark.parametrize(
    ("version", "place"), [("6.0.14", "auth"), ("6.4.0", "Authorization"), ("7.0.9", "Authorization")]
)
def test_a_token_is_sent_as_the_version_wants_it(version, place):
    sent = []

    def post(body, headers):
        sent.append(f"{body} {headers}")
        return f'{{"result": "{version}"}}'

    api = Api(post)
    api.use("secret")
    api.call("host.get", {})
    assert "secret" not in sent[0]
    assert "secret" in sent[1]
    assert place in sent[1]
