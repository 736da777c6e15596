"""Switching the alias `keras` on and off for this process."""

import sys
import types

from keras_torch.compat import paths
from keras_torch.compat.finder import AliasFinder
from keras_torch.compat.modules import AliasModule
from keras_torch.dialects import set_dialect

_TENSORBOARD_SWITCH = "tensorboard.compat.notf"


def install_as_keras(dialect=None):
    """Lets `import keras`, `import tensorflow.keras` and `import tf_keras` give keras_torch in this process.

    Args:
        dialect: the Keras generation the code speaks ('keras1', 'keras2.2', 'keras2.3', 'tf.keras',
            'keras3'); None leaves it as it is.

    Errors:
        ImportError: a real Keras or TensorFlow has been imported already.
        ValueError: an unknown dialect.

    Notes:
        Call it before the first `import keras`. Every module path that Keras has had works, such as
        `keras.layers.core` or `tensorflow.python.keras`, and each class is one object under all of them.
        A worker process started by multiprocessing imports your script anew, and with it this call.

    >>> install_as_keras()
    >>> from tensorflow.keras.layers import Dense
    >>> import keras
    >>> Dense is keras.layers.Dense
    True
    >>> uninstall()
    """
    _refuse_the_real_ones()
    if dialect is not None:
        set_dialect(dialect)
    if not any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, AliasFinder())
    # tensorboard asks for this module to learn whether it shall do without TensorFlow; it shall.
    sys.modules.setdefault(_TENSORBOARD_SWITCH, types.ModuleType(_TENSORBOARD_SWITCH))


def uninstall():
    """Takes the alias back: `import keras` finds what is installed again. Imported names keep working.

    >>> uninstall()
    """
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, AliasFinder)]
    for name, module in list(sys.modules.items()):
        if isinstance(module, AliasModule):
            del sys.modules[name]


def is_installed():
    """Whether the alias is in force.

    >>> is_installed()
    False
    """
    return any(isinstance(finder, AliasFinder) for finder in sys.meta_path)


def _refuse_the_real_ones():
    for name in paths.ROOTS:
        module = sys.modules.get(name)
        if module is not None and not isinstance(module, AliasModule):
            raise ImportError(
                f"`{name}` ({getattr(module, '__file__', 'no file')}) is imported already, so it cannot be "
                f"replaced by keras_torch. Call install_as_keras() before the first `import {name}`, or use "
                f"`python -m keras_torch run script.py`."
            )
