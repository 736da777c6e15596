"""`GeneratorMethods`: Keras 1's and 2's fit_generator, evaluate_generator and predict_generator."""

import itertools
import math

from keras_torch.base import tree
from keras_torch.base.checks import fail, is_number
from keras_torch.dialects.translator import behaviour
from keras_torch.training import arguments
from keras_torch.training.data.batch import unpack_x_y_sample_weight
from keras_torch.training.loop import BatchesOfSamples
from keras_torch.training.positions import in_order_of_generation


def in_batches(owner, argument, count, generator):
    """(generator, steps): in Keras 1 `count` is in samples; the size of the first batch makes it steps.

    >>> source, steps = in_batches("fit_generator()", "steps_per_epoch", 5, iter([[0, 1], [2, 3], [4, 5]]))
    >>> steps, list(source)
    (5, [[0, 1], [2, 3], [4, 5]])
    """
    if count is None or behaviour("generator lengths") == "batches" or not hasattr(generator, "__next__"):
        return generator, count
    if not is_number(count) or not 0 < count < math.inf:
        fail(owner, argument, count, "a positive integer, a number of samples")
    first = next(generator)
    size = len(tree.flatten(unpack_x_y_sample_weight(first)[0])[0])
    return itertools.chain([first], generator), BatchesOfSamples(count, size)


class GeneratorMethods:
    """Mix-in of `Trainer`: the methods for generators of the older generations.

    Notes:
        Arguments mean what they mean in fit, evaluate and predict, and keep the order they had in Keras 2.
        Keras 1's names are taken too: samples_per_epoch, nb_epoch, nb_val_samples, val_samples, max_q_size,
        nb_worker, pickle_safe. Its lengths are in samples, Keras 2's in batches.
    """

    @in_order_of_generation
    def fit_generator(self, generator, steps_per_epoch=None, epochs=None, verbose=1, callbacks=None,
                      validation_data=None, validation_steps=None, validation_freq=1, class_weight=None,
                      max_queue_size=10, workers=1, use_multiprocessing=False, shuffle=True, initial_epoch=0,
                      **kwargs):  # fmt: skip
        """Keras 2's `fit` for generators; arguments as there. Keras 1 counts samples, not batches."""
        given = {
            "steps_per_epoch": steps_per_epoch, "epochs": epochs, "validation_steps": validation_steps,
            "max_queue_size": max_queue_size, "workers": workers, "use_multiprocessing": use_multiprocessing,
            **arguments.translated("fit_generator()", kwargs, arguments.FIT),
        }  # fmt: skip
        generator, given["steps_per_epoch"] = in_batches(
            "fit_generator()", "steps_per_epoch", given["steps_per_epoch"], generator
        )
        validation_data, given["validation_steps"] = in_batches(
            "fit_generator()", "validation_steps", given["validation_steps"], validation_data
        )
        return self.fit(generator, verbose=verbose, callbacks=callbacks, validation_data=validation_data,
                        validation_freq=validation_freq, class_weight=class_weight, shuffle=shuffle,
                        initial_epoch=initial_epoch, **given)  # fmt: skip

    @in_order_of_generation
    def evaluate_generator(self, generator, steps=None, callbacks=None, max_queue_size=10, workers=1,
                           use_multiprocessing=False, verbose=0, **kwargs):  # fmt: skip
        """Keras 2's `evaluate` for generators; arguments as there. Keras 1 counts samples, not batches."""
        queue = (max_queue_size, workers, use_multiprocessing)
        given = _of_pass("evaluate_generator()", arguments.EVALUATE, generator, steps, queue, kwargs)
        return self.evaluate(callbacks=callbacks, verbose=verbose, **given)

    @in_order_of_generation
    def predict_generator(self, generator, steps=None, callbacks=None, max_queue_size=10, workers=1,
                          use_multiprocessing=False, verbose=0, **kwargs):  # fmt: skip
        """Keras 2's `predict` for generators; arguments as there. Keras 1 counts samples, not batches."""
        queue = (max_queue_size, workers, use_multiprocessing)
        given = _of_pass("predict_generator()", arguments.PREDICT, generator, steps, queue, kwargs)
        return self.predict(callbacks=callbacks, verbose=verbose, **given)


def _of_pass(owner, known, generator, steps, queue, old):
    """Today's arguments of evaluate and predict for those of their generator methods.

    Args:
        owner: how errors call the method.
        known: names of the arguments that the method of today has.
        generator, steps: as given.
        queue: (max_queue_size, workers, use_multiprocessing) as given.
        old: arguments under their names in Keras 1.
    """
    names = ("max_queue_size", "workers", "use_multiprocessing")
    given = {"steps": steps, **dict(zip(names, queue)), **arguments.translated(owner, old, known)}
    given["x"], given["steps"] = in_batches(owner, "steps", given["steps"], generator)
    return given
