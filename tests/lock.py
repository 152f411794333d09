"""Pins what a framework's environment holds, for `tox -e lock`.

`python -m tests.lock` writes the constraints file, with hashes, of each framework
and device. Run it after a change of `requirements` in a framework.toml.
"""

import sys
import tempfile
from pathlib import Path

from bench.errors import SamestepError
from bench.host.environments.installer import run_uv
from bench.host.frameworks.framework import Framework, discover
from bench.host.frameworks.requirements import Requirements

# Its CPU builds come from elsewhere than PyPI and differ by platform: its version alone is pinned.
UNHASHED = "torch"


def lock(framework: Framework, device: str, requirements: Requirements) -> None:
    """Resolve the requirements and write the constraints beside the framework.toml.

    Raises:
        UnavailableError: they cannot be resolved.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "requirements.in"
        source.write_text("\n".join(requirements.packages), "utf-8")
        arguments = ["pip", "compile", str(source), "--upgrade", "--generate-hashes"]
        arguments += ["--no-header", "--no-annotate", "--no-emit-package", UNHASHED]
        arguments += ["--python-version", framework.python.removeprefix(">=").partition(",")[0]]
        run_uv([*arguments, "--output-file", str(framework.folder / f"constraints-{device}.txt")])


def main() -> int:
    """Lock all frameworks; return the exit status, 1 where one cannot be resolved."""
    try:
        for framework in discover().values():
            for device, requirements in framework.devices.items():
                print(f"{framework.title}, {device}", file=sys.stderr)
                lock(framework, device, requirements)
    except SamestepError as error:
        print(f"lock: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
