"""Workers that are forks of a process with their framework in it: its import is paid for once.

Nothing is measured here, and what one program does to its process no other one sees. That a process
of its own gives the same, the controls of tests/impls/defects hold.
"""

import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.host.monitor.sampler import Monitor
from bench.host.process.executor import Executor, Invocation
from bench.host.process.outcome import Listener, WorkerOutcome

CLIENT = Path(__file__).with_name("client.py")
# What XLA has compiled for one program, it has for the next one: a planted mistake leaves most of a
# model as it was, and what is compared is computed once more where it is explained.
COMPILED = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}


@dataclass
class Zygotes:
    """A process for each interpreter and its variables, as soon as one is asked for."""

    folder: Path
    _stack: ExitStack = field(default_factory=ExitStack)
    _sockets: dict[tuple[str, ...], Path] = field(default_factory=dict)

    def to_command(self, command: Sequence[str], environment: Mapping[str, str]) -> list[str]:
        """What does as `command`, an interpreter's with -P, would do with these variables."""
        python, isolated, *arguments = command
        assert isolated == "-P"
        key = (python, *(f"{name}={value}" for name, value in sorted(environment.items())))
        if key not in self._sockets:
            self._sockets[key] = self._start(python, environment)
        path = str(self._sockets[key])
        return [sys.executable, "-I", "-S", str(CLIENT), path, json.dumps(arguments)]

    def _start(self, python: str, environment: Mapping[str, str]) -> Path:
        path = self.folder / str(len(self._sockets))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            descriptor = listener.fileno()
            process = subprocess.Popen(
                [python, "-P", "-m", "tests.impls.zygote", str(descriptor)],
                env={
                    **environment,
                    **COMPILED,
                    "JAX_COMPILATION_CACHE_DIR": str(self.folder / "compiled"),
                },
                stdin=subprocess.PIPE,
                pass_fds=(descriptor,),
            )
        # Its standard input ends there, and with it the process.
        self._stack.enter_context(process)
        return path

    def close(self) -> None:
        """End them all."""
        self._stack.close()


@contextmanager
def zygotes() -> Iterator[Zygotes]:
    """None of them outlives the block."""
    # The path of a socket has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="zygotes-") as folder:
        found = Zygotes(Path(folder))
        try:
            yield found
        finally:
            found.close()


class ForkingExecutor(Executor):
    """Runs each worker in a fork."""

    def __init__(self, zygotes: Zygotes) -> None:
        super().__init__()
        self._zygotes = zygotes

    def run(
        self, invocation: Invocation, on_event: Listener, monitor: Monitor | None = None
    ) -> WorkerOutcome:
        command = self._zygotes.to_command(invocation.command, invocation.environment)
        return super().run(replace(invocation, command=command), on_event, monitor)
