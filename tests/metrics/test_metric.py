"""States, the life of a metric, names, and errors."""

from __future__ import annotations

import pytest
import torch
from cases.objective_case import frames_of
from cases.operation_count import CountOperations

from keras_torch import metrics
from keras_torch.metrics.counting import Tally, Thresholds, compared_counts, keep_top
from keras_torch.metrics.reduction import FormulaMetric


class F1(metrics.Metric):
    """A metric as Keras users write it."""

    def __init__(self, name="f1", **kwargs):
        super().__init__(name=name, **kwargs)
        self.tp = self.add_weight(name="tp", initializer="zeros")
        self.fp = self.add_variable(shape=(), initializer="zeros", name="fp")
        self.precision = metrics.Precision()

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.tp.assign(self.tp + (y_true * y_pred).sum())
        self.fp.assign_add(((1 - y_true) * y_pred).sum())
        self.precision.update_state(y_true, y_pred)

    def result(self):
        return {"tp": self.tp, "precision": self.precision.result()}


def test_user_metric_counts_resets_and_merges():
    metric, other = F1(), F1()
    y_true, y_pred = torch.tensor([1.0, 0.0, 1.0]), torch.tensor([1.0, 1.0, 1.0], requires_grad=True)
    assert metric(y_true, y_pred)["tp"].item() == 2.0
    assert [state.name for state in metric.variables] == ["tp", "fp", "true_positives", "false_positives"]
    assert not metric.tp.requires_grad
    other.update_state(y_true, y_pred)
    metric.merge_state([other])
    assert metric.result()["tp"].item() == 4.0
    assert metric.result()["precision"].item() == pytest.approx(2 / 3)
    metric.reset_state()
    assert all(state.sum() == 0 for state in metric.variables)


def test_result_is_no_state_but_a_copy():
    class Total(metrics.Sum):
        def result(self):
            return self.total

    metric = Total()
    first, nested = metric(torch.ones(2)), F1()(torch.ones(2), torch.ones(2))
    metric.update_state(torch.ones(2))
    assert first.item() == 2.0 and type(first) is type(nested["tp"]) is torch.Tensor


def test_old_spellings_of_add_weight_and_reset_work():
    class Old(metrics.Metric):
        def __init__(self):
            super().__init__("old", None)
            self.total = self.add_weight("total", initializer="zeros")
            self.row = self.add_weight("row", (3,))
            self.resets = 0

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.total.assign_add(y_pred.sum())

        def result(self):
            return self.total

        def reset_states(self):
            self.resets += 1
            super().reset_states()

    metric = Old()
    assert metric.name == "old" and metric.row.shape == (3,)
    assert metric(None, torch.ones(2)).item() == 2.0
    metric.reset_state()
    assert metric.resets == 1 and metric.total.item() == 0.0


def test_house_states_return_to_their_first_value():
    class Range(metrics.Metric):
        def __init__(self, name=None, dtype=None):
            super().__init__(dtype, name)
            self.add_state("lowest", merge="min", initializer=9.0)
            self.add_state("highest", merge="max", initializer="ones")
            self.add_state("drawn", (2,), initializer=lambda shape, dtype=None: torch.full(shape, 3.0))

        def update_state(self, values):
            self.lowest.copy_(torch.minimum(self.lowest, values.amin()))
            self.highest.copy_(torch.maximum(self.highest, values.amax()))
            self.drawn.zero_()

        def result(self):
            return self.highest - self.lowest

    metric, other = Range(), Range()
    assert metric(torch.tensor([2.0, 5.0])).item() == 3.0
    other.update_state(torch.tensor([4.0, 7.0]))
    metric.merge_state([other])
    assert metric.result().item() == 5.0
    assert [merge for _, merge in metric.merges()] == ["min", "max", "sum"]
    metric.reset_state()
    assert [state.tolist() for state in metric.variables] == [9.0, 1.0, [3.0, 3.0]]


def test_states_stay_the_same_tensors():
    metric = metrics.AUC()
    before = [state.data_ptr() for state in metric.variables]
    metric.update_state(torch.tensor([1.0]), torch.tensor([0.5]))
    metric.reset_state()
    assert [state.data_ptr() for state in metric.variables] == before


def test_metric_moves_to_another_device():
    metric = metrics.Mean()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    total = metric.to("cpu").total
    metric.update_state(torch.ones(2, device=device))
    assert metric.total is total and total.device.type == device.type
    assert metric.result().item() == 1.0


def test_dtype_is_the_states_type():
    assert metrics.Mean(dtype="float64")(torch.ones(2)).dtype == torch.float64
    assert metrics.Mean(dtype="mixed_bfloat16").dtype == "bfloat16"
    assert metrics.Mean().dtype == "float32"


def test_automatic_names_are_numbered_where_keras_numbers_them():
    first, second = metrics.AUC(), metrics.AUC()
    assert second.name != first.name and second.name.startswith("auc")
    assert metrics.MeanSquaredError().name == metrics.MeanSquaredError().name == "mean_squared_error"
    assert metrics.LogCoshError().name == "logcosh"
    assert metrics.TopKCategoricalAccuracy().name == "top_k_categorical_accuracy"


def test_number_as_weight_counts_the_batch():
    metric = metrics.Mean()
    metric.update_state(torch.tensor(2.0), sample_weight=3)
    metric.update_state(torch.tensor(6.0), sample_weight=1)
    assert metric.result().item() == 3.0
    assert metrics.Mean()(torch.tensor([1.0, 3.0]), sample_weight=2).item() == 2.0
    assert metrics.Mean()(torch.tensor([True, False])).item() == 0.5


def test_mean_tensor_weighs_each_element_and_keeps_its_shape():
    metric = metrics.MeanTensor(shape=(2,))
    metric.update_state([0.0, 4.0], sample_weight=[1.0, 0.0])
    metric.update_state([2.0, 2.0])
    assert metric.result().tolist() == [1.0, 2.0]
    assert metrics.MeanTensor().result().item() == 0.0
    with pytest.raises(ValueError, match=r"gathers values of shape \(2,\); got \(3,\)"):
        metric.update_state([1.0, 2.0, 3.0])


def test_relative_error_divides_by_the_normalizer():
    metric = metrics.MeanRelativeError(normalizer=[1.0, 3.0, 2.0, 0.0])
    assert metric([1.0, 3.0, 2.0, 3.0], [2.0, 4.0, 6.0, 8.0]).item() == pytest.approx((1 + 1 / 3 + 2 + 0) / 4)


def test_custom_function_becomes_a_metric():
    def largest(y_true, y_pred):
        return y_pred.amax(-1)

    metric = metrics.as_metric(largest)
    assert metric.name == "largest"
    assert metric(torch.zeros(2, 2), torch.eye(2)).item() == 1.0
    whole = metrics.MeanMetricWrapper(lambda y_true, y_pred, scale=1: y_pred.mean() * scale, name="m",
                                      scale=2)
    assert whole(torch.zeros(2), torch.ones(2)).item() == 2.0
    assert whole.get_config()["scale"] == 2


def test_function_that_returns_a_dictionary_is_an_error():
    metric = metrics.MeanMetricWrapper(lambda y_true, y_pred: {"a": y_pred}, name="both")
    with pytest.raises(TypeError,
                       match=r'metric function "both" returned a dictionary \[\'a\'\]. Write one function'):
        metric.update_state(torch.zeros(1), torch.zeros(1))


@pytest.mark.parametrize("true, pred, cls", [
    ((None, 1), (None, 1), metrics.BinaryAccuracy), ((None,), (None, 1), metrics.BinaryAccuracy),
    ((None,), (None, 3), metrics.SparseCategoricalAccuracy),
    ((8, 1), (8, 3), metrics.SparseCategoricalAccuracy),
    ((8, 3), (8, 3), metrics.CategoricalAccuracy), ((8, 4, 3), (8, 4, 3), metrics.CategoricalAccuracy),
    ((8, 4), (8, 4, 3), metrics.SparseCategoricalAccuracy),
])
def test_accuracy_is_chosen_by_shapes(true, pred, cls):
    for name in ("accuracy", "acc"):
        metric = metrics.resolve_accuracy(name, true, pred)
        assert type(metric) is cls and metric.name == name
        assert metrics.as_metric(name, true, pred).name == name


def test_accuracy_of_another_name_is_an_error():
    with pytest.raises(ValueError, match="`name` must be 'accuracy' or 'acc'; got 'accurate'"):
        metrics.resolve_accuracy("accurate", (1,), (1,))


def test_crossentropy_metric_is_chosen_by_shapes():
    metric = metrics.as_metric("ce", (None,), (None, 3))
    assert type(metric) is metrics.SparseCategoricalCrossentropy and metric.name == "ce"


@pytest.mark.parametrize("name, cls", [
    ("mse", "MeanSquaredError"), ("MAE", "MeanAbsoluteError"), ("rmse", "RootMeanSquaredError"),
    ("root_mean_squared_error", "RootMeanSquaredError"), ("kld", "KLDivergence"), ("logcosh", "LogCoshError"),
    ("cosine_proximity", "CosineSimilarity"), ("binary_accuracy", "BinaryAccuracy"), ("AUC", "AUC"),
    ("auc", "AUC"),
    ("precision", "Precision"), ("top_k_categorical_accuracy", "TopKCategoricalAccuracy"),
    ("f1_score", "F1Score"),
    ("fbeta_score", "FBetaScore"), ("mean_io_u", "MeanIoU"), ("accuracy", "Accuracy"),
    ("hinge", "Hinge"),
])
def test_names_of_all_generations_are_known(name, cls):
    target = getattr(metrics, cls)
    assert metrics.registry.find(name) is target
    if cls != "MeanIoU":
        assert type(metrics.get(name)) is target


def test_functions_keep_their_names():
    assert metrics.serialize(metrics.binary_accuracy) == "binary_accuracy"
    assert metrics.get(metrics.binary_accuracy) is metrics.binary_accuracy
    assert metrics.get(None) is None


def test_unknown_name_gives_the_nearest():
    with pytest.raises(ValueError, match="No metric is called 'presicion'. Nearest known: 'precision'"):
        metrics.get("presicion")


@pytest.mark.parametrize("name, arguments, message", [
    ("Precision", {"thresholds": 1.5}, "`thresholds` must be a fraction from 0 to 1, or a list of them"),
    ("Recall", {"thresholds": [0.5, None]}, "`thresholds` must be a fraction"),
    ("Precision", {"top_k": 0}, "`top_k` must be a positive integer"),
    ("Recall", {"class_id": -1}, "`class_id` must be an integer of at least 0"),
    ("AUC", {"num_thresholds": 1}, "`num_thresholds` must be an integer of at least 2"),
    ("AUC", {"curve": "ROCK"}, "`curve` must be one of .* Nearest known: 'roc'"),
    ("AUC", {"summation_method": "middle"}, "`summation_method` must be one of"),
    ("AUC", {"num_labels": 3}, "`num_labels` must be None unless `multi_label` is True"),
    ("SensitivityAtSpecificity", {"specificity": 2}, "`specificity` must be a fraction from 0 to 1"),
    ("FBetaScore", {"average": "mean"}, "`average` must be one of 'micro', 'macro', 'weighted'"),
    ("FBetaScore", {"beta": 0.0}, "`beta` must be a positive number"),
    ("F1Score", {"threshold": 0.0}, "`threshold` must be above 0 and at most 1"),
    ("R2Score", {"class_aggregation": "mean"}, "`class_aggregation` must be 'uniform_average' or"),
    ("R2Score", {"num_regressors": -1}, "`num_regressors` must be an integer of at least 0"),
    ("IoU", {"num_classes": 2, "target_class_ids": [2]},
     "`target_class_ids` must be class numbers from 0 to 1"),
    ("IoU", {"num_classes": 2, "target_class_ids": []}, "`target_class_ids` must be a list of class numbers"),
    ("TopKCategoricalAccuracy", {"k": 0}, "`k` must be a positive integer"),
])
def test_wrong_arguments_are_errors(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(metrics, name)(**arguments)


def test_missing_pieces_are_errors():
    with pytest.raises(NotImplementedError, match=r"Metric has no update_state\(\)"):
        metrics.Metric().update_state()
    with pytest.raises(NotImplementedError, match=r"Metric has no result\(\)"):
        metrics.Metric().result()

    class Early(metrics.Metric):
        def __init__(self):
            self.total = self.add_weight(name="total")

    with pytest.raises(RuntimeError,
                       match=r"Early made a state before it was set up. Call super\(\).__init__\(\)"):
        Early()
    with pytest.raises(ValueError, match="`merge` must be one of 'sum', 'max', 'min'; got 'mean'"):
        metrics.Metric().add_state("total", merge="mean")


def test_merging_unlike_metrics_is_an_error():
    with pytest.raises(ValueError, match='Mean "mean": `metrics` must be metrics with equal states'):
        metrics.Mean().merge_state([metrics.Sum()])


def test_scores_need_matrices():
    for metric in (metrics.F1Score(), metrics.R2Score()):
        with pytest.raises(ValueError, match=r"needs y_true and y_pred of shape \(batch, outputs\); got"):
            metric.update_state(torch.zeros(3), torch.zeros(3))
    with pytest.raises(ValueError, match=r"multi_label=True needs predictions \(batch, labels\); got \(3,\)"):
        metrics.AUC(multi_label=True).update_state(torch.zeros(3), torch.zeros(3))


def test_class_id_beyond_the_classes_is_an_error():
    with pytest.raises(ValueError, match=r"`class_id` is 5, but the shape is \(2, 3\)"):
        metrics.Precision(class_id=5).update_state(torch.zeros(2, 3), torch.zeros(2, 3))


def test_fractions_of_weights_are_cut_off_with_a_warning_unless_floats_are_asked_for():
    y = torch.tensor([0, 1])
    with pytest.warns(UserWarning, match="fractions of sample weights are cut off"):
        metrics.MeanIoU(2).update_state(y, y, sample_weight=torch.tensor([1.5, 0.5]))
    metric = metrics.MeanIoU(2, dtype="float32")
    metric.update_state(y, y.flip(0), sample_weight=torch.tensor([1.5, 0.5]))
    assert metric.total_cm.sum().item() == 2.0


def test_labels_outside_of_the_classes_do_not_count_in_iou():
    assert metrics.MeanIoU(2)(torch.tensor([0, 255, 1]), torch.tensor([0, 1, 1])).item() == pytest.approx(1.0)


def test_adjusted_r2_falls_back_with_few_samples():
    y_true, y_pred = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[1.0], [2.0], [4.0]])
    adjusted, plain = metrics.R2Score(num_regressors=5), metrics.R2Score()
    assert adjusted(y_true, y_pred).item() == plain(y_true, y_pred).item()


def _tallied(y_true, y_pred, values):
    tally = Tally(Thresholds(values), 1, torch.float32)
    tally.add(y_true, y_pred, None)
    return tally.take()


@pytest.mark.parametrize("values", [[0.0, 0.25, 0.5, 0.75, 1.0], [0.1, 0.15, 0.7]])
def test_many_thresholds_count_like_few(values):
    y_true, y_pred = torch.randint(0, 2, (50, 1)).float(), torch.rand(50, 1)
    for kind, counted in _tallied(y_true, y_pred, values).items():
        alone = [compared_counts(y_true, y_pred, Thresholds([value]))[kind] for value in values]
        assert torch.equal(counted, torch.cat(alone))


@pytest.mark.parametrize("values", [[0.0, 0.5, 1.0], [0.1, 0.15, 0.7]])
def test_scores_that_are_not_numbers_or_outside_stay_in_the_buckets(values):
    y_pred = torch.tensor([float("nan"), float("inf"), -5.0, 7.0])
    counts = _tallied(torch.ones(4), y_pred, values)
    assert (counts["true_positives"] + counts["false_negatives"]).flatten().tolist() == [4.0, 4.0, 4.0]


def test_states_of_a_histogram_are_up_to_date_when_looked_at():
    metric = metrics.AUC(num_thresholds=3)
    for _ in range(2):
        metric.update_state(torch.tensor([1.0, 0.0]), torch.tensor([0.9, 0.2]))
        assert metric.true_positives.tolist() == [1.0, 1.0, 0.0]
        metric.reset_state()
    metric.update_state(torch.tensor([1.0]), torch.tensor([0.9]))
    metric.update_state(torch.tensor([1.0]), torch.tensor([0.9]))
    assert [state.sum().item() for state in metric.variables] == [4.0, 0.0, 0.0, 2.0]


def test_state_that_a_metric_does_not_keep_is_told():
    with pytest.raises(AttributeError, match='Precision "p" keeps no state `true_negatives`'):
        metrics.Precision(name="p").true_negatives  # noqa: B018 - the look is what is tested


def test_top_k_keeps_just_k_scores_of_equal_ones():
    assert (keep_top(torch.ones(1, 4), 2) == 1.0).sum().item() == 2


@pytest.mark.parametrize("metric, arguments, budget", [
    (metrics.Mean(), (torch.ones(4),), 2),
    (metrics.Mean(), (torch.ones(()), 32), 1),
    (metrics.Mean(), (torch.ones(4), torch.ones(4)), 6),
    (metrics.SparseCategoricalAccuracy(), (torch.zeros(4), torch.eye(4)), 4),
    (metrics.BinaryAccuracy(), (torch.zeros(4, 1), torch.zeros(4, 1)), 4),
    (metrics.MeanSquaredError(), (torch.zeros(4, 2), torch.zeros(4, 2)), 2),
    (metrics.Precision(), (torch.zeros(4, 1), torch.zeros(4, 1)), 8),
    (metrics.AUC(), (torch.zeros(4, 1), torch.zeros(4, 1)), 7),
    (metrics.AUC(), (torch.zeros(4, 1), torch.zeros(4, 1), torch.ones(4)), 8),
], ids=lambda value: getattr(value, "name", None))
def test_update_has_a_budget_of_operations_and_reads_nothing_back(metric, arguments, budget):
    with CountOperations() as counted:
        metric.update_state(*arguments)
    assert len(counted.kernels) <= budget, counted.kernels
    assert not counted.read_backs


@pytest.mark.parametrize("metric", [metrics.SparseCategoricalAccuracy(), metrics.CategoricalAccuracy()])
def test_plain_update_enters_few_python_functions(metric):
    arguments = torch.zeros(4, 1 if "Sparse" in type(metric).__name__ else 4), torch.eye(4)
    with torch.no_grad():
        assert frames_of(lambda: metric.update_state(*arguments)) <= 13


def test_count_waits_in_python_and_is_there_when_looked_at():
    metric = metrics.MeanSquaredError()
    metric.update_state(torch.zeros(4, 2), torch.ones(4, 2))
    three = torch.zeros(3, 2), torch.ones(3, 2)
    with CountOperations() as counted:
        metric.update_state(*three)
    assert counted.kernels == ["mse_loss", "add_"]
    assert metric.count.item() == 7.0
    other = metrics.MeanSquaredError()
    other.update_state(torch.zeros(1, 2), torch.ones(1, 2))
    metric.merge_state([other])
    assert [state.item() for state in metric.variables] == [8.0, 8.0]
    metric.update_state(torch.zeros(1, 2), torch.ones(1, 2))
    metric.reset_state()
    assert metric.count.item() == 0.0


def test_count_can_be_kept_on_the_device():
    metric = metrics.Mean()
    metric.update_state(torch.ones(2))
    metric.keep_account_on_device()
    four = torch.ones(4)
    with CountOperations() as counted:
        metric.update_state(four)
    assert counted.kernels == ["sum", "add_", "add_"] and metric.count.item() == 6.0


def test_update_that_python_does_not_see_is_counted_after_keep_account_on_device():
    class Both(metrics.Metric):
        def __init__(self):
            super().__init__(name="both")
            self.area = metrics.AUC(num_thresholds=3)

    metric = Both()
    metric.keep_account_on_device()
    metric.area.update_state(torch.tensor([1.0]), torch.tensor([0.9]))
    metric.area._tally.is_empty = True  # as after the replay of a captured graph
    assert metric.area.true_positives.tolist() == [1.0, 1.0, 0.0]


def test_user_mean_that_makes_its_own_count_keeps_it():
    class Own(metrics.Mean):
        def __init__(self):
            super().__init__("own")
            self.count = self.add_weight(name="seen")

    metric = Own()
    assert metric(torch.ones(4)).item() == 1.0 and metric.count.name == "seen"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_gathered_in_float32(dtype):
    y_true, y_pred = torch.rand(64, 5), torch.rand(64, 5).to(dtype)
    for name in ("MeanSquaredError", "LogCoshError", "CosineSimilarity", "BinaryAccuracy", "KLDivergence"):
        short, wide = getattr(metrics, name)(), getattr(metrics, name)()
        assert torch.equal(short(y_true, y_pred), wide(y_true, y_pred.float()))


def test_options_of_a_formula_may_change_later():
    metric = metrics.BinaryAccuracy()
    metric.threshold = 0.9
    assert isinstance(metric, FormulaMetric)
    assert metric(torch.tensor([1.0]), torch.tensor([0.8])).item() == 0.0
