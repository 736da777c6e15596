"""Floor 8: a window on what Keras keeps in `utils`; the things themselves live with their subjects."""

from keras_torch.callbacks.progress import Progbar as Progbar
from keras_torch.callbacks.progress import disable_interactive_logging as disable_interactive_logging
from keras_torch.callbacks.progress import enable_interactive_logging as enable_interactive_logging
from keras_torch.callbacks.progress import is_interactive_logging_enabled as is_interactive_logging_enabled
from keras_torch.datasets.download import get_file as get_file
from keras_torch.preprocessing.sequence import pad_sequences as pad_sequences
from keras_torch.training.data.pydataset import PyDataset as PyDataset
from keras_torch.utils.arrays import normalize as normalize
from keras_torch.utils.arrays import to_categorical as to_categorical
from keras_torch.utils.arrays import to_ordinal as to_ordinal
from keras_torch.utils.seeds import set_random_seed as set_random_seed

Sequence = PyDataset  # its older name

# Names that other subjects add: custom objects, plots, data sets of folders, ...
