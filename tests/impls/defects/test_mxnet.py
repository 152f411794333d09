"""`verify` finds the mistakes that users make in MXNet, and says which it is."""

from pathlib import Path

import pytest

from bench.host.verify.verifier import Verifier
from tests.impls.conftest import Environments
from tests.impls.defects.checking import check_control, check_defect
from tests.impls.planting import Defect, Edit

DEFECTS = (
    Defect(
        "second bias of the LSTM trained",
        "mxnet",
        "lstm",
        (
            Edit("weights.py", 'parameter.grad_req = "null"', "parameter.wd_mult = 0.0"),
            Edit(
                "backend.py",
                "optimizer, spec.parameters(), self.trained)",
                "optimizer, spec.parameters(), "
                'self.trained | dict(self.model.collect_params(".*h2h_bias").items()))',
            ),
        ),
        "losses of steps 2 to 10, sgd: step 2",
        "a second bias of the LSTM is trained beside the first",
    ),
    Defect(
        "learning rate inside the momentum across a change",
        "mxnet",
        "lenet-1998",
        (
            Edit(
                "optimizers.py",
                "                momentum *= learning_rate / trainer.learning_rate\n",
                "                pass\n",
            ),
        ),
        "losses of steps 2 to 10, sgd: step 7",
        "the learning rate is inside the momentum buffer and stays there",
    ),
    Defect(
        "MXNet's own Adam",
        "mxnet",
        "lenet-1998",
        (
            Edit("optimizers.py", "        return Adam(\n", "        return mx.optimizer.Adam(\n"),
            Edit(
                "optimizers.py",
                "isinstance(trainer.optimizer, Adam)",
                "isinstance(trainer.optimizer, mx.optimizer.Adam)",
            ),
        ),
        "weights after 1 step of adam: conv1.weight",
        "Adam's epsilon stands beside the uncorrected root",
    ),
    Defect(
        "gradient that is not divided by the batch",
        "mxnet",
        "lenet-1998",
        (
            Edit(
                "backend.py",
                "        self.trainer.step(len(y))\n",
                "        self.trainer.step(1)\n",
            ),
        ),
        "slots after 1 step of sgd: velocity of conv1.weight",
        "a sum instead of a mean of the batch in the gradient",
    ),
    Defect(
        "momentum kept across load",
        "mxnet",
        "lenet-1998",
        (
            Edit(
                "backend.py",
                "        self.trainer = self.make_trainer()\n        self.trainer.set",
                "        self.trainer.set",
            ),
        ),
        "slots after loading again and 1 step of sgd: velocity of conv1.weight",
        "what the optimizer has gathered",
        "compiled",
    ),
    Defect(
        "loss in float32",
        "mxnet",
        "lenet-1998",
        (
            Edit(
                "backend.py",
                "self.criterion(self.model(x), y)",
                'self.criterion(self.model(x).astype("float32"), y)',
            ),
        ),
        "gradient: conv1.weight",
        "an error of this size is one of float32",
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
    check_control("mxnet", "eager", verifier, environments, tmp_path)
