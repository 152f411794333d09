"""`python -m tests.gpu --out DIR`: everything that has to be seen on a GPU, in eight minutes.

It needs no network and makes no environment: frameworks run in the interpreters that are there.
"""

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.__main__ import INTERRUPTED
from bench.errors import InterpreterError, ResultsError, SamestepError
from bench.host.cache import make_scratch_folder
from bench.host.frameworks.framework import discover
from bench.host.process.signals import interrupt_at_the_end
from tests.gpu.document import is_all_right, write_document, write_files
from tests.gpu.plan import list_steps
from tests.gpu.points import judge_points
from tests.gpu.runner import StepResult, collect, run_steps
from tests.gpu.settings import Settings

DEFAULT_MINUTES = 8.0


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 all that was seen is right, 1 it is not or nothing was seen.

    2 the request cannot be; 130 Ctrl-C or a signal ended it: gpu.json has what was found before.
    """
    try:
        return _examine(_parse(arguments))
    except SamestepError as error:
        print(f"gpu: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("gpu: interrupted; what was found before is in gpu.json.", file=sys.stderr)
        return INTERRUPTED


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.gpu", description=__doc__)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder that gets gpu.json, the page"
    )
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="interpreter of a framework; may be given once for each (default: the interpreter "
        "that runs this, for each framework that it has)",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=DEFAULT_MINUTES,
        metavar="N",
        help="after which it ends, whatever was reached (default: %(default)s)",
    )
    parser.add_argument(
        "--steps", default="", metavar="NAMES", help="steps to take, by commas (default: all)"
    )
    parser.add_argument(
        "--pretend",
        action="store_true",
        help="rehearse on the processor, with tiny sizes and a simulated driver: every decision "
        "without a GPU",
    )
    return parser.parse_args(arguments)


def _examine(options: argparse.Namespace) -> int:
    steps = list_steps()
    names = options.steps.split(",") if options.steps else [step.name for step in steps]
    if unknown := set(names) - {step.name for step in steps}:
        raise ResultsError(
            f"--steps {', '.join(sorted(unknown))}: there is no such step; expected names out of "
            f"{', '.join(step.name for step in steps)}."
        )
    if options.minutes <= 0:
        raise ResultsError(f"--minutes is {options.minutes}; expected a number above 0.")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResultsError(
            f"--out {str(options.out)!r} cannot be made ({error.strerror}); expected a folder of "
            "yours; name another."
        ) from error
    pythons = choose_pythons(options.python)
    with make_scratch_folder() as scratch:
        settings = Settings(str(scratch), pythons, options.pretend)

        def keep(results: Sequence[StepResult], now: Settings) -> None:
            write_document(options.out, results, settings)
            write_files(options.out, results, settings)

        keep([], settings)
        chosen = [step for step in steps if step.name in names]
        results = run_steps(chosen, settings, options.minutes * 60, keep)
    for point in judge_points(collect(results), options.pretend):
        print(f"{point['verdict']}: {point['sentence']} {point['detail']}")
    print(f"written: {options.out / 'gpu.json'}")
    return 0 if is_all_right(results, options.pretend) else 1


def choose_pythons(values: Sequence[str]) -> dict[str, str]:
    """Choose the interpreters by framework: those that are named, or this one for all that it has.

    Raises:
        InterpreterError: a value is not NAME=PATH, or names no framework.
    """
    frameworks = discover([])
    if not values:
        return {
            name: sys.executable
            for name, framework in frameworks.items()
            if importlib.util.find_spec(framework.module) is not None
        }
    pythons: dict[str, str] = {}
    for value in values:
        name, _, path = value.partition("=")
        if name not in frameworks or not path:
            raise InterpreterError(
                f"--python {value}: expected NAME=PATH with a name out of {', '.join(frameworks)}."
            )
        pythons[name] = str(Path(path).expanduser())
    return pythons


if __name__ == "__main__":
    interrupt_at_the_end()
    sys.exit(main())
