"""The HAProxy processes that are configured, each of which a task reads."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from haproxy_agentx.config.model import HaproxyConfig
from haproxy_agentx.process.reader import HaproxyProcess

Make = Callable[[HaproxyConfig, int], HaproxyProcess]
"""Makes the process of a configuration, which has this haxProcessIndex."""


@dataclass(frozen=True, slots=True)
class _Running:
    """A process and the task that reads it."""

    process: HaproxyProcess
    task: asyncio.Task[None]


class RunningProcesses:
    """``make`` makes a process; ``forget`` is called with the name of one that is not configured any more."""

    def __init__(self, make: Make, forget: Callable[[str], None]) -> None:
        self._make = make
        self._forget = forget
        self._running: dict[HaproxyConfig, _Running] = {}
        self._refused_before = 0
        """Inputs that sources have refused that are not read any more."""

    def __iter__(self) -> Iterator[HaproxyProcess]:
        """Yield the processes in the order in which they were first configured."""
        return (running.process for running in self._running.values())

    @property
    def inputs_refused(self) -> int:
        """Inputs that their sources have refused since the start."""
        return self._refused_before + sum(map(_refused_by, self))

    def follow(self, tasks: asyncio.TaskGroup, configs: Sequence[HaproxyConfig], numbers: Mapping[str, int]) -> None:
        """Run what is configured: stop what is not any more, start what is new, leave the others as they are."""
        self._stop([config for config in self._running if config not in configs])
        for config in configs:
            if config not in self._running:
                process = self._make(config, numbers[config.name])
                self._running[config] = _Running(process, tasks.create_task(process.run()))

    def stop(self) -> None:
        """Stop all: what is configured is made anew."""
        self._stop(list(self._running))

    def cancel(self) -> None:
        """Have no reading begin any more: the program ends."""
        for running in self._running.values():
            running.task.cancel()

    def renumber(self, numbers: Mapping[str, int], scopes: Collection[str], *, is_theirs: bool) -> None:
        """Have them show rows by the store's numbers; ``is_theirs`` says that their own ones are among these."""
        for config, running in self._running.items():
            if is_theirs or running.process.has_rows_in(scopes):
                running.process.renumber(numbers[config.name])

    @asynccontextmanager
    async def unread(self, wait: float) -> AsyncIterator[None]:
        """Let none be read meanwhile. A reading that takes over ``wait`` seconds to end is not waited for."""
        async with AsyncExitStack() as held:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    for process in self:
                        await held.enter_async_context(process.reading)
            yield

    def _stop(self, configs: Sequence[HaproxyConfig]) -> None:
        for config in configs:
            gone = self._running.pop(config)
            gone.task.cancel()
            self._forget(gone.process.name)
            self._refused_before += _refused_by(gone.process)


def _refused_by(process: HaproxyProcess) -> int:
    return sum(source.left_out for source in process.sources)
