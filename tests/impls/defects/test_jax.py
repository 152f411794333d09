"""`verify` finds the mistakes that users make in JAX, and says which it is."""

from pathlib import Path

import pytest

from bench.host.verify.verifier import Verifier
from tests.impls.conftest import Environments
from tests.impls.defects.checking import LOGITS, STATISTICS, check_control, check_defect
from tests.impls.planting import Defect, Edit

DEFECTS = (
    Defect(
        "Flax's decay of batch normalization",
        "jax",
        "resnet20-half",
        (Edit("resnet.py", "        momentum=NORMALIZATION_DECAY,\n", ""),),
        STATISTICS + "running_mean",
        "batch normalization's decay of running statistics is 0.99",
        "compiled",
    ),
    Defect(
        "statistics that the step does not hand on",
        "jax",
        "resnet20-half",
        (
            Edit(
                "backend.py",
                "        _, _, *kept = _parts(model)\n        return",
                "        return",
            ),
        ),
        STATISTICS + "running_mean",
        "batch normalization",
        "compiled",
    ),
    Defect(
        "`same` at stride 4",
        "jax",
        "alexnet-quarter",
        (Edit("alexnet.py", "strides=stem.stride, padding=stem.padding", "strides=stem.stride"),),
        LOGITS,
        "convolution",
        "compiled",
    ),
    Defect(
        "evaluation with the statistics of the batch",
        "jax",
        "resnet20-half",
        (Edit("backend.py", "model.train() if training else model.eval()", "model.train()"),),
        LOGITS,
        "evaluation with the statistics of the batch",
        "compiled",
    ),
    Defect(
        "weight decay for everything",
        "jax",
        "lenet-1998",
        (Edit("optimizers.py", "path_of(path) in decaying", "True"),),
        "slots after 1 step of sgd: velocity of conv1.bias",
        "weight decay reaches biases",
        "compiled",
    ),
    Defect(
        "Nesterov's momentum",
        "jax",
        "lenet-1998",
        (Edit("optimizers.py", "optimizer.momentum or None", "optimizer.momentum, nesterov=True"),),
        "weights after 1 step of sgd: conv1.weight",
        "momentum looks ahead (Nesterov)",
        "compiled",
    ),
    Defect(
        "momentum kept across load",
        "jax",
        "lenet-1998",
        (
            Edit(
                "backend.py",
                "        self.gathered = jax.jit(self.optimizer.init)(self.trained)\n",
                "        if self.gathered is None:\n"
                "            self.gathered = jax.jit(self.optimizer.init)(self.trained)\n",
            ),
        ),
        "slots after loading again and 1 step of sgd: velocity of conv1.weight",
        "what the optimizer has gathered",
        "compiled",
    ),
)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda one: one.name)
def test_a_planted_defect_is_found_and_named(
    defect: Defect, verifier: Verifier, environments: Environments, tmp_path: Path
) -> None:
    check_defect(defect, verifier, environments, tmp_path)


def test_a_copy_without_defect_is_verified_in_a_process_of_its_own(
    verifier: Verifier, environments: Environments, tmp_path: Path
) -> None:
    check_control("jax", "compiled", verifier, environments, tmp_path)
