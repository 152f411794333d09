"""Nothing of a planted defect is left to the user."""

from pathlib import Path

import pytest

from tests.impls.conftest import Environments


@pytest.fixture(autouse=True)
def _own_cache(environments: Environments, cache: Path) -> None:
    """No certificate of these is left to the user."""
