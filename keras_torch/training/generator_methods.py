"""`GeneratorMethods`: Keras 1's and 2's fit_generator, evaluate_generator and predict_generator."""

import itertools
import math

from keras_torch.base import tree
from keras_torch.base.checks import positive_int
from keras_torch.dialects.translator import behaviour
from keras_torch.training import arguments
from keras_torch.training.data.batch import unpack_x_y_sample_weight


def in_batches(owner, argument, count, generator):
    """(generator, steps): in Keras 1 `count` is in samples; the size of the first batch makes it steps.

    >>> source, steps = in_batches("fit_generator()", "steps_per_epoch", 5, iter([[0, 1], [2, 3], [4, 5]]))
    >>> steps, list(source)
    (5, [[0, 1], [2, 3], [4, 5]])
    """
    if count is None or behaviour("generator lengths") == "batches" or not hasattr(generator, "__next__"):
        return generator, count
    positive_int(owner, argument, count)
    first = next(generator)
    size = len(tree.flatten(unpack_x_y_sample_weight(first)[0])[0])
    return itertools.chain([first], generator), math.ceil(count / size)


class GeneratorMethods:
    """Mix-in of `Trainer`: the methods for generators of the older generations."""

    def fit_generator(
        self,
        generator,
        steps_per_epoch=None,
        epochs=None,
        verbose=1,
        callbacks=None,
        validation_data=None,
        validation_steps=None,
        validation_freq=1,
        class_weight=None,
        max_queue_size=10,
        workers=1,
        use_multiprocessing=False,
        shuffle=True,
        initial_epoch=0,
        **kwargs,
    ):
        """Keras 2's `fit` for generators; arguments as there. Keras 1 counts samples, not batches."""
        old = arguments.translated("fit_generator()", kwargs, arguments.FIT)
        generator, steps_per_epoch = in_batches(
            "fit_generator()", "steps_per_epoch", old.pop("steps_per_epoch", steps_per_epoch), generator
        )
        validation_steps = old.pop("validation_steps", validation_steps)
        validation_data, validation_steps = in_batches(
            "fit_generator()", "validation_steps", validation_steps, validation_data
        )
        given = {
            "epochs": epochs,
            "workers": workers,
            "max_queue_size": max_queue_size,
            "use_multiprocessing": use_multiprocessing,
            **old,
        }
        return self.fit(
            generator,
            verbose=verbose,
            callbacks=callbacks,
            validation_data=validation_data,
            shuffle=shuffle,
            class_weight=class_weight,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps,
            validation_freq=validation_freq,
            **given,
        )

    def evaluate_generator(
        self,
        generator,
        steps=None,
        callbacks=None,
        max_queue_size=10,
        workers=1,
        use_multiprocessing=False,
        verbose=0,
        **kwargs,
    ):
        """Keras 2's `evaluate` for generators; arguments as there. Keras 1 counts samples, not batches."""
        old = arguments.translated("evaluate_generator()", kwargs, arguments.EVALUATE)
        generator, steps = in_batches("evaluate_generator()", "steps", old.pop("steps", steps), generator)
        given = {
            "workers": workers,
            "max_queue_size": max_queue_size,
            "use_multiprocessing": use_multiprocessing,
            **old,
        }
        return self.evaluate(generator, steps=steps, callbacks=callbacks, verbose=verbose, **given)

    def predict_generator(
        self,
        generator,
        steps=None,
        callbacks=None,
        max_queue_size=10,
        workers=1,
        use_multiprocessing=False,
        verbose=0,
        **kwargs,
    ):
        """Keras 2's `predict` for generators; arguments as there. Keras 1 counts samples, not batches."""
        old = arguments.translated("predict_generator()", kwargs, arguments.PREDICT)
        generator, steps = in_batches("predict_generator()", "steps", old.pop("steps", steps), generator)
        given = {
            "workers": workers,
            "max_queue_size": max_queue_size,
            "use_multiprocessing": use_multiprocessing,
            **old,
        }
        return self.predict(generator, steps=steps, callbacks=callbacks, verbose=verbose, **given)
