"""The formulas and words of the generations before Keras 3; their numbers are rows of the cases."""

import numpy as np
import pytest
import torch

from keras_torch import dialects, optimizers
from keras_torch.base.variable import Variable
from keras_torch.dialects import dialect
from keras_torch.optimizers import SGD, Adam, Nadam, RMSprop, legacy


def stepped(optimizer, gradients=((3.0,), (4.0,)), starts=(1.0, 1.0)):
    variables = [Variable([start]) for start in starts]
    optimizer.apply([torch.tensor(gradient) for gradient in gradients], variables)
    return [variable.item() for variable in variables]


def test_clipnorm_was_the_norm_of_all_gradients():
    assert stepped(SGD(1.0, clipnorm=1.0)) == [0.0, 0.0]
    with dialect("keras2.2"):
        optimizer = SGD(1.0, clipnorm=1.0)
    assert stepped(optimizer) == pytest.approx([0.4, 0.2])
    config = optimizer.get_config()
    assert (config["clipnorm"], config["global_clipnorm"]) == (None, 1.0)
    with dialect("tf.keras"):
        assert stepped(SGD(1.0, clipnorm=1.0)) == [0.0, 0.0]


def test_clipvalue_went_together_with_clipnorm():
    with dialect("keras1"):
        assert stepped(SGD(1.0, clipnorm=5.0, clipvalue=2.0)) == [-1.0, -1.0]  # the norm first, which is 5
        assert stepped(SGD(1.0, clipnorm=1.0, clipvalue=0.7)) == pytest.approx([0.4, 0.3])
    assert stepped(legacy.SGD(1.0, clipnorm=1.0, clipvalue=0.5)) == [0.5, 0.5]  # each value first
    with pytest.raises(ValueError, match="only one of `clipnorm`"):
        legacy.SGD(clipnorm=1.0, global_clipnorm=1.0)
    with pytest.raises(ValueError, match="only one of `clipnorm`"):
        SGD(clipnorm=1.0, clipvalue=1.0)


def test_zero_means_no_limit():
    assert SGD(clipnorm=0.0, clipvalue=0).clipnorm is None


def test_epsilon_was_outside_of_the_root():
    step = 0.1 * 3.0 / (0.1 * 9.0) ** 0.5  # with epsilon 0
    inside = 0.1 * 3.0 / (0.1 * 9.0 + 0.5) ** 0.5
    outside = 0.1 * 3.0 / ((0.1 * 9.0) ** 0.5 + 0.5)
    assert stepped(RMSprop(0.1, epsilon=0.0), [(3.0,)], [0.0]) == pytest.approx([-step])
    assert stepped(RMSprop(0.1, epsilon=0.5), [(3.0,)], [0.0]) == pytest.approx([-inside])
    assert stepped(legacy.RMSprop(0.1, epsilon=0.5), [(3.0,)], [0.0]) == pytest.approx([-outside])
    with dialect("keras2.3"):
        optimizer = RMSprop(lr=0.1, epsilon=0.5)
    assert stepped(optimizer, [(3.0,)], [0.0]) == pytest.approx([-outside])
    with dialect("tf.keras"):
        assert stepped(RMSprop(0.1, epsilon=0.5), [(3.0,)], [0.0]) == pytest.approx([-inside])


def test_nadam_warmed_up_slowly():
    with dialect("keras2.3"):
        assert Nadam().schedule_decay == 0.004
    with dialect("tf.keras"):
        assert Nadam().schedule_decay == 1.0
    assert legacy.Nadam(decay=0.1).schedule_decay == 0.1 and legacy.Nadam().decay is None
    assert "schedule_decay" not in Nadam().get_config()


@pytest.mark.parametrize("speed", [0.0, 0.004, 1.0])
def test_the_product_of_momentums_is_the_same_from_any_count(speed):
    optimizer = Nadam(schedule_decay=speed)
    factors = [0.9 * (1 - 0.5 * 0.96 ** (step * speed)) for step in range(1, 31)]
    for step in range(1, 31):
        assert optimizer.momentum_product(step) == pytest.approx(np.prod(factors[:step]), rel=1e-12)
    assert Nadam(schedule_decay=speed).momentum_product(30) == pytest.approx(np.prod(factors), rel=1e-9)
    on_device = Nadam(schedule_decay=speed).momentum_product(torch.tensor(30.0))
    assert float(on_device) == pytest.approx(np.prod(factors), rel=1e-4)


CONFIGS = {
    "keras1": ({"class_name": "RMSprop", "config": {"lr": 0.5, "rho": 0.9, "epsilon": 1e-8}}, True),
    "keras2": ({"class_name": "RMSprop", "config": {"learning_rate": 0.5, "decay": 0.0, "rho": 0.9}}, True),
    "tf.keras 2.9": ({"class_name": "Custom>RMSprop", "config": {
        "name": "RMSprop", "learning_rate": np.float32(0.5), "decay": 0.0, "centered": False}}, True),
    "tf.keras legacy": ({"module": "keras.optimizers.legacy", "class_name": "RMSprop",
                         "config": {"name": "RMSprop", "learning_rate": 0.5, "decay": 0.0}}, True),
    "tf.keras 2.15": ({"module": "keras.optimizers", "class_name": "RMSprop", "registered_name": None,
                       "config": {"name": "RMSprop", "weight_decay": None, "jit_compile": True,
                                  "is_legacy_optimizer": False, "learning_rate": 0.5}}, False),
    "keras3": ({"module": "keras.optimizers", "class_name": "RMSprop", "registered_name": None,
                "config": {"name": "rm_sprop", "learning_rate": 0.5, "loss_scale_factor": None}}, False),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_configs_tell_their_generation(name):
    config, is_old = CONFIGS[name]
    optimizer = optimizers.deserialize(config)
    assert isinstance(optimizer, RMSprop) and optimizer.learning_rate == 0.5
    assert isinstance(optimizer, legacy.RMSprop) == is_old
    assert optimizers.deserialize(optimizers.serialize(optimizer)).get_config() == optimizer.get_config()


def test_configs_in_tf_keras_without_a_word_are_old_as_there():
    with dialect("tf.keras"):
        assert isinstance(optimizers.get({"class_name": "RMSprop", "config": {"rho": 0.8}}), legacy.RMSprop)
        assert not isinstance(optimizers.get("rmsprop"), legacy.RMSprop)


def test_a_decay_of_today_keeps_todays_formula():
    optimizer = RMSprop(0.5, decay=0.1)
    assert optimizer.get_config()["is_legacy_optimizer"] is False
    assert not isinstance(optimizers.deserialize(optimizers.serialize(optimizer)), legacy.RMSprop)
    assert "is_legacy_optimizer" not in Adam(decay=0.1).get_config()


def test_names_in_every_writing():
    for name in ("experimentalsgd", "SGD", "sgd", "Sgd"):
        assert type(optimizers.get(name)) is SGD
    assert optimizers.experimental.AdamW is optimizers.AdamW
    assert optimizers.rmsprop is RMSprop and optimizers.adam(lr=0.5).learning_rate == 0.5
    with pytest.raises(TypeError, match="TFOptimizer needs the argument `optimizer`"):
        optimizers.get("tfoptimizer")


def test_lists_of_weights_of_old():
    variable = Variable([1.0, 2.0])
    optimizer = RMSprop(momentum=0.5).build([variable])
    optimizer.set_weights([np.ones(2), np.full(2, 2.0)])  # Keras 1 has no count
    assert optimizer.iterations == 0 and optimizer.get_weights()[2].tolist() == [2.0, 2.0]
    nadam = Nadam().build([variable])
    # tf.keras lists the product of the momentums first.
    nadam.set_weights([np.int64(3), np.float32(0.5), np.ones(2), np.full(2, 2.0)])
    assert nadam.iterations == 3 and nadam.get_weights()[1].tolist() == [1.0, 1.0]


def test_transformers_of_gradients_are_refused():
    with pytest.raises(ValueError, match="Change the gradients between backward"):
        legacy.SGD(gradient_transformers=[lambda pairs: pairs])
    assert legacy.SGD(gradient_transformers=None).name == "sgd"


def test_the_average_starts_at_the_weights_in_tf_keras():
    with dialects.dialect("tf.keras"):
        optimizer = SGD(1.0, use_ema=True, ema_momentum=0.5)
    assert stepped(optimizer, [(1.0,)], [1.0]) == [0.0]
    assert optimizer.variables[2].item() == 0.5
