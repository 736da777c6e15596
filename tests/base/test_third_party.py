"""Optional packages: given when they are there, else the error says how to get them."""

from __future__ import annotations

import pytest

from keras_torch.base import third_party
from keras_torch.base.third_party import need


def test_a_package_that_is_there_is_given():
    assert need("json.decoder", "to read").JSONDecoder.__name__ == "JSONDecoder"


@pytest.mark.parametrize(
    "module, sentence",
    [
        (
            "no_such_package",
            r"^The package 'no_such_package' is needed to draw, and it is not installed\. "
            r"Run: pip install no_such_package$",
        ),
        ("no_such_package.part", "Run: pip install no_such_package$"),
    ],
)
def test_a_missing_package_is_named_with_its_command(module, sentence):
    with pytest.raises(ImportError, match=sentence) as caught:
        need(module, "to draw")
    assert isinstance(caught.value.__cause__, ImportError)


@pytest.mark.parametrize(
    "module, package", [("sklearn", "scikit-learn"), ("PIL.Image", "pillow"), ("yaml", "pyyaml")]
)
def test_the_command_has_the_name_that_pip_knows(monkeypatch, module, package):
    def refuse(name):
        raise ImportError(name)

    monkeypatch.setattr(third_party.importlib, "import_module", refuse)
    with pytest.raises(ImportError, match=f"Run: pip install {package}$"):
        need(module, "to go on")
