"""Every kind of data that fit, evaluate and predict take gives the numbers of plain arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
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
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

import keras_torch
from keras_torch import layers
from keras_torch.dialects import dialect


class Rows(IterableDataset):
    """Samples (x, y, weight) one by one."""

    def __iter__(self):
        yield from zip(X, LABELS, WEIGHTS)


class Dicts(Dataset):
    """Samples ({'a', 'b'}, {'p', 'q'})."""

    def __len__(self):
        return SAMPLES

    def __getitem__(self, index):
        return {"a": X[index], "b": OTHER[index]}, {"p": NUMBERS[index], "q": LABELS[index]}


TENSORS = TensorDataset(torch.tensor(X), torch.tensor(LABELS))
WEIGHTED = TensorDataset(torch.tensor(X), torch.tensor(LABELS), torch.tensor(WEIGHTS))

ARRAYS = {
    "numpy": (X, LABELS),
    "tensors": (torch.tensor(X), torch.tensor(LABELS)),
    "tensors that need gradients": (torch.tensor(X, requires_grad=True), torch.tensor(LABELS)),
    "float64": (X.astype("float64"), LABELS.astype("float64")),
    "read-only": (np.broadcast_to(X, X.shape), LABELS),
    "backwards": (X[::-1][::-1], LABELS),
    "big-endian": (X.astype(">f4"), LABELS.astype(">i8")),
    "columns first": (np.asfortranarray(X), LABELS),
    "lists of numbers": (X.tolist(), LABELS.tolist()),
    "pandas": (pd.DataFrame(X), pd.Series(LABELS)),
    "column of labels": (X, LABELS[:, None]),
    "names": ({"features": X}, {"scores": LABELS}),
    "a list of one": ([X], [LABELS]),
}
SOURCES = {
    "generator": lambda: generated(batches()),
    "generator of lists": lambda: generated([list(batch) for batch in batches()]),
    "list iterator": lambda: iter(batches()),
    "PyDataset": lambda: Numbered(),
    "PyDataset with threads": lambda: Numbered(workers=2),
    "DataLoader": lambda: DataLoader(TENSORS, batch_size=8),
}


def _fit(*data, **arguments):
    keras_torch.utils.set_random_seed(4)
    model = classifier()
    history = model.fit(*data, **{"verbose": 0, "shuffle": False, **arguments}).history
    return history["loss"] + history["accuracy"]


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_of_all_kinds_train_alike(name):
    x, y = ARRAYS[name]
    assert _fit(x, y, batch_size=8, epochs=2) == pytest.approx(
        _fit(X, LABELS, batch_size=8, epochs=2), rel=1e-6
    )


@pytest.mark.parametrize("name", SOURCES)
def test_sources_of_batches_train_evaluate_and_predict_as_arrays_do(name):
    assert _fit(SOURCES[name]()) == pytest.approx(_fit(X, LABELS, batch_size=8), rel=1e-6)
    model = classifier()
    assert model.evaluate(SOURCES[name](), verbose=0) == pytest.approx(
        model.evaluate(X, LABELS, batch_size=8, verbose=0), rel=1e-6
    )
    if name != "generator of lists":  # a list is a list of inputs there
        assert np.array_equal(
            model.predict(SOURCES[name](), verbose=0), model.predict(X, batch_size=8, verbose=0)
        )


@pytest.mark.parametrize("kind", [list, tuple, dict])
def test_several_inputs_and_outputs_in_each_structure(kind):
    def pack(names, values):
        return dict(zip(names, values)) if kind is dict else kind(values)

    def run(x, y):
        keras_torch.utils.set_random_seed(4)
        return two_headed().fit(x, y, verbose=0, shuffle=False).history["loss"]

    expected = run([X, OTHER], [NUMBERS, LABELS])
    x, y = pack("ab", (X, OTHER)), pack("pq", (NUMBERS, LABELS))
    assert run(x, y) == expected
    assert run(generated([(x, y)]), None) == expected
    keras_torch.utils.set_random_seed(4)
    history = two_headed().fit(x, y, verbose=0, validation_data=(x, y)).history
    assert len(history["val_q_loss"]) == 1


def test_datasets_of_dicts_are_batched():
    model = two_headed()
    history = model.fit(Dicts(), batch_size=8, epochs=2, verbose=0, validation_data=Dicts()).history
    assert len(history["val_loss"]) == 2
    assert [array.shape for array in model.predict(Dicts(), verbose=0)] == [(20, 1), (20, 3)]
    expected = model.evaluate([X, OTHER], [NUMBERS, LABELS], verbose=0)
    assert model.evaluate(DataLoader(Dicts(), batch_size=5), verbose=0) == pytest.approx(expected, rel=1e-5)


def test_torch_datasets_of_samples_weights_and_flows():
    expected = _fit(X, LABELS, sample_weight=WEIGHTS, batch_size=8)
    assert _fit(WEIGHTED, batch_size=8) == pytest.approx(expected, rel=1e-6)
    assert _fit(Rows(), batch_size=8) == pytest.approx(expected, rel=1e-6)
    assert _fit(DataLoader(WEIGHTED, batch_size=8)) == pytest.approx(expected, rel=1e-6)


def test_loaders_of_inputs_predict():
    model, expected = classifier(), classifier
    expected = model.predict(X, verbose=0)
    for loader in (
        DataLoader(TensorDataset(torch.tensor(X)), batch_size=6),
        DataLoader(torch.tensor(X), batch_size=6),
    ):
        assert np.allclose(model.predict(loader, verbose=0), expected, atol=1e-6)


def test_whole_numbers_become_the_floats_of_the_input():
    pixels = np.random.RandomState(0).randint(0, 255, (SAMPLES, 4)).astype("uint8")
    model = classifier()
    expected = model.predict(pixels.astype("float32"), verbose=0)
    assert np.array_equal(model.predict(pixels, verbose=0), expected)
    assert np.array_equal(model.predict_on_batch(pixels), expected)
    assert np.array_equal(model.predict(generated([(pixels,)]), verbose=0), expected)
    assert np.isfinite(model.fit(generated([(pixels, LABELS)]), verbose=0).history["loss"]).all()


def test_truth_values_are_targets():
    model = regressor(loss="mse", metrics=["mae"])
    one = model.evaluate(X, LABELS > 0, verbose=0)
    assert one == pytest.approx(model.evaluate(X, (LABELS > 0).astype("float32"), verbose=0))


def test_flat_targets_are_a_column():
    model = regressor(metrics=["mae"])
    assert model.evaluate(X, NUMBERS[:, 0], verbose=0) == pytest.approx(model.evaluate(X, NUMBERS, verbose=0))


def test_endless_generators_with_steps():
    model = classifier()
    history = model.fit(
        endless(), steps_per_epoch=2, epochs=3, validation_data=endless(), validation_steps=3, verbose=0
    ).history
    assert len(history["val_loss"]) == 3
    assert model.predict(endless(), steps=3, verbose=0).shape == (SAMPLES, 3)
    assert len(model.evaluate(endless(), steps=2, verbose=0)) == 2


@pytest.mark.parametrize("generation", ["keras1", "keras2.2", "keras2.3"])
def test_a_generator_lasts_one_epoch(generation):
    model = classifier()
    message = "gave all its batches in the first epoch.*steps_per_epoch"
    with dialect(generation), pytest.raises(ValueError, match=message):
        model.fit(generated(batches()), epochs=2, verbose=0)
    assert model.history.epoch == [0] and not model.training


def test_a_generator_that_ends_early_says_how_many_were_expected():
    model = classifier()
    with dialect("keras2.3"), pytest.raises(ValueError, match=r"after 1 batch\(es\).*; 2 were expected"):
        model.fit(generated(batches()), steps_per_epoch=2, epochs=2, verbose=0)
    assert len(model.history.history["loss"]) == 1


def test_datasets_hear_of_epochs():
    data, validation = Numbered(), Numbered()
    classifier().fit(data, epochs=2, validation_data=validation, verbose=0)
    assert data.events == validation.events == ["begin", "end"] * 2
    classifier().predict(data, verbose=0)
    assert data.events == ["begin", "end"] * 3


def test_batches_come_in_order_with_threads_and_shuffled_when_asked():
    class Slow(Numbered):
        def __getitem__(self, index):
            return X[:1] + index, LABELS[:1]

    seen = []

    class Seen(keras_torch.Model):
        def train_step(self, data):
            seen.append(round(float(data[0][0, 0]) - float(X[0, 0])))
            return {}

    x = keras_torch.Input((4,))
    model = Seen(x, layers.Dense(3)(x))
    model.compile("sgd", "mse")
    model.fit(Slow([None] * 9, workers=3, max_queue_size=4), shuffle=False, verbose=0)
    assert seen == list(range(9))
    seen.clear()
    model.fit(Slow([None] * 9, workers=3), shuffle=True, verbose=0)
    assert seen != list(range(9)) and sorted(seen) == list(range(9))


def test_models_are_built_by_their_first_batch():
    for data in ((X, LABELS), (generated(batches()),), (Numbered(),), (DataLoader(TENSORS, batch_size=4),)):
        model = subclassed()
        model.fit(*data, verbose=0)
        assert [weight.shape for weight in model.get_weights()] == [(4, 3), (3,)]
    model = keras_torch.Sequential([layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert len(model.fit(generated(batches()), verbose=0).history["loss"]) == 1
    assert keras_torch.Sequential([layers.Dense(2)]).predict(X, verbose=0).shape == (SAMPLES, 2)


def test_temporal_weights():
    model = keras_torch.Sequential([keras_torch.Input((5, 2)), layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", weighted_metrics=["accuracy"])
    x = np.random.RandomState(0).randn(6, 5, 2).astype("float32")
    y, weights = np.zeros((6, 5), int), np.ones((6, 5))
    weights[:, 3:] = 0
    y_changed = y.copy()
    y_changed[:, 3:] = 1
    assert model.evaluate(x, y, sample_weight=weights, verbose=0) == pytest.approx(
        model.evaluate(x, y_changed, sample_weight=weights, verbose=0)
    )


def test_losses_added_by_layers_train_without_targets():
    class Shrink(layers.Layer):
        def call(self, inputs):
            self.add_loss((inputs**2).mean())
            return inputs

    x = keras_torch.Input((4,))
    model = keras_torch.Model(x, Shrink()(layers.Dense(2)(x)))
    model.compile(keras_torch.optimizers.SGD(0.1))
    losses = model.fit(X, epochs=3, verbose=0, validation_data=(X, None)).history["loss"]
    assert losses[2] < losses[0]


IN_BATCHES = {
    "numbered": Numbered(batches()),
    "loader": DataLoader(TensorDataset(torch.tensor(X), torch.tensor(LABELS)), 4),
}


@pytest.mark.parametrize("kind", IN_BATCHES)
def test_batch_size_beside_batches_changes_nothing_and_says_so(kind):
    data, plain, warned = IN_BATCHES[kind], classifier(), classifier()
    warned.set_weights(plain.get_weights())
    history = plain.fit(data, verbose=0, shuffle=False).history
    with pytest.warns(UserWarning, match="`batch_size` 64 changes nothing, as the data come in batches"):
        assert warned.fit(data, batch_size=64, verbose=0, shuffle=False).history == history
    with pytest.warns(UserWarning, match=r"evaluate\(\): `batch_size`"):
        warned.evaluate(data, batch_size=64, verbose=0)
