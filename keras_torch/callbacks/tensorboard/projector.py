"""Points for TensorBoard's projector: rows of embedding layers, or what layers make of given data."""

import os

import numpy as np
import torch

from keras_torch.base import tree
from keras_torch.base.files import atomic_write
from keras_torch.base.third_party import need
from keras_torch.layers import Embedding

_PURPOSE = "for the callback TensorBoard"
_CONFIG = "projector_config.pbtxt"


class Projector:
    """Writes the points of some layers, each epoch a file of tab-separated numbers.

    Args:
        model: the model.
        log_dir: folder that gets 'projector_config.pbtxt'; the points go into its folder 'embeddings'.
        layer_names: names of layers; None or empty takes all `Embedding` layers.
        metadata: file of labels for all layers, or a dict layer name -> file; paths relative to `log_dir`.
        data: inputs of the model whose outputs in these layers are the points; None takes the tables of
            `Embedding` layers.
        batch_size: samples given to the model at a time.

    Errors:
        ValueError: an unknown layer, or one that is no Embedding while `data` is None.

    >>> Projector(torch.nn.Linear(2, 3), "logs").layers
    {}
    """

    def __init__(self, model, log_dir, layer_names=None, metadata=None, data=None, batch_size=None):
        self.log_dir, self.data, self.batch_size = log_dir, data, batch_size or 32
        self.model = model
        found = {layer.name: layer for layer in getattr(model, "layers", ())}
        names = list(layer_names or [name for name, layer in found.items() if isinstance(layer, Embedding)])
        _check_known("embeddings_layer_names", names, found)
        if isinstance(metadata, dict):
            _check_known("embeddings_metadata", metadata, names)
        self.layers = {name: found[name] for name in names}
        self.metadata = metadata if isinstance(metadata, dict) else dict.fromkeys(names, metadata)
        no_tables = [name for name, layer in self.layers.items() if not isinstance(layer, Embedding)]
        if data is None and no_tables:
            raise ValueError(f"TensorBoard: `embeddings_layer_names` names {no_tables[0]!r}, which is no "
                             "Embedding layer. Give `embeddings_data` to show what it makes of data.")

    def write(self, epoch):
        """Writes the points of today, and the config that lets TensorBoard find them."""
        os.makedirs(os.path.join(self.log_dir, "embeddings"), exist_ok=True)
        for name, points in self._points().items():
            with atomic_write(os.path.join(self.log_dir, self._file(name, epoch))) as path:
                np.savetxt(path, points, delimiter="\t", fmt="%.6g")
        self._write_config(epoch)

    @staticmethod
    def _file(name, epoch):
        return f"embeddings/{name.replace('/', '_')}-{epoch}.tsv"

    def _write_config(self, epoch):
        config = need("tensorboard.plugins.projector", _PURPOSE).ProjectorConfig()
        for name in self.layers:
            entry = config.embeddings.add(tensor_name=name, tensor_path=self._file(name, epoch))
            if self.metadata.get(name):
                entry.metadata_path = os.fspath(self.metadata[name])
        with atomic_write(os.path.join(self.log_dir, _CONFIG)) as path, open(path, "w") as file:
            file.write(str(config))

    def _points(self):
        """Name of layer -> numpy (points, features)."""
        if self.data is None:
            return {name: _array(layer.embeddings) for name, layer in self.layers.items()}
        outputs = {name: [] for name in self.layers}
        hooks = [layer.register_forward_hook(_collector(outputs[name]))
                 for name, layer in self.layers.items()]
        try:
            self._run_model()
        finally:
            for hook in hooks:
                hook.remove()
        return {name: np.concatenate(parts) for name, parts in outputs.items()}

    def _run_model(self):
        was_training = self.model.training
        device = next((weight.device for weight in self.model.parameters()), None)
        arrays = tree.map_structure(lambda array: torch.as_tensor(array, device=device), self.data)
        samples = len(tree.flatten(arrays)[0])
        self.model.eval()
        try:
            with torch.no_grad():
                for start in range(0, samples, self.batch_size):
                    rows = slice(start, start + self.batch_size)
                    self.model(tree.map_structure(lambda array, rows=rows: array[rows], arrays))
        finally:
            self.model.train(was_training)


def _collector(parts):
    """A forward hook that keeps the outputs, a row for each sample."""
    def keep(module, inputs, output):
        parts.append(_array(output.flatten(1)))
    return keep


def _array(tensor):
    return tensor.detach().float().cpu().numpy()


def _check_known(argument, names, known):
    for name in names:
        if name not in known:
            raise ValueError(f"TensorBoard: `{argument}` names {name!r}; the model's layers there are: "
                             f"{', '.join(known) or 'none'}.")
