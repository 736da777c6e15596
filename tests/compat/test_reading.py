"""Scripts of Keras read tensors by numpy, whatever torch thinks of it."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from keras_torch.compat.reading import let_numpy_ask_torch, let_numpy_read_tensors


@pytest.fixture
def readable():
    let_numpy_read_tensors()
    yield
    let_numpy_ask_torch()


def test_tensors_with_a_gradient_are_read(readable):
    x = torch.ones(2, requires_grad=True) * 2
    assert x.numpy().tolist() == np.asarray(x).tolist() == [2.0, 2.0]
    assert np.array(x, dtype="int64").dtype == np.int64


def test_plain_tensors_still_share_their_memory(readable):
    x = torch.zeros(2)
    x.numpy()[0] = 1
    assert x.tolist() == [1.0, 0.0]


def test_taking_it_back_leaves_torch_as_it_was():
    before = torch.Tensor.numpy
    let_numpy_read_tensors()
    let_numpy_read_tensors()
    let_numpy_ask_torch()
    assert torch.Tensor.numpy is before
    with pytest.raises(RuntimeError, match="requires grad"):
        torch.ones(1, requires_grad=True).numpy()


@pytest.mark.parametrize("imports, code", [("", 0), ("import torch\n", 1)])
def test_run_does_it_for_scripts_without_torch(tmp_path, imports, code):
    (tmp_path / "main.py").write_text(
        f"{imports}import keras\nmodel = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])\n"
        "print(model(keras.ops.ones((3, 2))).numpy().shape)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "keras_torch", "run", str(tmp_path / "main.py")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == code and ("(3, 1)" in done.stdout) is (code == 0), done.stderr
