"""TensorBoard: the callback, and what it writes."""

from keras_torch.callbacks.tensorboard.callback import TensorBoard as TensorBoard
