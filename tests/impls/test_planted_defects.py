"""`verify` finds the mistakes that users make in an implementation, and says which it is."""

from pathlib import Path

import pytest

from bench.errors import UnavailableError
from bench.host.environments import Environment, prepare_environment
from bench.host.frameworks import Framework, discover
from bench.host.verify.verifier import Verifier
from tests.conftest import unavailable
from tests.impls.planting import THREADS, Defect, Edit, copied, first_difference, verified

LOGITS = "logits in evaluation mode"
STATISTICS = "statistics after 1 step of sgd: bn1."

# By framework.
Environments = dict[str, Environment | UnavailableError]

PYTORCH = (
    Defect(
        "epsilon of batch normalization",
        "pytorch",
        "resnet20-half",
        (
            Edit(
                "resnet.py",
                "nn.BatchNorm2d(channels, NORMALIZATION_EPSILON,",
                "nn.BatchNorm2d(channels, 1e-3,",
            ),
        ),
        LOGITS,
        "batch normalization's epsilon is 0.001",
    ),
    Defect(
        "PyTorch's momentum taken for the decay",
        "pytorch",
        "resnet20-half",
        (Edit("resnet.py", "momentum=1 - NORMALIZATION_DECAY", "momentum=NORMALIZATION_DECAY"),),
        STATISTICS + "running_mean",
        "batch normalization's decay",
    ),
    Defect(
        "running variance exported as it is",
        "pytorch",
        "resnet20-half",
        (
            Edit(
                "backend.py",
                "return parameters.with_divisor_n("
                "param, array, initial, self.steps, self.batch_size)",
                "return array",
            ),
        ),
        STATISTICS + "running_var",
        "running variance has the divisor n - 1 and is not converted at export",
    ),
    Defect(
        "evaluation with the statistics of the batch",
        "pytorch",
        "resnet20-half",
        (Edit("backend.py", "        self.model.eval()\n", ""),),
        "evaluation of the initial weights: summed loss",
        "running statistics",
    ),
    Defect(
        "second bias of the LSTM trained",
        "pytorch",
        "lstm",
        (
            Edit("lstm.py", "            second.requires_grad_(False)\n", ""),
            Edit(
                "backend.py",
                "        self.forward = torch.compile",
                "        self.optimizer.add_param_group(\n"
                '            {"params": [p for n, p in self.model.named_parameters() '
                'if "bias_hh" in n], "weight_decay": 0.0}\n'
                '        ) if spec.family == "lstm" else None\n'
                "        self.forward = torch.compile",
            ),
        ),
        "losses of steps 2 to 10, sgd: step 2",
        "a second bias of the LSTM is trained beside the first",
    ),
    Defect(
        "forget gate's bias of 1 in the second bias",
        "pytorch",
        "lstm",
        (
            Edit(
                "lstm.py",
                "            nn.init.zeros_(second)\n",
                "            nn.init.zeros_(second)\n"
                "            nn.init.ones_(second.data[spec.units : 2 * spec.units])\n",
            ),
        ),
        LOGITS,
        "1 is added to the LSTM's forget gate at run time",
    ),
    Defect(
        "vector of padding that is not trained",
        "pytorch",
        "lstm-2",
        (
            Edit(
                "lstm.py",
                "nn.Embedding(spec.vocabulary, spec.embedding)",
                "nn.Embedding(spec.vocabulary, spec.embedding, padding_idx=0)",
            ),
        ),
        "gradient: embedding.weight",
        "a layer's backward pass",
    ),
    Defect(
        "alpha of the response normalization",
        "pytorch",
        "alexnet-lrn-quarter",
        (Edit("alexnet.py", "rule.alpha * rule.size", "rule.alpha"),),
        LOGITS,
        "local response normalization divides alpha by the size of its window",
    ),
    Defect(
        "average taken for max pooling",
        "pytorch",
        "lenet",
        (Edit("lenet.py", "POOLINGS[spec.pooling](", "nn.AvgPool2d("),),
        LOGITS,
        "pooling takes the average of each window",
    ),
    Defect(
        "bias that is not added",
        "pytorch",
        "lenet-1998",
        (
            Edit(
                "lenet.py",
                "return self.dense3(x)",
                "return nn.functional.linear(x, self.dense3.weight)",
            ),
        ),
        LOGITS,
        "dense3.bias is not used",
    ),
    Defect(
        "weight decay for everything",
        "pytorch",
        "lenet-1998",
        (
            Edit(
                "optimizers.py",
                "optimizer.weight_decay if decays else 0.0",
                "optimizer.weight_decay",
            ),
        ),
        "slots after 1 step of sgd: velocity of conv1.bias",
        "weight decay reaches biases",
    ),
    Defect(
        "decoupled weight decay",
        "pytorch",
        "lenet-1998",
        (Edit("optimizers.py", "torch.optim.Adam(", "torch.optim.AdamW("),),
        "slots after 1 step of adam: first moment of conv1.weight",
        "weight decay is decoupled from the gradient",
    ),
    Defect(
        "Adam's epsilon by default",
        "pytorch",
        "lenet-1998",
        (Edit("optimizers.py", "betas, optimizer.epsilon)", "betas)"),),
        "weights after 1 step of adam: conv1.weight",
        "Adam's epsilon is 1e-08",
    ),
    Defect(
        "Nesterov's momentum",
        "pytorch",
        "lenet-1998",
        (
            Edit(
                "optimizers.py",
                "optimizer.learning_rate, optimizer.momentum)",
                "optimizer.learning_rate, optimizer.momentum, nesterov=True)",
            ),
        ),
        "weights after 1 step of sgd: conv1.weight",
        "momentum looks ahead (Nesterov)",
    ),
    Defect(
        "parameter that the optimizer skips",
        "pytorch",
        "lenet-1998",
        (
            Edit(
                "optimizers.py",
                "for param in manifest if param.decays == decays]",
                "for param in manifest[:-1] if param.decays == decays]",
            ),
        ),
        "slots after 1 step of sgd: velocity of dense3.bias",
        "a parameter that the optimizer skips",
    ),
    Defect(
        "gradient of the summed loss",
        "pytorch",
        "lenet-1998",
        (Edit("backend.py", "        loss.backward()\n", "        (loss * len(y)).backward()\n"),),
        "gradient: conv1.weight",
        "the gradient is of the sum of the batch, not of its mean",
    ),
    Defect(
        "means from losses",
        "pytorch",
        "lenet-1998",
        (Edit("backend.py", "[mean * samples for", "[mean for"),),
        "loss of step 1, sgd",
        "a mean instead of a sum",
    ),
    Defect(
        "mean from evaluate",
        "pytorch",
        "lenet-1998",
        (Edit("backend.py", ".item() * len(labels), int(", ".item(), int("),),
        "evaluation of the initial weights: summed loss",
        "a mean instead of a sum",
    ),
    Defect(
        "predictions that are never right",
        "pytorch",
        "lenet-1998",
        (Edit("backend.py", "logits.argmax(dim=1) == y", "logits.argmin(dim=1) == y"),),
        "evaluation of the initial weights: correct predictions",
        "labels counted wrongly",
    ),
    Defect(
        "labels in another order than the inputs",
        "pytorch",
        "lenet-1998",
        (
            Edit(
                "backend.py",
                "self._backward(inputs, labels)\n        self.optimizer.step()",
                "self._backward(inputs, np.roll(labels, 1))\n        self.optimizer.step()",
            ),
        ),
        "loss of step 1, sgd",
        "a batch other than the given one",
    ),
    Defect(
        "batches one step late",
        "pytorch",
        "lenet-1998",
        (
            Edit(
                "backend.py",
                "        loss = self._backward(inputs, labels)\n",
                "        batch, self.waiting = getattr(self, 'waiting', None), (inputs, labels)\n"
                "        loss = self._backward(*(batch or (inputs, labels)))\n",
            ),
        ),
        "losses of steps 2 to 10, sgd: step 2",
        "batches out of order (shuffled, repeated or late)",
    ),
    Defect(
        "handles that all show the last loss",
        "pytorch",
        "lenet-1998",
        (
            Edit(
                "backend.py",
                "        return loss.detach(), len(labels)\n",
                "        self.loss = getattr(self, 'loss', torch.zeros_like(loss))\n"
                "        self.loss.data.copy_(loss.detach())\n"
                "        return self.loss, len(labels)\n",
            ),
        ),
        "losses of steps 2 to 10, sgd: step 2",
        "losses that show a later step's",
    ),
    Defect(
        "momentum kept across load",
        "pytorch",
        "lenet-1998",
        (Edit("backend.py", "        self.optimizer.state.clear()\n", ""),),
        "slots after loading again and 1 step of sgd: velocity of conv1.weight",
        "what the optimizer has gathered",
    ),
    Defect(
        "learning rate that does not change",
        "pytorch",
        "lenet-1998",
        (Edit("backend.py", 'group["lr"] = learning_rate', 'group["rate"] = learning_rate'),),
        "losses of steps 2 to 10, sgd: step 7",
        "an update that is not applied",
    ),
    Defect(
        "a layer in float32",
        "pytorch",
        "lenet-1998",
        (
            Edit(
                "lenet.py",
                "        x = self.flatten(x)  #",
                "        x = self.flatten(x).float().to(x.dtype)  #",
            ),
        ),
        LOGITS,
        "an error of this size is one of float32",
    ),
)
DEFECTS = PYTORCH
CONTROLS = (("pytorch", "lenet-1998", "eager"),)


@pytest.fixture(scope="module")
def environments() -> Environments:
    """From the user's cache: made before a test gets an empty one of its own."""
    return {name: _environment(framework) for name, framework in discover().items()}


def _environment(framework: Framework) -> Environment | UnavailableError:
    try:
        return prepare_environment(framework, "cpu", {}, lambda text: None)
    except UnavailableError as error:
        return error


@pytest.fixture(scope="module")
def verifier(
    environments: Environments, tmp_path_factory: pytest.TempPathFactory
) -> Verifier:
    """One for all: the reference of a model is recorded once."""
    usable = {name: found for name, found in environments.items() if isinstance(found, Environment)}
    return Verifier(usable, THREADS, tmp_path_factory.mktemp("scratch"), stop_at_difference=True)


@pytest.fixture(autouse=True)
def _own_cache(environments: Environments, cache: Path) -> None:
    """No certificate of these is left to the user."""


def _available(environments: Environments, name: str) -> None:
    found = environments[name]
    if isinstance(found, UnavailableError):
        unavailable(str(found))


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda one: f"{one.framework}: {one.name}")
def test_a_planted_defect_is_found_and_named(
    defect: Defect, verifier: Verifier, environments: Environments, tmp_path: Path
) -> None:
    _available(environments, defect.framework)
    framework = copied(discover()[defect.framework], defect.edits, tmp_path)
    found = verified(verifier, environments, framework, defect.model, defect.mode)
    certificate = found.certificate
    assert certificate.verdict == "different", certificate.reason
    assert first_difference(found).startswith(defect.first), certificate.reason
    assert defect.words in str(certificate.reason)


@pytest.mark.parametrize(("name", "model", "mode"), CONTROLS)
def test_a_copy_without_defect_is_verified(
    name: str,
    model: str,
    mode: str,
    verifier: Verifier,
    environments: Environments,
    tmp_path: Path,
) -> None:
    _available(environments, name)
    framework = copied(discover()[name], (), tmp_path)
    certificate = verified(verifier, environments, framework, model, mode).certificate
    assert certificate.verdict == "verified", certificate.reason
