"""`Registry`: one family found by names, classes, configs and instances."""

from __future__ import annotations

import pytest

from keras_torch.base import serialization
from keras_torch.base.configurable import Configurable
from keras_torch.base.custom_objects import CustomObjectScope
from keras_torch.base.registry import Registry


class RoundShape(Configurable):
    """A member that has a config."""

    def __init__(self, radius=1):
        self.radius = radius


def flat(value):
    """A member that is a function."""
    return value


@pytest.fixture
def shapes(monkeypatch):
    """A family of two; forgotten after the test."""
    monkeypatch.setattr(serialization, "_registries", list(serialization._registries))
    return Registry("shape", {"RoundShape": RoundShape, "flat": flat})


@pytest.mark.parametrize(
    "identifier", ["RoundShape", "round_shape", RoundShape, {"class_name": "RoundShape", "config": {}}]
)
def test_names_classes_and_configs_give_instances(shapes, identifier):
    assert type(shapes.get(identifier)) is RoundShape and shapes.get(identifier).radius == 1


def test_none_functions_and_instances_are_themselves(shapes):
    assert shapes.get(None) is None
    assert shapes.get(flat) is shapes.get("flat") is shapes.get("FLAT") is flat

    def other():
        return 1

    assert shapes.get(other) is other


def test_an_unknown_name_names_its_neighbours(shapes):
    with pytest.raises(ValueError, match="^No shape is called 'round_shap'. Nearest known: 'round_shape'"):
        shapes.get("round_shap")


@pytest.mark.parametrize("identifier", [3, ["flat"], {"radius": 1}])
def test_what_stands_for_nothing_is_refused(shapes, identifier):
    with pytest.raises(
        TypeError, match="^A shape must be a name, a config, a class, an object or a function; got "
    ):
        shapes.get(identifier)


def test_configs_go_both_ways(shapes):
    config = shapes.serialize(RoundShape(4))
    assert config["class_name"] == "RoundShape" and config["config"] == {"radius": 4}
    assert shapes.deserialize(config).radius == shapes.get(config).radius == 4
    assert shapes.serialize(flat) == "flat" and shapes.deserialize("flat") is flat


def test_the_family_comes_first_where_two_have_the_name(shapes):
    class Twin(RoundShape):
        """Has the name of another family's member."""

    other = Registry("figure", {"RoundShape": Twin})
    config = {"class_name": "RoundShape", "config": {}}
    assert type(shapes.deserialize(config)) is RoundShape and type(other.deserialize(config)) is Twin
    assert type(serialization.deserialize_keras_object({**config, "module": "keras.figures"})) is Twin


def test_members_are_added_with_aliases(shapes):
    class Square(RoundShape):
        """Comes later."""

    assert shapes.register(Square, "quad") is Square
    shapes.alias("box", Square)
    assert {type(shapes.get(name)) for name in ("Square", "square", "quad", "box")} == {Square}
    assert shapes.name_of(Square) == "Square" and {"quad", "box"} <= set(shapes.names())
    assert shapes.name_of(len) is None and shapes.name_of([]) is None and shapes.find("nobody") is None


def test_an_alias_replaces_no_member(shapes):
    shapes.alias("flat", RoundShape)
    assert shapes.get("flat") is flat


def test_custom_objects_win(shapes):
    def other(value):
        return value

    assert shapes.get("flat", {"flat": other}) is other
    with CustomObjectScope({"flat": other}):
        assert shapes.get("flat") is other
    assert shapes.get("flat") is flat
