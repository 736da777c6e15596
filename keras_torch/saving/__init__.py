"""Floor 4: files and configs. Nothing in a file is ever executed."""

from keras_torch.base.custom_objects import CustomObjectScope as CustomObjectScope
from keras_torch.base.custom_objects import custom_object_scope as custom_object_scope
from keras_torch.base.custom_objects import get_custom_objects as get_custom_objects
from keras_torch.base.custom_objects import get_registered_name as get_registered_name
from keras_torch.base.custom_objects import get_registered_object as get_registered_object
from keras_torch.base.custom_objects import register_keras_serializable as register_keras_serializable
from keras_torch.base.serialization import deserialize_keras_object as deserialize_keras_object
from keras_torch.base.serialization import serialize_keras_object as serialize_keras_object
from keras_torch.saving.formats import load_model as load_model
from keras_torch.saving.formats import save_model as save_model
