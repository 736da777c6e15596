"""Class weights, sample weights and masks: one tensor before the loss, for every kind of data and target."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from cases.operation_count import CountOperations
from cases.training_models import (
    LABELS,
    NUMBERS,
    OTHER,
    SAMPLES,
    WEIGHTS,
    Numbered,
    X,
    batches,
    classifier,
    endless,
    generated,
    regressor,
    subclassed,
    two_headed,
)

import keras_torch
from keras_torch import layers, losses, optimizers
from keras_torch.dialects import dialect
from keras_torch.training.weighting import ClassTable, class_weights_of, settled_class_weight

CLASS_WEIGHT = {0: 0.5, 1: 2.0}  # class 2 is not listed: it weighs 1
AS_SAMPLES = np.array([CLASS_WEIGHT.get(int(label), 1.0) for label in LABELS], "float32")


def _flat(history):
    """Numbers by name and epoch."""
    return {(name, i): value for name, values in history.items() for i, value in enumerate(values)}


def _still(**arguments):
    """A classifier that does not learn, with equal weights each time."""
    keras_torch.utils.set_random_seed(3)
    return classifier(metrics=(), optimizer=optimizers.SGD(0.0), weighted_metrics=["accuracy"], **arguments)


def _history(data, **arguments):
    given = {"x": X, "y": LABELS, "batch_size": 8} if data is None else {"x": data}
    return _flat(_still().fit(**given, verbose=0, shuffle=False, **arguments).history)


WEIGHTED_BY_SAMPLE = {
    "1-D": (torch.tensor([0, 1, 2]), {0: 2.0, 1: 3.0}, [2.0, 3.0, 1.0]),
    "column": (torch.tensor([[0], [1]]), {0: 2.0}, [2.0, 1.0]),
    "floats": (torch.tensor([0.0, 1.0]), {1: 3.0}, [1.0, 3.0]),
    "one-hot": (torch.eye(3)[[2, 0]], {2: 4.0}, [4.0, 1.0]),
    "one-hot per step": (torch.eye(2)[torch.tensor([[0, 1], [1, 1]])], {1: 2.0}, [[1.0, 2.0], [2.0, 2.0]]),
    "column per step": (torch.tensor([[[0], [1]]]), {1: 2.0}, [[1.0, 2.0]]),
    "unlisted and negative": (torch.tensor([-1, 9]), {0: 5.0}, [1.0, 1.0]),
    "int8": (torch.tensor([1, 0], dtype=torch.int8), {1: 5.0}, [5.0, 1.0]),
    "bool": (torch.tensor([True, False]), {1: 5.0}, [5.0, 1.0]),
}


@pytest.mark.parametrize("name", WEIGHTED_BY_SAMPLE)
def test_weight_of_each_kind_of_target(name):
    targets, class_weight, expected = WEIGHTED_BY_SAMPLE[name]
    assert class_weights_of(targets, class_weight).tolist() == expected


def test_class_numbers_per_step_are_told_from_one_hot_rows_by_the_loss():
    targets = torch.tensor([[0, 1], [1, 1]])
    assert class_weights_of(targets, {1: 2.0}, sparse=True).tolist() == [[1.0, 2.0], [2.0, 2.0]]
    model = keras_torch.Sequential([keras_torch.Input((2, 4)), layers.Dense(3, activation="softmax")])
    model.compile(optimizers.SGD(0.0), losses.SparseCategoricalCrossentropy())
    x, y = np.random.RandomState(0).rand(4, 2, 4), np.array([[0, 1], [2, 1], [1, 1], [0, 0]])
    weights = np.array([[0.5, 2.0], [1.0, 2.0], [2.0, 2.0], [0.5, 0.5]])
    found = model.fit(x, y, class_weight=CLASS_WEIGHT, verbose=0).history["loss"]
    assert found == pytest.approx(model.fit(x, y, sample_weight=weights, verbose=0).history["loss"], rel=1e-6)


DATA = {
    "arrays": lambda: None,
    "generator": lambda: generated(batches()),
    "PyDataset": Numbered,
    "DataLoader": lambda: torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(LABELS)), batch_size=8
    ),
}


@pytest.mark.parametrize("name", DATA)
def test_class_weights_are_sample_weights_for_every_kind_of_data(name):
    found = _history(DATA[name](), class_weight=CLASS_WEIGHT)
    assert found == pytest.approx(_history(None, sample_weight=AS_SAMPLES), rel=1e-6)


def test_class_weights_of_endless_generators():
    found = _history(endless(), class_weight=CLASS_WEIGHT, steps_per_epoch=3, epochs=2)
    once = _history(None, sample_weight=AS_SAMPLES)["loss", 0]
    assert [found["loss", 0], found["loss", 1]] == pytest.approx([once, once], rel=1e-6)


def test_class_weights_multiply_sample_weights():
    for data in (None, generated(batches(weights=True))):
        sample = {"sample_weight": WEIGHTS} if data is None else {}
        found = _history(data, class_weight=CLASS_WEIGHT, **sample)
        assert found == pytest.approx(_history(None, sample_weight=WEIGHTS * AS_SAMPLES), rel=1e-6)


def test_train_on_batch_takes_class_weights():
    found = _still().train_on_batch(X, LABELS, class_weight=CLASS_WEIGHT)
    assert found == pytest.approx(_still().train_on_batch(X, LABELS, sample_weight=AS_SAMPLES), rel=1e-6)


def test_class_weights_do_not_reach_validation():
    model = _still()
    found = model.fit(X, LABELS, class_weight={0: 9.0}, validation_data=(X, LABELS), verbose=0).history
    assert found["val_loss"] == pytest.approx([model.evaluate(X, LABELS, verbose=0)[0]], rel=1e-6)


@pytest.mark.parametrize("class_weight", [{"q": CLASS_WEIGHT}, [None, CLASS_WEIGHT]])
def test_class_weights_by_output(class_weight):
    histories = []
    for arguments in (
        {"class_weight": class_weight},
        {"sample_weight": {"q": AS_SAMPLES}},
        {"sample_weight": [None, AS_SAMPLES]},
    ):
        keras_torch.utils.set_random_seed(0)
        model = two_headed()
        data = {"x": [X, OTHER], "y": [NUMBERS, LABELS], "shuffle": False}
        histories.append(_flat(model.fit(**data, epochs=2, verbose=0, **arguments).history))
    assert histories[0] == pytest.approx(histories[1], rel=1e-6)
    assert histories[0] == pytest.approx(histories[2], rel=1e-6)


def test_class_weights_by_output_from_a_generator_whose_targets_are_a_dict():
    keras_torch.utils.set_random_seed(0)
    model = two_headed()
    data = [([X, OTHER], {"q": LABELS, "p": NUMBERS})]
    found = _flat(model.fit(generated(data), class_weight={"q": CLASS_WEIGHT}, verbose=0).history)
    keras_torch.utils.set_random_seed(0)
    arrays = {"sample_weight": {"q": AS_SAMPLES}, "batch_size": SAMPLES, "verbose": 0}
    same = two_headed().fit([X, OTHER], [NUMBERS, LABELS], shuffle=False, **arrays).history
    assert found == pytest.approx(_flat(same), rel=1e-6)


def test_the_table_of_class_weights_is_made_once_per_pass(monkeypatch):
    made = []
    monkeypatch.setattr(ClassTable, "__init__", lambda self, given, init=ClassTable.__init__: (
        made.append(given), init(self, given))[1])  # fmt: skip
    classifier().fit(X, LABELS, 2, class_weight=CLASS_WEIGHT, verbose=0)
    assert len(made) == 1


def _per_step(steps=(2, 16), **arguments):
    """(kernels, read-backs) that an additional step costs."""
    model, arrays = classifier(metrics=()), (np.tile(X, (4, 1)), np.tile(LABELS, 4))
    counts = {}
    for number in (steps[1], *steps):  # the first one warms up
        with CountOperations() as counted:
            model.fit(*arrays, 80 // number, verbose=0, shuffle=False, **arguments)
        counts[number] = np.array([len(counted.kernels), len(counted.read_backs)])
    return (counts[steps[1]] - counts[steps[0]]) / (steps[1] - steps[0])


def test_class_weights_cost_a_look_up_and_no_read_back():
    by_sample = np.tile(AS_SAMPLES, 4)
    weighted, sampled = _per_step(class_weight=CLASS_WEIGHT), _per_step(sample_weight=by_sample)
    assert weighted[1] == 0
    assert weighted[0] - sampled[0] <= 2  # clamp and index, for those that cut the sample weights out


# ------------------------------------------------------------------------------- the rank of the weights


def _temporal(mode, outputs=2):
    model = keras_torch.Sequential([keras_torch.Input((5, 3)), layers.Dense(outputs, name="steps")])
    model.compile("sgd", "mse", sample_weight_mode=mode)
    return model


SEQUENCES, SEQUENCE_TARGETS = np.zeros((4, 5, 3), "float32"), np.zeros((4, 5, 2), "float32")


@pytest.mark.parametrize("mode", [None, "temporal", ["temporal"], {"steps": "temporal"}])
def test_temporal_weights(mode):
    weights = np.ones((4, 5))
    assert len(_temporal(mode).fit(SEQUENCES, SEQUENCE_TARGETS, sample_weight=weights, verbose=0).epoch) == 1


@pytest.mark.parametrize("mode", [None, "samplewise", {"steps": None}])
@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_samplewise_weights(mode, shape):
    weights = np.ones(shape)
    assert len(_temporal(mode).fit(SEQUENCES, SEQUENCE_TARGETS, sample_weight=weights, verbose=0).epoch) == 1


def _fit_arrays(model, weights):
    model.fit(SEQUENCES, SEQUENCE_TARGETS, sample_weight=weights, verbose=0)


def _fit_generator(model, weights):
    model.fit(generated([(SEQUENCES, SEQUENCE_TARGETS, weights)]), verbose=0)


def _one_batch(model, weights):
    model.train_on_batch(SEQUENCES, SEQUENCE_TARGETS, weights)


@pytest.mark.parametrize("call", [_fit_arrays, _fit_generator, _one_batch])
def test_the_rank_of_weights_is_compared_with_the_mode(call):
    with pytest.raises(ValueError, match=r"shape \(4,\); sample_weight_mode='temporal' takes one weight per"):
        call(_temporal("temporal"), np.ones(4))
    with pytest.raises(ValueError, match=r"shape \(4, 5\); sample_weight_mode='samplewise' takes one weight"):
        call(_temporal({"steps": "samplewise"}), np.ones((4, 5)))


def test_temporal_mode_needs_targets_with_steps():
    model = regressor(sample_weight_mode="temporal")
    with pytest.raises(ValueError, match=r"'temporal' needs targets with a step axis.*shape \(20, 1\)"):
        model.fit(X, NUMBERS, sample_weight=np.ones((SAMPLES, 1)), verbose=0)


def test_the_mode_names_outputs_that_exist():
    with pytest.raises(ValueError, match="`sample_weight_mode` names the output 'z'"):
        _temporal({"z": "temporal"})
    with pytest.raises(ValueError, match="`sample_weight_mode` has 2 entries"):
        _temporal(["temporal", None])


def test_modes_by_output():
    model = two_headed(sample_weight_mode={"q": "samplewise"})
    with pytest.raises(ValueError, match="`sample_weight` of the output 'q' has shape"):
        model.fit([X, OTHER], [NUMBERS, LABELS], sample_weight=[None, np.ones((SAMPLES, 2))], verbose=0)


# ------------------------------------------------------------------------------- weights of zero


def test_weights_of_zero_everywhere_give_a_loss_of_zero_and_change_nothing():
    model = classifier(weighted_metrics=["accuracy"])
    before = model.get_weights()
    found = model.fit(X, LABELS, sample_weight=np.zeros(SAMPLES), verbose=0).history
    assert found["loss"] == [0.0] and found["weighted_accuracy"] == [0.0]
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def _weights_looked_up(monkeypatch, y, **arguments):
    """How often class weights are looked up in a fit of 4 batches."""
    looked_up = []
    weights_of = ClassTable.weights_of
    monkeypatch.setattr(ClassTable, "weights_of", lambda *args: looked_up.append(1) or weights_of(*args))
    classifier().fit(X, y, batch_size=SAMPLES // 4, class_weight={0: 1.0, 1: 3.0}, verbose=0, **arguments)
    return len(looked_up)


def test_class_weights_of_arrays_are_looked_up_once_for_all_steps(monkeypatch):
    assert _weights_looked_up(monkeypatch, LABELS, epochs=3) == 1


def test_class_weights_of_a_model_that_knows_its_outputs_late_are_looked_up_per_batch():
    late, expected = subclassed(), subclassed()
    for model in (late, expected):
        model.predict(X, verbose=0)
    expected.set_weights(late.get_weights())
    assert late._objectives.known_names is None
    how = {"epochs": 2, "shuffle": False, "verbose": 0}
    weights = np.where(LABELS == 1, 3.0, 1.0).astype("float32")
    assert (late.fit(X, LABELS, class_weight={0: 1.0, 1: 3.0}, **how).history
            == expected.fit(X, LABELS, sample_weight=weights, **how).history)


TABLES = {
    "floats": {0.0: 1, 1.0: 2},
    "float32": dict(zip(np.unique(np.array([0, 1], "float32")), [1.0, 2.0])),
    "booleans": {False: 1.0, True: 2.0},
    "booleans of numpy": dict(zip(np.unique([False, True]), [1.0, 2.0])),
    "integers of numpy": dict(zip(np.arange(2, dtype="uint8"), np.array([1, 2]))),
    "arrays of one": {0: np.array(1.0), 1: np.array([2.0])},
    "tensors": {0: torch.tensor(1.0), 1: torch.tensor(2)},
}


@pytest.mark.parametrize("name", TABLES)
def test_classes_and_weights_may_be_any_numbers(name):
    settled = settled_class_weight(TABLES[name])
    assert settled == {0: 1.0, 1: 2.0} and {type(key) for key in settled} == {int}
    history = _still().fit(X, LABELS, class_weight=TABLES[name], epochs=1, verbose=0).history
    expected = _still().fit(X, LABELS, class_weight={0: 1.0, 1: 2.0}, epochs=1, verbose=0).history
    assert _flat(history) == pytest.approx(_flat(expected))


@pytest.mark.parametrize("generation", ["keras1", "keras2.2", "keras2.3"])
@pytest.mark.parametrize("given", ["auto", "balanced", [1.0, 2.0, 3.0], np.array([1.0, 2.0, 3.0])], ids=str)
def test_class_weights_that_are_no_dict_had_no_effect(generation, given):
    """Real 1.2.2, 2.2.4 and 2.3.1 train without them."""
    with dialect(generation):
        with pytest.warns(UserWarning, match=r"fit\(\): `class_weight` .* has no effect.*Write dict"):
            history = _still().fit(X, LABELS, class_weight=given, epochs=1, verbose=0).history
        assert _flat(history) == pytest.approx(_flat(_still().fit(X, LABELS, epochs=1, verbose=0).history))
        with pytest.warns(UserWarning, match=r"train_on_batch\(\): `class_weight`"):
            _still().train_on_batch(X, LABELS, class_weight=given)


@pytest.mark.parametrize("generation", ["keras1", "keras2.2", "keras2.3"])
def test_class_weights_without_outputs_had_no_effect_on_several(generation):
    inputs, targets = [X, OTHER], [NUMBERS, LABELS]
    with dialect(generation):
        model, other = two_headed(), two_headed()
        other.set_weights(model.get_weights())
        with pytest.warns(UserWarning, match=r"has no effect in this Keras on the outputs \['p', 'q'\]"):
            history = model.fit(inputs, targets, class_weight={0: 9.0}, epochs=1, verbose=0, shuffle=False)
        expected = other.fit(inputs, targets, epochs=1, verbose=0, shuffle=False)
    assert _flat(history.history) == pytest.approx(_flat(expected.history))
