"""Wrong arguments and data: one sentence with the way out, before any weight has changed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from cases.training_models import (
    CLASSES,
    LABELS,
    NUMBERS,
    OTHER,
    SAMPLES,
    WEIGHTS,
    Numbered,
    X,
    classifier,
    generated,
    regressor,
    subclassed,
    two_headed,
)

import keras_torch
from keras_torch import callbacks, layers

ONES = np.ones(SAMPLES)
WITH_NAN = np.where(np.arange(SAMPLES)[:, None] == 3, np.nan, X)
RAGGED = np.array([[1], [1, 2]], dtype=object)
LOADER = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.zeros(4, 4), torch.zeros(4)))


def fit(*args, **kwargs):
    return lambda model: model.fit(*args, **{"verbose": 0, **kwargs})


# name: (call, exception, part of the message)
OF_CLASSIFIER = {
    "shape of x": (
        fit(X[:, :3], LABELS),
        ValueError,
        r"'features' expects shape \(None, 4\).*got data of shape \(20, 3\)",
    ),
    "too many axes": (fit(X[:, None], LABELS), ValueError, r"shape \(20, 1, 4\)"),
    "number of inputs": (fit([X, X], LABELS), ValueError, r"takes 1 input\(s\).*got 2"),
    "lengths": (fit(X, LABELS[:10]), ValueError, "`x` has 20, `y` has 10"),
    "empty": (fit(X[:0], LABELS[:0]), ValueError, r"empty \(0 samples\)"),
    "NaN": (fit(WITH_NAN, LABELS), ValueError, "`x` holds 4 NaN"),
    "objects": (fit(RAGGED, LABELS), ValueError, "`x` must hold numbers; got an array of dtype object"),
    "strings": (fit(np.array([["a"] * 4] * SAMPLES), LABELS), ValueError, "dtype <U1"),
    "complex": (fit(X.astype("complex64"), LABELS), ValueError, "complex numbers"),
    "unequal lists": (fit([[1, 2], [3]], [0, 1]), ValueError, "different lengths.*pad_sequences"),
    "file name": (fit("data.csv", LABELS), ValueError, "`x` must be data: arrays.*got 'data.csv'"),
    "one number": (fit(3, LABELS), ValueError, "single number"),
    "nothing": (fit(None), ValueError, "`x` must be data"),
    "no arrays": (fit([], []), ValueError, "empty"),
    "None in x": (fit([None], LABELS), ValueError, "one of them is None"),
    "unknown input": (fit({"z": X}, LABELS), ValueError, "no data for the input 'features'"),
    "generator function": (fit(generated), ValueError, "Call the function"),
    "y is missing": (fit(X), ValueError, "`y` is missing, and the loss"),
    "strings as y": (fit(X, np.array(["cat"] * SAMPLES)), ValueError, "`y` must hold numbers"),
    "labels too large": (fit(X, LABELS + 1), ValueError, "whole numbers from 0 to 2.*subtract 1"),
    "labels below 0": (fit(X, LABELS - 1), ValueError, "ignore_class=-1"),
    "labels that are no class": (fit(X, LABELS + 0.5), ValueError, "class number"),
    "one-hot labels": (
        fit(X, np.eye(CLASSES)[LABELS]),
        ValueError,
        "one-hot rows use 'categorical_crossentropy'",
    ),
    "unknown name of y": (fit(X, {"z": LABELS}), ValueError, "`y` names the output 'z'"),
    "length of weights": (fit(X, LABELS, sample_weight=ONES[:5]), ValueError, "`sample_weight` has 5"),
    "axes of weights": (fit(X, LABELS, sample_weight=np.ones((20, 4))), ValueError, r"Weights.*\(20, 4\)"),
    "NaN weights": (fit(X, LABELS, sample_weight=ONES * np.nan), ValueError, "`sample_weight` holds 20 NaN"),
    "text as weights": (
        fit(X, LABELS, sample_weight="auto"),
        ValueError,
        "`sample_weight` must hold numbers",
    ),
    "unknown class": (fit(X, LABELS, class_weight={7: 1.0}), ValueError, "class numbers from 0 to 2"),
    "class weights as list": (
        fit(X, LABELS, class_weight=[1, 2]),
        ValueError,
        r"`class_weight` must be a dict.*Write dict\(enumerate\(weights\)\)",
    ),
    "balanced": (fit(X, LABELS, class_weight="balanced"), ValueError, "must be a dict.*dict.zip"),
    "half a class": (fit(X, LABELS, class_weight={0.5: 1.0}), ValueError, "keys are class numbers"),
    "class as text": (fit(X, LABELS, class_weight={"0": 1.0}), ValueError, "keys are class numbers"),
    "no class weight": (fit(X, LABELS, class_weight={0: None}), ValueError, "finite weights"),
    "NaN class weight": (fit(X, LABELS, class_weight={0: np.nan}), ValueError, "finite weights"),
    "negative class weight": (fit(X, LABELS, class_weight={0: -1.0}), ValueError, "finite weights"),
    "batch_size 0": (
        fit(X, LABELS, batch_size=0),
        ValueError,
        "`batch_size` must be a positive integer; got 0",
    ),
    "batch_size text": (fit(X, LABELS, batch_size="8"), ValueError, "`batch_size`"),
    "epochs": (fit(X, LABELS, epochs=-1), ValueError, "`epochs` must be an integer of at least 0; got -1"),
    "half epochs": (fit(X, LABELS, epochs=2.5), ValueError, "`epochs`"),
    "initial_epoch": (fit(X, LABELS, initial_epoch=-1), ValueError, "`initial_epoch`"),
    "steps_per_epoch": (fit(X, LABELS, steps_per_epoch=0), ValueError, "`steps_per_epoch`"),
    "half a step": (fit(X, LABELS, steps_per_epoch=2.5), ValueError, r"got 2.5. Write 3\."),
    "a float of steps": (fit(X, LABELS, steps_per_epoch=2.0), ValueError, r"got 2.0. Write 2\."),
    "no steps": (fit(X, LABELS, steps_per_epoch=float("nan")), ValueError, "`steps_per_epoch`"),
    "validation_freq 0": (
        fit(X, LABELS, validation_freq=0, validation_data=(X, LABELS)),
        ValueError,
        "`validation_freq` must be a positive integer",
    ),
    "empty validation": (fit(X, LABELS, validation_data=()), ValueError, "a tuple of 0"),
    "verbose": (fit(X, LABELS, verbose="loud"), ValueError, "`verbose` must be 0"),
    "shuffle": (fit(X, LABELS, shuffle="sometimes"), ValueError, "`shuffle` must be True, False or 'batch'"),
    "workers": (fit(X, LABELS, workers=-1), ValueError, "`workers`"),
    "max_queue_size": (fit(X, LABELS, max_queue_size=0), ValueError, "`max_queue_size`"),
    "use_multiprocessing": (fit(X, LABELS, use_multiprocessing=3), ValueError, "multiprocessing` must be"),
    "validation_split": (
        fit(X, LABELS, validation_split=1.5),
        ValueError,
        "`validation_split` must be a fraction",
    ),
    "empty split": (fit(X[:2], LABELS[:2], validation_split=0.9), ValueError, "leaves an empty part"),
    "validation_steps": (
        fit(X, LABELS, validation_data=(X, LABELS), validation_steps=0),
        ValueError,
        "`validation_steps`",
    ),
    "validation_freq": (
        fit(X, LABELS, validation_data=(X, LABELS), validation_freq=0),
        ValueError,
        "`validation_freq`",
    ),
    "validation epochs": (
        fit(X, LABELS, validation_data=(X, LABELS), validation_freq=["a"]),
        ValueError,
        "`validation_freq`",
    ),
    "validation x only": (
        fit(X, LABELS, validation_data=(X,)),
        ValueError,
        r"`validation_data` must be \(x, y\)",
    ),
    "validation array": (
        fit(X, LABELS, validation_data=X),
        ValueError,
        r"`validation_data` must be \(x, y\)",
    ),
    "validation without y": (fit(X, LABELS, validation_data=(X, None)), ValueError, "`y` is missing"),
    "validation text": (
        fit(X, LABELS, validation_data="val"),
        ValueError,
        r"`validation_data` must be \(x, y\)",
    ),
    "validation lengths": (
        fit(X, LABELS, validation_data=(X, LABELS[:3])),
        ValueError,
        "validation_data.*`y` has 3",
    ),
    "validation shape": (
        fit(X, LABELS, validation_data=(OTHER, LABELS)),
        ValueError,
        r"validation_data.*\(20, 2\)",
    ),
    "validation labels": (
        fit(X, LABELS, validation_data=(X, LABELS + 7)),
        ValueError,
        "validation_data.*class number",
    ),
    "validation NaN": (
        fit(X, LABELS, validation_data=(WITH_NAN, LABELS)),
        ValueError,
        "validation_data.*NaN",
    ),
    "validation batches": (
        fit(X, LABELS, validation_data=generated([(OTHER, LABELS)])),
        ValueError,
        r"first batch.*\(20, 2\)",
    ),
    "validation dataset": (
        fit(X, LABELS, validation_data=Numbered([(X, LABELS + 9)])),
        ValueError,
        "class number",
    ),
    "no validation batch": (fit(X, LABELS, validation_data=generated([])), ValueError, "the data are empty"),
    "unknown argument": (fit(X, LABELS, epoch=3), TypeError, "no argument `epoch`. Nearest known: 'epochs'"),
    "argument of keras1": (
        fit(X, LABELS, nb_epoch=3),
        TypeError,
        "`nb_epoch`, an argument of keras1.*Write `epochs`",
    ),
    "argument of compile": (fit(X, LABELS, loss="mse"), TypeError, r"Give `loss` to compile\(\)"),
    "class of callback": (
        fit(X, LABELS, callbacks=[callbacks.EarlyStopping]),
        TypeError,
        r"Write EarlyStopping\(...\)",
    ),
    "name of callback": (fit(X, LABELS, callbacks=["early"]), TypeError, "Callback objects; got 'early'"),
    "y beside generator": (
        fit(generated([]), LABELS),
        ValueError,
        "`y` must be left out when `x` is a generator",
    ),
    "weights beside generator": (
        fit(generated([]), sample_weight=ONES),
        ValueError,
        "`sample_weight` must be left out",
    ),
    "split of generator": (fit(generated([]), validation_split=0.2), ValueError, "Give validation_data"),
    "no batch": (fit(generated([])), ValueError, r"ran out after 0 batch\(es\)"),
    "dataset of 0": (fit(Numbered([])), ValueError, "the dataset has 0 batches"),
    "dataset of inputs": (fit(Numbered([(X,)])), ValueError, "first batch: `y` is missing"),
    "None as batch": (fit(generated([None])), ValueError, "`batch 0` must be x"),
    "text as batch": (fit(generated([("a", "b")])), ValueError, "batch 0, `x` must hold numbers"),
    "batch of 4": (fit(generated([(1, 2, 3, 4)])), ValueError, "tuple of 4"),
    "batch of 0 samples": (
        fit(generated([(X[:0], LABELS[:0])])),
        ValueError,
        "batch 0: the data are empty",
    ),
    "batch lengths": (fit(generated([(X, LABELS[:3])])), ValueError, "batch 0: .*`y` has 3"),
    "batch shape": (fit(generated([(OTHER, LABELS)])), ValueError, r"first batch.*\(20, 2\)"),
    "batch labels": (
        fit(generated([(X, LABELS + 9)])),
        ValueError,
        "first batch: `y` holds the class number",
    ),
    "batch NaN": (fit(generated([(WITH_NAN, LABELS)])), ValueError, "first batch: `x` holds 4 NaN"),
    "batch one-hot": (
        fit(generated([(X, np.eye(CLASSES)[LABELS])])),
        ValueError,
        "first batch: `y` has shape",
    ),
    "base dataset": (
        fit(keras_torch.utils.PyDataset()),
        NotImplementedError,
        r"neither __len__\(\) nor num_batches",
    ),
    "evaluate: lengths": (
        lambda m: m.evaluate(X, LABELS[:3], verbose=0),
        ValueError,
        r"evaluate\(\).*`y` has 3",
    ),
    "evaluate: shape": (
        lambda m: m.evaluate(OTHER, LABELS, verbose=0),
        ValueError,
        r"evaluate\(\).*\(20, 2\)",
    ),
    "evaluate: labels": (lambda m: m.evaluate(X, LABELS + 5, verbose=0), ValueError, r"evaluate\(\): `y`"),
    "evaluate: argument": (
        lambda m: m.evaluate(X, LABELS, batchsize=3),
        TypeError,
        "Nearest known: 'batch_size'",
    ),
    "evaluate: nothing": (lambda m: m.evaluate(None, LABELS), ValueError, "`x` must be data"),
    "evaluate: y is missing": (lambda m: m.evaluate(X, verbose=0), ValueError, "`y` is missing"),
    "predict: nothing": (lambda m: m.predict(None), ValueError, "`x` must be data"),
    "predict: text": (lambda m: m.predict("x"), ValueError, "`x` must be data"),
    "predict: empty": (lambda m: m.predict(X[:0], verbose=0), ValueError, "empty"),
    "predict: shape": (lambda m: m.predict(OTHER, verbose=0), ValueError, r"\(20, 2\)"),
    "predict: one sample": (lambda m: m.predict(X[0], verbose=0), ValueError, r"shape \(4,\)"),
    "predict: argument": (lambda m: m.predict(X, batchsize=3), TypeError, "Nearest known: 'batch_size'"),
    "predict: steps": (lambda m: m.predict(X, steps=0), ValueError, "`steps`"),
    "predict_on_batch: nothing": (lambda m: m.predict_on_batch(None), ValueError, "one batch of arrays"),
    "predict_on_batch: shape": (lambda m: m.predict_on_batch(OTHER), ValueError, r"\(20, 2\)"),
    "train_on_batch: lengths": (lambda m: m.train_on_batch(X, LABELS[:3]), ValueError, "`y` has 3"),
    "train_on_batch: labels": (
        lambda m: m.train_on_batch(X, LABELS + 9),
        ValueError,
        r"train_on_batch\(\): `y`",
    ),
    "train_on_batch: NaN": (
        lambda m: m.train_on_batch(WITH_NAN, LABELS),
        ValueError,
        r"train_on_batch\(\): `x`",
    ),
    "train_on_batch: generator": (lambda m: m.train_on_batch(generated([])), ValueError, r"use fit\(\)"),
    "train_on_batch: class": (
        lambda m: m.train_on_batch(X, LABELS, class_weight={9: 1.0}),
        ValueError,
        "from 0 to 2",
    ),
    "test_on_batch: lengths": (lambda m: m.test_on_batch(X, LABELS[:3]), ValueError, "`y` has 3"),
    "fit_generator: argument": (
        lambda m: m.fit_generator(generated([]), steps=3),
        TypeError,
        "'steps_per_epoch'",
    ),
}

OF_TWO_HEADS = {
    "one input": (fit([X], [NUMBERS, LABELS]), r"takes 2 input\(s\)"),
    "inputs in the wrong order": (fit([OTHER, X], [NUMBERS, LABELS]), "the input 'a' expects"),
    "an input is missing": (fit({"a": X}, [NUMBERS, LABELS]), "no data for the input 'b'"),
    "one target": (fit([X, OTHER], [NUMBERS]), r"2 output\(s\) \['p', 'q'\]; got targets for 1"),
    "three targets": (fit([X, OTHER], [NUMBERS] * 3), "got targets for 3"),
    "targets by wrong name": (fit([X, OTHER], {"p": NUMBERS, "z": LABELS}), "`y` names the output 'z'"),
    "a target is missing": (fit([X, OTHER], {"p": NUMBERS}), "`y` of the output 'q' is missing"),
    "a target is None": (fit([X, OTHER], [NUMBERS, None]), "`y` of the output 'q' is missing"),
    "class weights for all": (fit([X, OTHER], [NUMBERS, LABELS], class_weight={0: 1.0}), r"Write \{'p'"),
    "class weights by wrong name": (
        fit([X, OTHER], [NUMBERS, LABELS], class_weight={"z": {0: 1.0}}),
        "`class_weight` names the output 'z'",
    ),
    "weights for one": (fit([X, OTHER], [NUMBERS, LABELS], sample_weight=[WEIGHTS]), "`sample_weight` has 1"),
    "weights by wrong name": (
        fit([X, OTHER], [NUMBERS, LABELS], sample_weight={"z": WEIGHTS}),
        "`sample_weight` names the output 'z'",
    ),
}

OF_SUBCLASSED = {
    "labels": (fit(X, LABELS + 5), r"fit\(\): `y` holds the class number"),
    "one-hot": (fit(X, np.eye(CLASSES)[LABELS]), "one-hot rows"),
    "lengths": (fit(X, LABELS[:3]), "`y` has 3"),
    "NaN": (fit(WITH_NAN, LABELS), "NaN"),
    "y is missing": (fit(X), "`y` is missing"),
    "batch labels": (fit(generated([(X, LABELS + 5)])), "first batch: `y` holds"),
}

COMPILE = {
    "optimizer": (dict(optimizer="adm"), ValueError, "No optimizer is called 'adm'. Nearest known: 'adam'"),
    "optimizer of no kind": (dict(optimizer=3), TypeError, "An optimizer must be"),
    "loss": (dict(loss="mean_square_error"), ValueError, "Nearest known: 'mean_squared_error'"),
    "loss of no kind": (dict(loss=3), TypeError, "`loss` must be a name, a function or an object; got 3"),
    "metric": (dict(metrics=["acuracy"]), ValueError, "Nearest known: 'accuracy'"),
    "metric of no kind": (dict(metrics=[3]), TypeError, "`metrics` must be a name"),
    "number of losses": (dict(loss=["mse", "mse"]), ValueError, "`loss` has 2 entries"),
    "name of loss": (dict(loss={"z": "mse"}), ValueError, "`loss` names the output 'z'"),
    "name of metric": (dict(metrics={"z": ["mae"]}), ValueError, "`metrics` names the output 'z'"),
    "loss_weights": (dict(loss_weights=["a"]), ValueError, "`loss_weights` must be numbers"),
    "steps_per_execution": (dict(steps_per_execution=0), ValueError, "`steps_per_execution`"),
    "jit_compile": (dict(jit_compile="yes"), ValueError, "`jit_compile` must be one of"),
    "run_eagerly": (dict(run_eagerly="x"), ValueError, "`run_eagerly` must be True or False"),
    "sample_weight_mode": (dict(sample_weight_mode="x"), ValueError, "`sample_weight_mode`"),
    "target_tensors": (dict(target_tensors=[1]), ValueError, "tensors, arrays or symbols"),
    "argument": (dict(metric=["a"]), TypeError, "no argument `metric`. Nearest known: 'metrics'"),
}


def _refuses(model, call, error, message):
    """The call raises; weights and phase are as before, and the model still trains."""
    before = [weight.copy() for weight in model.get_weights()]
    with pytest.raises(error, match=message):
        call(model)
    after = model.get_weights()
    assert not before or all(np.array_equal(old, new) for old, new in zip(before, after, strict=True))
    assert not model.training


@pytest.mark.parametrize("name", OF_CLASSIFIER)
def test_a_classifier_refuses(name):
    model = classifier()
    _refuses(model, *OF_CLASSIFIER[name])
    assert np.isfinite(model.fit(X, LABELS, verbose=0).history["loss"]).all()


@pytest.mark.parametrize("name", OF_TWO_HEADS)
def test_a_model_of_two_outputs_refuses(name):
    call, message = OF_TWO_HEADS[name]
    model = two_headed()
    _refuses(model, call, ValueError, message)
    model.fit([X, OTHER], [NUMBERS, LABELS], verbose=0)


@pytest.mark.parametrize("name", OF_SUBCLASSED)
def test_a_model_without_a_graph_refuses(name):
    call, message = OF_SUBCLASSED[name]
    model = subclassed()
    _refuses(model, call, ValueError, message)
    model.fit(X, LABELS, verbose=0)
    _refuses(model, call, ValueError, "y|NaN")  # in other words, once it is built


@pytest.mark.parametrize("name", COMPILE)
def test_compile_refuses_and_leaves_the_last_compile_in_force(name):
    arguments, error, message = COMPILE[name]
    model = classifier()
    with pytest.raises(error, match=message):
        model.compile(**{"optimizer": "sgd", "loss": "mse", **arguments})
    assert list(model.fit(X, LABELS, verbose=0).history) == ["accuracy", "loss"]


def test_targets_must_have_the_shape_of_the_output():
    model = regressor()
    _refuses(
        model, fit(X, np.zeros((SAMPLES, 3))), ValueError, r"`y` has shape \(20, 3\), and the model's output"
    )
    _refuses(model, fit(X, np.full(SAMPLES, np.nan)), ValueError, "`y` holds 20 NaN")


def test_class_numbers_for_one_hot_losses_name_the_sparse_loss():
    model = classifier(loss="categorical_crossentropy")
    _refuses(model, fit(X, LABELS), ValueError, "For class numbers use 'sparse_categorical_crossentropy'")


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_models_must_be_compiled(method):
    model = keras_torch.Sequential([keras_torch.Input((4,)), layers.Dense(1)])
    with pytest.raises(ValueError, match=rf"must be compiled before {method}\(\)"):
        getattr(model, method)(X, NUMBERS)


@pytest.mark.parametrize("method", ["fit", "train_on_batch"])
def test_training_needs_an_optimizer(method):
    model = regressor(optimizer=None)
    assert np.isfinite(model.evaluate(X, NUMBERS, verbose=0))
    with pytest.raises(ValueError, match="compiled with optimizer=None"):
        getattr(model, method)(X, NUMBERS)


def test_models_without_call_say_what_to_write():
    class Nothing(keras_torch.Model):
        pass

    model = Nothing()
    model.compile("sgd", "mse")
    with pytest.raises(NotImplementedError, match=r"neither a graph nor call\(\) nor forward\(\)"):
        model.fit(X, NUMBERS, verbose=0)


def test_a_model_without_a_loss_has_nothing_to_minimize():
    model = regressor(loss=None)
    with pytest.raises(ValueError, match="nothing to minimize"):
        model.fit(X, NUMBERS, verbose=0)


def test_a_loss_cut_from_the_weights_is_refused():
    model = regressor(loss=lambda y_true, y_pred: (y_true - y_pred.detach()) ** 2)
    _refuses(model, fit(X, NUMBERS), ValueError, "does not depend on any trainable weight")


def test_a_frozen_model_warns_and_learns_nothing():
    model = classifier()
    model.trainable = False
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = model.get_weights()
    with pytest.warns(UserWarning, match="no trainable weights"):
        model.fit(X, LABELS, verbose=0)
    assert all(np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True))


def test_later_batches_name_what_is_wrong_with_them():
    with pytest.raises(ValueError, match="`y` of this batch holds the class number"):
        classifier().fit(generated([(X, LABELS), (X, LABELS + 9)]), verbose=0)


def test_a_later_batch_of_unequal_lengths_is_named():
    data = [(X[:5], LABELS[:5]), (X[:5], LABELS[:1]), (X[:5], LABELS[:5])]
    with pytest.raises(ValueError, match="batch 1: all arrays must have the same.*`x` has 5, `y` has 1"):
        classifier().fit(generated(data), verbose=0)
    with pytest.raises(ValueError, match="evaluate.*batch 1: .*`y` has 1"):
        classifier().evaluate(generated(data), verbose=0)


def test_predict_and_own_steps_take_batches_of_unequal_lengths():
    class Own(keras_torch.Model):
        def train_step(self, data):
            x, y = data
            return {"samples": float(len(x) - len(y))}

        def call(self, inputs):
            return inputs

    model = Own()
    model.compile("sgd")
    assert model.fit(generated([(X[:5], LABELS[:2])]), verbose=0).history["samples"] == [3.0]
    assert classifier().predict(generated([(X[:5], LABELS[:2])]), verbose=0).shape == (5, 3)


def test_nan_is_told_in_words_of_the_method():
    model = classifier()
    with pytest.raises(ValueError, match=r"fit\(\): `x` holds 4 NaN.*weights into NaN"):
        model.fit(WITH_NAN, LABELS, verbose=0)
    for refused in (
        lambda: model.evaluate(WITH_NAN, LABELS, verbose=0),
        lambda: model.test_on_batch(WITH_NAN, LABELS),
        lambda: model.fit(X, LABELS, validation_data=(WITH_NAN, LABELS), verbose=0),
    ):
        with pytest.raises(ValueError, match="`x` holds 4 NaN.*; loss and metrics would be NaN"):
            refused()
