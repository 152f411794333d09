"""A plan's variables, from the plan through proof and training to the page."""

import re
from pathlib import Path

import pytest

from tests.bench.suite.conftest import (
    NUMPY_OPTIONS,
    QUICK_DATA,
    Finished,
    run_new_suite,
    run_suite,
)
from tests.bench.suite.test_outside import copied
from tests.conftest import unavailable

TABLE = """
[[trials]]
models = ["lenet"]
datasets = ["{dataset}"]
frameworks = ["{framework}"]
batch_sizes = [32]
epochs = 1
environment = {environment}
[trials.optimizer]
name = "sgd"
learning_rate = 0.02
"""
# With one variable a framework is only told something, with the other it takes another step: what
# a compiler's flag may do.
BENT = """
import os


class Bent(Backend):
    def step(self, inputs, labels):
        loss = self._backward(inputs, labels)
        if os.environ.get("BENT_MATH"):
            self.model.parameters["conv2.weight"].gradient[...] *= 1.001
        self.optimizer.step()
        return loss


Backend = Bent
"""
UNPROVED = ("--skip-verification", "--skip-ceilings")
ROWS = '[{}, { BENT_NOTE = "$NOTE" }, { BENT_MATH = "1" }]'
# A value that the framework itself refuses, so that it is seen to have read it.
REFUSED = {
    "jax": ("XLA_FLAGS", "--xla_no_such_flag=true", "Unknown flag in XLA_FLAGS"),
    "tensorflow": ("TF_XLA_FLAGS", "--tf_no_such_flag=1", "Unknown flag in TF_XLA_FLAGS"),
    "mxnet": ("MXNET_ENGINE_TYPE", "NoSuchEngine", "Cannot find Engine NoSuchEngine"),
    "pytorch": ("TORCH_LOGS", "no_such_artifact", "Invalid log settings: no_such_artifact"),
}


@pytest.fixture(scope="module")
def bent(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Rows without, with a harmless, and with a harmful variable, proved before they are timed."""
    folder = tmp_path_factory.mktemp("bent")
    options = (*copied(folder, "bent", BENT), "--frameworks=bent", "--device=cpu")
    return run_suite(
        folder,
        planned(folder, [("bent", ROWS)]),
        *(*options, "--threads=1", "--skip-ceilings"),
        NOTE="two words",
        XLA_FLAGS="--of-the-user",
        BENT_MATH="of the user",
        SAMESTEP_CACHE=str(folder / "cache"),
    )


def planned(folder: Path, tables: list[tuple[str, str]]) -> str:
    plan = folder / "plan.toml"
    plan.write_text(
        "block_seconds = 0.000001\n"
        + "".join(
            TABLE.format(framework=framework, environment=environment, dataset=QUICK_DATA)
            for framework, environment in tables
        )
    )
    return f"--plan={plan}"


def test_each_row_is_trained_and_says_what_it_had(bent: Finished) -> None:
    assert bent.status == 0, bent.output
    by_variables = {record.trial.variables: record for record in bent.records}
    assert set(by_variables) == {"", "BENT_NOTE='two words'", "BENT_MATH=1"}
    for record in by_variables.values():
        assert record.status == "ok"
        assert record.withheld[-1:] == ("XLA_FLAGS",)
    environment = {name: record.environment for name, record in by_variables.items()}
    assert environment["BENT_NOTE='two words'"] == environment[""] | {"BENT_NOTE": "two words"}
    assert environment["BENT_MATH=1"] == environment[""] | {"BENT_MATH": "1"}
    assert len({record.trial.id for record in bent.records}) == 3


def test_the_proof_is_of_the_very_step(bent: Finished) -> None:
    certificates = {record.trial.variables: record.certificate for record in bent.records}
    for variables, verdict in (
        ("", "verified"),
        ("BENT_NOTE='two words'", "verified"),
        ("BENT_MATH=1", "different"),
    ):
        certificate = certificates[variables]
        assert certificate is not None
        assert certificate.verdict == verdict, certificate.reason
    digests = {certificate.digest for certificate in certificates.values() if certificate}
    assert len(digests) == 3
    assert "in NumPy, eager, BENT_NOTE='two words' ..." in bent.output


def test_the_page_has_the_rows_and_refuses_the_one_that_takes_another_step(bent: Finished) -> None:
    page = (bent.run / "report.html").read_text()
    assert "eager, default, BENT_MATH=1" in page
    assert "eager, default, BENT_NOTE=&#39;two words&#39;" in page
    assert re.search(r"BENT_MATH=1.{0,400}not verified", page, re.DOTALL)


def test_only_what_nobody_hands_on_is_named_as_withheld(bent: Finished) -> None:
    (line,) = (line for line in bent.output.splitlines() if "frameworks do not see" in line)
    assert "XLA_FLAGS" in line
    assert "BENT" not in line
    assert "'environment' hands others on (docs/reference/plans.md)" in line


def test_a_variable_that_the_plan_hands_on_is_not_withheld(tmp_path: Path) -> None:
    plan = planned(tmp_path, [("numpy", '[{}, { XLA_FLAGS = "$XLA_FLAGS" }]')])
    finished = numpy_run(tmp_path, plan, XLA_FLAGS="--mine")
    assert finished.status == 0, finished.output
    assert "XLA_FLAGS:" not in finished.output
    withheld = {record.trial.variables: record.withheld for record in finished.records}
    assert "XLA_FLAGS" in withheld[""]
    assert "XLA_FLAGS" not in withheld["XLA_FLAGS=--mine"]


def test_a_run_goes_on_with_the_same_variables_only(tmp_path: Path) -> None:
    plan = planned(tmp_path, [("numpy", '[{}, { NOTE = "$NOTE" }]')])
    cache = {"SAMESTEP_CACHE": str(tmp_path / "cache")}
    assert numpy_run(tmp_path, plan, NOTE="1").status == 0
    again = run_suite(tmp_path, "--resume=latest", NOTE="1", **cache)
    assert again.status == 0, again.output
    assert len(again.records) == 2
    changed = run_suite(tmp_path, "--resume=latest", NOTE="2", **cache)
    assert changed.status != 0
    assert "different now: the trials (2 before, 1 now)" in changed.output


def test_the_plans_trials_are_listed_with_them(tmp_path: Path) -> None:
    plan = planned(tmp_path, [("numpy", '[{}, { NOTE = "1" }]')])
    finished = numpy_run(tmp_path, plan, "--collect-only")
    names = re.findall(r"test_trial\[(.*)\]", finished.output)
    assert len(names) == 2
    assert sum("-NOTE-" in name for name in names) == 1


def numpy_run(folder: Path, *options: str, **variables: str) -> Finished:
    cache = str(folder / "cache")
    return run_suite(folder, *options, *UNPROVED, *NUMPY_OPTIONS, SAMESTEP_CACHE=cache, **variables)


def test_real_frameworks_read_what_is_handed_on(tmp_path: Path) -> None:
    tables = [
        (framework, f"{{ {name} = '{value}' }}") for framework, (name, value, _) in REFUSED.items()
    ]
    tables.append(("jax", '{ XLA_FLAGS = "--xla_cpu_enable_fast_math=true" }'))
    finished = run_new_suite(tmp_path, planned(tmp_path, tables), "--device=cpu", *UNPROVED)
    for record in finished.records:
        if record.status == "skipped":
            unavailable(str(record.reason))
        name, value, words = REFUSED[record.trial.framework]
        if record.environment[name] == value:
            assert record.status == "failed"
            assert words in f"{record.reason} {record.log}"
        else:
            assert record.status == "ok", record.reason
            assert record.trial.variables == "XLA_FLAGS=--xla_cpu_enable_fast_math=true"
    assert len(finished.records) == len(REFUSED) + 1


def test_a_flag_of_a_real_compiler_is_proved(tmp_path: Path) -> None:
    rows = '[{}, { XLA_FLAGS = "--xla_cpu_enable_fast_math=true" }]'
    finished = run_new_suite(
        tmp_path, planned(tmp_path, [("jax", rows)]), "--device=cpu", "--skip-ceilings"
    )
    for record in finished.records:
        if record.status == "skipped":
            unavailable(str(record.reason))
        assert record.certificate is not None
        assert record.certificate.verified, record.certificate.reason
    certificates = [record.certificate for record in finished.records]
    assert len({each.digest for each in certificates if each is not None}) == 2
    page = (finished.run / "report.html").read_text()
    assert "compiled, default, XLA_FLAGS=--xla_cpu_enable_fast_math=true" in page
