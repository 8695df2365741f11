"""haxServiceMemberTable: what a service is made of."""

from dataclasses import dataclass

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.health.model import MemberKind
from haproxy_agentx.health.readiness import Member
from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects import health_conventions as htc
from haproxy_agentx.objects.declaration import Column, RowColumn, Table, column
from haproxy_agentx.objects.service_objects import SERVICE_INDEX
from haproxy_agentx.objects.syntax import GAUGE32, ROW_POINTER, TEXT

MEMBER_INDEX = Column(
    1,
    "haxServiceMemberIndex",
    tc.INDEX,
    "The index of the frontend or backend; it is assigned to its process, kind and name within the service "
    "permanently.",
    access="not-accessible",
)


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member of a service; ``pointer`` is its row in haxFrontendTable or haxBackendTable, None where it has none."""

    member: Member
    pointer: Oid | None

    @property
    def servers(self) -> Member | None:
        """The member, where it has servers: a backend."""
        return self.member if self.member.kind is MemberKind.backend else None


SERVICE_MEMBER_TABLE: Table[RowColumn[MemberRow]] = Table(
    4,
    "haxServiceMemberTable",
    "haxServiceMemberEntry",
    (SERVICE_INDEX, MEMBER_INDEX),
    (
        column(
            2, "haxServiceMemberProcess", TEXT, lambda row: row.member.process, "The haxProcessName of its process."
        ),
        column(
            3,
            "haxServiceMemberProxy",
            TEXT,
            lambda row: row.member.proxy,
            "The name of the frontend or backend in HAProxy.",
        ),
        column(
            4,
            "haxServiceMemberKind",
            htc.MEMBER_KIND,
            lambda row: row.member.kind,
            "Whether it is a frontend or a backend.",
        ),
        column(
            5,
            "haxServiceMemberReadiness",
            htc.READINESS,
            lambda row: row.member.readiness,
            "Whether the member does its part of the service.",
        ),
        column(
            6,
            "haxServiceMemberUsable",
            GAUGE32,
            lambda row: row.servers.usable if row.servers else None,
            "The number of its servers that receive traffic, or would. Not instantiated for a frontend.",
            "servers",
        ),
        column(
            7,
            "haxServiceMemberEligible",
            GAUGE32,
            lambda row: row.servers.configured if row.servers else None,
            "The number of its servers that are not in maintenance and not drained. Not instantiated for a frontend.",
            "servers",
        ),
        column(
            8,
            "haxServiceMemberRequired",
            GAUGE32,
            lambda row: row.servers.required if row.servers else None,
            "The number of usable servers below which it is degraded. Not instantiated for a frontend.",
            "servers",
        ),
        column(
            9,
            "haxServiceMemberRow",
            ROW_POINTER,
            lambda row: row.pointer,
            "The row in haxFrontendTable or haxBackendTable. Not instantiated while it is not in HAProxy.",
        ),
    ),
    "The frontends and backends of each service.",
    "One frontend or backend of one service.",
)
