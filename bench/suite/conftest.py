"""Makes pytest run a plan: options, one item for each trial, records, and the report at the end."""

import shutil
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path

import pytest

from bench.errors import ResultsError, SamestepError, explain_os_error
from bench.host.cache import make_scratch_folder
from bench.host.environments.preparation import Say
from bench.host.machine.accounts import read_cpu_seconds
from bench.host.planning.against import check_out
from bench.host.planning.request import read_request
from bench.host.planning.selection import Selection, select
from bench.host.process.signals import interrupt_at_the_end
from bench.host.session.opening import open_session
from bench.host.session.resume import Stopped, find_stopped
from bench.host.session.session import Session
from bench.host.session.store import RunFolder, create_run
from bench.records.results import Trial
from bench.suite import options
from bench.suite.verdict import Verdict, judge_revisions, run_reports

SELECTION = pytest.StashKey[Selection]()
RUN = pytest.StashKey[RunFolder]()
SESSION = pytest.StashKey[Session]()
# What is to be closed at the very end.
OPEN = pytest.StashKey[ExitStack]()
STOPPED = pytest.StashKey[Stopped | None]()
VERDICT = pytest.StashKey[Verdict]()
# Why there is no report.
NO_REPORT = pytest.StashKey[str]()

# Options of pytest's plugins with which a run measures nothing, or not what it should.
SPOILERS = {
    "--benchmark-skip": "leaves out every trial",
    "--benchmark-disable": "times no trial",
    "--setup-only": "runs no trial",
    "--setup-plan": "runs no trial",
    "--numprocesses": "would run trials beside each other",
}
# The exit status of a run in which no trial gave a result; 1 is that of one in which some did not.
NOTHING_USABLE = 2


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    if not pluginmanager.has_plugin(options.__name__):
        options.pytest_addoption(parser)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config.option, "benchmark_json"):
        raise pytest.UsageError("The suite needs the plugin pytest-benchmark; leave out -p no:...")
    if config.pluginmanager.is_blocked("terminal"):
        raise pytest.UsageError(
            "The suite needs pytest's terminal to say what it does; leave out -p no:terminal."
        )
    for option, what in SPOILERS.items():
        if config.getoption(option, False):
            raise pytest.UsageError(
                f"{option} {what}; expected a run without it; take it out of the command line or "
                "PYTEST_ADDOPTS."
            )
    config.stash[OPEN] = ExitStack()
    with _usage_errors():
        _select_trials(config)
        if not config.option.collectonly:
            _open_run(config)
            interrupt_at_the_end()


def _select_trials(config: pytest.Config) -> None:
    read_cpu_seconds()  # refuses a system that does not show its accounts
    request = read_request(config.getoption)
    stopped = find_stopped(request) if request.resume else None
    request = stopped.request if stopped else request
    base = config.stash[OPEN].enter_context(check_out(request.against)) if request.against else None
    selection = select(request, base)
    config.stash[STOPPED] = stopped
    config.stash[SELECTION] = stopped.keep_trials(selection) if stopped else selection


def _open_run(config: pytest.Config) -> None:
    if config.option.benchmark_json is not None:
        _check_writable(Path(config.option.benchmark_json))
    stopped, selection = config.stash[STOPPED], config.stash[SELECTION]
    run = stopped.folder if stopped else create_run(selection.request.results, selection.plan.name)
    config.stash[OPEN].enter_context(run.hold())
    config.stash[RUN] = run
    if config.option.benchmark_json is None:
        config.option.benchmark_json = str(run.benchmark_file)
    # What pytest-benchmark says of trials without rounds, our own lines say better. And nobody
    # misses pytest's notes for its next time where the checkout cannot be written.
    for warning in ("pytest_benchmark.logger.PytestBenchmarkWarning", "pytest.PytestCacheWarning"):
        config.addinivalue_line("filterwarnings", f"ignore::{warning}")


def _check_writable(path: Path) -> None:
    """Find out before the trials whether pytest-benchmark can write there after them."""
    failure = f"--benchmark-json {str(path)!r} cannot be written"
    remedy = "expected a file in a folder of yours; name another."
    with explain_os_error(pytest.UsageError, failure, remedy):
        path.open("ab").close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "trial" in metafunc.fixturenames:
        # By name, because pytest-benchmark stores the parameters of a test as they are.
        names = [trial.id for trial in metafunc.config.stash[SELECTION].trials]
        metafunc.parametrize("trial", names, ids=names, indirect=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Prepare what the chosen trials share before the first of them starts."""
    config = session.config
    if config.option.collectonly or session.testsfailed or not session.items:
        return (yield)
    chosen = {
        item.callspec.params.get("trial")
        for item in session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
    }
    selection = config.stash[SELECTION]
    trials = [trial for trial in selection.trials if trial.id in chosen]
    with make_scratch_folder() as scratch:
        run, stopped, say = config.stash[RUN], config.stash[STOPPED], _writer(config)
        with _usage_errors():
            config.stash[SESSION] = open_session(selection, run, trials, scratch, say, stopped)
            if stopped and (torn := run.open_again()):
                say(f"Note on this run: {torn}")
        try:
            result = yield
        finally:
            config.stash[SESSION].close()
        if selection.request.against is not None:
            with _usage_errors():
                config.stash[VERDICT] = judge_revisions(config.stash[SESSION], trials, say)
        return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """A run without any result is no success, and a full disk at its end is one line."""
    if session.config.stash.get(SESSION, None) is not None:
        statuses = session.config.stash[SESSION].progress.statuses
        ended = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if ended and "ok" not in statuses:
            session.exitstatus = NOTHING_USABLE
        try:
            # How far the run has come; a disk that is full by now loses no record.
            session.config.stash[RUN].close()
        except ResultsError as error:
            _writer(session.config)(f"ERROR: {error} The records are kept.")
    verdict = session.config.stash.get(VERDICT, None)
    if verdict and verdict.regression and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    try:
        result = yield
    except OSError as error:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        _writer(session.config)(
            f"ERROR: pytest-benchmark's statistics cannot be written ({error.strerror}); "
            "the records are kept."
        )
        result = None
    # The summary, which makes the report, is inside: this is the first of all.
    if NO_REPORT in session.config.stash and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    return result


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Build the report; also where trials failed, and of what there is after an interruption."""
    run, session = config.stash.get(RUN, None), config.stash.get(SESSION, None)
    # Without a session nothing ran: a run that could not go on keeps its report as it is.
    if run is None or session is None or not run.has_records:
        return
    terminalreporter.section("samestep")
    if "ok" not in session.progress.statuses:
        terminalreporter.line("No trial gave a result; the reasons are in the report.")
    terminalreporter.line(f"records: {run.records_file}")
    finished = run_reports("build", str(run.folder))
    said = finished.stdout if finished.returncode == 0 else finished.stdout + finished.stderr
    last = [f"exit status {finished.returncode}", *said.strip().splitlines()][-1]
    begin = "report:  " if finished.returncode == 0 else "the report could not be made: "
    if finished.returncode != 0:
        config.stash[NO_REPORT] = last
    terminalreporter.line(f"{begin}{last}")
    if verdict := config.stash.get(VERDICT, None):
        terminalreporter.section("HEAD against BASE")
        for line in (*verdict.lines, f"page:    {verdict.page}"):
            terminalreporter.line(line)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave no empty files, and no other revision's: a run without a record never happened."""
    config.stash.get(OPEN, ExitStack()).close()
    run = config.stash.get(RUN, None)
    if run is not None and not run.has_records:
        shutil.rmtree(run.folder, ignore_errors=True)


@pytest.fixture
def session(request: pytest.FixtureRequest) -> Session:
    return request.config.stash[SESSION]


@pytest.fixture
def trial(request: pytest.FixtureRequest) -> Trial:
    trials = request.config.stash[SELECTION].trials
    return next(trial for trial in trials if trial.id == request.param)


@pytest.fixture
def uncaptured(request: pytest.FixtureRequest) -> AbstractContextManager[None]:
    """While it is entered, the user sees what is printed: it is progress, not a test's output."""
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    if capture is None:  # -p no:capture
        return nullcontext()
    context: AbstractContextManager[None] = capture.global_and_fixture_disabled()
    return context


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Say:
    return _writer(request.config)


def _writer(config: pytest.Config) -> Say:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    assert isinstance(reporter, pytest.TerminalReporter)  # pytest always has one

    def write(line: str) -> None:
        reporter.ensure_newline()
        reporter.write_line(line)
        # Into a pipe or a file, such as a job's log, it would be written once there is enough.
        reporter.flush()

    return write


@contextmanager
def _usage_errors() -> Iterator[None]:
    """pytest prints a UsageError as one line and exits with 4."""
    try:
        yield
    except SamestepError as error:
        raise pytest.UsageError(str(error)) from error
