"""Reduction, weighting, names and errors of losses."""

from __future__ import annotations

import pytest
import torch
from cases.objective_case import frames_of
from cases.operation_count import CountOperations

import keras_torch
from keras_torch import dialects, losses
from keras_torch.losses.loss import match_ranks, per_sample, safe_divide


def test_vector_and_column_are_one_shape():
    y_true, y_pred = torch.tensor([0.0, 1.0, 2.0]), torch.tensor([[0.0], [0.0], [0.0]])
    assert losses.MeanSquaredError()(y_true, y_pred).item() == pytest.approx(5 / 3)
    assert losses.mean_squared_error(y_true, y_pred).shape == (3,)


def test_match_ranks_drops_the_odd_axis_of_longer_tensors():
    first, second = match_ranks(torch.zeros(2, 3, 1), torch.zeros(2, 3))
    assert first.shape == second.shape == (2, 3)
    assert match_ranks(torch.zeros(2, 3), torch.zeros(2, 3, 1))[1].shape == (2, 3)
    assert match_ranks(torch.zeros(2, 3), torch.zeros(3))[1].shape == (3,)


def test_sample_weights_of_a_vector_count_for_all_steps():
    values, weights = torch.arange(6.0).reshape(2, 3), torch.tensor([1.0, 3.0])
    mse = losses.MeanSquaredError(reduction="none")
    y_pred = values.sqrt().unsqueeze(-1)
    weighted = mse(torch.zeros(2, 3, 1), y_pred, weights)
    assert torch.allclose(weighted, values * weights[:, None])


def test_number_and_list_weights_are_taken():
    loss = losses.MeanSquaredError()
    y_true, y_pred = torch.zeros(2, 3), torch.ones(2, 3)
    assert loss(y_true, y_pred, 2.0).item() == 2.0
    assert loss(y_true, y_pred, [1, 3]).item() == 2.0


def test_weights_that_do_not_fit_are_an_error():
    with pytest.raises(ValueError, match=r"mask of shape \(3,\) do not fit loss values of shape \(2, 4\)"):
        per_sample(torch.ones(3), torch.ones(2, 4))
    with pytest.raises(ValueError, match="one weight per sample"):
        losses.MeanSquaredError()(torch.zeros(2, 3), torch.zeros(2, 3), torch.ones(2, 5))


def test_mask_of_steps_needs_a_loss_value_per_step():
    y_pred = torch.zeros(2, 3, 1)
    y_pred._keras_mask = torch.ones(2, 3, dtype=torch.bool)
    with pytest.raises(ValueError, match="y_true needs as many axes as y_pred"):
        losses.MeanSquaredError()(torch.zeros(2, 3), y_pred)


def test_loss_of_a_wholly_masked_batch_is_zero():
    y_pred = torch.ones(2, 3, 1)
    y_pred._keras_mask = torch.zeros(2, 3, dtype=torch.bool)
    assert losses.MeanSquaredError()(torch.zeros(2, 3, 1), y_pred).item() == 0.0


@pytest.mark.parametrize("generation, masked, weighted, both", [
    ("keras3", 3 / 2, 9 / 4, 5 / 2), ("keras2.3", 3 / 4, 9 / 4, 5 / 4), ("keras2.2", 3 / 2, 3, 10 / 3),
])
def test_older_generations_average_over_other_values(generation, masked, weighted, both):
    with dialects.dialect(generation):
        error = losses.MeanAbsoluteError()
    y_true, y_pred = torch.zeros(2, 2, 1), torch.tensor([[[1.0], [2.0]], [[3.0], [4.0]]])
    weights = torch.tensor([[1.0, 2.0], [0.0, 1.0]])
    assert error(y_true, y_pred, weights).item() == pytest.approx(weighted)
    y_pred._keras_mask = torch.tensor([[True, True], [False, False]])
    assert error(y_true, y_pred).item() == pytest.approx(masked)
    assert error(y_true, y_pred, weights).item() == pytest.approx(both)


def test_empty_batch_has_the_loss_zero():
    assert losses.MeanAbsolutePercentageError()(torch.zeros(0, 3), torch.zeros(0, 3)).item() == 0.0


def test_safe_divide_gives_zero_gradients_at_zero():
    denominator = torch.tensor([2.0, 0.0], requires_grad=True)
    safe_divide(torch.ones(2), denominator).sum().backward()
    assert denominator.grad.tolist() == [-0.25, 0.0]


@pytest.mark.parametrize("old, new", [("auto", "sum_over_batch_size"), ("none", "none"), (None, None)])
def test_old_reduction_names_are_taken(old, new):
    assert losses.Huber(reduction=old).reduction == new


def test_reduction_constants_are_the_names():
    assert losses.MeanSquaredError(reduction=losses.Reduction.AUTO).reduction == "sum_over_batch_size"
    assert losses.Reduction.SUM_OVER_BATCH_SIZE == "sum_over_batch_size"


def test_unknown_reduction_is_an_error():
    with pytest.raises(ValueError,
                       match="Huber: `reduction` must be one of .*; got 'summ'. Nearest known: 'sum'"):
        losses.Huber(reduction="summ")


@pytest.mark.parametrize("name, arguments, message", [
    ("Huber", {"delta": -1.0}, "`delta` must be a number of at least 0"),
    ("BinaryCrossentropy", {"label_smoothing": 1.5}, "`label_smoothing` must be a fraction from 0 to 1"),
    ("BinaryCrossentropy", {"from_logits": "no"}, "`from_logits` must be True or False"),
    ("CosineSimilarity", {"axis": "last"}, "`axis` must be an integer"),
    ("CategoricalGeneralizedCrossEntropy", {"q": 1.0}, "`q` must be above 0 and below 1"),
    ("MeanSquaredError", {"dtype": "float31"}, "policy must be a dtype"),
])
def test_wrong_arguments_are_errors(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(losses, name)(**arguments)


def test_unknown_argument_names_the_nearest():
    with pytest.raises(TypeError, match="BinaryCrossentropy.* has no argument `from_logit`.*'from_logits'"):
        losses.BinaryCrossentropy(from_logit=True)


def test_loss_without_call_is_an_error():
    with pytest.raises(NotImplementedError, match=r"Loss has no call\(self, y_true, y_pred\)"):
        losses.Loss()(torch.zeros(1), torch.zeros(1))


def test_user_loss_gets_tensors_of_one_type_and_is_reduced():
    class Largest(losses.Loss):
        def __init__(self, factor=1.0, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def call(self, y_true, y_pred):
            assert y_true.dtype == y_pred.dtype == torch.float32
            return self.factor * (y_true - y_pred).abs().amax(-1)

    loss = Largest(2.0, name="largest", reduction="sum")
    assert loss([[0, 1], [2, 3]], torch.zeros(2, 2)).item() == 8.0
    assert loss.get_config() == {"factor": 2.0, "name": "largest", "reduction": "sum", "dtype": "float32"}
    assert Largest.from_config(loss.get_config()).factor == 2.0


def test_user_loss_of_dictionaries_gets_dictionaries():
    class Sum(losses.Loss):
        def call(self, y_true, y_pred):
            return (y_true["a"] - y_pred["a"]).abs() + (y_true["b"] - y_pred["b"]).abs()

    y_pred = {"a": torch.ones(2), "b": torch.ones(2)}
    assert Sum()({"a": torch.zeros(2), "b": torch.zeros(2)}, y_pred).item() == 2.0


def test_function_that_returns_one_number_is_taken():
    loss = losses.LossFunctionWrapper(lambda y_true, y_pred: (y_true - y_pred).square().mean())
    assert loss(torch.zeros(3), torch.ones(3)).item() == 1.0
    assert loss(torch.zeros(3), torch.ones(3), torch.tensor([1.0, 0.0, 2.0])).item() == 1.0


def test_wrapper_hands_on_its_arguments_and_rebuilds():
    loss = losses.LossFunctionWrapper(losses.huber, name="soft", delta=0.5)
    assert torch.equal(loss([[0.0]], [[2.0]]), losses.Huber(0.5)([[0.0]], [[2.0]]))
    again = losses.LossFunctionWrapper.from_config(loss.get_config() | {"fn": losses.huber})
    assert again.fn_kwargs == {"delta": 0.5}


@pytest.mark.parametrize("name, function", [
    ("mse", losses.mean_squared_error), ("MSE", losses.mean_squared_error),
    ("mae", losses.mean_absolute_error),
    ("MAPE", losses.mean_absolute_percentage_error), ("msle", losses.mean_squared_logarithmic_error),
    ("bce", losses.binary_crossentropy), ("BCE", losses.binary_crossentropy), ("kld", losses.kl_divergence),
    ("KLD", losses.kl_divergence), ("kullback_leibler_divergence", losses.kl_divergence),
    ("logcosh", losses.log_cosh), ("log_cosh", losses.log_cosh), ("huber", losses.huber),
    ("huber_loss", losses.huber), ("cosine_proximity", losses.cosine_similarity),
    ("cosine_similarity", losses.cosine_similarity), ("categorical_crossentropy",
                                                      losses.categorical_crossentropy),
    ("sparse_categorical_crossentropy", losses.sparse_categorical_crossentropy), ("hinge", losses.hinge),
    ("mean_squared_error", losses.mean_squared_error), ("dice", losses.dice),
])
def test_names_of_all_generations_are_known(name, function):
    assert losses.get(name) is function
    assert losses.deserialize(name) is function


def test_class_names_give_instances():
    assert isinstance(losses.get("MeanSquaredError"), losses.MeanSquaredError)
    assert isinstance(losses.get(losses.Huber), losses.Huber)
    assert losses.get(None) is None


def test_unknown_name_gives_the_nearest():
    with pytest.raises(ValueError,
                       match="No loss is called 'mean_squared'. Nearest known: 'mean_squared_error'"):
        losses.get("mean_squared")


def test_as_loss_makes_the_fused_class_of_a_function():
    assert isinstance(losses.as_loss("mse"), losses.MeanSquaredError)
    assert losses.as_loss("mse").name == "mse"
    assert losses.as_loss(losses.huber).name == "huber"
    assert losses.as_loss(lambda y_true, y_pred: y_pred, name="mine").name == "mine"
    assert losses.as_loss(None) is None
    loss = losses.Dice()
    assert losses.as_loss(loss) is loss


def test_default_names_are_keras_s():
    assert losses.MeanSquaredError().name == "mean_squared_error"
    assert losses.Huber().name == "huber_loss"
    assert losses.KLDivergence().name == "kl_divergence"
    assert losses.MeanSquaredError(name="mine").name == "mine"


@pytest.mark.parametrize("true, pred, name", [
    ((None, 1), (None, 1), "binary_crossentropy"), ((None,), (None, 3), "sparse_categorical_crossentropy"),
    ((None, 1), (None, 3), "sparse_categorical_crossentropy"),
    ((None, 3), (None, 3), "categorical_crossentropy"),
])
def test_crossentropy_is_chosen_by_shapes(true, pred, name):
    assert losses.resolve_crossentropy(true, pred) is getattr(losses, name)


@pytest.mark.parametrize("name, message", [
    ("categorical_crossentropy", "use sparse_categorical_crossentropy, or make y_true one-hot"),
    ("categorical_focal_crossentropy", "use sparse_categorical_crossentropy, or make y_true one-hot"),
    ("sparse_categorical_crossentropy", "it must be .*one class number per prediction"),
    ("binary_crossentropy", "Give y_true one value for each value of y_pred"),
    ("binary_focal_crossentropy", "Give y_true one value for each value of y_pred"),
])
def test_labels_of_a_wrong_shape_are_errors(name, message):
    with pytest.raises(ValueError, match=message):
        losses.get(name)(torch.zeros(2, 4), torch.zeros(2, 3))


def test_ctc_needs_labels_and_logits_of_sequences():
    with pytest.raises(ValueError, match=r"ctc: y_true must be \(batch, length\) and y_pred \(batch"):
        losses.ctc(torch.zeros(2, 3), torch.zeros(2, 4))


def test_circle_without_like_pairs_has_finite_gradients():
    y_pred = torch.eye(3, requires_grad=True)
    losses.Circle()(torch.tensor([0, 1, 2]), y_pred).backward()
    assert y_pred.grad.isfinite().all()


@pytest.mark.parametrize("name", ["categorical_crossentropy", "categorical_focal_crossentropy"])
def test_axis_that_is_no_number_is_an_error(name):
    with pytest.raises(ValueError, match="`axis` must be an integer"):
        losses.get(name)(torch.eye(2), torch.eye(2), axis=True)


def test_class_axis_may_be_anywhere_in_sparse_losses():
    y_true, y_pred = torch.randint(0, 3, (2, 4)), torch.rand(2, 3, 4)
    first = losses.sparse_categorical_crossentropy(y_true, y_pred, axis=1)
    last = losses.sparse_categorical_crossentropy(y_true, y_pred.movedim(1, -1))
    assert torch.allclose(first, last)


def test_large_class_numbers_stay_exact():
    y_true = torch.tensor([2**24 + 1])
    loss = losses.as_loss("sparse_categorical_crossentropy")
    assert loss._true_leaf(y_true).item() == 2**24 + 1


@pytest.mark.parametrize("loss, y_true, budget", [
    (losses.MeanSquaredError(), torch.zeros(4, 3), 1),
    (losses.SparseCategoricalCrossentropy(from_logits=True), torch.zeros(4, dtype=torch.long), 2),
    (losses.BinaryCrossentropy(from_logits=True), torch.zeros(4, 3), 2),
    (losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1), torch.zeros(4, 3), 8),
    (losses.SparseCategoricalCrossentropy(), torch.zeros(4, dtype=torch.long), 10),
    (losses.MeanAbsolutePercentageError(), torch.zeros(4, 3), 9),
], ids=lambda value: getattr(value, "name", None))
def test_loss_has_a_budget_of_operations(loss, y_true, budget):
    y_pred = torch.rand(4, 3)
    with CountOperations() as counted:
        loss(y_true, y_pred)
    assert len(counted.kernels) <= budget, counted.kernels


@pytest.mark.parametrize("loss, y_true", [
    (losses.MeanSquaredError(), torch.zeros(4, 3)),
    (losses.SparseCategoricalCrossentropy(from_logits=True), torch.zeros(4, dtype=torch.long)),
])
def test_plain_call_goes_straight_to_the_fused_mean(loss, y_true):
    assert frames_of(lambda: loss(y_true, torch.rand(4, 3))) <= 6


def test_options_may_change_after_a_call():
    loss, y_true, y_pred = losses.Huber(), torch.zeros(1, 1), torch.full((1, 1), 3.0)
    assert loss(y_true, y_pred).item() == 2.5
    loss.delta = 2.0
    assert loss(y_true, y_pred).item() == 4.0
    loss.reduction = "none"
    assert loss(y_true, y_pred).shape == (1,)


@pytest.mark.parametrize("name", ["MeanSquaredError", "BinaryCrossentropy", "CategoricalCrossentropy",
                                  "MeanAbsoluteError", "Huber"])
def test_empty_batch_has_the_loss_zero_on_the_straight_path_too(name):
    assert getattr(losses, name)()(torch.zeros(0, 3), torch.zeros(0, 3)).item() == 0.0


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_fused_categorical_mean_is_the_mean_of_the_values(smoothing):
    y_true, y_pred = torch.eye(4)[[0, 2, 1]], torch.randn(3, 4, generator=torch.Generator().manual_seed(1))
    arguments = {"from_logits": True, "label_smoothing": smoothing}
    values = losses.CategoricalCrossentropy(reduction="none", **arguments)(y_true, y_pred)
    fused = losses.CategoricalCrossentropy(**arguments)(y_true, y_pred)
    assert values.shape == (3,) and torch.allclose(fused, values.mean())


def test_labels_of_a_wrong_batch_size_are_an_error_before_the_kernel():
    with pytest.raises(ValueError, match=r"it must be \(2,\): one class number per prediction"):
        losses.SparseCategoricalCrossentropy(from_logits=True)(torch.zeros(3, dtype=torch.long),
                                                               torch.zeros(2, 4))


def test_class_axis_of_logits_may_be_anywhere():
    y_true, y_pred = torch.eye(3)[torch.tensor([[0, 2], [1, 1]])], torch.rand(2, 2, 3)
    last = losses.CategoricalCrossentropy(from_logits=True)(y_true, y_pred)
    middle = losses.CategoricalCrossentropy(from_logits=True, axis=1)(y_true.mT, y_pred.mT)
    assert torch.allclose(last, middle)


@pytest.mark.parametrize("name", ["MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh",
                                  "BinaryCrossentropy", "SparseCategoricalCrossentropy",
                                  "CategoricalCrossentropy", "KLDivergence"])
def test_a_subclass_that_writes_call_is_asked(name):
    base = getattr(losses, name)

    class Tenfold(base):
        """Ten times as much."""

        def call(self, y_true, y_pred):
            return 10 * super().call(y_true, y_pred)

    y_pred = torch.tensor([[0.2, 0.8], [0.6, 0.4]])
    y_true = torch.tensor([1, 0]) if name.startswith("Sparse") else torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    assert Tenfold()(y_true, y_pred) == pytest.approx(10 * float(base()(y_true, y_pred)), rel=1e-6)
    model = keras_torch.Sequential([keras_torch.Input((2,)), keras_torch.layers.Activation("softmax")])
    values = []
    for loss in (base(), Tenfold()):
        model.compile("sgd", loss)
        values.append(model.evaluate(y_pred, y_true, verbose=0))
    assert values[1] == pytest.approx(10 * values[0], rel=1e-6)
