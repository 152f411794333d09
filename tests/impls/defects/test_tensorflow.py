"""`verify` finds the mistakes that users make in TensorFlow, and says which it is."""

from pathlib import Path

import pytest

from bench.host.verify.verifier import Verifier
from tests.impls.conftest import Environments
from tests.impls.defects.checking import LOGITS, STATISTICS, check_control, check_defect
from tests.impls.planting import Defect, Edit

DEFECTS = (
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


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda one: one.name)
def test_a_planted_defect_is_found_and_named(
    defect: Defect, verifier: Verifier, environments: Environments, tmp_path: Path
) -> None:
    check_defect(defect, verifier, environments, tmp_path)


def test_a_copy_without_defect_is_verified_in_a_process_of_its_own(
    verifier: Verifier, environments: Environments, tmp_path: Path
) -> None:
    check_control("tensorflow", "eager", verifier, environments, tmp_path)
