"""TensorFlow's largest rates, behind the contract of `bench.worker.ceilings`."""

from collections.abc import Callable

import tensorflow as tf

from bench.job import Execution

from .backend import choose_device

DTYPES = {"ieee": tf.float32, "tf32": tf.float32, "bf16": tf.bfloat16}
AMPERE = (8, 0)  # its compute capability: the first with TF32 and bfloat16


def matrix_product(side: int, execution: Execution) -> Callable[[], tuple[tf.Tensor, ...]]:
    """tf.matmul in a tf.function, whose arguments are no constants that it could fold."""
    device = _prepared(execution)
    on_gpu = execution.device == "cuda"
    is_new = on_gpu and _capability() >= AMPERE
    execution.check_product(
        f"TensorFlow {tf.__version__}", has_tf32=is_new, has_bf16=is_new or not on_gpu
    )
    tf.config.experimental.enable_tensor_float_32_execution(execution.precision == "tf32")
    dtype = DTYPES[execution.precision]
    with tf.device(device):
        left, right = (tf.cast(tf.random.uniform((side, side)), dtype) for _ in range(2))
    function = tf.function(tf.matmul)

    def multiply() -> tuple[tf.Tensor, ...]:
        with tf.device(device):
            product = function(left, right)
        tf.test.experimental.sync_devices()
        return left, right, product

    return multiply


def copy(size_bytes: int, execution: Execution) -> Callable[[], tuple[tf.Tensor, ...]]:
    """DeepCopy, whose result is documented to be no alias of what it copies.

    tf.identity and Variable.assign hand on the same memory. The result's memory is new each
    time, as it is of all that TensorFlow does.
    """
    device = _prepared(execution)
    with tf.device(device):
        source = tf.random.uniform((size_bytes // tf.float32.size,))
    function = tf.function(lambda x: tf.raw_ops.DeepCopy(x=x))

    def copy_once() -> tuple[tf.Tensor, ...]:
        with tf.device(device):
            target = function(source)
        tf.test.experimental.sync_devices()
        return source, target

    return copy_once


def _prepared(execution: Execution) -> str:
    """Where the arrays have to lie."""
    tf.config.threading.set_intra_op_parallelism_threads(execution.threads)
    tf.config.threading.set_inter_op_parallelism_threads(execution.threads)
    choose_device(execution.device)
    return "/CPU:0" if execution.device == "cpu" else "/GPU:0"


def _capability() -> tuple[int, int]:
    gpu = tf.config.list_physical_devices("GPU")[0]
    return tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0))
