"""What a user asks for, in one set of options that pytest and the command line share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.errors import InterpreterError, PlanError
from bench.host.frameworks.requirements import DEVICES
from bench.host.machine.description import choose_threads
from bench.host.machine.nvml import detect_gpus, find_driver_trace
from bench.host.planning.plan import DEFAULT_PLAN

DEFAULT_RESULTS = "results"
AUTO = "auto"
# So many pairs find 3 % among fifty rows in four of five cases on a machine that others use too
# (docs/guides/compare.md, "What it finds").
REPEATS_AGAINST = 20
# To start up is one thread's work; more at once would wait for each other's reading from the disk.
MOST_TOGETHER = 4


@dataclass(frozen=True)
class Request:
    """The options, checked as far as they can be by themselves.

    Attributes:
        plan: a plan's name or the path of a .toml file.
        device: `cpu` or `cuda`, decided.
        frameworks: names to run; all where it is empty.
        pythons: interpreters of the user's own, by framework.
        implementations, model_folders: folders of what is from outside.
        threads: for every framework alike; None for one per physical core.
        verified: whether what is timed is verified first.
        ceilings: whether is measured what the machine attains at most.
        repeats: invocations of each trial; None for the plan's own numbers.
        against: a revision of samestep to compare with; None for none.
        together: workers that may start up at once, before they train one after the other; None
            for one per thread, up to MOST_TOGETHER.
        resume: name or path of a run that is to go on, or `latest`; None for a new run.
    """

    plan: str = DEFAULT_PLAN
    device: str = "cpu"
    frameworks: tuple[str, ...] = ()
    pythons: Mapping[str, Path] = field(default_factory=dict)
    results: Path = Path(DEFAULT_RESULTS)
    implementations: tuple[Path, ...] = ()
    model_folders: tuple[Path, ...] = ()
    threads: int | None = None
    verified: bool = True
    ceilings: bool = True
    repeats: int | None = None
    against: str | None = None
    together: int | None = None
    resume: str | None = None

    @property
    def thread_count(self) -> int:
        """CPU threads of every framework."""
        return self.threads or choose_threads()

    @property
    def together_count(self) -> int:
        """Workers that may start up at once."""
        return self.together or min(self.thread_count, MOST_TOGETHER)


def add_options(add: Callable[..., Any]) -> None:
    """Declare the options of a plan's run through `add`: add_argument or pytest's addoption."""
    plan = f"a name (see 'python -m bench list plans') or a .toml file (default: {DEFAULT_PLAN})"
    declare_options(add, {"--plan NAME": f"plan to run: {plan}"}, default=DEFAULT_PLAN)
    repeats = {"--repeats N": "invocations of each trial, instead of the plan's own numbers"}
    together = {
        "--together N": "workers that may start up at once, before they train one after the other; "
        "1 for a start-up that has the machine to itself, too (default: one for each thread, up to "
        f"{MOST_TOGETHER}; on a GPU always 1)"
    }
    declare_options(add, repeats | together, type=int)
    runs = {
        "--against REVISION": "also run the implementations and the worker of another revision of "
        "samestep, block by block in turns with the checkout's own, and tell what became faster or "
        f"slower (without --repeats: {REPEATS_AGAINST} invocations of each trial)",
        "--resume RUN": "go on with a run that was stopped or killed: a name in the folder of "
        "results, a path, or 'latest'; only what is missing or failed runs, with the run's own "
        "options",
    }
    declare_options(add, runs)
    flags = {
        "--skip-verification": "do not verify what is about to be timed; the report then ranks "
        "nothing",
        "--skip-ceilings": "do not measure what the machine attains at most; how near a model "
        "comes to it is then not known",
    }
    declare_options(add, flags, action="store_true")
    add_framework_options(add)


def declare_options(add: Callable[..., Any], helps: Mapping[str, str], **settings: Any) -> None:
    """Declare options that share settings, by usage (such as `--repeats N`) and help."""
    for usage, text in helps.items():
        name, _, metavar = usage.partition(" ")
        # A flag takes no metavar, not even an empty one.
        add(name, help=text, **settings, **({"metavar": metavar} if metavar else {}))


def add_framework_options(add: Callable[..., Any]) -> None:
    """Declare the options that need no plan: which frameworks, where, and where results go."""
    add(
        "--device",
        default=AUTO,
        choices=(AUTO, *DEVICES),
        help="device to train on; auto takes the GPU where NVIDIA's driver has one (default: auto)",
    )
    frameworks = {
        "--frameworks NAMES": "frameworks to run, separated by commas (default: all); NAME@VERSION "
        "is another version than its own requirements ask for, and several versions may be in one "
        "run"
    }
    declare_options(add, frameworks, default="")
    python = {
        "--python NAME=PATH": "interpreter of your own for a framework, instead of an environment "
        "made for it; may be given once for each framework (the last one counts)"
    }
    declare_options(add, python, action="append", default=[])
    results = {"--results DIR": f"folder that gets what was found (default: {DEFAULT_RESULTS})"}
    declare_options(add, results, default=DEFAULT_RESULTS)
    add_folder_options(add)
    threads = "CPU threads for every framework (default: one for each core that may be used)"
    declare_options(add, {"--threads N": threads}, type=int)


def add_folder_options(add: Callable[..., Any]) -> None:
    """Declare the options that name what is from outside."""
    folders = {
        "--impls PATH": "folder of a framework from outside, with a framework.toml; may be given "
        "several times",
        "--model-folder PATH": "folder of a model from outside, with a spec.py; may be given "
        "several times",
    }
    declare_options(add, folders, action="append", default=[])


def read_request(option: Callable[[str], Any]) -> Request:
    """Read the request in parsed options; `option` gives the value of one by its name.

    Raises:
        InterpreterError, PlanError: an option's value cannot be.
    """
    repeats, against = option("repeats"), option("against")
    for name in ("repeats", "together"):
        if option(name) is not None and option(name) < 1:
            raise PlanError(f"--{name} is {option(name)}; expected a number of at least 1.")
    return replace(
        read_framework_request(option),
        plan=option("plan"),
        repeats=REPEATS_AGAINST if repeats is None and against else repeats,
        against=against,
        together=option("together"),
        verified=not option("skip_verification"),
        ceilings=not option("skip_ceilings"),
        resume=option("resume"),
    )


def read_framework_request(option: Callable[[str], Any]) -> Request:
    """Read the request in the options of `add_framework_options`.

    Raises:
        InterpreterError, PlanError: an option's value cannot be.
    """
    threads = option("threads")
    if threads is not None and threads < 1:
        raise PlanError(f"--threads is {threads}; expected a number of at least 1.")
    if not option("results"):
        raise PlanError("--results is empty; expected a folder.")
    return Request(
        device=resolve_device(option("device")),
        frameworks=split_names("frameworks", option("frameworks")),
        pythons=_pythons(option("python")),
        results=Path(option("results")),
        implementations=tuple(Path(folder) for folder in option("impls")),
        model_folders=tuple(Path(folder) for folder in option("model_folder")),
        threads=threads,
    )


def resolve_device(option: str, system: Path = Path("/")) -> str:
    """Decide between `cpu` and `cuda`; /dev and /proc lie in `system`.

    Raises:
        PlanError: `cuda` is asked for where there is no GPU, or `auto` where there may be one that
            nobody can ask for.
    """
    if option == "cpu":
        return option
    gpus = detect_gpus()
    if gpus.gpus:
        return "cuda"
    trace = find_driver_trace(system)
    if option == "cuda":
        # Whether there is one, each framework is asked before its trials:
        # `bench.host.ceilings.measurement`.
        if trace is not None and not gpus.has_library:
            return option
        raise PlanError(
            f"--device cuda: this machine has no usable GPU ({gpus.reason}); expected one with "
            "NVIDIA's driver; use --device cpu."
        )
    if trace is not None:
        # Whoever has a GPU and is given the processor's numbers would not see it.
        raise PlanError(
            f"--device auto: NVIDIA's driver is here ({trace}), but which GPU it has cannot be "
            f"asked ({gpus.reason}); expected an answer; mend that, or choose --device cuda or "
            "--device cpu."
        )
    return "cpu"


def split_names(option: str, value: str) -> tuple[str, ...]:
    """Split names at commas; none of them is empty, unless there is nothing at all.

    Raises:
        PlanError: one is empty.
    """
    names = tuple(name.strip() for name in value.split(",")) if value else ()
    if not all(names):
        raise PlanError(f"--{option} {value!r}: expected names separated by commas.")
    return names


def _pythons(values: Sequence[str]) -> dict[str, Path]:
    pythons = {}
    for value in values:
        name, separator, path = value.partition("=")
        if not (name and separator and path):
            raise InterpreterError(
                f"--python {value}: expected NAME=PATH, such as mxnet=/opt/mxnet/bin/python."
            )
        pythons[name] = Path(path).expanduser()
    return pythons
