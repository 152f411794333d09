"""What each framework's own build for the CPU says when it is asked for a GPU."""

from pathlib import Path

import pytest

from bench.errors import UnavailableError
from bench.host.ceilings.measurement import drop_unusable_environments
from bench.host.environments.preparation import prepare_environment
from bench.host.frameworks.framework import discover
from tests.conftest import WITHOUT_GPU, unavailable


@WITHOUT_GPU
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pytorch", "Torch not compiled with CUDA enabled"),
        ("jax", "JAX 0.10.2 finds no device of the kind 'cuda' (it does not say why"),
        ("tensorflow", "finds no GPU"),
        ("mxnet", "GPU is not enabled"),
    ],
)
def test_its_own_words_are_the_reason(name: str, words: str, tmp_path: Path) -> None:
    framework = discover()[name]
    try:
        environment = prepare_environment(framework, "cpu", {}, lambda line: None)
    except UnavailableError as error:
        unavailable(str(error))
    found = drop_unusable_environments(
        {name: environment}, {name: framework}, "cuda", 1, tmp_path, lambda line: None
    )[name]
    assert isinstance(found, UnavailableError)
    assert words in str(found)
    assert "\n" not in str(found)
