"""Each mistake that the reference can make is found where it is made, and named.

The implementation under test is a copy of the reference: no framework has to be there.
"""

import sys
from pathlib import Path

import pytest

from bench.host.environments.preparation import Environment
from bench.host.frameworks.framework import read_framework
from bench.host.verify.certification import CellReport
from bench.host.verify.verifier import REFERENCE, Verifier
from bench.protocol.verification import STEPS
from tests.impls.forking import ForkingExecutor, Zygotes
from tests.impls.planting import THREADS, Edit, SharingVerifier, copied, first_difference, verified

LOGITS = "logits in evaluation mode"
LATER = f"losses of steps 2 to {STEPS}, sgd: step "
# Model, field of the reference's deviations, its value, the first difference, words.
DEVIATIONS = (
    ("resnet20-half", "normalization_epsilon", 1e-3, LOGITS, "epsilon is 0.001"),
    (
        "resnet20-half",
        "normalization_decay",
        0.99,
        "statistics after 1 step of sgd: bn1.running_mean",
        "decay of running statistics is 0.99",
    ),
    (
        "resnet20-half",
        "normalization_decay",
        1.0,
        "statistics after 1 step of sgd: bn1.running_mean",
        "running statistics are not updated",
    ),
    (
        "resnet20-half",
        "unbiased_variance",
        True,
        "statistics after 1 step of sgd: bn1.running_var",
        "divisor n - 1 and is not converted",
    ),
    ("resnet20-half", "asymmetric_padding", True, LOGITS, "stride 2 pad as `same`"),
    ("resnet20-half", "forgotten", "bn1.bias", LOGITS, "bn1.bias is not used"),
    ("alexnet-quarter", "asymmetric_padding", True, LOGITS, "stride 2 pad as `same`"),
    ("alexnet-lrn-quarter", "response_alpha_is_mean", True, LOGITS, "divides alpha"),
    ("lenet", "flatten_order", "HWC", LOGITS, "height, width, channels"),
    ("lenet", "pooling", "average", LOGITS, "pooling takes the average"),
    ("lenet-1998", "pooling", "max", LOGITS, "pooling takes the max"),
    ("lenet-1998", "forgotten", "dense3.bias", LOGITS, "dense3.bias is not used"),
    ("lenet-1998", "summed_gradient", True, "gradient: conv1.weight", "of the sum of the batch"),
    (
        "lenet-1998",
        "decay_everything",
        True,
        "slots after 1 step of sgd: velocity of conv1.bias",
        "weight decay reaches biases",
    ),
    (
        "lenet-1998",
        "no_weight_decay",
        True,
        "slots after 1 step of sgd: velocity of conv1.weight",
        "there is no weight decay",
    ),
    (
        "lenet-1998",
        "decoupled_weight_decay",
        True,
        "slots after 1 step of sgd: velocity of conv1.weight",
        "weight decay is decoupled",
    ),
    (
        "lenet-1998",
        "nesterov",
        True,
        "weights after 1 step of sgd: conv1.weight",
        "momentum looks ahead",
    ),
    (
        "lenet-1998",
        "learning_rate_inside_momentum",
        True,
        LATER + "7",
        "the learning rate is inside the momentum buffer",
    ),
    (
        "lenet-1998",
        "epsilon_uncorrected",
        True,
        "weights after 1 step of adam: conv1.weight",
        "beside the uncorrected root",
    ),
    (
        "lenet-1998",
        "adam_epsilon",
        1e-7,
        "weights after 1 step of adam: conv1.weight",
        "Adam's epsilon is 1e-07",
    ),
    ("lstm", "forget_bias", 1.0, LOGITS, "1 is added to the LSTM's forget gate"),
    ("lstm", "gate_order", "ifog", LOGITS, "input, forget, output, cell"),
    ("lstm-2", "gate_order", "figo", LOGITS, "forget, input, cell, output"),
    ("lstm-2", "second_bias", True, LATER + "2", "a second bias of the LSTM is trained"),
)
# Model, edit, the first difference, words; no deviation is any of these.
OTHERS = (
    (
        "resnet20-half",
        Edit("normalization.py", "(gradient - by_mean - by_variance)", "(gradient - by_variance)"),
        "gradient: conv1.weight",
        "a layer's backward pass",
    ),
    (
        "resnet20-half",
        Edit(
            "backend.py",
            "logits = self._forward(inputs, training=False)",
            "logits = self._forward(inputs, training=True)",
        ),
        "evaluation of the initial weights: summed loss",
        "running statistics other than",
    ),
    (
        "lenet",
        Edit("backend.py", "        self.optimizer.forget()\n", ""),
        "slots after loading again and 1 step of sgd: velocity of conv1.weight",
        "what the optimizer has gathered",
    ),
    (
        "lenet",
        Edit("backend.py", "return list(handles)", "return [handles[-1]] * len(handles)"),
        LATER + "2",
        "losses that show a later step's",
    ),
    (
        "lenet",
        Edit("backend.py", "int((logits.argmax(axis=1) == labels).sum())", "0"),
        "evaluation of the initial weights: correct predictions",
        "labels counted wrongly",
    ),
    (
        "lenet",
        Edit(
            "backend.py",
            "return self.model.forward(inputs.astype(np.float64), training)",
            "return self.model.forward(inputs.astype(np.float32), training)"
            ".astype(np.float32).astype(np.float64)",
        ),
        LOGITS,
        "an error of this size is one of float32",
    ),
)


@pytest.fixture(scope="module")
def verifier(
    zygotes: Zygotes, references: Path, tmp_path_factory: pytest.TempPathFactory
) -> Verifier:
    """One for all: the reference of a model is recorded once."""
    environments = {"numpy": Environment(Path(sys.executable), given=False)}
    scratch = tmp_path_factory.mktemp("scratch")
    executor = ForkingExecutor(zygotes)
    return SharingVerifier(
        environments,
        THREADS,
        scratch,
        stop_at_difference=True,
        executor=executor,
        references=references,
    )


def finding(verifier: Verifier, model: str, edits: tuple[Edit, ...], folder: Path) -> CellReport:
    framework = copied(read_framework(REFERENCE), edits, folder)
    return verified(verifier, verifier.environments, framework, model, "eager")


def changed_default(name: str, value: object) -> Edit:
    """The edit by which the reference makes a mistake unasked."""
    text = (REFERENCE / "deviations.py").read_text("utf-8")
    (line,) = (line for line in text.splitlines() if line.startswith(f"    {name}: "))
    declared, _, _ = line.rpartition(" = ")
    return Edit("deviations.py", line + "\n", f"{declared} = {value!r}\n")


@pytest.mark.parametrize(
    ("model", "name", "value", "first", "words"),
    DEVIATIONS,
    ids=lambda value: str(value) if isinstance(value, str) else None,
)
def test_every_deviation_is_found_and_proved(
    model: str,
    name: str,
    value: object,
    first: str,
    words: str,
    verifier: Verifier,
    cache: Path,
    tmp_path: Path,
) -> None:
    found = finding(verifier, model, (changed_default(name, value),), tmp_path)
    reason = str(found.certificate.reason)
    assert found.certificate.verdict == "different"
    assert first_difference(found).startswith(first), reason
    assert "With one deviation the reference gives the same numbers: " in reason
    assert words in reason


@pytest.mark.parametrize(("model", "edit", "first", "words"), OTHERS)
def test_other_mistakes_are_found(
    model: str,
    edit: Edit,
    first: str,
    words: str,
    verifier: Verifier,
    cache: Path,
    tmp_path: Path,
) -> None:
    found = finding(verifier, model, (edit,), tmp_path)
    reason = str(found.certificate.reason)
    assert found.certificate.verdict == "different"
    assert first_difference(found).startswith(first), reason
    assert "Usual reasons: " in reason
    assert words in reason


@pytest.mark.parametrize("model", ["lenet", "resnet20-half", "lstm-2"])
def test_a_copy_without_mistake_is_verified(
    model: str, verifier: Verifier, cache: Path, tmp_path: Path
) -> None:
    certificate = finding(verifier, model, (), tmp_path).certificate
    assert certificate.verdict == "verified", certificate.reason


def test_a_worker_that_dies_is_never_verified(
    verifier: Verifier, cache: Path, tmp_path: Path
) -> None:
    framework = copied(read_framework(REFERENCE), (), tmp_path)
    path = framework.folder / "lenet.py"
    path.write_text("import os\n\nos._exit(0)\n" + path.read_text("utf-8"), "utf-8")
    found = verified(verifier, verifier.environments, framework, "lenet", "eager")
    assert found.certificate.verdict == "unchecked"
    assert "ended before it had finished" in str(found.certificate.reason)
