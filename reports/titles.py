"""How names in records are written for people."""

FRAMEWORKS = {"pytorch": "PyTorch", "tensorflow": "TensorFlow", "mxnet": "MXNet", "jax": "JAX"}
MODELS = {
    "lenet": "LeNet",
    "lenet-1998": "LeNet (1998)",
    "alexnet": "AlexNet",
    "resnet": "ResNet",
    "lstm": "LSTM",
}
DEVICES = {"cpu": "CPU", "cuda": "GPU (CUDA)"}
PRECISIONS = {"ieee": "IEEE float32", "tf32": "TF32", "bf16": "bfloat16"}
DIGESTS = {"weights": "initial weights", "data": "data", "order": "batch order"}


def framework(name: str) -> str:
    """A framework as its own project writes it."""
    return FRAMEWORKS.get(name, name)


def model(name: str) -> str:
    """A model as papers write it."""
    return MODELS.get(name, name)


def device(name: str) -> str:
    """A device in words."""
    return DEVICES.get(name, name)


def precision(name: str) -> str:
    """A precision in words."""
    return PRECISIONS.get(name, name)


def digest(name: str) -> str:
    """What a digest was made from, in words."""
    return DIGESTS.get(name, name)


def listing(parts: list[str]) -> str:
    """Parts as an English list: a, b and c."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 trial, 2 trials."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
