"""Lambda, Masking, Identity."""

import pytest
import torch

from keras_torch import Model
from keras_torch.base.custom_objects import CustomObjectScope
from keras_torch.layers.core_layers import Identity, Lambda, Masking
from keras_torch.layers.input_layer import Input
from keras_torch.symbolic.record import input_symbol


def twice(x):
    return x * 2


def test_identity_passes_inputs_and_masks_on():
    x = torch.ones(1, 2)
    x._keras_mask = torch.tensor([True])
    assert torch.equal(Identity()(x), x) and Identity()(x)._keras_mask is x._keras_mask


def test_masking_marks_and_clears_steps():
    x = torch.tensor([[[1.0, 5.0], [5.0, 5.0]]])
    outputs = Masking(5)(x)
    assert outputs.tolist() == [[[1.0, 5.0], [0.0, 0.0]]]
    assert outputs._keras_mask.tolist() == [[True, False]]


def test_lambda_runs_functions_with_arguments():
    assert Lambda(lambda x, power: x**power, arguments={"power": 2})(torch.full((2,), 3.0)).tolist() == [
        9.0,
        9.0,
    ]
    assert Lambda(sum)([torch.ones(2), torch.ones(2)]).tolist() == [2.0, 2.0]
    assert Lambda(torch.relu)(torch.tensor([-1.0])).tolist() == [0.0]


def test_lambda_passes_phase_and_mask_to_functions_that_take_them():
    layer = Lambda(lambda x, training, mask: (x if training else -x) * mask)
    x, mask = torch.ones(2), torch.tensor([1.0, 0.0])
    assert layer(x, mask=mask, training=True).tolist() == [1.0, 0.0]
    assert layer(x, mask=mask).tolist() == [-1.0, 0.0]


def test_lambda_infers_shapes_or_believes_what_it_is_told():
    x = input_symbol((None, 4), "float32")
    assert Lambda(lambda x: x[:, :2])(x).shape == (None, 2)
    assert Lambda(lambda x: torch.tensor(x.tolist()), output_shape=(4,))(x).shape == (None, 4)
    assert Lambda(lambda x: x.mean().item(), output_shape=lambda shape: (shape[0], 7))(x).shape == (None, 7)
    assert Lambda(lambda x: x, output_shape=[3]).compute_output_shape((None, 4)) == (None, 3)
    assert Lambda(lambda x: x[:, :2]).compute_output_shape((None, 4)) == (None, 2)
    assert Lambda(lambda xs: xs[0], output_shape=(2,)).compute_output_shape([(None, 4), (None, 5)]) == (
        None,
        2,
    )


def test_lambda_passes_masks_only_when_told():
    x = torch.ones(1, 2, 3)
    x._keras_mask = torch.tensor([[True, False]])
    assert getattr(Lambda(twice)(x), "_keras_mask", None) is None
    assert Lambda(twice, mask=lambda inputs, mask: ~mask)(x)._keras_mask.tolist() == [[False, True]]
    given = torch.tensor([[True, True]])
    assert Lambda(twice, mask=given)(x)._keras_mask is given


def test_lambda_config_is_rebuilt_in_the_same_process():
    layer = Lambda(twice, output_shape=(3,), arguments={}, name="double")
    again = Lambda.from_config(layer.get_config())
    assert again.function is twice and again.compute_output_shape((None, 1)) == (None, 3)


def test_function_names_in_configs_resolve_among_known_ones():
    with CustomObjectScope({"twice": twice}):
        assert (
            Lambda.from_config({"name": "a", "function": "twice", "function_type": "function"}).function
            is twice
        )
    assert Lambda.from_config({"name": "a", "function": "relu"}).function.__name__ == "relu"


CODE = [
    {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None, "closure": None}},
    ["4wEAAAA=", None, None],
]


@pytest.mark.parametrize("code", CODE)
def test_code_in_configs_is_refused_and_may_be_replaced(code):
    config = {"name": "double", "function": code, "function_type": "lambda", "output_shape": None}
    with pytest.raises(
        ValueError, match="Lambda \"double\" is stored with the code.*custom_objects={'double'"
    ):
        Lambda.from_config(config)
    with CustomObjectScope({"double": twice}):
        assert Lambda.from_config(config).function is twice
    assert config["function_type"] == "lambda"  # the caller's config is left alone


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Lambda(3), "`function` must be a function; got 3"),
        (lambda: Lambda.from_config({"name": "a", "function": "no_such"}), "Nothing is called 'no_such'"),
        (
            lambda: Lambda.from_config(
                {"name": "a", "function": "relu", "output_shape": ["code", None, None]}
            ),
            "`output_shape` must be a tuple of sizes",
        ),
        (lambda: Masking("x"), "`mask_value` must be a number; got 'x'"),
    ],
)
def test_wrong_use_is_explained(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_input_of_a_symbol_begins_a_model_and_lets_through_what_comes_before():
    x = Input((2,))
    doubled = x * 2
    start = Input(tensor=doubled)
    y = start + 1
    data = torch.ones(1, 2)
    assert Model(start, y)(data).tolist() == [[2.0, 2.0]]
    assert Model(x, y)(data).tolist() == [[3.0, 3.0]]


def test_input_of_values_is_refused():
    with pytest.raises(ValueError, match="`input_tensor` must be a symbolic tensor; got 'Tensor'"):
        Input(tensor=torch.ones(2, 2))
