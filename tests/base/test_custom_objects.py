"""Names of users' own classes and functions: scopes, the registering decorator, and who wins."""

from __future__ import annotations

import threading

import pytest

from keras_torch.base import custom_objects as custom
from keras_torch.base.configurable import Configurable
from keras_torch.base.custom_objects import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    is_registered,
    lookup,
    register_keras_serializable,
    scoped_name,
)


@pytest.fixture(autouse=True)
def untouched(monkeypatch):
    """Empty tables for the test."""
    monkeypatch.setattr(custom, "_registered", {})
    monkeypatch.setattr(custom, "_registered_names", {})


def one():
    return 1


def two():
    return 2


def test_scopes_nest_and_the_inner_one_wins():
    with CustomObjectScope({"f": one, "g": one}):
        with custom_object_scope({"f": two}) as scope:
            assert lookup("f") is two and lookup("g") is one and scope.custom_objects == {"f": two}
        assert lookup("f") is one
    assert lookup("f") is None


def test_a_scope_is_left_after_an_error():
    with pytest.raises(KeyError), CustomObjectScope({"f": one}):
        raise KeyError
    assert lookup("f") is None


def test_an_empty_scope_is_allowed():
    with CustomObjectScope(), CustomObjectScope(None):
        assert lookup("f") is None


def test_given_objects_win_over_scopes_and_scopes_over_the_registry():
    get_custom_objects()["f"] = one
    assert lookup("f") is one
    with CustomObjectScope({"f": two}):
        assert lookup("f") is two and lookup("f", {"f": len}) is len


def test_another_thread_does_not_see_the_scope():
    seen = []
    with CustomObjectScope({"f": one}):
        thread = threading.Thread(target=lambda: seen.append(lookup("f")))
        thread.start()
        thread.join()
    assert seen == [None]


def test_registered_names_have_their_package():
    assert register_keras_serializable()(one) is one
    register_keras_serializable("mine", "zwei")(two)
    assert (get_registered_name(one), get_registered_name(two)) == ("Custom>one", "mine>zwei")
    assert get_registered_object("mine>zwei") is two and is_registered(two)
    assert get_custom_objects() == {"Custom>one": one, "mine>zwei": two}


def test_names_of_what_is_not_registered():
    assert get_registered_name(one) == "one" and not is_registered(one) and not is_registered(3)
    assert get_registered_object("one") is None
    assert get_registered_object("one", {"one": one}) is one


def test_a_name_without_package_is_enough_where_only_one_has_it():
    register_keras_serializable("a", "f")(one)
    assert lookup("f") is one and lookup("b>f") is None
    register_keras_serializable("b", "f")(two)
    assert lookup("f") is None and lookup("b>f") is two


def test_a_scope_answers_to_the_name_without_package():
    with CustomObjectScope({"f": one}):
        assert lookup("any>f") is one


def test_a_class_without_get_config_is_refused():
    with pytest.raises(
        ValueError, match=r"^Bare cannot be registered: it has no get_config\(\). Write one that "
    ):

        @register_keras_serializable()
        class Bare:
            pass


def test_a_class_with_get_config_is_registered():
    @register_keras_serializable("mine")
    class Full(Configurable):
        pass

    assert get_registered_object("mine>Full") is Full


def test_the_name_in_force_is_found_for_an_object():
    assert scoped_name(one) is None
    with CustomObjectScope({"f": one}):
        assert scoped_name(one) == "f"
    register_keras_serializable("a")(one)
    assert scoped_name(one) == "a>one"
