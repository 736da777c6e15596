"""Which layers of a module add losses while it runs; a model without any pays nothing for the account."""


class _Changes:
    """Counts what may change the answer: a first loss of a layer, a layer put into another."""

    version = 0


CHANGES = _Changes()


def loss_layers(module):
    """The layers in a module that ever added a loss or an activity penalty; found anew only after a change.

    Args:
        module: an `nn.Module`.

    >>> import torch
    >>> loss_layers(torch.nn.Linear(2, 2))
    []
    """
    version, layers = module.__dict__.get("_loss_layers", (-1, None))
    if version != CHANGES.version:
        layers = [child for child in module.modules() if child.__dict__.get("_adds_losses")]
        module.__dict__["_loss_layers"] = CHANGES.version, layers
    return layers


def note_loss(layer):
    """Remembers that a layer adds losses."""
    if not layer.__dict__.get("_adds_losses"):
        layer.__dict__["_adds_losses"] = True
        CHANGES.version += 1


def note_member():
    """A module was put into another: if it adds losses, the models around it must look again."""
    if CHANGES.version:
        CHANGES.version += 1


def clear_losses(module):
    """Forgets the values that the last call added; functions without arguments stay."""
    for layer in loss_layers(module):
        layer._losses[:] = [loss for loss in layer._losses if is_function(loss)]


def added_losses(module):
    """What the layers of a module added in its last call; functions without arguments are called now."""
    return [loss() if is_function(loss) else loss for layer in loss_layers(module) for loss in layer._losses]


def is_function(loss):
    """Whether a loss is a function of no arguments: it counts in every step, not only in the one under way.

    >>> is_function(lambda: 0.0), is_function(0.5)
    (True, False)
    """
    return callable(loss) and not hasattr(loss, "shape")
