"""What this node reports of a service to its peers, by its own evidence alone. Pure; times are monotonic seconds."""

from haproxy_agentx.health.instance import ADVERTISEMENT, Instance
from haproxy_agentx.health.model import Cause, Held, Role
from haproxy_agentx.monitor.service import Service
from haproxy_agentx.pair.model import PairMember, Sample
from haproxy_agentx.pair.traffic import TrafficWatch
from haproxy_agentx.vocabulary.source import SourceKind


def own_sample(
    service: Service, instance: Instance | None, configuration: str, traffic: TrafficWatch, now: float
) -> Sample | None:
    """Return the sample of a service, None before it was judged; ``configuration`` is a digest of HAProxy's."""
    condition = service.tracker.condition
    if condition is None:
        return None
    row = instance.mib if instance is not None else None
    return Sample(
        service=service.plan.name,
        role=condition.role,
        held=condition.held if condition.role is not Role.none else Held.unknown,
        readiness=condition.readiness,
        health=condition.health,
        cause=service.cause if service.cause is not Cause.none else Cause.unknown,
        as_intended=service.served_as_intended(condition.role),
        intends_master=service.intended is Role.master,
        router=row.router_number if row is not None else None,
        priority=instance.priority if instance is not None else None,
        expected=len(service.expected),
        present=len(service.held),
        addresses=instance.addresses_digest if instance is not None else "",
        configuration=configuration,
        advertises_each=instance.advertises_each if instance is not None else ADVERTISEMENT,
        disputes=instance.second_masters if instance is not None else 0,
        traffic=traffic.evidence,
        traffic_age=max(0.0, now - traffic.since),
        age=_age(instance, now),
        role_age=max(0.0, now - service.role_since),
        health_age=max(0.0, now - service.tracker.since),
    )


def own_member(node: str, sample: Sample | None, version: str, now: float, *, maintenance: bool) -> PairMember:
    """Return this node as a member of a service."""
    if sample is None:
        return PairMember(node, is_own=True, is_absent=True, maintenance=maintenance)
    return PairMember(
        node,
        is_own=True,
        sample=sample,
        taken=now - sample.age,
        role_at=now - sample.role_age,
        health_at=now - sample.health_age,
        traffic_at=now - sample.traffic_age,
        version=version,
        maintenance=maintenance,
    )


def _age(instance: Instance | None, now: float) -> float:
    """Return the age of the evidence for the role: what a FIFO or trap reported holds until the next one."""
    if instance is None or instance.mib_at is None or instance.source is not SourceKind.keepalivedMib:
        return 0.0
    return max(0.0, now - instance.mib_began)
