"""Imports a framework once and runs each program in a fork. Standard library only.

`python -P -m tests.impls.zygote LISTENER`: a client (tests/impls/client.py) sends Python's
arguments and its descriptors, and gets the exit status. Ends with its standard input.
"""

import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import traceback
from contextlib import suppress
from typing import NoReturn

# An environment has one framework, and the host's has NumPy alone. PyTorch imports its compiler
# with the first optimizer, also where nothing is compiled.
MODULES = (
    *("numpy", "torch", "torch._dynamo", "tensorflow", "keras", "mxnet.gluon"),
    *("jax.numpy", "flax.nnx", "optax"),
)
MOST_DESCRIPTORS = 4  # the three of every process, and a worker's channel


def main() -> None:
    """Import what there is, then serve one client after the other."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    for name in MODULES:
        with suppress(ModuleNotFoundError):
            importlib.import_module(name)
    gc.freeze()
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    poll.register(0, select.POLLHUP)
    while all(descriptor != 0 for descriptor, _ in poll.poll()):
        connection, _ = listener.accept()
        with connection:
            _serve(listener, connection)


def _serve(listener: socket.socket, connection: socket.socket) -> None:
    message, descriptors, *_ = socket.recv_fds(connection, 2**20, MOST_DESCRIPTORS)
    ended, alive = os.pipe()  # the child holds `alive` until it ends
    child = os.fork()
    if child == 0:
        listener.close()
        connection.close()
        os.close(ended)
        _run(json.loads(message), descriptors)
    for descriptor in (alive, *descriptors):
        os.close(descriptor)
    poll = select.poll()
    poll.register(ended, select.POLLHUP)
    poll.register(connection, select.POLLRDHUP)
    if poll.poll()[0][0] != ended:  # the client was killed
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(ended)
    with suppress(BrokenPipeError):
        connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())


def _run(arguments: list[str], descriptors: list[int]) -> NoReturn:
    """Run as `python -P` runs these arguments; a channel's descriptor becomes the last of them."""
    for standard, descriptor in enumerate(descriptors[:3]):
        os.dup2(descriptor, standard)
    kind, program, *rest = arguments
    sys.argv = [kind, *rest, *map(str, descriptors[3:])]
    status = 0
    try:
        if kind == "-m":
            runpy.run_module(program, run_name="__main__", alter_sys=True)
        else:
            exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})
    except SystemExit as error:
        status = int(error.code or 0)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
