"""The checker: what each check accepts, and its sentence when it does not."""

from __future__ import annotations

import numpy as np
import pytest

from keras_torch.base import checks
from keras_torch.base.checks import Term, fail, nearest, one_of, quote, unknown_argument

NAN = float("nan")
# check, accepted, refused, the end of the sentence
CHECKS = [
    (checks.positive_int, [1, np.int64(3)], [0, -1, 1.0, True, "1", NAN], "a positive integer"),
    (checks.nonnegative_int, [0, 5], [-1, 0.0, False], "an integer of at least 0"),
    (checks.integer, [-1, 0, np.int8(2)], [1.0, True, None], "an integer"),
    (checks.number, [-1, 0.5, np.float32(1)], ["1", True, 1j], "a number"),
    (checks.positive_number, [1, 1e-7], [0, -0.1, NAN, True], "a positive number"),
    (checks.nonnegative_number, [0, 0.1], [-0.1, NAN, "0"], "a number of at least 0"),
    (checks.fraction, [0, 0.5, 1], [-0.1, 1.1, NAN, True], "a fraction from 0 to 1"),
    (checks.fraction_below_one, [0, 0.99], [1, 1.0, -0.1, NAN], "a fraction from 0 to below 1"),
    (
        checks.boolean,
        [True, False, 0, 1, np.bool_(True)],
        [2, "yes", None, [1], np.array([1, 0])],
        "True or False",
    ),
    (checks.string, ["", "a"], [1, b"a", None], "a string"),
    (checks.function, [abs, int, lambda: 0], ["abs", None], "a function"),
    (one_of("a", "b"), ["a", "b"], ["c", None, np.arange(2)], "'a' or 'b'"),
    (one_of("a", "b", 1), ["a", 1], [True, 1.0, "1"], "one of 'a', 'b', 1"),
    (one_of(True, None), [True, None], [1, False], "True or None"),
]


@pytest.mark.parametrize("check, value", [(row[0], value) for row in CHECKS for value in row[1]])
def test_what_fits_passes(check, value):
    check("Dense", "units", value)


@pytest.mark.parametrize(
    "check, value, sentence", [(row[0], value, row[3]) for row in CHECKS for value in row[2]]
)
def test_what_does_not_fit_is_told_in_one_sentence(check, value, sentence):
    with pytest.raises(ValueError) as caught:
        check('Dense "head"', "units", value)
    assert str(caught.value).startswith(f'Dense "head": `units` must be {sentence}; got {value!r}.')


def test_one_of_names_the_nearest_or_gives_its_hint():
    with pytest.raises(ValueError, match="got 'sam'. Nearest known: 'same'.$"):
        one_of("valid", "same", "causal")("Conv1D", "padding", "sam")
    with pytest.raises(ValueError, match="got 'causal'. Conv1D can do that.$"):
        one_of("valid", "same", hint="Conv1D can do that.")("Conv2D", "padding", "causal")


@pytest.mark.parametrize(
    "name, known, sentence",
    [
        ("Adma", ["adam", "sgd"], "Nearest known: 'adam'."),
        ("zzz", ["b", "a"], "Known: 'a', 'b'."),
        (3, ["a"], "Known: 'a'."),
        ("zzz", ["name" + str(index) for index in range(13)], "13 names are known, none is near."),
    ],
)
def test_nearest_names_what_is_near_or_all_when_they_are_few(name, known, sentence):
    assert nearest(name, known) == sentence


def test_long_values_are_cut():
    assert quote("a" * 118) == repr("a" * 118)
    assert quote("a" * 200) == "'" + "a" * 116 + "..."


def test_fail_words_the_error():
    with pytest.raises(ValueError, match=r"^fit\(\): `epochs` must be a positive integer; got 0\.$"):
        fail("fit()", "epochs", 0, "a positive integer")
    with pytest.raises(TypeError, match=r"; got 0\. Give at least one\.$"):
        fail("fit()", "epochs", 0, "a positive integer", "Give at least one.", error=TypeError)


def test_an_unknown_argument_is_named_with_its_neighbours():
    with pytest.raises(TypeError, match="^Dense has no argument `unit`. Nearest known: 'units'.$"):
        unknown_argument("Dense", "unit", ["units", "activation"])
    with pytest.raises(TypeError, match="^Dense has no argument `unit`. Write units.$"):
        unknown_argument("Dense", "unit", ["units"], hint="Write units.")


def test_a_term_checks_then_converts():
    term = Term(checks.number, float)
    assert term.apply(None, "X", "a", 2) == 2.0 and type(term.apply(None, "X", "a", 2)) is float
    assert Term().apply(None, "X", "a", "anything") == "anything"
    with pytest.raises(ValueError, match="X: `a` must be a number; got 'b'"):
        term.apply(None, "X", "a", "b")


def test_none_is_checked_only_where_it_is_not_optional():
    assert Term(checks.number, float).apply(None, "X", "a", None) is None
    with pytest.raises(ValueError, match="`a` must be a number; got None"):
        Term(checks.number, float, optional=False).apply(None, "X", "a", None)
