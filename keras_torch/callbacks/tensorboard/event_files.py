"""Event files: what TensorBoard reads, written by torch.utils.tensorboard."""

import os

import numpy as np

from keras_torch.base.third_party import need

_PURPOSE = "for the callback TensorBoard"
_HISTOGRAM_BINS = 30   # as TensorFlow's


class EventFiles:
    """The event files of one run: a folder 'train' and a folder 'validation', each made when first written.

    Args:
        log_dir: the folder of the run.

    Errors:
        ImportError: the package tensorboard is not installed.

    Notes:
        Each open file has a thread that writes; `close` waits for it and ends it.

    >>> EventFiles("logs").folder("train").replace(os.sep, "/")
    'logs/train'
    """

    def __init__(self, log_dir):
        need("tensorboard", _PURPOSE)
        self._torch = need("torch.utils.tensorboard", _PURPOSE)
        self._summary = need("torch.utils.tensorboard.summary", _PURPOSE)
        self.log_dir = log_dir
        self._writers = {}

    def folder(self, part):
        """Path of the folder 'train' or 'validation'."""
        return os.path.join(self.log_dir, part)

    def _writer(self, part):
        if part not in self._writers:
            self._writers[part] = self._torch.FileWriter(self.folder(part))
        return self._writers[part]

    def scalar(self, part, tag, value, step):
        """Writes a number; of an array each element, as tag_0, tag_1, ...

        Args:
            part: 'train' or 'validation'.
            tag: what TensorBoard calls it.
            value: number or array.
            step: where it stands on the axis.
        """
        values = np.ravel(value)
        for place, number in enumerate(values):
            name = tag if len(values) == 1 else f"{tag}_{place}"
            self._writer(part).add_summary(self._summary.scalar(name, number), step)

    def histogram(self, part, tag, values, step):
        """Writes how the finite `values` (numpy array) are distributed; nothing if there are none."""
        values = values[np.isfinite(values)]
        if values.size:
            self._writer(part).add_summary(self._summary.histogram(tag, values, _HISTOGRAM_BINS), step)

    def image(self, part, tag, picture, step):
        """Writes a picture: numpy uint8 (height, width, channels)."""
        self._writer(part).add_summary(self._summary.image(tag, picture, dataformats="HWC"), step)

    def keras_graph(self, part, text):
        """Writes a model's JSON, which TensorBoard draws as the conceptual graph 'keras'."""
        protobuf = need("tensorboard.compat.proto.summary_pb2", _PURPOSE)
        kind = protobuf.SummaryMetadata.PluginData(plugin_name="graph_keras_model", content=b"1")
        tensor = {"dtype": "DT_STRING", "string_val": [text.encode()], "tensor_shape": {}}
        value = protobuf.Summary.Value(tag="keras", tensor=tensor,
                                       metadata=protobuf.SummaryMetadata(plugin_data=kind))
        self._writer(part).add_summary(protobuf.Summary(value=[value]), 0)

    def graph(self, part, nodes):
        """Writes a graph.

        Args:
            part: 'train' or 'validation'.
            nodes: list of (name, operation, names of inputs, dict of attributes as text).
        """
        graphs = need("tensorboard.compat.proto.graph_pb2", _PURPOSE)
        events = need("tensorboard.compat.proto.event_pb2", _PURPOSE)
        graph = graphs.GraphDef()
        for name, operation, inputs, attributes in nodes:
            node = graph.node.add(name=name, op=operation, input=inputs)
            for key, text in attributes.items():
                node.attr[key].s = text.encode()
        self._writer(part).add_event(events.Event(graph_def=graph.SerializeToString()))

    def flush(self):
        """Writes out what waits."""
        for writer in self._writers.values():
            writer.flush()

    def close(self):
        """Writes out what waits and ends the threads; a later write opens a new file."""
        writers, self._writers = self._writers, {}
        for writer in writers.values():
            writer.close()
