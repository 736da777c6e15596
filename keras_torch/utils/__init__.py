"""Floor 8: a window on what Keras keeps in `utils`; the things themselves live with their subjects."""

from keras_torch.base.custom_objects import CustomObjectScope as CustomObjectScope
from keras_torch.base.custom_objects import custom_object_scope as custom_object_scope
from keras_torch.base.custom_objects import get_custom_objects as get_custom_objects
from keras_torch.base.custom_objects import get_registered_name as get_registered_name
from keras_torch.base.custom_objects import get_registered_object as get_registered_object
from keras_torch.base.custom_objects import register_keras_serializable as register_keras_serializable
from keras_torch.base.download import get_file as get_file
from keras_torch.base.dtypes import dtype_name as standardize_dtype  # noqa: F401  Keras's name
from keras_torch.base.serialization import deserialize_keras_object as deserialize_keras_object
from keras_torch.base.serialization import serialize_keras_object as serialize_keras_object
from keras_torch.base.session import clear_session as clear_session
from keras_torch.callbacks.progress import Progbar as Progbar
from keras_torch.callbacks.progress import disable_interactive_logging as disable_interactive_logging
from keras_torch.callbacks.progress import enable_interactive_logging as enable_interactive_logging
from keras_torch.callbacks.progress import is_interactive_logging_enabled as is_interactive_logging_enabled
from keras_torch.ops.sequences import pad_sequences as pad_sequences
from keras_torch.symbolic import is_symbolic as is_keras_tensor  # noqa: F401  Keras's name
from keras_torch.training.data.batch import pack_x_y_sample_weight as pack_x_y_sample_weight
from keras_torch.training.data.batch import unpack_x_y_sample_weight as unpack_x_y_sample_weight
from keras_torch.training.data.enqueuers import GeneratorEnqueuer as GeneratorEnqueuer
from keras_torch.training.data.enqueuers import OrderedEnqueuer as OrderedEnqueuer
from keras_torch.training.data.enqueuers import SequenceEnqueuer as SequenceEnqueuer
from keras_torch.training.data.hdf5 import HDF5Matrix as HDF5Matrix
from keras_torch.training.data.pydataset import PyDataset as PyDataset
from keras_torch.training.data.pydataset import Sequence as Sequence
from keras_torch.training.data.seeds import set_random_seed as set_random_seed
from keras_torch.utils.arrays import normalize as normalize
from keras_torch.utils.arrays import to_categorical as to_categorical
from keras_torch.utils.arrays import to_ordinal as to_ordinal
from keras_torch.utils.graphs import get_source_inputs as get_source_inputs
from keras_torch.utils.graphs import model_to_dot as model_to_dot
from keras_torch.utils.graphs import plot_model as plot_model
from keras_torch.utils.splitting import split_dataset as split_dataset
