"""Intersection over union of segmentations."""

import warnings

import numpy as np
import torch

from keras_torch.base import settings
from keras_torch.base.checks import Term, boolean, fail, fraction, integer, is_integer, positive_int
from keras_torch.base.dtypes import torch_dtype
from keras_torch.losses.loss import beside, class_of
from keras_torch.metrics.metric import Metric
from keras_torch.ops.core import as_tensor


def _class_ids(owner, argument, value):
    listed = isinstance(value, (list, tuple, range, np.ndarray)) and len(value) > 0
    if not listed or not all(is_integer(item) and item >= 0 for item in value):
        fail(owner, argument, value, "a list of class numbers")


def _as_list(class_ids):
    return [int(number) for number in class_ids]


class IoU(Metric):
    """Mean over the target classes of `intersection / union` of labels and predictions.

    Args:
        num_classes: number of classes.
        target_class_ids: list of the classes that count.
        name: what history and logs call it.
        dtype: number type of the counts; None means whole numbers.
        ignore_class: label that does not count.
        sparse_y_true: labels are class numbers; otherwise one-hot.
        sparse_y_pred: predictions are class numbers; otherwise scores per class.
        axis: the class axis of one-hot labels and scores.

    Errors:
        ValueError: a target class outside of 0..num_classes - 1.

    Notes:
        Labels and predictions outside of the classes do not count. Classes that occur nowhere are left out.

    Source: Keras `metrics.IoU`.

    >>> round(float(IoU(2, [0])(torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 1]))), 4)
    0.3333
    """

    vocabulary = {"num_classes": Term(positive_int, doc="number of classes", optional=False),
                  "target_class_ids": Term(_class_ids, _as_list, "classes that count", False),
                  "ignore_class": Term(integer, doc="label that does not count"),
                  "sparse_y_true": Term(boolean, bool, "whether labels are class numbers", False),
                  "sparse_y_pred": Term(boolean, bool, "whether predictions are class numbers", False),
                  "axis": Term(integer, doc="the class axis", optional=False)}

    def __init__(self, num_classes, target_class_ids, name=None, dtype=None, ignore_class=None,
                 sparse_y_true=True, sparse_y_pred=True, axis=-1):
        super().__init__(dtype or "int64", name)
        if max(target_class_ids) >= num_classes:
            fail(f'{type(self).__name__} "{name}"', "target_class_ids", target_class_ids,
                 f"class numbers from 0 to {num_classes - 1}")
        self.add_state("total_cm", (num_classes, num_classes))

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counts a batch of any shape; `sample_weight` has one value per label, or is None."""
        y_pred = as_tensor(y_pred)
        self.follow(y_pred)
        y_true = beside(y_true, y_pred)
        y_true = (y_true if self.sparse_y_true else class_of(y_true, self.axis)).long().reshape(-1)
        y_pred = (y_pred if self.sparse_y_pred else class_of(y_pred, self.axis)).long().reshape(-1)
        weights = self._weights(y_true, sample_weight)
        classes = self.num_classes
        counts = (y_true >= 0) & (y_true < classes) & (y_pred >= 0) & (y_pred < classes)
        if self.ignore_class is not None:
            counts &= y_true != self.ignore_class
        places = (y_true * classes + y_pred).masked_fill(~counts, 0)
        self.total_cm.view(-1).index_add_(0, places, weights.masked_fill(~counts, 0))

    def _weights(self, y_true, sample_weight):
        if sample_weight is None:
            return torch.ones(y_true.shape, dtype=self.torch_dtype, device=y_true.device)
        weights = as_tensor(sample_weight, like=y_true)
        if weights.is_floating_point() and not self.torch_dtype.is_floating_point:
            warnings.warn(f'{type(self).__name__} "{self.name}" counts whole numbers: fractions of sample '
                          "weights are cut off. Make it with dtype='float32' to keep them.", stacklevel=4)
        weights = weights.to(y_true.device, self.torch_dtype).reshape(-1)
        return weights.expand(y_true.shape)

    def result(self):
        """The mean intersection over union, 0..1, in float32."""
        counts = self.total_cm.value
        chosen = torch.tensor(self.target_class_ids, device=counts.device)
        common = counts.diagonal()
        union = (counts.sum(0) + counts.sum(1) - common)[chosen].float()
        valid = union > 1e-9
        shares = torch.where(valid, common[chosen].float() / (union + settings.epsilon()), 0.0)
        return shares.sum() / (valid.sum() + settings.epsilon())


class BinaryIoU(IoU):
    """`IoU` of two classes, predictions being scores.

    Args:
        target_class_ids: which of the classes 0 and 1 count.
        threshold: scores from it upwards are class 1.

    Source: Keras `metrics.BinaryIoU`.

    >>> round(float(BinaryIoU()(torch.tensor([0, 1]), torch.tensor([0.2, 0.9]))), 4)
    1.0
    """

    vocabulary = {"threshold": Term(fraction, doc="scores from it upwards are class 1", optional=False)}

    def __init__(self, target_class_ids=(0, 1), threshold=0.5, name=None, dtype=None):
        super().__init__(2, target_class_ids, name, dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counts a batch of labels 0 and 1 and scores."""
        super().update_state(y_true, as_tensor(y_pred).to(torch_dtype()) >= self.threshold, sample_weight)


class MeanIoU(IoU):
    """`IoU` averaged over all classes.

    Args:
        num_classes: number of classes.
        ignore_class: label that does not count.
        sparse_y_true: labels are class numbers; otherwise one-hot.
        sparse_y_pred: predictions are class numbers; otherwise scores per class.
        axis: the class axis of one-hot labels and scores.

    Source: Keras `metrics.MeanIoU`.

    >>> round(float(MeanIoU(2)(torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 1]))), 4)
    0.3333
    """

    def __init__(self, num_classes, name=None, dtype=None, ignore_class=None, sparse_y_true=True,
                 sparse_y_pred=True, axis=-1):
        super().__init__(num_classes, list(range(num_classes)), name, dtype, ignore_class, sparse_y_true,
                         sparse_y_pred, axis)


class OneHotIoU(IoU):
    """`IoU` of one-hot labels and scores.

    Args:
        num_classes: number of classes.
        target_class_ids: list of the classes that count.
        ignore_class: label that does not count.
        sparse_y_pred: predictions are class numbers; otherwise scores per class.
        axis: the class axis.

    Source: Keras `metrics.OneHotIoU`.

    >>> round(float(OneHotIoU(2, [0, 1])(torch.eye(2), torch.eye(2))), 4)
    1.0
    """

    def __init__(self, num_classes, target_class_ids, name=None, dtype=None, ignore_class=None,
                 sparse_y_pred=False, axis=-1):
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)


class OneHotMeanIoU(MeanIoU):
    """`MeanIoU` of one-hot labels and scores.

    Args:
        num_classes: number of classes.
        ignore_class: label that does not count.
        sparse_y_pred: predictions are class numbers; otherwise scores per class.
        axis: the class axis.

    Source: Keras `metrics.OneHotMeanIoU`.

    >>> round(float(OneHotMeanIoU(2)(torch.eye(2), torch.eye(2))), 4)
    1.0
    """

    def __init__(self, num_classes, name=None, dtype=None, ignore_class=None, sparse_y_pred=False, axis=-1):
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)
