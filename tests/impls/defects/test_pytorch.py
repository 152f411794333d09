"""`verify` finds the mistakes that users make in PyTorch, and says which it is."""

from pathlib import Path

import pytest

from bench.host.verify.verifier import Verifier
from tests.impls.conftest import Environments
from tests.impls.defects.checking import LOGITS, STATISTICS, check_control, check_defect
from tests.impls.planting import Defect, Edit

DEFECTS = (
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
                "array = param.with_divisor_n(array, initial, self.steps, self.batch_size)",
                "pass",
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
        "forget gate's bias of 1 in the second bias",
        "pytorch",
        "lstm",
        (
            Edit(
                "weights.py",
                "        nn.init.zeros_(tensor)\n",
                "        nn.init.zeros_(tensor)\n"
                "        nn.init.ones_(tensor.data[len(tensor) // 4 : len(tensor) // 2])\n",
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
        (Edit("optimizers.py", "betas, optimizer.epsilon, fused", "betas, fused"),),
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
                "optimizer.learning_rate, optimizer.momentum, fused",
                "optimizer.learning_rate, optimizer.momentum, nesterov=True, fused",
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
        "gradient of batch 2: dense3.bias",  # it zeroes no gradient of what it skips
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
        "batches one step late",
        "pytorch",
        "lenet-1998",
        (
            Edit(
                "backend.py",
                "        loss = self._backward(x, y)\n",
                "        batch, self.waiting = getattr(self, 'waiting', None), (x, y)\n"
                "        loss = self._backward(*(batch or (x, y)))\n",
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
                "        return loss.detach(), len(y)\n",
                "        self.loss = getattr(self, 'loss', torch.zeros_like(loss))\n"
                "        self.loss.data.copy_(loss.detach())\n"
                "        return self.loss, len(y)\n",
            ),
        ),
        "losses of steps 2 to 10, sgd: step 2",
        "losses that show a later step's",
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


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda one: one.name)
def test_a_planted_defect_is_found_and_named(
    defect: Defect, verifier: Verifier, environments: Environments, tmp_path: Path
) -> None:
    check_defect(defect, verifier, environments, tmp_path)


def test_a_copy_without_defect_is_verified_in_a_process_of_its_own(
    verifier: Verifier, environments: Environments, tmp_path: Path
) -> None:
    check_control("pytorch", "eager", verifier, environments, tmp_path)
