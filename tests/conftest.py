"""What holds for every test: rows can be imported, seeds are fixed, nothing is left from the test before."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))  # `from cases.arrays import floats`
torch.set_num_threads(1)  # the tensors are tiny, and several test processes share the cores


def _clear_session() -> None:
    """Forgets names, policies and scopes, if the package has been imported by the tests at all."""
    package = sys.modules.get("keras_torch")
    if hasattr(package, "utils") and hasattr(package.utils, "clear_session"):
        package.utils.clear_session()


@pytest.fixture(autouse=True)
def _fresh_start():
    """The same random numbers and the same automatic names for each test, in whatever order they run."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    _clear_session()
    yield
