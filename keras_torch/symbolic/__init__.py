"""Floor 2: symbolic tensors, shape inference, the recorded graph and the forward function made from it."""

from keras_torch.symbolic.graph import Node as Node
from keras_torch.symbolic.keras_tensor import KerasTensor as KerasTensor
from keras_torch.symbolic.keras_tensor import is_symbolic as is_symbolic
