"""Services of a host, acted on. Every action returns when it has had its effect."""

import signal

from integration.netlab.host import Host, environment, in_background
from integration.netlab.processes import MARK, Process, of_namespace, send
from integration.netlab.services import ACTIONS, SERVICES, Service
from integration.netlab.waiting import DEADLINE, LabError, until, wait_for

UNSEEN = 1.0
"""Seconds after which a program that is not seen has ended."""

SNMPGETNEXT = ("snmpgetnext", "-v2c", "-cpublic", "-On", "-t", "1", "-r", "0", "127.0.0.1")


def find(host: str, name: str) -> Service:
    """Return a service by name. LabError says which ones the host has."""
    try:
        return SERVICES[host][name]
    except KeyError:
        has = ", ".join(SERVICES.get(host, {})) or "none"
        raise LabError(f"{host} has no service '{name}'; it has: {has}") from None


def processes(host: Host, service: Service) -> list[Process]:
    """Return the running processes of a service."""
    return [process for process in of_namespace(host.leader.pid) if process.service == service.name]


def main_processes(found: list[Process]) -> list[Process]:
    """Return those whose parent is none of them: whom a supervisor would signal."""
    pids = {process.pid for process in found}
    return [process for process in found if process.parent not in pids]


def launch(host: Host, service: Service) -> None:
    """Start it; do not wait. LabError where it is already running."""
    if processes(host, service):
        raise LabError(f"{host.name}: {service.name} is already running")
    extra = {**environment(host.name), **dict(service.environment), MARK: service.name}
    host.run(*in_background(service.command, service.log), extra=extra)


def await_ready(host: Host, service: Service, seconds: float = DEADLINE) -> None:
    """Wait until it is ready; LabError with its log where it ends before, or after the deadline."""

    def ready() -> bool:
        # between two programs of its chain, such as setpriv and Python, it may not be seen on a busy machine
        if not until(lambda: processes(host, service), UNSEEN):
            raise LabError(f"{host.name}: {service.name} ended\n{host.logs()}")
        return is_ready(host, service)

    wait_for(ready, f"{host.name}: {service.name} is ready ({service.ready})", seconds, host.logs)


def is_ready(host: Host, service: Service) -> bool:
    """Look once."""
    kind, _, place = service.ready.partition(":")
    if not kind:
        return True
    if kind == "snmp":
        return f".{place}." in host.run(*SNMPGETNEXT, place, check=False).stdout
    return host.listens(service.ready)


def stop(host: Host, service: Service) -> None:
    """Ask it to end and wait for the last of its processes."""
    send(main_processes(processes(host, service)), signal.SIGTERM)
    wait_for(lambda: not processes(host, service), f"{host.name}: {service.name} has stopped", logs=host.logs)


def act(host: Host, name: str, action: str) -> None:
    """Do one of ACTIONS. LabError where it has not the effect it should."""
    service = find(host.name, name)
    if action not in ACTIONS:
        raise LabError(f"no action '{action}'; there are: {', '.join(ACTIONS)}")
    if action in {"stop", "restart"}:
        stop(host, service)
    if action in {"start", "restart"}:
        launch(host, service)
        await_ready(host, service)
    found = processes(host, service)
    if not found and action != "stop":
        raise LabError(f"{host.name}: {service.name} does not run\n{host.logs()}")
    if action == "kill9":
        # all at once: keepalived's child sends a last advertisement when it sees its parent die
        send(found, signal.SIGSTOP)
        send(found, signal.SIGKILL)
        wait_for(lambda: not processes(host, service), f"{host.name}: {service.name} is dead")
    elif action in {"freeze", "thaw"}:
        send(found, signal.SIGSTOP if action == "freeze" else signal.SIGCONT)
    elif action == "reload":
        send(main_processes(found), service.reload)
