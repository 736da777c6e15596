"""Every row of callbacks: what they do, when they are called and what they print, against real Keras."""

import json
import re

import pytest
from cases import callback_cases as cases

import keras_torch
from keras_torch.callbacks import EarlyStopping
from keras_torch.callbacks.directions import direction_of
from keras_torch.dialects import dialect

GENERATIONS = ("keras3", "tf.keras")
RECORDED = {generation: cases.recorded(generation) for generation in GENERATIONS}


@pytest.fixture(params=GENERATIONS)
def generation(request):
    """The generation in force."""
    with dialect(request.param):
        yield request.param


def _as_stored(answer):
    """As it looks after a journey through JSON; nan equals nan then."""
    return json.loads(json.dumps(answer, sort_keys=True), parse_constant=str)


def _stored(generation, kind, name):
    return _as_stored(RECORDED[generation][kind][name])


@pytest.mark.parametrize("name", cases.ROWS)
def test_what_a_callback_does(name, generation, tmp_path):
    answer, expected = (
        _as_stored(cases.drive(keras_torch, cases.ROWS[name], tmp_path)),
        _stored(generation, "rows", name),
    )
    if generation == "tf.keras":
        expected["warned"] = answer["warned"]  # it writes to a log file of TensorFlow's
    for key in expected:
        assert answer[key] == expected[key], key


@pytest.mark.parametrize("name", cases.RUNS)
def test_order_of_hooks(name, generation):
    expected = _stored(generation, "hooks", name)
    if name == "two steps per execution" and generation == "keras3":
        # Keras on TensorFlow counts a last batch that is not there; tf.keras does not.
        assert expected[7] == ["on_train_batch_end", 3, ["loss", "mae"]]
        expected[7][1] = 2
    assert _as_stored(cases.hooks_of(keras_torch, **cases.RUNS[name])) == expected


def _without_times(lines):
    """Lines without the time of an epoch, which tf.keras prints."""
    return [re.sub(r"\d+\w*/epoch", "T/epoch", line) for line in lines]


@pytest.mark.parametrize("name", cases.LINES)
def test_lines_of_progress(name, generation):
    if (name, generation) == ("auto", "tf.keras"):
        pytest.skip("there `fit` says what it means, and the logger is silent")
    lines = cases.lines_of(keras_torch, **cases.LINES[name])
    assert _without_times(lines) == _without_times(RECORDED[generation]["lines"][name])


@pytest.mark.parametrize("name", cases.PRINTED)
def test_what_a_training_prints(name, generation):
    lines = cases.printed(keras_torch, **cases.PRINTED[name])
    assert _without_times(lines) == _without_times(RECORDED[generation]["printed"][name])


@pytest.mark.parametrize("swap_on_epoch", [False, True])
def test_where_averaged_weights_are_in_force(swap_on_epoch):
    answer = cases.averaged(keras_torch, swap_on_epoch)
    expected = RECORDED["keras3"]["averaged"][str(swap_on_epoch)]
    assert answer["history"] == {name: pytest.approx(values) for name, values in expected["history"].items()}
    assert answer["weights"] == [pytest.approx(row, rel=1e-5, abs=1e-6) for row in expected["weights"]]


def _direction(model, key):
    callback = EarlyStopping("val_" + key)
    callback.set_model(model)
    try:
        return "up" if callback._is_improvement(2.0, 1.0) else "down"
    except ValueError as error:
        assert "cannot tell whether more" in str(error)
        return "error"


@pytest.mark.parametrize(
    "name", [name for name, said in RECORDED["keras3"]["monitors"].items() if said != "not in a model"]
)
def test_direction_of_a_metric_in_training(name):
    expected = RECORDED["keras3"]["monitors"][name]
    assert cases.direction_in_training(keras_torch, name, _direction) == expected


@pytest.mark.parametrize("name", RECORDED["keras3"]["directions"])
def test_which_way_a_metric_gets_better(name):
    said = RECORDED["keras3"]["directions"][name]
    assert direction_of(getattr(keras_torch.metrics, name)) == {"up": 1, "down": -1, None: None}[said]


@pytest.mark.parametrize("name", cases.BOARDS)
def test_tags_of_tensorboard(name, tmp_path):
    cases.board(keras_torch, tmp_path, **cases.BOARDS[name])
    found = cases.tags_in(tmp_path)
    assert found == RECORDED["keras3"]["boards"][name]
    older = {
        tag: steps for tag, steps in RECORDED["tf.keras"]["boards"][name].items() if "_0/" not in tag
    }  # tf.keras numbers weights
    assert {tag: found[tag] for tag in older} == older
