"""Whether the switches of TF32 do what they say, by products whose rounding shows.

Each framework multiplies 1 + 2^-9 and 1 + 2^-12 by one, in a matrix product and in a convolution:
float32 keeps both, TF32 (10 bits) the first alone, and bfloat16 (7 bits) neither.
"""

import json
import subprocess
from typing import Any

from bench.host.frameworks.framework import Framework
from bench.host.frameworks.setup import build_default_variables, build_worker_environment
from bench.host.machine.description import choose_threads
from bench.host.planning.selection import find_frameworks
from tests.gpu.findings import Notebook
from tests.gpu.frameworks.rounding import FRAMEWORKS, MODULE
from tests.gpu.settings import ROOT, Settings

LIMIT_SECONDS = 60
OVERRIDE = "NVIDIA_TF32_OVERRIDE"
MOST_CHARACTERS = 300

Result = dict[str, Any]


def inquire(settings: Settings, notebook: Notebook) -> None:
    """Try each framework with its own switch on and off, and with and without the override."""
    _, frameworks = find_frameworks(settings.to_request())
    for framework in frameworks.values():
        if framework.name not in FRAMEWORKS:
            continue
        for overrides in (True, False):
            answer = _multiply(framework, settings, overrides)
            for result in answer:
                notebook.write("switch", framework=framework.name, overrides=overrides, **result)


def _multiply(framework: Framework, settings: Settings, overrides: bool) -> list[Result]:
    """Return what the framework's process says of each operation, or the reason why nothing."""
    variables = build_default_variables(framework, settings.device, "ieee", choose_threads())
    variables.pop(OVERRIDE, None)
    own = variables | ({OVERRIDE: "0"} if overrides else {})
    try:
        finished = subprocess.run(
            [settings.pythons[framework.name], "-P", "-m", MODULE, framework.name, settings.device],
            env=build_worker_environment(own, settings.device),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LIMIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [{"reason": f"it took longer than {LIMIT_SECONDS} s"}]
    if finished.returncode != 0:
        return [{"reason": finished.stderr.strip()[-MOST_CHARACTERS:]}]
    results: list[Result] = json.loads(finished.stdout.strip().splitlines()[-1])
    return [{"reason": None, **result} for result in results]
