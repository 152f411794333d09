"""The process of a step: `python -m tests.gpu.inquire STEP SETTINGS NOTES`.

Each inquiry is a file of tests/gpu/inquiries, imported here alone: what one of them lacks on a
machine costs no other one.
"""

import importlib
import sys
from pathlib import Path

from bench.errors import SamestepError
from bench.host.process.signals import interrupt_at_the_end
from tests.gpu.findings import Notebook
from tests.gpu.settings import Settings


def main(step: str, settings: str, notes: str) -> int:
    """Make one inquiry; return the exit status, 1 after a line on standard error."""
    module = importlib.import_module(f"tests.gpu.inquiries.{step}")
    try:
        module.inquire(Settings.read(Path(settings)), Notebook(Path(notes)))
    except SamestepError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    interrupt_at_the_end()
    sys.exit(main(*sys.argv[1:]))
