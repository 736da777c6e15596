"""Which Keras generation a script was written for, read from its imports and arguments without running it."""

import ast
import dataclasses

from keras_torch.compat.paths import inside_keras

KERAS1_ARGUMENTS = frozenset(
    """nb_epoch nb_filter nb_row nb_col border_mode subsample dim_ordering W_regularizer
    b_regularizer U_regularizer W_constraint b_constraint inner_activation inner_init samples_per_epoch
    nb_val_samples filter_length pool_length subsample_length dropout_W dropout_U consume_less
    nb_worker""".split()
)
KERAS1_NAMES = frozenset(
    """Merge MaxoutDense Highway TimeDistributedDense SReLU ParametricSoftplus
    AtrousConvolution2D AtrousConvolution1D""".split()
)
KERAS1_LAYERS = frozenset(
    "Convolution1D Convolution2D Convolution3D Deconvolution2D SeparableConvolution2D".split()
)
KERAS2_METHODS = frozenset("fit_generator evaluate_generator predict_generator predict_classes".split())
KERAS2_ARGUMENTS = frozenset({"lr", "schedule_decay"})
KERAS2_NAMES = frozenset("CuDNNLSTM CuDNNGRU multi_gpu_model".split())
OPTIMIZERS = frozenset("SGD Adam RMSprop Adagrad Adadelta Adamax Nadam".split())
OLD_MODULES = frozenset(
    """layers.core layers.convolutional layers.pooling layers.local layers.recurrent
    layers.embeddings layers.normalization layers.noise layers.advanced_activations layers.merge
    layers.wrappers layers.convolutional_recurrent utils.np_utils utils.generic_utils utils.vis_utils
    utils.data_utils backend.tensorflow_backend wrappers.scikit_learn engine engine.topology engine.training
    legacy objectives""".split()
)
KEPT_BACKEND = frozenset(
    """epsilon set_epsilon floatx set_floatx image_data_format set_image_data_format backend
    clear_session get_uid is_float_dtype is_int_dtype is_keras_tensor rnn standardize_dtype""".split()
)
KERAS3_MODULES = frozenset("ops random tree distribution".split())


@dataclasses.dataclass(frozen=True)
class Guess:
    """A generation and what in the script speaks for it, for the line that is shown."""

    dialect: str
    reasons: tuple[str, ...] = ()


class _Evidence(ast.NodeVisitor):
    """Collects what speaks for a generation: dialect -> things seen, in order of appearance."""

    def __init__(self):
        self.seen = {"keras1": [], "keras2": [], "tf.keras": [], "keras3": []}
        self.names = {}  # local name -> dotted path of the import behind it
        self.old_history_key = self.asks_accuracy = False
        self.convolutions_today = self.plain_keras = False

    def note(self, dialect, what):
        if what not in self.seen[dialect]:
            self.seen[dialect].append(what)

    def visit_Import(self, node):
        for alias in node.names:
            self.names[alias.asname or alias.name.partition(".")[0]] = (
                alias.name if alias.asname else alias.name.partition(".")[0]
            )
            self.module(alias.name)

    def visit_ImportFrom(self, node):
        if node.level or node.module is None:
            return
        self.module(node.module)
        for alias in node.names:
            path = f"{node.module}.{alias.name}"
            self.names[alias.asname or alias.name] = path
            inside = inside_keras(path)
            if path in ("tensorflow.keras", "tensorflow.python.keras"):
                self.module(path)
            elif inside in OLD_MODULES or inside == "backend":
                self.module(path)
            if inside and alias.name in KERAS1_NAMES | KERAS1_LAYERS or inside == "layers.merge":
                self.note("keras1", alias.name)
            if inside and alias.name in KERAS2_NAMES:
                self.note("keras2", alias.name)

    def module(self, path):
        inside = inside_keras(path)
        if inside is None:
            return
        if path.startswith(("tensorflow", "tf_keras")):
            self.note("tf.keras", path.rpartition(f".{inside}")[0] or path if inside else path)
        else:
            self.plain_keras = True
            if inside in OLD_MODULES:
                self.note("keras2", path)
            if inside.partition(".")[0] in KERAS3_MODULES:
                self.note("keras3", path)

    def path_of(self, node):
        """The dotted path that an expression such as `keras.layers.Dense` or `K.mean` stands for, or ''."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id, "")
        if isinstance(node, ast.Attribute):
            head = self.path_of(node.value)
            return f"{head}.{node.attr}" if head else ""
        return ""

    def visit_Attribute(self, node):
        self.generic_visit(node)
        path = self.path_of(node)
        inside = inside_keras(path) if path else None
        if path.startswith("tensorflow.") and path.count(".") == 1 and inside == "":
            self.note("tf.keras", "tf.keras")
        family, _, name = (inside or "").partition(".")
        if family in KERAS3_MODULES and not path.startswith(("tensorflow", "tf_keras")):
            self.note("keras3", f"keras.{family}")
        if family == "backend" and name and "." not in name and name not in KEPT_BACKEND:
            self.note("keras2", f"backend.{name}")

    def visit_Call(self, node):
        self.generic_visit(node)
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        given = {keyword.arg for keyword in node.keywords if keyword.arg}
        for name in sorted(given & KERAS1_ARGUMENTS):
            self.note("keras1", f"{name}=")
        if called == "Model" and {"input", "output"} <= given:
            self.note("keras1", "Model(input=, output=)")
        if called in KERAS2_METHODS:
            self.note("keras2", called)
        elsewhere = self.path_of(node.func) and inside_keras(self.path_of(node.func)) is None
        if called in OPTIMIZERS and given & KERAS2_ARGUMENTS and not elsewhere:
            self.note("keras2", "lr=")
        if called in KERAS1_LAYERS:
            second = node.args[1] if len(node.args) > 1 else None
            self.convolutions_today |= "kernel_size" in given or isinstance(second, (ast.Tuple, ast.List))
        for keyword in node.keywords:
            if keyword.arg == "metrics" and isinstance(keyword.value, (ast.List, ast.Tuple)):
                self.asks_accuracy |= any(
                    getattr(item, "value", None) == "accuracy" for item in keyword.value.elts
                )

    def visit_Subscript(self, node):
        self.generic_visit(node)
        self.old_history_key |= getattr(node.slice, "value", None) in ("acc", "val_acc")


def guess_dialect(source):
    """The Keras generation that a script's text speaks.

    Args:
        source: the text of a Python script.

    Returns:
        Guess: `dialect` and the `reasons` for it; 'keras3' without reasons when nothing speaks for an older
        one, or when the text is not Python 3.

    Notes:
        Keras 1 is known by argument and layer names that Keras 2 dropped, Keras 2 by `lr=`, `fit_generator`,
        old module paths and functions of the backend, and 2.2 by reading `history['acc']` where 'accuracy'
        was asked for.

    >>> guess_dialect("from keras.layers import Dense\\nmodel.fit(x, y, nb_epoch=3)")
    Guess(dialect='keras1', reasons=('nb_epoch=',))
    >>> guess_dialect("import tensorflow as tf\\nmodel = tf.keras.Sequential()").dialect
    'tf.keras'
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # running the script will say it better
        return Guess("keras3")
    evidence = _Evidence()
    evidence.visit(tree)
    return _judge(evidence)


def _judge(evidence):
    seen = evidence.seen
    if (
        evidence.convolutions_today
    ):  # Keras 2 kept the names Convolution2D, ... but takes the kernel's size as a tuple
        seen["keras2"] += [name for name in seen["keras1"] if name in KERAS1_LAYERS]
        seen["keras1"] = [name for name in seen["keras1"] if name not in KERAS1_LAYERS]
    if seen["keras1"]:
        return Guess("keras1", tuple(seen["keras1"]))
    if evidence.old_history_key and evidence.asks_accuracy:
        return Guess("keras2.2", ("history['acc']",))
    if seen["tf.keras"] and not evidence.plain_keras:
        return Guess("tf.keras", tuple(seen["tf.keras"]))
    if seen["keras3"]:
        return Guess("keras3", tuple(seen["keras3"]))
    if seen["keras2"]:
        return Guess("keras2.3", tuple(seen["keras2"]))
    return Guess("tf.keras", tuple(seen["tf.keras"])) if seen["tf.keras"] else Guess("keras3")
