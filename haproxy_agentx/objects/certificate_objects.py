"""haxCertificateTable: the certificates that the frontends of HAProxy show to clients, and when they end."""

from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects.declaration import Column, Table
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

CERTIFICATE_TABLE = Table(
    12,
    "haxCertificateTable",
    "haxCertificateEntry",
    (PROCESS_INDEX, CERTIFICATE_INDEX),
    (
        Column(2, "haxCertificateFrontend", TEXT, "Name of the frontend that shows the certificate to clients."),
        Column(
            3,
            "haxCertificateName",
            TEXT,
            "The server name (SNI) for which the frontend shows the certificate, as HAProxy reports it: with a '*' in "
            "place of one label, or '*' alone where it is shown for any other name.",
        ),
        Column(4, "haxCertificateFile", TEXT, "Name of the file that the certificate was loaded from."),
        Column(
            5,
            "haxCertificateNotAfter",
            tc.DATE_AND_TIME,
            "The date after which the certificate is not valid. Not instantiated where HAProxy does not report it.",
        ),
        Column(
            6,
            "haxCertificateDaysLeft",
            INTEGER32,
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
