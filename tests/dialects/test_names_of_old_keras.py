"""Every public name of Keras 1.2.2, 2.2.4 and 2.3.1 is here under that dialect and takes its arguments."""

from __future__ import annotations

import inspect

import pytest
from cases import old_names, old_names_left_out

from keras_torch import layers
from keras_torch.dialects import dialect

GENERATIONS = tuple(old_names.FILES)


def is_left_out(module):
    """Whether a module, or one above it, is looked at nowhere."""
    return any(module == path or module.startswith(path + ".") for path in old_names_left_out.MODULES)


def missing_names(generation, names):
    """module -> the names that are not found; `names`: module -> names."""
    found = {}
    for module, wanted in names.items():
        for name in wanted:
            try:
                old_names.find(generation, module, name)
            except (AttributeError, ModuleNotFoundError):
                found.setdefault(module, set()).add(name)
    return found


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_name_is_there_or_left_out_for_a_reason(generation):
    names = {module: names for module, names in old_names.inventory(generation)["names"].items()
             if not is_left_out(module)}
    known = {*old_names_left_out.LEFT_OUT, *old_names_left_out.AWAITED}
    with dialect(generation):
        missing = missing_names(generation, names)
    assert {module: names - known for module, names in missing.items() if names - known} == {}


def test_no_name_is_left_out_that_is_there():
    missing = set()
    for generation in GENERATIONS:
        with dialect(generation):
            for names in missing_names(generation, old_names.inventory(generation)["names"]).values():
                missing |= names
    assert set(old_names_left_out.LEFT_OUT) - missing == set()


def test_a_name_that_is_not_there_is_noticed():
    with dialect("keras1"):
        assert missing_names("keras1", {"layers": ["Dense", "Danse"], "nothing": ["x"]}) == {
            "layers": {"Danse"}, "nothing": {"x"}}


def objects(generation):
    """(module, name, our object, description of Keras's) for all that is here."""
    for key, (module, name) in sorted(old_names.homes(generation).items()):
        if is_left_out(module):
            continue
        try:
            yield module, name, old_names.find(generation, module, name), (
                old_names.inventory(generation)["objects"][key])
        except (AttributeError, ModuleNotFoundError):
            continue


@pytest.mark.parametrize("generation", GENERATIONS)
def test_arguments_have_their_old_names_places_and_defaults(generation):
    found = {}
    with dialect(generation):
        for module, name, ours, keras in objects(generation):
            compare = (old_names.constructor_differences if old_names.is_made(ours)
                       else old_names.signature_differences)
            differences = compare(ours, keras["arguments"])
            if differences and f"{module} {name}" not in old_names_left_out.ARGUMENTS:
                found[f"{module} {name}"] = differences
    assert found == {}


@pytest.mark.parametrize("generation", GENERATIONS)
def test_methods_and_properties_are_there(generation):
    known = {member for members in old_names_left_out.MEMBERS.values() for member in members.split()}
    found = set()
    with dialect(generation):
        for _, name, ours, keras in objects(generation):
            for member in (*keras.get("methods", ()), *keras.get("properties", ())):
                if inspect.isclass(ours) and inspect.getattr_static(ours, member, None) is None:
                    found.add(f"{name}.{member}")
    assert {member for member in found - known
            if not member.endswith(f".{old_names_left_out.EVERYWHERE}")} == set()


def test_a_wrong_order_a_wrong_default_and_an_unknown_argument_are_noticed():
    def ours(first, second=2):
        return first, second

    required = old_names.REQUIRED
    assert old_names.signature_differences(ours, {"first": required, "second": 2}) == []
    assert old_names.signature_differences(ours, {"second": 2, "first": required}) != []
    assert old_names.signature_differences(ours, {"first": required, "second": 3}) == [
        "`second` is 2 by default, in Keras 3"]
    assert old_names.signature_differences(ours, {"third": required}) == ["`third` is not known"]
    assert old_names.constructor_differences(layers.Dropout, {"rate": required}) == []
    assert "seed" not in old_names.constructor_differences(layers.Dense, {"units": required, "no": 1})[0]
    assert old_names.constructor_differences(layers.Dense, {"units": required, "activation": "relu"}) != []
