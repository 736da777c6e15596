"""Scores of a whole data set that are no mean: F-beta, F1 and R2."""

import torch

from keras_torch.base import settings
from keras_torch.base.checks import Term, fail, is_number, nonnegative_int, one_of, positive_number
from keras_torch.metrics.metric import Metric
from keras_torch.metrics.reduction import is_matrix_pair, pair_of
from keras_torch.ops.core import as_tensor


def _positive_fraction(owner, argument, value):
    if not is_number(value) or not 0 < value <= 1:
        fail(owner, argument, value, "above 0 and at most 1")


class FBetaScore(Metric):
    """`(1 + beta**2) * precision * recall / (beta**2 * precision + recall)` for each class.

    Args:
        average: None (a score per class), 'micro' (all classes counted together), 'macro' (mean of the
            scores) or 'weighted' (mean weighted by how often a class occurs).
        beta: how much more recall counts than precision.
        threshold: scores above it count as positive; None: the largest score of each row does.
        name: what history and logs call it.
        dtype: number type of the counts.

    Shape:
        y_true, y_pred (batch, classes) -> (classes,), or () with an average

    Source: Keras `metrics.FBetaScore`.

    >>> FBetaScore(beta=2.0)(torch.eye(2), torch.eye(2))
    tensor([1.0000, 1.0000])
    """

    vocabulary = {"average": Term(one_of("micro", "macro", "weighted"), doc="how classes become one number"),
                  "beta": Term(positive_number, doc="weight of recall against precision", optional=False),
                  "threshold": Term(_positive_fraction, doc="scores above it count as positive")}

    def __init__(self, average=None, beta=1.0, threshold=None, name="fbeta_score", dtype=None):
        super().__init__(dtype, name)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counts a batch; `sample_weight` is (batch,) or None."""
        y_true, y_pred = pair_of(self, y_true, y_pred)
        is_matrix_pair(self, y_true, y_pred)
        if not self._states:
            shape = () if self.average == "micro" else (y_pred.shape[1],)
            for name in ("true_positives", "false_positives", "false_negatives", "intermediate_weights"):
                self.add_state(name, shape)
            self.follow(y_pred)
        if self.threshold is None:
            chosen = (y_pred >= y_pred.amax(-1, keepdim=True)) & (y_pred.abs() > 1e-9)
        else:
            chosen = y_pred > self.threshold
        self._count(y_true, chosen.to(y_pred), sample_weight)

    def _count(self, y_true, chosen, sample_weight):
        weights = None
        if sample_weight is not None:
            weights = as_tensor(sample_weight, like=chosen).to(chosen).reshape(-1, 1)

        def total(values):
            values = values if weights is None else values * weights
            return values.sum() if self.average == "micro" else values.sum(0)

        self.true_positives.add_(total(chosen * y_true))
        self.false_positives.add_(total(chosen * (1.0 - y_true)))
        self.false_negatives.add_(total((1.0 - chosen) * y_true))
        self.intermediate_weights.add_(total(y_true))

    def result(self):
        """The score, 0..1."""
        if not self._states:
            return torch.zeros((), dtype=self.torch_dtype, device=settings.default_device())
        epsilon, squared = settings.epsilon(), self.beta**2
        right, wrong = self.true_positives.value, self.false_positives.value
        missed = self.false_negatives.value
        precision, recall = right / (right + wrong + epsilon), right / (right + missed + epsilon)
        scores = (1.0 + squared) * precision * recall / (squared * precision + recall + epsilon)
        if self.average == "weighted":
            weights = self.intermediate_weights.value
            return (scores * weights / (weights.sum() + epsilon)).sum()
        return scores if self.average is None else scores.mean()


class F1Score(FBetaScore):
    """`2 * precision * recall / (precision + recall)` for each class.

    Args:
        average: None, 'micro', 'macro' or 'weighted'; see `FBetaScore`.
        threshold: scores above it count as positive; None: the largest score of each row does.

    Source: Keras `metrics.F1Score`.

    >>> F1Score(average="macro")(torch.eye(2), torch.eye(2))
    tensor(1.0000)
    """

    def __init__(self, average=None, threshold=None, name="f1_score", dtype=None):
        super().__init__(average, 1.0, threshold, name, dtype)


class R2Score(Metric):
    """`1 - squared error / variance of y_true`: 1 is perfect, 0 as good as the mean.

    Args:
        class_aggregation: 'uniform_average', 'variance_weighted_average' or None (a score per output).
        num_regressors: number of inputs of the regression, for the adjusted score; 0 gives the plain score.
        name: what history and logs call it.
        dtype: number type of the sums.

    Shape:
        y_true, y_pred (batch, outputs) -> (), or (outputs,) without aggregation

    Notes:
        With too few samples for `num_regressors` the plain score is given (Keras also warns, which reads
        back).

    Source: Keras `metrics.R2Score`.

    >>> float(R2Score()(torch.tensor([[0.0], [2.0]]), torch.tensor([[0.0], [2.0]])))
    1.0
    """

    vocabulary = {"class_aggregation": Term(one_of("uniform_average", "variance_weighted_average"),
                                            doc="how the outputs become one number"),
                  "num_regressors": Term(nonnegative_int, doc="inputs of the regression", optional=False)}

    def __init__(self, class_aggregation="uniform_average", num_regressors=0, name="r2_score", dtype=None):
        super().__init__(dtype, name)
        self.add_state("num_samples")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch; `sample_weight` is (batch,), (batch, outputs) or None."""
        y_true, y_pred = pair_of(self, y_true, y_pred)
        is_matrix_pair(self, y_true, y_pred)
        if "count" not in self._states:
            for name in ("squared_sum", "sum", "total_mse", "count"):
                self.add_state(name, (y_pred.shape[1],))
            self.to(y_pred.device)
        weights = torch.ones_like(y_true[:, :1]) if sample_weight is None else \
            as_tensor(sample_weight, like=y_true).to(y_true)
        weights = (weights.unsqueeze(1) if weights.dim() == 1 else weights).expand_as(y_true)
        weighted = y_true * weights
        self.sum.add_(weighted.sum(0))
        self.squared_sum.add_((y_true * weighted).sum(0))
        self.total_mse.add_(((y_true - y_pred).square() * weights).sum(0))
        self.count.add_(weights.sum(0))
        self.num_samples.add_(y_true.numel())

    def result(self):
        """The score, at most 1."""
        if "count" not in self._states:
            return torch.zeros((), dtype=self.torch_dtype, device=settings.default_device())
        total = self.squared_sum.value - self.sum.value.square() / self.count.value
        scores = 1.0 - self.total_mse.value / total
        scores = scores.masked_fill(scores.isinf(), 0.0)
        if self.class_aggregation == "uniform_average":
            scores = scores.mean()
        elif self.class_aggregation == "variance_weighted_average":
            scores = (total * scores).sum() / total.sum()
        return self._adjusted(scores) if self.num_regressors else scores

    def _adjusted(self, scores):
        free = self.num_samples.value - self.num_regressors - 1.0
        adjusted = 1.0 - (1.0 - scores) * (self.num_samples.value - 1.0) / free.clamp(min=1e-12)
        return torch.where(free > 0, adjusted, scores)
