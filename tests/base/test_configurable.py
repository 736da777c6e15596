"""Objects with a config: arguments are bound, checked, stored, and given back."""

from __future__ import annotations

import pytest
import torch

from keras_torch import initializers, layers
from keras_torch.base.checks import Term, number, positive_int
from keras_torch.base.configurable import Configurable, is_house_class, merged_vocabulary, owner_label
from keras_torch.dialects import dialect


class House(Configurable):
    """Stands for a class of keras_torch."""

    __module__ = "keras_torch.tests"
    vocabulary = {"size": Term(positive_int, optional=False), "rate": Term(number, float)}

    def __init__(self, size, rate=2, *, mode="fast", name=None):
        self.seen = (size, rate, mode, name)


class Room(House):
    """A house class below, with a term and an argument of its own."""

    __module__ = "keras_torch.tests"
    vocabulary = {"size": Term(number, str), "doors": Term(positive_int)}

    def __init__(self, doors=1, **kwargs):
        super().__init__(**kwargs)


def test_arguments_are_stored_converted_and_defaults_filled_in():
    house = House(3)
    assert (house.size, house.rate, house.mode, house.name) == (3, 2.0, "fast", "house")
    assert house.seen == (3, 2.0, "fast", "house") and type(house.rate) is float


def test_position_and_name_mean_the_same():
    assert (
        House(3, 4, mode="slow").get_config()
        == House(mode="slow", rate=4, size=3).get_config()
        == {"size": 3, "rate": 4.0, "mode": "slow", "name": "house"}
    )


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: House(), r"^House needs the argument `size`. Write House\(size=...\).$"),
        (
            lambda: House(1, 2, "fast"),
            r"^House takes at most 2 positional arguments \(size, rate\); got 3. Give the ",
        ),
        (lambda: House(1, size=2), "^House got `size` twice, by position and by name. Give it once.$"),
        (lambda: House(1, rat=2), "^House has no argument `rat`. Nearest known: 'rate'.$"),
        (
            lambda: House(1, zzz=2, name="h"),
            "^House \"h\" has no argument `zzz`. Known: 'mode', 'name', 'rate', 'size'.$",
        ),
        (lambda: Room(size=1, dors=2), "has no argument `dors`"),
    ],
)
def test_arguments_that_do_not_fit_the_signature_are_refused(make, message):
    with pytest.raises(TypeError, match=message):
        make()


def test_a_wrong_value_names_the_object_and_the_argument():
    with pytest.raises(ValueError, match='^House "big": `size` must be a positive integer; got -1.$'):
        House(-1, name="big")
    with pytest.raises(ValueError, match="`size` must be a positive integer; got None"):
        House(None)


def test_terms_are_inherited_and_replaced_by_name():
    assert set(merged_vocabulary(Room)) == {"size", "rate", "doors"}
    assert Room(size=2.5, rate=3).size == "2.5" and Room(size=2.5, rate=3).rate == 3.0
    with pytest.raises(ValueError, match="Room: `doors` must be a positive integer"):
        Room(0, size=1)


def test_the_config_lists_the_arguments_of_the_class_and_of_its_bases():
    config = Room(2, size=1, mode="slow").get_config()
    assert config == {"doors": 2, "size": "1", "rate": 2.0, "mode": "slow", "name": "room"}


def test_from_config_gives_an_equal_object_and_leaves_the_config_alone():
    config = House(3, name="h").get_config()
    before = dict(config)
    assert House.from_config(config).get_config() == before == config


def test_objects_inside_a_config_are_rebuilt():
    house = House(1, mode=[initializers.Constant(3.0), {"a": initializers.Zeros()}])
    twin = House.from_config(house.get_config())
    assert twin.mode[0].value == 3.0 and isinstance(twin.mode[1]["a"], initializers.Zeros)


def test_a_config_that_does_not_fit_says_what_to_write():
    with pytest.raises(
        TypeError,
        match=r"^House could not be rebuilt from its config \{'size': 1, 'x': 2\}: House "
        r"has no argument `x`.* Give the class a get_config\(\) that names just",
    ):
        House.from_config({"size": 1, "x": 2})


def test_todays_value_is_in_the_config():
    house = House(1)
    house.rate = 9.0
    assert house.get_config()["rate"] == 9.0


class Managed(Configurable):
    __module__ = "keras_torch.tests"
    self_managed = frozenset(["size"])

    def __init__(self, size, area=None, paint=None):
        self.size = size * 10

    @property
    def area(self):
        """A property without a setter."""
        return self.size**2

    def paint(self):
        """A method."""


def test_properties_methods_and_managed_arguments_are_not_overwritten():
    managed = Managed(2, area=7, paint=8)
    assert managed.size == 20 and managed.area == 400 and callable(managed.paint)


class Mine(layers.Layer):
    """As people write it: no get_config."""

    def __init__(self, units, scale=2.0, part=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.scale = scale
        self.part = part


class MineBelow(Mine):
    """Fixes an argument of its base and adds one."""

    def __init__(self, extra, **kwargs):
        super().__init__(7, **kwargs)


class MineOver(Mine):
    """Writes its get_config over super()."""

    def __init__(self, units, extra=1, **kwargs):
        super().__init__(units, **kwargs)
        self.extra_times_two = 2 * extra

    def get_config(self):
        return {**super().get_config(), "units": self.units, "extra": self.extra_times_two // 2}


class Closed(layers.Layer):
    """Takes no **kwargs."""

    def __init__(self, units):
        super().__init__()
        self.units = units


class WithModule(layers.Layer):
    """Is given a module and keeps it under another name."""

    def __init__(self, inner, rows=(1, 2), **kwargs):
        super().__init__(**kwargs)
        self.kept = inner


def test_a_user_class_without_get_config_makes_the_round_trip():
    mine = Mine(4, part=[1, "a"], name="m", dtype="float64")
    config = mine.get_config()
    assert config == {
        "units": 4,
        "scale": 2.0,
        "part": [1, "a"],
        "name": "m",
        "dtype": "float64",
        "trainable": True,
    }
    twin = Mine.from_config(config)
    assert twin.units == 4 and twin.part == [1, "a"] and twin.get_config() == config


def test_plain_arguments_of_a_user_class_are_attributes_even_if_it_does_not_store_them():
    assert WithModule(torch.nn.Linear(1, 1), rows=[3]).rows == [3]


def test_what_a_user_class_stores_itself_wins():
    class Doubled(layers.Layer):
        def __init__(self, units):
            super().__init__()
            self.units = 2 * units

    doubled = Doubled(3)
    assert doubled.units == 6 and Doubled.from_config(doubled.get_config()).units == 6


def test_a_user_class_below_another_records_what_it_was_given():
    below = MineBelow(1, scale=3.0, name="b")
    assert below.get_config() == {
        "extra": 1,
        "scale": 3.0,
        "name": "b",
        "trainable": True,
        "dtype": "float32",
    }
    twin = MineBelow.from_config(below.get_config())
    assert (twin.units, twin.scale, twin.extra) == (7, 3.0, 1)


def test_a_get_config_over_super_keeps_defaults_of_the_bases():
    over = MineOver(3, extra=5, name="o")
    twin = MineOver.from_config(over.get_config())
    assert (twin.units, twin.extra_times_two, twin.scale, twin.name) == (3, 10, 2.0, "o")
    assert twin.get_config() == over.get_config()


def test_a_user_class_without_kwargs_has_just_its_own_arguments_in_the_config():
    assert Closed(3).get_config() == {"units": 3} and Closed.from_config({"units": 3}).units == 3
    with pytest.raises(
        TypeError, match="Closed could not be rebuilt from its config .*unexpected keyword argument"
    ):
        Closed.from_config({"units": 3, "name": "c"})


def test_a_module_given_to_a_user_class_is_registered_once():
    layer = WithModule(torch.nn.Linear(1, 1))
    assert list(layer.state_dict()) == ["kept.weight", "kept.bias"] and layer.rows == (1, 2)


def test_arguments_called_like_a_property_or_method_of_a_user_class_are_left_to_it():
    class Clash(layers.Layer):
        def __init__(self, area, paint=1):
            super().__init__()

        @property
        def area(self):
            return "property"

        def paint(self):
            return "method"

    assert Clash(3).area == "property" and Clash(3).paint() == "method"
    assert Clash(3).get_config() == {"area": 3, "paint": 1}


class MyDense(layers.Dense):
    """A user's class below a house class, with open arguments."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)


def test_open_constructors_pass_everything_on():
    config = MyDense(3, activation="relu", name="d").get_config()
    assert (config["units"], config["activation"], config["name"]) == (3, "relu", "d")
    assert MyDense.from_config(config).units == 3


@pytest.mark.parametrize("generation", ["keras3", "keras1"])
def test_old_names_are_understood_and_two_names_of_one_argument_refused(generation):
    with dialect(generation):
        assert layers.Dense(output_dim=4).get_config()["units"] == 4
        with pytest.raises(
            TypeError, match="^Dense got `output_dim` and `units`, two names of one argument. Keep `u"
        ):
            layers.Dense(units=3, output_dim=4)
        with pytest.raises(TypeError, match="^Dense got `units` twice"):
            layers.Dense(3, output_dim=4)


def test_house_classes_are_told_from_those_of_users():
    assert is_house_class(House) and not is_house_class(Mine) and not is_house_class(dict)
    assert owner_label(Mine, "m") == 'Mine "m"' and owner_label(Mine) == owner_label(Mine, 3) == "Mine"
