"""Scripts in the words of Keras 1 and 2, with the imports such scripts have, run with keras_torch as `keras`.

Each was run by real Keras too: what they print is the same.
"""

import textwrap

import pytest

from keras_torch.compat.install import install_as_keras, uninstall
from keras_torch.dialects import dialect

KERAS1 = """
    import numpy as np
    from keras import backend as K
    from keras import initializations, objectives, regularizers, metrics
    from keras.models import Sequential, Model
    from keras.layers import Dense, Dropout, Activation, Input, merge
    from keras.layers.advanced_activations import PReLU
    from keras.layers.normalization import BatchNormalization
    from keras.engine.topology import Layer, Container
    from keras.regularizers import l2, activity_l2, WeightRegularizer
    from keras.constraints import maxnorm
    from keras.optimizers import SGD
    from keras.utils import np_utils
    from keras.utils.np_utils import probas_to_classes
    from keras.utils.generic_utils import get_from_module, Progbar
    from keras.utils.layer_utils import print_summary, layer_from_config
    from keras.callbacks import EarlyStopping, ReduceLROnPlateau

    def small(shape, name=None):
        return initializations.normal(shape, scale=0.01, name=name)

    class Own(Layer):
        def __init__(self, output_dim, init='glorot_uniform', W_regularizer=None, **kwargs):
            self.output_dim = output_dim
            self.init = initializations.get(init)
            self.W_regularizer = regularizers.get(W_regularizer)
            super(Own, self).__init__(**kwargs)
        def build(self, input_shape):
            self.W = self.init((input_shape[1], self.output_dim), name='{}_W'.format(self.name))
            self.trainable_weights = [self.W]
        def call(self, x, mask=None):
            return K.dot(x, self.W)
        def get_output_shape_for(self, input_shape):
            return (input_shape[0], self.output_dim)

    def own_loss(y_true, y_pred):
        return objectives.mean_squared_error(y_true, y_pred) + 0.1 * K.mean(K.square(y_pred), axis=-1)

    def own_metric(y_true, y_pred):
        return metrics.binary_accuracy(y_true, y_pred) + 0 * K.sum(y_pred)

    x = np.random.rand(64, 10).astype('float32')
    y = (x.sum(1) > 5).astype('int')
    model = Sequential()
    model.add(Dense(output_dim=8, input_dim=10, init=small, W_regularizer=l2(0.01), W_constraint=maxnorm(2),
                    activity_regularizer=activity_l2(0.001)))
    model.add(PReLU())
    model.add(BatchNormalization(mode=0))
    model.add(Dropout(p=0.2))
    model.add(Own(6, W_regularizer='l1l2'))
    model.add(Dense(8, init='uniform', W_regularizer=WeightRegularizer(l1=0.001)))
    model.add(Dense(2, init=lambda shape, name: initializations.uniform(shape, scale=0.1, name=name)))
    model.add(Activation('softmax'))
    model.compile(loss='categorical_crossentropy',
                  optimizer=SGD(lr=0.1, decay=1e-6, momentum=0.9, nesterov=True),
                  metrics=['accuracy', 'precision', 'fmeasure', own_metric, metrics.mse])
    told = model.fit(x, np_utils.to_categorical(y, nb_classes=2), nb_epoch=2, batch_size=16, verbose=0,
                     validation_split=0.25,
                     callbacks=[EarlyStopping(patience=3), ReduceLROnPlateau(epsilon=1e-3)])
    printed.append(sorted(key for key in told.history if not key.startswith('val_')))
    printed.append(probas_to_classes(model.predict(x)).shape)
    a, b = Input(shape=(10,)), Input((10,), None, 'b')
    out = Dense(1, activation='sigmoid')(merge([Dense(4)(a), Dense(4)(b)], mode='concat'))
    joined = Model(input=[a, b], output=Container(input=[a, b], output=out)([a, b]))
    joined.compile('adam', own_loss, metrics=[own_metric])
    printed.append(len(joined.evaluate([x, x], y, verbose=0)))
    gates = K.function([a, K.learning_phase()], [K.relu(a, alpha=0.1)])
    printed.append(gates([x, 0])[0].shape)
"""

KERAS2 = """
    import numpy as np
    from keras import backend as K
    from keras import constraints, initializers, losses, metrics, optimizers, regularizers
    from keras.layers import Dense, Input
    from keras.models import Model
    from keras.engine.topology import Layer, Network
    from keras.utils import to_categorical, multi_gpu_model, print_summary
    from keras.utils.generic_utils import deserialize_keras_object, has_arg, to_list
    from keras.utils.conv_utils import conv_output_length, normalize_tuple
    from keras.utils.layer_utils import count_params

    def dice(y_true, y_pred):
        a, b = K.flatten(y_true), K.flatten(y_pred)
        return (2. * K.sum(a * b) + 1) / (K.sum(a) + K.sum(b) + 1)

    x = np.random.rand(64, 10).astype('float32')
    y = to_categorical((x.sum(1) > 5).astype('int'), 2)
    inputs = Input((10,), None, 'features')
    hidden = Dense(8, activation='relu', kernel_regularizer='l1_l2',
                   kernel_constraint=constraints.max_norm(2.))(inputs)
    outputs = Dense(2, activation='softmax', kernel_regularizer=regularizers.l1_l2())(hidden)
    model = Model(inputs, Network(inputs, outputs)(inputs))
    model.compile(optimizers.Adam(lr=0.01, decay=1e-4, clipnorm=1.), losses.categorical_crossentropy,
                  metrics=[dice, metrics.binary_accuracy, 'mae'])
    model.fit(x, y, epochs=1, verbose=0)
    printed.append(model.metrics_names)
    printed.append([K.int_shape(model.output), count_params(model.trainable_weights), to_list(3)])
    printed.append([has_arg(Model.fit, 'epochs'), conv_output_length(7, 3, 'valid', 2),
                    normalize_tuple(2, 2, 's')])
    printed.append(deserialize_keras_object('dice', module_objects=globals()) is dice)
    K.set_value(model.optimizer.lr, 0.5)
    printed.append(float(K.get_value(model.optimizer.lr)))
    printed.append(regularizers.get('l1_l2').get_config())
"""


def run(script, generation):
    """What a script appends to `printed`."""
    printed = []
    install_as_keras()
    try:
        with dialect(generation):
            exec(compile(textwrap.dedent(script), "script.py", "exec"), {"printed": printed})
    finally:
        uninstall()
    return printed


def test_script_of_keras1():
    assert run(KERAS1, "keras1") == [
        ["acc", "fmeasure", "loss", "lr", "mean_squared_error", "own_metric", "precision"],
        (64,), 2, (64, 10)]


@pytest.mark.parametrize("generation, mae", [("keras2.2", "mean_absolute_error"), ("keras2.3", "mae")])
def test_script_of_keras2(generation, mae):
    assert run(KERAS2, generation) == [
        ["loss", "dice", "binary_accuracy", mae], [(None, 2), 106, [3]], [True, 3, (2, 2)], True, 0.5,
        {"l1": 0.01, "l2": 0.01}]
