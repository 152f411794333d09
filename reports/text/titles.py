"""How names in records are written for people."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from bench.models import MODELS
from bench.optimizer import Optimizer
from bench.records.results import COMMIT_DIGITS, Record

FRAMEWORKS = {
    "pytorch": "PyTorch",
    "tensorflow": "TensorFlow",
    "mxnet": "MXNet",
    "jax": "JAX",
    "numpy": "NumPy",  # among a CPU's ceilings
}
DATASETS = {
    "mnist": "MNIST",
    "cifar10": "CIFAR-10",
    "cifar10-subset": "CIFAR-10 (5,000-image subset)",
}
SYNTHETIC = "synthetic"
DEVICES = {"cpu": "CPU", "cuda": "GPU (CUDA)"}
PRECISIONS = {"ieee": "IEEE float32", "tf32": "TF32", "bf16": "bfloat16"}
RULES = {"sgd": "SGD", "adam": "Adam"}
IN_TURNS = "in turns"
SOURCES = {
    "device": "arrays on the device",
    "native": "own loader",
    "prepared": "prepared arrays",
}
ENDS = {
    "ok": "finished",
    "garbled": "sent what is no event",
    "no result": "ended without a result",
    "out of memory": "ran out of memory",
    "silent": "fell silent",
    "skipped": "was skipped",
    "timeout": "timed out",
}
DIGESTS = {"weights": "initial weights", "data": "data", "order": "batch order"}


def _look_up_in(titles: Mapping[str, str]) -> Callable[[str], str]:
    return lambda name: titles.get(name, name)


# Each takes a name as records have it, and gives one that it does not know as it is.
describe_framework = _look_up_in(FRAMEWORKS)
describe_dataset = _look_up_in(DATASETS)
describe_device = _look_up_in(DEVICES)
describe_precision = _look_up_in(PRECISIONS)
describe_source = _look_up_in(SOURCES)
describe_end = _look_up_in(ENDS)
describe_digest = _look_up_in(DIGESTS)


def describe_model(name: str) -> str:
    """The exact setting of a model, as its description calls it."""
    return MODELS[name].title if name in MODELS else name


def title_framework(record: Record) -> str:
    """A record's framework as the record calls it; older records and ours have one here."""
    return record.framework_title or describe_framework(record.trial.framework)


def title_model(record: Record) -> str:
    """A record's model as the record calls it; older records and ours have one here."""
    return record.model_title or describe_model(record.trial.model)


def find_family(name: str) -> str:
    """The family that a model is a setting of; of an unknown model its name."""
    return MODELS[name].family if name in MODELS else name


def is_synthetic(name: str) -> bool:
    """Whether a data set is drawn at random: an accuracy on it means nothing."""
    return name == SYNTHETIC or name.startswith(f"{SYNTHETIC}-")


def describe_optimizer(rule: Optimizer) -> str:
    """An update rule with its constants and its learning rate; people count epochs from 1."""
    if rule.name == "adam":
        constants = f"beta1 {rule.beta1}, beta2 {rule.beta2} and epsilon {rule.epsilon}"
    else:
        constants = f"momentum {rule.momentum}" if rule.momentum else "no momentum"
    parts = (
        f"{RULES.get(rule.name, rule.name)} with {constants}",
        f"learning rate {rule.learning_rate}",
        *(f"from epoch {change.epoch + 1} on {change.learning_rate}" for change in rule.changes),
        f"weight decay {rule.weight_decay}" if rule.weight_decay else "no weight decay",
    )
    return ", ".join(parts)


def join_words(parts: list[str]) -> str:
    """Parts as an English list: a, b and c."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def format_count(number: int, noun: str) -> str:
    """A number with its noun: 1 trial, 2 trials."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def format_days(started: Iterable[str]) -> str:
    """The day of the first and, if another, of the last start, as records have them."""
    dates = sorted(start[:10] for start in started)
    return dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"


def shorten_commit(digits: str | None) -> str:
    """The first digits of a commit of samestep, or that nobody knows it."""
    return (digits or "unknown")[:COMMIT_DIGITS]


def count_each(values: Iterable[str]) -> list[str]:
    """How often each value is there, in order of appearance: 2 ok, 1 timeout."""
    return [f"{count} {value}" for value, count in Counter(values).items()]
