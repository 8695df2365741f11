"""haxCertificateTable: the certificates that the frontends of HAProxy show to clients, and when they end."""

from dataclasses import dataclass

from haproxy_agentx.haproxy.certificates import Certificate
from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects.declaration import Column, RowColumn, Table, column
from haproxy_agentx.objects.process_columns import PROCESS_INDEX
from haproxy_agentx.objects.syntax import INTEGER32, TEXT

CERTIFICATE_INDEX = Column(
    1,
    "haxCertificateIndex",
    tc.INDEX,
    "Number of the certificate. It belongs permanently to haxCertificateFrontend, haxCertificateName and "
    "haxCertificateFile within the process.",
    access="not-accessible",
)


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A certificate at a ``date``, in seconds since 1970."""

    certificate: Certificate
    date: float


CERTIFICATE_TABLE: Table[RowColumn[CertificateRow]] = Table(
    12,
    "haxCertificateTable",
    "haxCertificateEntry",
    (PROCESS_INDEX, CERTIFICATE_INDEX),
    (
        column(
            2,
            "haxCertificateFrontend",
            TEXT,
            lambda row: row.certificate.frontend,
            "Name of the frontend that shows the certificate to clients.",
        ),
        column(
            3,
            "haxCertificateName",
            TEXT,
            lambda row: row.certificate.name,
            "The server name (SNI) for which the frontend shows the certificate, as HAProxy reports it: with a '*' in "
            "place of one label, or '*' alone where it is shown for any other name.",
        ),
        column(
            4,
            "haxCertificateFile",
            TEXT,
            lambda row: row.certificate.file,
            "Name of the file that the certificate was loaded from.",
        ),
        column(
            5,
            "haxCertificateNotAfter",
            tc.DATE_AND_TIME,
            lambda row: row.certificate.not_after,
            "The date after which the certificate is not valid. Not instantiated where HAProxy does not report it.",
        ),
        column(
            6,
            "haxCertificateDaysLeft",
            INTEGER32,
            lambda row: row.certificate.days_left(row.date),
            "The number of whole days until haxCertificateNotAfter, by the host's clock, negative once that is past. "
            "Not instantiated where haxCertificateNotAfter is not.",
            "days",
        ),
    ),
    "The certificates of the frontends, as HAProxy reports them in 'show ssl sni' from version 3.2 on, at any level. "
    "They are read every minute; the sockets of a frontend count together. Of more than 1000 certificates those are "
    "listed that end first. Without rows where this version of HAProxy does not report them, where the process is read "
    "by HTTP, and while they cannot be read. A certificate that ends within 'certificate_days' of the subagent's "
    "configuration is the reason certificateExpiring(21) of the services of its frontend, and does not change their "
    "health.",
    "One certificate of one frontend, for one server name.",
)
