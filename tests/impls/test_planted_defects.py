"""`verify` finds the mistakes that users make in an implementation, and says which it is."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.host.frameworks.framework import discover
from bench.host.process.executor import Executor
from bench.host.verify.verifier import Verifier
from tests.impls.conftest import Environments, find_environment
from tests.impls.planting import Defect, Edit, copied, first_difference, verified

LOGITS = "logits in evaluation mode"
STATISTICS = "statistics after 1 step of sgd: bn1."

PYTORCH = (
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
TENSORFLOW = (
    Defect(
        "Keras's epsilon of batch normalization",
        "tensorflow",
        "resnet20-half",
        (Edit("resnet.py", ", epsilon=NORMALIZATION_EPSILON", ""),),
        LOGITS,
        "batch normalization's epsilon is 0.001",
    ),
    Defect(
        "Keras's decay of batch normalization",
        "tensorflow",
        "resnet20-half",
        (Edit("resnet.py", "momentum=NORMALIZATION_DECAY, ", ""),),
        STATISTICS + "running_mean",
        "batch normalization's decay of running statistics is 0.99",
    ),
    Defect(
        "`same` at stride 2",
        "tensorflow",
        "alexnet-quarter",
        (
            Edit("alexnet.py", "ZeroPadding2D(stem.padding)", "Identity()"),
            Edit(
                "alexnet.py",
                'stem.stride, activation="relu")',
                'stem.stride, padding="same", activation="relu")',
            ),
        ),
        LOGITS,
        "convolutions of stride 2 pad as `same` does in TensorFlow",
    ),
    Defect(
        "order of gates",
        "tensorflow",
        "lstm",
        (
            Edit(
                "weights.py",
                "HOLDERS =",
                "def swap_last(array):\n"
                "    i, f, g, o = np.split(array, 4)\n"
                "    return np.concatenate([i, f, o, g])\n\n\n"
                "HOLDERS =",
            ),
            Edit("weights.py", '"input_weight")', '"input_weight", swap_last, swap_last)'),
            Edit("weights.py", '"recurrent_weight")', '"recurrent_weight", swap_last, swap_last)'),
            Edit(
                "weights.py", 'Cell\\.bias", "bias")', 'Cell\\.bias", "bias", swap_last, swap_last)'
            ),
        ),
        LOGITS,
        "the LSTM's gates are in the order input, forget, output, cell",
    ),
    Defect(
        "feature map flattened in Keras's order",
        "tensorflow",
        "lenet",
        (
            Edit("weights.py", "import Any\n", "import Any\nfrom dataclasses import replace\n"),
            Edit(
                "weights.py",
                "match_arrays(manifest,",
                "match_arrays([replace(one, flattened=None) for one in manifest],",
            ),
        ),
        LOGITS,
        "flattened in the order height, width, channels",
    ),
    Defect(
        "Keras's weight decay",
        "tensorflow",
        "lenet-1998",
        (
            Edit("backend.py", "if self.weight_decay > 0:", "if False:"),
            Edit(
                "optimizers.py",
                "    made.build(trained)\n",
                "    made.weight_decay = optimizer.weight_decay\n"
                '    made.exclude_from_weight_decay(var_names=["bias"])\n'
                "    made.build(trained)\n",
            ),
        ),
        "slots after 1 step of sgd: velocity of conv1.weight",
        "weight decay is decoupled from the gradient",
    ),
    Defect(
        "compiled graph with the weights as constants",
        "tensorflow",
        "lenet-1998",
        (
            Edit(
                "backend.py",
                "        logits = _exact(self.model(inputs, training=False))\n",
                "        with tf.init_scope():\n"
                "            kept = tf.constant(self.model.dense3.kernel.numpy())\n"
                "        logits = self.model(inputs, training=False)\n"
                "        hidden = logits - tf.matmul(self.last(inputs), self.model.dense3.kernel)\n"
                "        logits = hidden + tf.matmul(self.last(inputs), kept)\n",
            ),
            Edit(
                "backend.py",
                "    def synchronize(self)",
                "    def last(self, x: tf.Tensor) -> tf.Tensor:\n"
                "        one = self.model\n"
                "        x = one.pool(one.conv2(one.pool(one.conv1(x))))\n"
                "        return one.dense2(one.dense1(one.flatten(x)))\n\n"
                "    def synchronize(self)",
            ),
        ),
        "evaluation after 10 steps of sgd: summed loss",
        "weights or running statistics other than those that training left",
        "compiled",
    ),
    Defect(
        "alpha of the response normalization",
        "tensorflow",
        "alexnet-lrn-quarter",
        (Edit("alexnet.py", "alpha=self.rule.alpha,", "alpha=self.rule.alpha / self.rule.size,"),),
        LOGITS,
        "local response normalization divides alpha by the size of its window",
    ),
)
MXNET = (
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
JAX = (
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
DEFECTS = (*PYTORCH, *TENSORFLOW, *MXNET, *JAX)
CONTROLS = (
    *((name, "lenet-1998", "eager") for name in ("pytorch", "tensorflow", "mxnet")),
    ("jax", "lenet-1998", "compiled"),
)


@pytest.fixture(autouse=True)
def _own_cache(environments: Environments, cache: Path) -> None:
    """No certificate of these is left to the user."""


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda one: f"{one.framework}: {one.name}")
def test_a_planted_defect_is_found_and_named(
    defect: Defect, verifier: Verifier, environments: Environments, tmp_path: Path
) -> None:
    find_environment(environments, defect.framework)
    framework = copied(discover()[defect.framework], defect.edits, tmp_path)
    found = verified(verifier, environments, framework, defect.model, defect.mode)
    certificate = found.certificate
    assert certificate.verdict == "different", certificate.reason
    assert first_difference(found).startswith(defect.first), certificate.reason
    assert defect.words in str(certificate.reason)


@pytest.mark.parametrize(("name", "model", "mode"), CONTROLS)
def test_a_copy_without_defect_is_verified_in_processes_of_its_own(
    name: str,
    model: str,
    mode: str,
    verifier: Verifier,
    environments: Environments,
    tmp_path: Path,
) -> None:
    find_environment(environments, name)
    framework = copied(discover()[name], (), tmp_path)
    alone = replace(verifier, executor=Executor())
    certificate = verified(alone, environments, framework, model, mode).certificate
    assert certificate.verdict == "verified", certificate.reason
