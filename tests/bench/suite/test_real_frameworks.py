"""The main job as a user runs it: one plan through the real frameworks.

Each framework trains once. Each night it trains with every input; what these give is the same, as
tests/impls/test_inputs.py sees in less time.
"""

import json
import re
from itertools import combinations
from pathlib import Path

import pytest

from tests.bench.suite.conftest import Finished, run_new_suite
from tests.conftest import unavailable

FRAMEWORKS = ("jax", "mxnet", "pytorch", "tensorflow")
PLAN = """
[[trials]]
models = ["lenet"]
datasets = ["digits"]
inputs = {inputs}
batch_sizes = [32]
epochs = 3
[trials.optimizer]
name = "sgd"
learning_rate = 0.01
momentum = 0.9
"""


PREPARED, ALL = ["prepared"], ["prepared", "device", "native"]


@pytest.fixture(scope="module", params=[PREPARED, pytest.param(ALL, marks=pytest.mark.long)])
def finished(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """One run of all; their environments come from the user's own cache."""
    folder = tmp_path_factory.mktemp("real")
    plan = folder / "short.toml"
    plan.write_text(PLAN.format(inputs=json.dumps(request.param)))
    done = run_new_suite(
        folder, f"--plan={plan}", "--device=cpu", f"--frameworks={','.join(FRAMEWORKS)}"
    )
    for record in done.records:
        if record.status == "skipped":
            unavailable(str(record.reason))
    assert done.status == 0, done.output
    return done


def test_all_trained_on_the_same_bytes(finished: Finished) -> None:
    records = finished.records
    inputs = {record.trial.input for record in records}
    assert sorted(record.trial.framework for record in records) == sorted(len(inputs) * FRAMEWORKS)
    first = records[0]
    for record in records:
        assert record.status == "ok"
        assert record.digests == first.digests
        assert record.threads == first.threads
        assert record.parameters == 61_706


def test_their_losses_agree_over_the_first_ten_steps(finished: Finished) -> None:
    for one, other in combinations(finished.records, 2):
        assert len(one.losses) == len(other.losses) == 10
        for step, (left, right) in enumerate(zip(one.losses, other.losses, strict=True), start=1):
            assert abs(left / right - 1) < 1e-5, (one.trial.framework, other.trial.framework, step)


@pytest.mark.parametrize("finished", [ALL], indirect=True)
@pytest.mark.long
def test_every_input_gives_the_same_batches(finished: Finished) -> None:
    for framework in FRAMEWORKS:
        prepared, *others = (
            next(
                record
                for record in finished.records
                if (record.trial.framework, record.trial.input) == (framework, source)
            )
            for source in ("prepared", "device", "native")
        )
        for other in others:
            assert other.losses == pytest.approx(prepared.losses, rel=1e-5)


def test_the_host_looks_at_the_workers_from_outside(finished: Finished) -> None:
    for record in finished.records:
        assert record.memory.peak_anonymous_bytes is not None
        assert record.memory.peak_anonymous_bytes > 50 * 2**20
        assert record.memory.anonymous_after_build_bytes is not None
        assert record.memory.anonymous_after_build_bytes > 10 * 2**20
        assert record.absent["device_peak_bytes"] == "The trial ran on the CPU."
        for quantity in ("device_seconds", "allocator_peak_bytes", "allocator_reserved_bytes"):
            assert record.absent[quantity].endswith(".")
        assert record.cost.operations is not None
        assert record.cost.operations > 32 * 416_520 * 4
        assert record.ceilings is not None
        assert record.ceilings.operations_per_second is not None
        assert record.ceilings.operations_per_second > 1e9
        # NumPy's too: no framework is alone under a roof of its own.
        assert set(record.ceilings.products) == {*FRAMEWORKS, "numpy"}


def test_each_is_certified_before_it_is_timed(finished: Finished) -> None:
    for record in finished.records:
        certificate = record.certificate
        assert certificate is not None
        assert certificate.verified, certificate.reason
        worst = [one for one in certificate.worst if one.precision == "float64"]
        assert {one.group for one in worst} >= {"logits", "gradients", "optimizer slots"}
        assert all(one.error is not None and one.error <= 1e-9 for one in worst)


def test_they_learn(finished: Finished) -> None:
    for record in finished.records:
        assert record.epochs[-1].test_accuracy > 0.85


def test_the_modes_are_those_that_users_train_in(finished: Finished) -> None:
    assert {record.trial.framework: record.trial.mode for record in finished.records} == {
        "jax": "compiled",
        "mxnet": "compiled",
        "pytorch": "eager",
        "tensorflow": "compiled",
    }


def test_the_report_compares_them(finished: Finished) -> None:
    page = Path(finished.run / "report.html").read_text()
    for header in ("torch", "tensorflow-cpu", "keras", "mxnet", "jax", "flax"):
        assert re.search(rf"<th[^>]*>{header}</th>", page), header
    for title in ("PyTorch 2.13.0", "TensorFlow 2.21.0", "MXNet 1.9.1", "JAX 0.10.2"):
        assert title in page
