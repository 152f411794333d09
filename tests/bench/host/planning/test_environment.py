"""The variables that a plan hands on: rows of their own, and what is refused."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import PlanError
from bench.host.frameworks.framework import discover
from bench.host.frameworks.setup import PASSED_VARIABLES, build_worker_environment, set_up
from bench.host.planning.plan import expand, read_plan
from bench.host.process.turns import pair_versions
from bench.job import Execution
from bench.records.results import Trial
from bench.records.variables import parse_variables

FRAMEWORKS = discover()
TRIALS = """
[[trials]]
models = ["lenet"]
datasets = ["digits"]
frameworks = ["{framework}"]
batch_sizes = [32]
epochs = 2
{own}
[trials.optimizer]
name = "sgd"
learning_rate = 0.1
"""
FAST = 'XLA_FLAGS = "--xla_cpu_enable_fast_math=true"'


def expanded(
    folder: Path, *environments: str, everywhere: str = "", framework: str = "jax"
) -> list[Trial]:
    """The trials of a plan with a [[trials]] table for each text."""
    plan = folder / "mine.toml"
    tables = (TRIALS.format(framework=framework, own=own) for own in environments)
    plan.write_text(everywhere + "\n" + "".join(tables), "utf-8")
    return expand(read_plan(str(plan), FRAMEWORKS), FRAMEWORKS, "cpu")


def test_a_table_of_trials_hands_variables_on(tmp_path: Path) -> None:
    (trial,) = expanded(tmp_path, f"environment = {{ {FAST} }}")
    assert parse_variables(trial.variables) == {"XLA_FLAGS": "--xla_cpu_enable_fast_math=true"}
    assert "XLA_FLAGS" in trial.id


@pytest.mark.parametrize("own", ["", "environment = {}"])
def test_without_them_nothing_is_another_than_before(tmp_path: Path, own: str) -> None:
    (trial,) = expanded(tmp_path, own)
    assert trial.id == "lenet-digits-jax-compiled-default-ieee-cpu-batch32-seed1-repeat1"
    assert trial.variables == ""


@pytest.mark.parametrize(
    "tables",
    [
        (f"environment = [{{}}, {{ {FAST} }}]",),
        ("", f"environment = {{ {FAST} }}"),
        ("", f"[trials.environment]\n{FAST}"),
        (f"[[trials.environment]]\n[[trials.environment]]\n{FAST}",),
    ],
)
def test_rows_with_and_without_them_stand_beside_each_other(
    tmp_path: Path, tables: tuple[str, ...]
) -> None:
    trials = expanded(tmp_path, *tables)
    assert {trial.variables for trial in trials} == {"", FAST.replace(" ", "").replace('"', "")}
    assert len({trial.id for trial in trials}) == 2
    # Whatever table they stand in, they run one after the other, and are no versions of another.
    assert [replace(trial, variables="") for trial in trials[1:]] == [
        replace(trials[0], variables="")
    ]
    assert pair_versions(trials) == {}


def test_those_of_the_plan_hold_where_trials_have_none_of_their_own(tmp_path: Path) -> None:
    own = 'environment = { MXNET_ENGINE_TYPE = "NaiveEngine" }'
    everywhere = f"environment = {{ {FAST} }}"
    trials = expanded(tmp_path, "", own, "environment = {}", everywhere=everywhere)
    assert {tuple(parse_variables(trial.variables)) for trial in trials} == {
        ("XLA_FLAGS",),
        ("MXNET_ENGINE_TYPE",),
        (),
    }


def test_the_users_own_variables_are_named_with_a_dollar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_FLAGS", "--a=1 --b=2")
    (trial,) = expanded(tmp_path, "environment = { XLA_FLAGS = '${MY_FLAGS} --c=$$3' }")
    assert parse_variables(trial.variables) == {"XLA_FLAGS": "--a=1 --b=2 --c=$3"}


@pytest.mark.parametrize(
    ("framework", "name", "value"),
    [
        ("jax", "XLA_FLAGS", "--xla_cpu_enable_fast_math=true"),
        ("jax", "XLA_PYTHON_CLIENT_PREALLOCATE", "true"),
        ("tensorflow", "TF_ENABLE_ONEDNN_OPTS", "0"),
        ("tensorflow", "TF_CPP_MIN_LOG_LEVEL", "0"),
        ("mxnet", "MXNET_CUDNN_AUTOTUNE_DEFAULT", "0"),
        ("mxnet", "MXNET_SUBGRAPH_BACKEND", "NONE"),
        ("pytorch", "TORCHINDUCTOR_FREEZING", "1"),
        ("pytorch", "ONEDNN_MAX_CPU_ISA", "AVX2"),
        ("pytorch", "OMP_WAIT_POLICY", "PASSIVE"),
        ("pytorch", "MALLOC_ARENA_MAX", "1"),
        ("pytorch", "KMP_AFFINITY", "granularity=fine,compact,1,0"),
    ],
)
def test_a_worker_gets_what_its_row_says(
    tmp_path: Path, cache: Path, framework: str, name: str, value: str
) -> None:
    (trial,) = expanded(tmp_path, f"environment = {{ {name} = '{value}' }}", framework=framework)
    execution = Execution(trial.mode, trial.precision, trial.device, 2, trial.layout)
    setup = set_up(FRAMEWORKS[framework], trial.model, trial.settings, execution, trial.variables)
    assert setup.environment[name] == value
    assert build_worker_environment(setup.environment, "cpu")[name] == value


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ("environment = 'XLA_FLAGS=1'", "'environment' is 'XLA_FLAGS=1'; expected a table such as"),
        ("environment = 1", "'environment' is 1; expected a table"),
        ("environment = []", r"'environment' is \[\]; expected an array of tables"),
        ("environment = ['A=1']", r"'environment' is \['A=1'\]; expected an array of tables"),
        ("environment = { A = 1 }", r"\[environment\]: 'A' is 1; expected a string"),
        ("environment = { A = true }", r"\[environment\]: 'A' is True; expected a string"),
        ("environment = { A.B = 'x' }", r"\[environment\]: 'A' is {'B': 'x'}; expected a string"),
        ("environment = [{}, { A = [] }]", r"\[\[environment\]\] number 2: 'A' is \[\]; expected"),
        ("environment = { '' = 'x' }", "'' is 'x'; expected letters, digits and underscores"),
        ("environment = { 'A=B' = 'x' }", "'A=B' is 'x'; expected letters, digits"),
        ("environment = { '1A' = 'x' }", "'1A' is 'x'; expected letters, digits"),
        ("environment = { 'A B' = 'x' }", "'A B' is 'x'; expected letters, digits"),
        ('environment = { "A\\u0000" = "x" }', "expected letters, digits and underscores"),
        ('environment = { "\u00c4" = "x" }', "expected letters, digits and underscores"),
        ('environment = { A = "x\\u0000y" }', r"'A' is 'x\\x00y'; expected a value of printable"),
        ('environment = { A = "x\\ny" }', "expected a value of printable characters"),
        ("environment = { A = '$NOT_SET_HERE' }", "variables that are set; NOT_SET_HERE is not"),
        ("environment = { A = '100 $' }", r"expected a value with \$NAME for a variable and \$\$"),
    ],
)
def test_what_is_no_table_of_variables_is_one_line(tmp_path: Path, own: str, words: str) -> None:
    assert_refused(tmp_path, own, words)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        *((name, "every worker has as the run itself has them") for name in PASSED_VARIABLES),
        ("OMP_NUM_THREADS", "--threads sets for all frameworks alike"),
        ("OMP_THREAD_LIMIT", "--threads sets for all frameworks alike"),
        ("TF_NUM_INTRAOP_THREADS", "--threads sets for all frameworks alike"),
        ("MXNET_CPU_WORKER_NTHREADS", "--threads sets for all frameworks alike"),
        ("NPROC", "--threads sets for all frameworks alike"),
        ("JAX_PLATFORMS", "--device decides"),
        ("NVIDIA_VISIBLE_DEVICES", "--device decides"),
        ("NVIDIA_TF32_OVERRIDE", "the plan's 'precisions' decide"),
        ("JAX_ENABLE_X64", "the plan's 'precisions' decide"),
        ("KERAS_BACKEND", "so that what it verifies is what it times"),
        ("PYTHONPATH", "so that all workers run the same code"),
        ("PYTHONHASHSEED", "so that all workers run the same code"),
        ("LD_PRELOAD", "so that all workers run the same code"),
        ("HOME", "so that all workers run the same code"),
        ("XDG_CACHE_HOME", "so that all workers run the same code"),
        ("SAMESTEP_CACHE", "so that all workers run the same code"),
    ],
)
def test_names_that_are_not_the_users_are_refused_with_the_reason(
    tmp_path: Path, name: str, reason: str
) -> None:
    assert_refused(tmp_path, f"environment = {{ {name} = 'x' }}", f"'{name}' is 'x'; .*{reason}")


def test_every_variable_that_a_worker_gets_from_the_host_is_refused(
    tmp_path: Path, cache: Path
) -> None:
    for name in build_worker_environment({}, "cpu"):
        assert_refused(tmp_path, f"environment = {{ {name} = 'x' }}", f"'{name}' is 'x'")


def test_so_are_threads_by_the_name_that_a_framework_from_outside_has(tmp_path: Path) -> None:
    cpu = replace(FRAMEWORKS["jax"].devices["cpu"], environment={"POOL": "{threads}", "LOG": "1"})
    outside = {"jax": replace(FRAMEWORKS["jax"], devices={"cpu": cpu})}
    plan = tmp_path / "mine.toml"
    for name in ("LOG", "POOL"):
        own = f"environment = {{ {name} = '2' }}"
        plan.write_text(TRIALS.format(framework="jax", own=own))
        read = read_plan(str(plan), outside)
        if name == "LOG":
            assert expand(read, outside, "cpu")
            continue
        with pytest.raises(PlanError, match=r"mine.toml: .*'POOL', by which .* JAX .* --threads"):
            expand(read, outside, "cpu")


def assert_refused(folder: Path, own: str, words: str) -> None:
    """In one line that names the file and the place, in the plan's own table as in its trials'."""
    for text, everywhere, place in ((own, "", r"\[\[trials\]\] number 1: "), ("", own, "")):
        with pytest.raises(PlanError) as caught:
            expanded(folder, text, everywhere=everywhere)
        message = str(caught.value)
        assert "\n" not in message
        assert re.search(rf"mine\.toml: {place}.*{words}", message), message
