"""What `make_train_function` and its kin give, and how a pass gets the step of one batch from it.

Keras's form is a function that takes an iterator, draws one batch and returns logs (or predictions). A pass
of ours runs a step (x, y, sample_weight) instead, chosen once. Each is turned into the other here.
"""

from keras_torch.training.data.batch import pack_x_y_sample_weight, to_device, unpack_x_y_sample_weight
from keras_torch.training.weighting import ClassWeights


class BatchFunction:
    """The built-in function of an iterator; a pass takes its `step` instead of calling it.

    Args:
        trainer: the model.
        kind: 'train', 'test' or 'predict'.

    Source: Keras `Model.make_train_function`.
    """

    def __init__(self, trainer, kind):
        self.trainer, self.kind = trainer, kind

    def step(self):
        """Function (x, y, sample_weight) for the batches of one pass."""
        return self.trainer._make_step(self.kind)

    def __call__(self, iterator):
        """Draws a batch and runs the step; logs of training and evaluation, predictions otherwise."""
        trainer = self.trainer
        owner = f"{self.kind}_function()"
        batch = to_device(list(unpack_x_y_sample_weight(next(iterator))), trainer._device(), owner)
        if self.kind == "train":
            trainer._build_optimizer()
        with trainer._phase_of(self.kind):
            result = self.step()(*batch)
            return result if self.kind == "predict" else trainer._logs()


class Weighted(BatchFunction):
    """A training function whose sample weights are multiplied by class weights.

    Args:
        trainer: the model.
        function: what is weighted: a `BatchFunction`, or one of the user's own.
        class_weight: as in fit.
    """

    def __init__(self, trainer, function, class_weight):
        super().__init__(trainer, "train")
        self.function, self.class_weight = function, class_weight

    def step(self):
        """The other function's step with the weights in front; their tables are made once."""
        inner = step_of(self.trainer, "train", self.function)
        weights = ClassWeights(self.class_weight, self.trainer._objectives)

        def weighted(x, y, weight):
            return inner(x, y, weights.combined(weight, y))

        return weighted


def step_of(trainer, kind, function):
    """The step (x, y, sample_weight) that a pass runs for what `make_*_function` returned.

    Args:
        trainer: the model.
        kind: 'train', 'test' or 'predict'.
        function: a `BatchFunction`; a function of an iterator; or None where an override only stored it.
    """
    if function is None:
        function = getattr(trainer, f"{kind}_function")
    if isinstance(function, BatchFunction):
        return function.step()

    def step(x, y, weight):
        batch = pack_x_y_sample_weight(x, y, weight)
        result = function(iter([batch]))
        if kind == "predict":
            return result
        trainer._take_logs(result, x, f"{kind}_function")

    return step
