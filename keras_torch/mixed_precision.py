"""Floor 8: a window on dtype policies and loss scaling, as tf.keras and Keras 3 show them."""

from keras_torch.base.dtypes import DTypePolicy as DTypePolicy
from keras_torch.base.dtypes import DTypePolicy as Policy
from keras_torch.base.dtypes import dtype_policy as dtype_policy
from keras_torch.base.dtypes import dtype_policy as global_policy
from keras_torch.base.dtypes import set_dtype_policy as set_dtype_policy
from keras_torch.base.dtypes import set_dtype_policy as set_global_policy
from keras_torch.optimizers.loss_scale import LossScaleOptimizer as LossScaleOptimizer

set_policy = set_global_policy   # mixed_precision.experimental of TensorFlow 2.1 to 2.3

__all__ = ["DTypePolicy", "LossScaleOptimizer", "Policy", "dtype_policy", "global_policy", "set_dtype_policy",
           "set_global_policy", "set_policy"]
