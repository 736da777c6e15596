"""Guessing the generation from the text of a script."""

import pytest

from keras_torch.compat.guess import guess_dialect

SCRIPTS = [
    ("keras1", "from keras.models import Sequential\nmodel.fit(x, y, nb_epoch=5)", "nb_epoch="),
    ("keras1", "from keras.layers import Convolution2D\nConvolution2D(32, 3, 3)", "Convolution2D"),
    ("keras1", "from keras.layers import merge\nmerge([a, b], mode='sum')", "merge"),
    ("keras1", "from keras.models import Model\nModel(input=a, output=b)", "Model(input=, output=)"),
    ("keras1", "from keras.layers import LSTM\nLSTM(3, inner_activation='sigmoid')", "inner_activation="),
    ("keras2.3", "from keras.layers import Convolution2D\nConvolution2D(32, (3, 3))", "Convolution2D"),
    ("keras2.3", "from keras.optimizers import Adam\nAdam(lr=1e-3)", "lr="),
    ("keras2.3", "import keras\nmodel.fit_generator(flow, epochs=2)", "fit_generator"),
    ("keras2.3", "from keras.layers.core import Dense", "keras.layers.core"),
    ("keras2.3", "from keras.utils import np_utils", "keras.utils.np_utils"),
    ("keras2.3", "from keras import backend as K\nK.mean(x)", "backend.mean"),
    ("keras2.3", "import keras.backend as K\nloss = lambda t, p: K.square(t - p)", "backend.square"),
    (
        "keras2.3",
        "import tensorflow as tf\nfrom keras.models import Sequential\nfrom keras.engine import Layer",
        "keras.engine",
    ),
    (
        "keras2.2",
        "import keras\nmodel.compile(loss='mse', metrics=['accuracy'])\nprint(h.history['val_acc'])",
        "history['acc']",
    ),
    ("tf.keras", "from tensorflow.keras.layers import Dense", "tensorflow.keras"),
    ("tf.keras", "from tensorflow import keras\nkeras.optimizers.Adam(lr=0.1)", "tensorflow.keras"),
    ("tf.keras", "import tensorflow as tf\ntf.keras.layers.Dense(3)", "tf.keras"),
    ("tf.keras", "import tf_keras as keras", "tf_keras"),
    ("keras3", "import keras\nfrom keras import ops\nops.mean(x)", "keras.ops"),
]


@pytest.mark.parametrize(("dialect", "source", "reason"), SCRIPTS)
def test_generation_is_read_from_imports_and_arguments(dialect, source, reason):
    guess = guess_dialect(source)
    assert guess.dialect == dialect
    assert reason in guess.reasons


@pytest.mark.parametrize(
    "source",
    [
        "import keras\nkeras.Sequential([keras.layers.Dense(3)])",
        "from keras.models import Sequential\nmodel.fit(x, y, epochs=3)",
        "from keras import backend as K\nK.clear_session()",
        "import keras\nmodel.compile(metrics=['acc'])\nprint(history['acc'])",  # the user's own string
        "print('no keras at all')",
        "import tensorflow as tf\nfrom keras.layers import Dense\ntf.random.set_seed(1)",
        "from sklearn.cluster import KMeans\nKMeans(init='random', lr=3)",
        "import keras, torch\ntorch.optim.Adam(model.parameters(), lr=1e-3)",
        "print 'python 2'",
        "",
    ],
)
def test_keras3_without_reasons_when_nothing_speaks_for_an_older_one(source):
    guess = guess_dialect(source)
    assert (guess.dialect, guess.reasons) == ("keras3", ())
