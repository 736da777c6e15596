"""Callbacks take the names and the order of arguments that older generations had."""

import pytest

from keras_torch.callbacks import EarlyStopping, LambdaCallback, ReduceLROnPlateau, TensorBoard
from keras_torch.callbacks.older_arguments import of_every_generation
from keras_torch.dialects import dialect

OLDER = ("epoch_begin", "epoch_end", "batch_begin", "batch_end", "train_begin", "train_end")
TODAY = ("epoch_begin", "epoch_end", "train_begin", "train_end", "train_batch_begin", "train_batch_end")


@pytest.mark.parametrize("generation, order", [
    ("keras1", OLDER), ("keras2.2", OLDER), ("keras2.3", OLDER), ("tf.keras", OLDER), ("keras3", TODAY)])
def test_functions_by_position(generation, order):
    functions = [lambda *args, name=name: name for name in order]
    with dialect(generation):
        callback = LambdaCallback(*functions)
    assert [getattr(callback, f"on_{name}")() for name in order] == list(order)


def test_older_names_are_hooks_of_batches():
    seen = []
    callback = LambdaCallback(on_batch_end=lambda batch, logs: seen.append(batch))
    callback.on_train_batch_end(3)
    assert seen == [3]


@pytest.mark.parametrize("generation", ["keras1", "keras2.2", "tf.keras", "keras3"])
def test_epsilon_by_name_and_by_position(generation):
    with dialect(generation):
        assert ReduceLROnPlateau(epsilon=0.5).min_delta == 0.5
        assert ReduceLROnPlateau("loss", 0.5, 3, 0, "min", 0.25, 2, 0.1).min_delta == 0.25


def test_arguments_of_early_stopping_by_position():
    callback = EarlyStopping("loss", 0.1, 3, 1, "min", 0.5, True, 2)
    found = callback.min_delta, callback.patience, callback.baseline, callback.start_from_epoch
    assert found == (0.1, 3, 0.5, 2)


def test_two_names_of_one_argument_are_refused():
    with pytest.raises(TypeError, match="got `epsilon` and `min_delta`, two names of one argument"):
        ReduceLROnPlateau(epsilon=0.1, min_delta=0.2)
    with dialect("keras2.3"), pytest.raises(TypeError, match="got `histogram_freq` twice"):
        TensorBoard("logs", 1, histogram_freq=2)


def test_subclasses_inherit_the_older_names():
    class Mine(ReduceLROnPlateau):
        def __init__(self, **arguments):
            super().__init__("loss", **arguments)

    assert Mine(epsilon=0.5).min_delta == 0.5


def test_the_signature_stays_readable():
    class Owner:
        @of_every_generation
        def __init__(self, patience=0):
            """Waits."""

    assert Owner.__init__.__doc__ == "Waits." and Owner.__init__.__wrapped__.__defaults__ == (0,)
    with pytest.raises(TypeError, match="Owner has no argument `patiense`. Nearest known: 'patience'"):
        Owner(patiense=3)
