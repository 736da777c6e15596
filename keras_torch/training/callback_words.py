"""What callbacks are told of a run, as `params` and `validation_data`, in the words of each generation."""

from keras_torch.dialects.translator import behaviour


def verbose_of(method, verbose):
    """The verbosity meant by 'auto': up to Keras 2.3 it is 1, and 0 in predict.

    Args:
        method: 'fit', 'evaluate' or 'predict'.
        verbose: as given.

    >>> verbose_of("predict", "auto")
    'auto'
    """
    if verbose != "auto" or behaviour("verbose") == "auto":
        return verbose
    return 0 if method == "predict" else 1


def of_fit(trainer, given, feed, validation):
    """Name -> value of a fit.

    Args:
        trainer: the model.
        given: its `FitArguments`.
        feed: the Feed of the training data.
        validation: the source of the validation data, or None.
    """
    if not behaviour("callbacks know the data"):
        return {"verbose": given.verbose, "epochs": given.epochs, "steps": feed.expected}
    validates, samples, names = validation is not None, feed.source.samples, trainer.metrics_names
    names += ["val_" + name for name in names] if validates or samples is None else []
    params = {"verbose": given.verbose, "do_validation": validates, "metrics": names}
    if samples is not None:
        params["batch_size"] = feed.source.batch_size
    if behaviour("words for callbacks") == "nb_epoch, nb_sample":
        return {**params, "nb_epoch": given.epochs, "nb_sample": feed.samples if samples is None else samples}
    params |= {"epochs": given.epochs, "steps": feed.expected if samples is None else given.steps_per_epoch}
    return params if samples is None else {**params, "samples": samples}


def of_pass(trainer, batch_size, verbose, feed):
    """Name -> value of an evaluate or a predict.

    Args:
        trainer: the model.
        batch_size: as given.
        verbose: the verbosity.
        feed: the Feed of the data.
    """
    params = {"verbose": verbose, "epochs": 1, "steps": feed.expected}
    if behaviour("callbacks know the data"):
        params |= {"batch_size": batch_size, "samples": feed.source.samples}
    return params


def validation_data(trainer, source, feed):
    """The list of arrays that callbacks find as `validation_data`: inputs, targets, weights, all at least 2D.

    Args:
        trainer: the model.
        source: an `ArraySource`.
        feed: the Feed of the training data.

    Notes:
        A zero, the phase, follows where layers behave differently in training. Keras 1 packs targets and
        weights into lists of their own when the training data come from a generator.
    """
    inputs, targets, weights = source.as_numpy()
    inputs, targets = ([leaf[:, None] if leaf.ndim == 1 else leaf for leaf in part]
                       for part in (inputs, targets))  # fmt: skip
    if feed.source.samples is None and behaviour("words for callbacks") != "epochs, samples":
        return [*inputs, targets, weights]
    phase = [0.0] if any(map(_has_phases, trainer.modules())) else []
    return [*inputs, *targets, *weights, *phase]


_RATES = ("rate", "stddev", "dropout", "recurrent_dropout")


def _has_phases(layer):
    """Whether a layer itself behaves differently in training: normalisation, or a rate that is not 0."""
    if not getattr(getattr(layer, "_signature", None), "takes_training", False):
        return False
    rates = [getattr(layer, name) for name in _RATES if hasattr(layer, name)]
    wraps = any(hasattr(layer, name) for name in ("layer", "forward_layer", "cell", "layers"))
    return any(rates) if rates else not wraps
