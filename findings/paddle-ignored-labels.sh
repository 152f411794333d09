#!/usr/bin/env bash
# cross_entropy(..., ignore_index=-100) should be the mean over the labels that are not ignored, as in torch, from which the
# default -100 comes. In PaddlePaddle 3.3.1 it divides by the number of all labels where ignore_index is negative, the
# default, and by the number of valid ones where it is not: the same half-padded batch has half the loss and half the
# gradient with -100 than with 255. nll_loss and class weights are right, so the learning rate of padded text depends on
# how much padding there is and on which number marks it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet paddlepaddle==3.3.1 numpy==2.4.6 setuptools==80.9.0
export OMP_NUM_THREADS=2
"$work/venv/bin/python" -W ignore - <<'PY' 2>"$work/errors" || { cat "$work/errors"; exit 1; }
import numpy as np
import paddle
import paddle.nn.functional as F

print("paddle", paddle.__version__, "numpy", np.__version__)
logits = np.random.default_rng(0).standard_normal((6, 3)).astype("float32")
likelihood = logits - np.log(np.exp(logits).sum(1, keepdims=True))
true = -likelihood[[0, 1, 2], [0, 1, 2]].mean()
print(f"mean over the 3 labels that count, by NumPy: {true:.6f}")


def measure(ignored, **options):
    inputs = paddle.to_tensor(logits, stop_gradient=False)
    loss = F.cross_entropy(inputs, paddle.to_tensor([0, 1, 2] + 3 * [ignored]), **options)
    loss.backward()
    return loss.item(), np.abs(inputs.grad.numpy()).sum()


for ignored, options, share in ((-100, {}, 0.5), (-1, {"ignore_index": -1}, 0.5), (255, {"ignore_index": 255}, 1)):
    loss, gradient = measure(ignored, **options)
    print(f"3 of 6 labels are {ignored}: cross_entropy {loss:.6f}, {loss / true:.2f} of the mean; sum of the gradient's sizes {gradient:.4f}")
    assert abs(loss / true - share) < 1e-5
nll = F.nll_loss(F.log_softmax(paddle.to_tensor(logits)), paddle.to_tensor([0, 1, 2, -100, -100, -100])).item()
weighted, _ = measure(-100, weight=paddle.ones([3]))
print(f"the same with nll_loss {nll:.6f}, with cross_entropy and weights of 1 {weighted:.6f}")
assert abs(nll / true - 1) < 1e-5 and abs(weighted / true - 1) < 1e-5
PY
