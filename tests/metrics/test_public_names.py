"""Every public name of `losses` and `metrics` in Keras 1, 2.3.1, tf_keras 2.21 and Keras 3.15 is there."""

from __future__ import annotations

import inspect

import pytest

from keras_torch import losses, metrics

LOSSES = """
    BinaryCrossentropy BinaryFocalCrossentropy CTC CategoricalCrossentropy CategoricalFocalCrossentropy
    CategoricalGeneralizedCrossEntropy CategoricalHinge Circle CosineSimilarity Dice Hinge Huber KLD
    KLDivergence LogCosh Loss LossFunctionWrapper MAE MAPE MSE MSLE MeanAbsoluteError
    MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson Reduction
    SparseCategoricalCrossentropy SquaredHinge Tversky binary_crossentropy binary_focal_crossentropy
    categorical_crossentropy categorical_focal_crossentropy categorical_generalized_cross_entropy
    categorical_hinge circle cosine cosine_proximity cosine_similarity ctc deserialize dice get hinge huber
    huber_loss kl_divergence kld kullback_leibler_divergence log_cosh logcosh mae mape mean_absolute_error
    mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error mse msle poisson
    serialize sparse_categorical_crossentropy squared_hinge tversky
""".split()
METRICS = """
    AUC Accuracy BCE BinaryAccuracy BinaryCrossentropy BinaryIoU CategoricalAccuracy CategoricalCrossentropy
    CategoricalHinge ConcordanceCorrelation CosineSimilarity F1Score FBetaScore FalseNegatives
    FalsePositives Hinge IoU KLD KLDivergence LogCoshError MAE MAPE MSE MSLE Mean MeanAbsoluteError
    MeanAbsolutePercentageError MeanIoU MeanMetricWrapper MeanRelativeError MeanSquaredError
    MeanSquaredLogarithmicError MeanTensor Metric OneHotIoU OneHotMeanIoU PearsonCorrelation Poisson
    Precision PrecisionAtRecall R2Score Recall RecallAtPrecision RootMeanSquaredError
    SensitivityAtSpecificity SparseCategoricalAccuracy SparseCategoricalCrossentropy
    SparseTopKCategoricalAccuracy SpecificityAtSensitivity SquaredHinge Sum TopKCategoricalAccuracy
    TrueNegatives TruePositives accuracy bce binary_accuracy binary_crossentropy binary_focal_crossentropy
    categorical_accuracy categorical_crossentropy categorical_focal_crossentropy categorical_hinge
    clone_metric clone_metrics concordance_correlation cosine cosine_proximity cosine_similarity deserialize
    fbeta_score fmeasure get hinge huber kl_divergence kld kullback_leibler_divergence log_cosh logcosh mae
    mape matthews_correlation mean_absolute_error mean_absolute_percentage_error mean_squared_error
    mean_squared_logarithmic_error mse msle pearson_correlation poisson precision recall serialize
    sparse_categorical_accuracy sparse_categorical_crossentropy sparse_top_k_categorical_accuracy
    squared_hinge top_k_categorical_accuracy
""".split()


@pytest.mark.parametrize("module, names", [(losses, LOSSES), (metrics, METRICS)], ids=["losses", "metrics"])
def test_no_name_is_missing(module, names):
    assert [name for name in names if not callable(getattr(module, name, None))] == []


@pytest.mark.parametrize("module, names", [(losses, LOSSES), (metrics, METRICS)], ids=["losses", "metrics"])
def test_every_class_is_found_by_its_name_and_in_snake_case(module, names):
    for name in names:
        member = getattr(module, name)
        if inspect.isclass(member) and hasattr(member, "from_config"):
            assert module.registry.find(name) is member
