"""Which interpreters have which framework."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.errors import InterpreterError
from bench.host.environments.interpreters import check_interpreter
from bench.host.frameworks.framework import Framework
from bench.host.planning.selection import find_frameworks
from tests.gpu.findings import Notebook
from tests.gpu.settings import Settings


def inquire(settings: Settings, notebook: Notebook) -> None:
    """Import each framework in its interpreter, all at a time."""
    _, frameworks = find_frameworks(settings.to_request())

    def check(framework: Framework) -> None:
        python = Path(settings.pythons[framework.name])
        note = reason = None
        try:
            _, note = check_interpreter(framework, settings.device, python)
        except InterpreterError as error:
            reason = str(error)
        notebook.write(
            "interpreter", framework=framework.name, python=str(python), reason=reason, note=note
        )

    with ThreadPoolExecutor() as pool:
        list(pool.map(check, frameworks.values()))
