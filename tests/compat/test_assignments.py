"""In-place assignments of Keras scripts make new tensors."""

import subprocess
import sys
import textwrap

import pytest
import torch

from keras_torch.base.variable import Variable
from keras_torch.compat.assignments import NAME, OwnFinder, assign, compile_script


def run(text, **names):
    namespace = {NAME: assign, **names}
    exec(compile_script(textwrap.dedent(text), "script"), namespace)
    return namespace


@pytest.mark.parametrize(
    "statement, expected",
    [
        ("y += 2", 5.0),
        ("y -= 2", 1.0),
        ("y *= 2", 6.0),
        ("y /= 2", 1.5),
        ("y //= 2", 1.0),
        ("y **= 2", 9.0),
        ("y %= 2", 1.0),
    ],
)
def test_a_tensor_is_replaced_and_the_old_one_kept(statement, expected):
    x = torch.tensor(3.0)
    found = run(f"import keras\ny = x\n{statement}".replace("import keras", "import keras_torch"), x=x)
    assert float(found["y"]) == expected and float(x) == 3.0


def test_attributes_of_names_are_replaced_too():
    class Holder:
        value = torch.ones(1)

    before = Holder.value
    run("import keras_torch\nholder.value += 1", holder=Holder)
    assert float(Holder.value) == 2.0 and float(before) == 1.0


def test_other_objects_change_as_python_says():
    found = run(
        "import keras_torch\na = items\na += [2]\nn = 1\nn += 1\nd = {'k': 1}\nd['k'] += 1", items=[1]
    )
    assert found["items"] == [1, 2] and found["n"] == 2 and found["d"] == {"k": 2}


def test_a_weight_is_read_and_not_changed():
    weight = Variable(torch.ones(1))
    found = run("import keras_torch\nw = weight\nw += 1", weight=weight)
    assert found["w"].tolist() == [2.0] and weight.tolist() == [1.0]


@pytest.mark.parametrize("imports", ["import torch\nimport keras_torch", "import math"])
def test_scripts_with_torch_or_without_keras_stay_as_they_are(imports):
    x = torch.ones(1)
    run(f"{imports}\ny = x\ny += 1", x=x)
    assert float(x) == 2.0


def test_errors_keep_their_line():
    with pytest.raises(ZeroDivisionError) as caught:
        run("import keras_torch\n\nx = 1\nx /= 0")
    assert 4 in [entry.lineno + 1 for entry in caught.traceback if str(entry.path).endswith("script")]


def test_modules_elsewhere_are_not_ours():
    assert OwnFinder("/nowhere").find_spec("pytest") is None
    assert OwnFinder("/nowhere").find_spec("json") is None


def test_a_module_beside_the_script_is_compiled_alike_and_not_cached(tmp_path):
    (tmp_path / "mine.py").write_text("import keras\ndef double(x):\n    x *= 2\n    return x\n")
    (tmp_path / "main.py").write_text(
        "import keras\nimport mine\nimport keras.backend as K\nx = K.ones((1,))\n"
        "mine.double(x)\nprint(float(x))\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "keras_torch", "run", str(tmp_path / "main.py")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.strip() == "1.0", done.stderr
    assert not (tmp_path / "__pycache__").exists()
