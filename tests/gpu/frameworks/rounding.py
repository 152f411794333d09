"""A process that shows what a framework rounds to: `python -m ...rounding FRAMEWORK DEVICE`.

It imports the framework's file beside this one and nothing of the host, and prints one line of
JSON: what a matrix product and a convolution round to, with the framework's switch off and on.
"""

import importlib
import json
import sys
from collections.abc import Callable

MODULE = "tests.gpu.frameworks.rounding"
FRAMEWORKS = ("jax", "pytorch", "tensorflow")
# Multiplies this number by one; the switch allows TF32 or does not.
Multiply = Callable[[float, bool], float]
KEPT_BY_TF32 = 1 + 2**-9
KEPT_BY_FLOAT32 = 1 + 2**-12


def find_rounding(multiply: Multiply, allows_tf32: bool) -> str:
    """Tell which of float32, TF32 and bfloat16 a multiplication rounds to."""
    if _is_kept(multiply(KEPT_BY_FLOAT32, allows_tf32), KEPT_BY_FLOAT32):
        return "float32"
    if _is_kept(multiply(KEPT_BY_TF32, allows_tf32), KEPT_BY_TF32):
        return "tf32"
    return "bfloat16"


def _is_kept(product: float, value: float) -> bool:
    # Winograd's convolution has rounding of its own, far below.
    return abs(product - value) < abs(product - 1)


def main(framework: str, device: str) -> None:
    """Print what each operation rounds to."""
    file = importlib.import_module(f"tests.gpu.frameworks.{framework}")
    operations: dict[str, Multiply] = file.prepare(device)
    results = [
        {
            "operation": operation,
            "allows_tf32": allows_tf32,
            "rounds_to": find_rounding(multiply, allows_tf32),
        }
        for operation, multiply in operations.items()
        for allows_tf32 in (False, True)
    ]
    print(json.dumps(results))


if __name__ == "__main__":
    main(*sys.argv[1:])
