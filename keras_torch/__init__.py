"""keras_torch: the Keras API on native PyTorch.

    import keras_torch as keras

runs code of Keras 1, Keras 2, tf.keras and Keras 3; layers are `nn.Module`s, weights `nn.Parameter`s,
optimizers `torch.optim.Optimizer`s.
"""

import importlib

from keras_torch import activations as activations
from keras_torch import callbacks as callbacks
from keras_torch import constraints as constraints
from keras_torch import dialects as dialects
from keras_torch import initializers as initializers
from keras_torch import layers as layers
from keras_torch import losses as losses
from keras_torch import metrics as metrics
from keras_torch import models as models
from keras_torch import ops as ops
from keras_torch import optimizers as optimizers
from keras_torch import regularizers as regularizers
from keras_torch.base.dtypes import DTypePolicy as DTypePolicy
from keras_torch.base.scopes import name_scope as name_scope
from keras_torch.base.variable import Variable as Variable
from keras_torch.compat.install import install_as_keras as install_as_keras
from keras_torch.dialects import set_dialect as set_dialect
from keras_torch.initializers import Initializer as Initializer
from keras_torch.layers import Input as Input
from keras_torch.layers import InputSpec as InputSpec
from keras_torch.layers import Layer as Layer
from keras_torch.layers.rematerialization import RematScope as RematScope
from keras_torch.layers.rematerialization import remat as remat
from keras_torch.losses import Loss as Loss
from keras_torch.metrics import Metric as Metric
from keras_torch.models import Functional as Functional
from keras_torch.models import Model as Model
from keras_torch.models import Sequential as Sequential
from keras_torch.optimizers import Optimizer as Optimizer
from keras_torch.regularizers import Regularizer as Regularizer
from keras_torch.symbolic import KerasTensor as KerasTensor

__version__ = "0.1.0"

# Imported when somebody asks for them: a training script needs few of these.
_ON_DEMAND = ("backend", "config", "datasets", "dtype_policies", "mixed_precision", "preprocessing", "random",
              "saving", "tree", "utils")


def __getattr__(name):
    """A module that is imported on demand."""
    if name in _ON_DEMAND:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    """The names of the package, modules on demand included."""
    return sorted({*globals(), *_ON_DEMAND})
