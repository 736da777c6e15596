"""YAML of old Keras: tuples and numbers of numpy are data, everything else of Python is refused."""

import base64

import numpy as np
import pytest

from keras_torch.compat import old_yaml

yaml = pytest.importorskip("yaml")


def binary(value):
    """A number's bytes as YAML has them."""
    return base64.b64encode(np.asarray(value).tobytes()).decode()


RECONSTRUCT = "!!python/object/apply:numpy.core.multiarray._reconstruct"
DTYPE = "!!python/object/apply:numpy.dtype {{args: [{}, false, true], state: !!python/tuple [3, <]}}"
SCALAR = "!!python/object/apply:numpy.core.multiarray.scalar"


def test_tuples_and_numbers_of_numpy_become_plain():
    four = f"{SCALAR} [{DTYPE.format('i8')}, !!binary {binary(np.int64(4))}]"
    array = (f"{RECONSTRUCT} {{args: [!!python/name:numpy.ndarray '', !!python/tuple [0], !!binary Yg==], "
             "state: !!python/tuple [1, !!python/tuple [], "
             f"{DTYPE.format('f4')}, false, !!binary {binary(np.float32(0.5))}]}}")
    found = old_yaml.load(f"{{shape: !!python/tuple [1, 2], four: {four}, half: {array}}}")
    assert found == {"shape": (1, 2), "four": 4, "half": 0.5}


@pytest.mark.parametrize(
    "text",
    ["!!python/object/apply:os.system ['true']", "!!python/name:os.system ''",
     f"{SCALAR} [text, !!binary Yg==]", DTYPE.format("O8")],
)  # fmt: skip
def test_all_else_of_python_is_refused(text):
    with pytest.raises(yaml.YAMLError):
        old_yaml.load(text)
