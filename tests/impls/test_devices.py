"""What each implementation does for a GPU, as far as it shows on a machine without one."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from bench.host.frameworks.framework import discover
from bench.host.frameworks.setup import build_default_variables, build_worker_environment
from tests.impls.conftest import RunProgram

# Precisions by the switches that they need.
PRECISIONS = ("float64", "ieee", "tf32", "bf16")
Run = Callable[..., Any]
BUILT = """
import json
import numpy as np
from bench.job import Execution
from bench.models import MODELS
from bench.optimizer import Optimizer
from bench.spec import Samples, arrays_of
from bench.worker.backend import import_backend, import_file

def built(precision, mode="{mode}", model="lstm"):
    spec = MODELS[model].build(Samples((1, 28, 28), 10))
    execution = Execution(mode, precision, "cpu", 1, "{layout}")
    return import_backend("{name}", "{folder}")(spec, Optimizer("sgd", 0.1, 0.9), execution)

def refused(action):
    try:
        action()
    except Exception as error:
        return type(error).__name__ + ": " + str(error)
"""


@pytest.fixture
def run(run_program: RunProgram) -> Run:
    """What the last line that a program prints says, in the framework's interpreter."""

    def run(name: str, program: str, **variables: str) -> Any:
        framework = discover()[name]
        begin = BUILT.format(
            name=name,
            folder=framework.folder,
            mode=framework.default_mode,
            layout=framework.layout,
        )
        own = {**build_default_variables(framework, "cpu", "ieee", 1), **variables}
        return json.loads(run_program(name, begin + program, variables=own).stdout.splitlines()[-1])

    return run


def test_pytorch_multiplies_as_it_is_asked_to(run: Run) -> None:
    found = run(
        "pytorch",
        """
import torch
found = {}
for precision in ("tf32", "bf16", "tf32", "ieee", "tf32", "float64"):
    backend = built(precision)
    cudnn = torch.backends.cudnn
    found[precision] = [
        torch.backends.cuda.matmul.allow_tf32, cudnn.allow_tf32,
        cudnn.conv.fp32_precision == "tf32", cudnn.rnn.fp32_precision == "tf32",
        str(backend.arrays.by_name["dense.weight"].dtype), backend.mixed, cudnn.benchmark,
    ]
print(json.dumps(found))
""",
    )
    assert found == {
        "tf32": [True, True, True, True, "torch.float32", False, False],
        "bf16": [False, False, False, False, "torch.float32", True, False],
        "ieee": [False, False, False, False, "torch.float32", False, False],
        "float64": [False, False, False, False, "torch.float64", False, False],
    }


def test_jax_multiplies_as_it_is_asked_to(run: Run) -> None:
    found = run(
        "jax",
        """
import jax
found = {}
for precision in ("tf32", "bf16", "tf32", "ieee", "float64"):
    backend = built(precision)
    found[precision] = [
        jax.config.jax_default_matmul_precision, jax.config.jax_enable_x64,
        str(backend.trained["dense"]["kernel"].dtype),
    ]
print(json.dumps(found))
""",
    )
    assert found == {
        "tf32": ["tensorfloat32", False, "float32"],
        "bf16": ["highest", False, "float32"],
        "ieee": ["highest", False, "float32"],
        "float64": ["highest", True, "float64"],
    }


def test_jaxs_bare_loop_multiplies_as_it_is_asked_to(run: Run) -> None:
    found = run(
        "jax",
        """
import jax
from tests.overhead.frameworks.jax import bare
spec = MODELS["lenet"].build(Samples((1, 28, 28), 10))
weights = {one.name: np.zeros(one.shape, np.float32) for one in arrays_of(spec)}
execution = Execution("compiled", "ieee", "cpu", 1, "NHWC")
before = jax.config.jax_default_matmul_precision
bare.bare_loop(bare.own_model(spec, weights, execution), Optimizer("sgd", 0.1), execution)
print(json.dumps([before, jax.config.jax_default_matmul_precision]))
""",
    )
    assert found == [None, "highest"]


def test_tensorflow_multiplies_as_it_is_asked_to(run: Run) -> None:
    found = run(
        "tensorflow",
        """
import keras, tensorflow as tf
found = {}
for precision in ("tf32", "bf16", "tf32", "ieee", "tf32", "float64"):
    backend = built(precision)
    found[precision] = [
        tf.config.experimental.tensor_float_32_execution_enabled(),
        backend.model.dense.compute_dtype, backend.arrays.by_name["dense.weight"].dtype,
    ]
print(json.dumps(found))
""",
    )
    assert found == {
        "tf32": [True, "float32", "float32"],
        "bf16": [False, "bfloat16", "float32"],
        "ieee": [False, "float32", "float32"],
        "float64": [False, "float64", "float64"],
    }


def test_jax_is_held_to_the_device_that_was_asked_for(run: Run) -> None:
    found = run(
        "jax",
        """
import jax
from types import SimpleNamespace
built("ieee")
from impls.jax.backend import device_of
def asked(device, *platforms):
    jax.devices = lambda: [SimpleNamespace(platform=one) for one in platforms]
    execution = Execution("compiled", "ieee", device, 1)
    return refused(lambda: device_of(execution)) or device_of(execution).platform
print(json.dumps([
    asked("cuda", "gpu", "gpu"), asked("cuda", "cuda"), asked("cpu", "cpu"),
    asked("cuda", "cpu"), asked("cpu", "gpu"), asked("cuda", "rocm"),
]))
""",
    )
    assert found[:3] == ["gpu", "cuda", "cpu"]
    for refusal, device in zip(found[3:], ("'cuda'", "'cpu'", "'cuda'"), strict=True):
        assert refusal.startswith("WorkerError: JAX")
        assert f"finds no device of the kind {device} (it would compute on" in refusal


def test_jax_without_a_gpu_says_so_though_jax_itself_says_nothing(run: Run) -> None:
    found = run("jax", "print(json.dumps(refused(lambda: built('ieee'))))", JAX_PLATFORMS="cuda")
    assert "finds no device of the kind 'cpu' (it does not say why" in found


def test_tensorflow_is_held_to_the_device_that_was_asked_for(run: Run) -> None:
    found = run(
        "tensorflow",
        """
import tensorflow as tf
backend = built("ieee")
from impls.tensorflow.backend import check_placement, choose_device
variables = backend.model.variables
print(json.dumps({
    "as asked": refused(lambda: check_placement("cpu", variables)),
    "elsewhere": refused(lambda: check_placement("cuda", variables)),
    "counters": refused(lambda: check_placement("cuda", [backend.optimizer.iterations])),
    "missing": refused(lambda: choose_device("cuda")),
}))
""",
    )
    assert found["as asked"] is None
    assert found["counters"] is None
    assert "CPU:0; expected a GPU for the device 'cuda'" in found["elsewhere"]
    assert "finds no GPU" in found["missing"]


def test_tensorflow_leaves_cudnn_where_xla_compiles(run: Run) -> None:
    found = run(
        "tensorflow",
        """
print(json.dumps({mode: built("ieee", mode).model.lstm1.use_cudnn for mode in ("compiled", "xla")}))
""",
    )
    assert found == {"compiled": "auto", "xla": False}


def test_pytorchs_second_lstm_bias_is_not_trained(run: Run) -> None:
    found = run(
        "pytorch",
        """
backend = built("ieee")
x = np.random.default_rng(1).random((4, 1, 28, 28), dtype=np.float32)
before = {name: one.detach().clone() for name, one in backend.model.named_parameters()}
for _ in range(2):
    backend.step(x, np.arange(4))
after = dict(backend.model.named_parameters())
same = sorted(name for name in before if bool((before[name] == after[name]).all()))
zero = bool((after["lstm.bias_hh_l0"] == 0).all())
print(json.dumps([same, zero, after["lstm.bias_hh_l0"].grad is None]))
""",
    )
    assert found == [["lstm.bias_hh_l0"], True, True]


def test_pytorchs_test_loss_is_made_in_float32_where_the_model_computes_in_bfloat16(
    run: Run,
) -> None:
    found = run(
        "pytorch",
        """
import torch
backend = built("bf16")
manifest = backend.arrays.manifest
weights = {one.name: np.random.default_rng(1).normal(0, 0.3, one.shape) for one in manifest}
backend.load(weights)
x = np.random.default_rng(2).random((64, 1, 28, 28), dtype=np.float32)
y = np.arange(64) % 10
with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
    logits = backend.model(torch.from_numpy(x))
exact = torch.log_softmax(logits.double(), 1)[range(64), y]
print(json.dumps([str(logits.dtype), backend.evaluate(x, y)[0], -float(exact.sum())]))
""",
    )
    assert found[0] == "torch.bfloat16"
    assert found[1] == pytest.approx(found[2], rel=1e-6)


def test_pytorchs_own_clock_and_counters_have_the_units_of_their_names(run: Run) -> None:
    found = run(
        "pytorch",
        """
import torch
from types import SimpleNamespace
backend = built("ieee")
marks = []
class Event:
    def __init__(self, enable_timing): self.timed, self.at = enable_timing, None
    def record(self): marks.append(self); self.at = 1500.0 * len(marks)
    def elapsed_time(self, last): return last.at - self.at  # milliseconds
waited = []
torch.cuda.Event = Event
torch.cuda.synchronize = lambda device: waited.append(device.type)
torch.cuda.memory_allocated = lambda device: 1
torch.cuda.max_memory_allocated = lambda device: 2
torch.cuda.max_memory_reserved = lambda device: 3
on_cpu = [backend.mark(), backend.memory(), sorted(backend.absent())]
backend.device = torch.device("cuda")
first, last = backend.mark(), backend.mark()
backend.synchronize()
print(json.dumps([
    on_cpu, first.timed, backend.seconds_between(first, last), waited, backend.memory(),
    backend.absent(),
]))
""",
    )
    names = ["allocator_peak_bytes", "allocator_reserved_bytes", "device_seconds"]
    counted = {
        "allocator_bytes": 1,
        "allocator_peak_bytes": 2,
        "allocator_reserved_bytes": 3,
    }
    assert found == [[None, {}, names], True, 1.5, ["cuda"], counted, {}]


def test_jaxs_counters_are_those_of_its_allocator(run: Run) -> None:
    found = run(
        "jax",
        """
from types import SimpleNamespace
backend = built("ieee")
stats = {"bytes_in_use": 1, "peak_bytes_in_use": 2, "peak_pool_bytes": 3, "num_allocs": 4}
backend.device = SimpleNamespace(platform="gpu", memory_stats=lambda: stats)
all_of_them = [backend.memory(), sorted(backend.absent())]
del stats["peak_pool_bytes"]
print(json.dumps([*all_of_them, sorted(backend.memory()), backend.absent()]))
""",
    )
    counted = {
        "allocator_bytes": 1,
        "allocator_peak_bytes": 2,
        "allocator_reserved_bytes": 3,
    }
    assert found[:2] == [counted, ["device_seconds"]]
    assert found[2] == ["allocator_bytes", "allocator_peak_bytes"]
    assert (
        found[3]["allocator_reserved_bytes"] == "JAX's allocator on this device does not tell it."
    )


def test_mxnet_computes_where_it_is_asked_to(run: Run) -> None:
    found = run(
        "mxnet",
        """
import mxnet as mx
backend = built("ieee", "eager", "lenet")
print(json.dumps([
    backend.context.device_type, refused(lambda: mx.nd.zeros(1, ctx=mx.gpu())).splitlines()[-1]
]))
""",
    )
    assert found[0] == "cpu"
    assert "MXNetError" in found[1]
    assert "GPU" in found[1]


@pytest.mark.parametrize("name", ["jax", "mxnet", "pytorch", "tensorflow"])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_no_library_rounds_by_itself_where_nothing_may_be_rounded(
    name: str, precision: str
) -> None:
    variables = build_default_variables(discover()[name], "cuda", precision, 2)
    rounds = precision in ("tf32", "bf16")
    assert variables.get("NVIDIA_TF32_OVERRIDE") == (None if rounds else "0")


def test_memory_is_not_taken_ahead_of_need() -> None:
    jax, tensorflow = (
        build_default_variables(discover()[name], "cuda", "ieee", 2)
        for name in ("jax", "tensorflow")
    )
    assert (jax["JAX_PLATFORMS"], jax["XLA_PYTHON_CLIENT_PREALLOCATE"]) == ("cuda", "false")
    assert tensorflow["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"


@pytest.mark.parametrize(
    ("visible", "seen"),
    [(None, "0"), ("2,3", "2"), (" GPU-b , GPU-a", "GPU-b"), ("MIG-c", "MIG-c"), ("", "")],
)
def test_a_worker_sees_one_gpu(
    visible: str | None, seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    on_gpu = build_worker_environment({}, "cuda")
    assert (on_gpu["CUDA_VISIBLE_DEVICES"], on_gpu["CUDA_DEVICE_ORDER"]) == (seen, "PCI_BUS_ID")
    assert build_worker_environment({}, "cpu")["CUDA_VISIBLE_DEVICES"] == ""


@pytest.mark.parametrize("model", ["lenet", "lstm"])
def test_jax_compiles_nothing_to_draw_weights_that_load_replaces(run: Run, model: str) -> None:
    # Flax's own initialisers compile once for each shape: 40 times for LeNet, which took 5 s.
    compilations, trained, again = run(
        "jax",
        f"""
import jax
found = []
def count(event, duration, **rest):
    if event.endswith("backend_compile_duration"):
        found.append(event)
jax.monitoring.register_event_duration_secs_listener(count)
backend = built("ieee", model="{model}")
weights = {{one.name: np.ones(one.shape, np.float32) for one in backend.arrays.manifest}}
backend.load(weights)
compilations = len(found)
backend.step(np.ones((2, 28, 28, 1), np.float32), np.zeros(2, np.int64))
trained = max(float(abs(one - 1).max()) for one in backend.export().values())
backend.load(weights)
again = max(float(abs(one - 1).max()) for one in backend.export().values())
print(json.dumps([compilations, trained, again]))
""",
    )
    assert compilations <= 4
    assert trained > 0
    assert again == 0
