"""Floor 4: layers. A layer is an `nn.Module`; `build` makes its weights, `call` computes."""

from keras_torch.base.registry import Registry
from keras_torch.layers.activation_layers import Activation as Activation
from keras_torch.layers.activation_layers import ELU as ELU
from keras_torch.layers.activation_layers import LeakyReLU as LeakyReLU
from keras_torch.layers.activation_layers import ParametricSoftplus as ParametricSoftplus
from keras_torch.layers.activation_layers import PReLU as PReLU
from keras_torch.layers.activation_layers import ReLU as ReLU
from keras_torch.layers.activation_layers import Softmax as Softmax
from keras_torch.layers.activation_layers import SReLU as SReLU
from keras_torch.layers.activation_layers import ThresholdedReLU as ThresholdedReLU
from keras_torch.layers.attention import MultiHeadAttention as MultiHeadAttention
from keras_torch.layers.bidirectional import Bidirectional as Bidirectional
from keras_torch.layers.conv_lstm import ConvLSTM1D as ConvLSTM1D
from keras_torch.layers.conv_lstm import ConvLSTM1DCell as ConvLSTM1DCell
from keras_torch.layers.conv_lstm import ConvLSTM2D as ConvLSTM2D
from keras_torch.layers.conv_lstm import ConvLSTM2DCell as ConvLSTM2DCell
from keras_torch.layers.conv_lstm import ConvLSTM3D as ConvLSTM3D
from keras_torch.layers.conv_lstm import ConvLSTM3DCell as ConvLSTM3DCell
from keras_torch.layers.convolution import AtrousConvolution1D as AtrousConvolution1D
from keras_torch.layers.convolution import AtrousConvolution2D as AtrousConvolution2D
from keras_torch.layers.convolution import Conv1D as Conv1D
from keras_torch.layers.convolution import Conv1DTranspose as Conv1DTranspose
from keras_torch.layers.convolution import Conv2D as Conv2D
from keras_torch.layers.convolution import Conv2DTranspose as Conv2DTranspose
from keras_torch.layers.convolution import Conv3D as Conv3D
from keras_torch.layers.convolution import Conv3DTranspose as Conv3DTranspose
from keras_torch.layers.convolution import DepthwiseConv1D as DepthwiseConv1D
from keras_torch.layers.convolution import DepthwiseConv2D as DepthwiseConv2D
from keras_torch.layers.convolution import SeparableConv1D as SeparableConv1D
from keras_torch.layers.convolution import SeparableConv2D as SeparableConv2D
from keras_torch.layers.core_layers import Identity as Identity
from keras_torch.layers.core_layers import Lambda as Lambda
from keras_torch.layers.core_layers import Masking as Masking
from keras_torch.layers.dense import Dense as Dense
from keras_torch.layers.dot_attention import AdditiveAttention as AdditiveAttention
from keras_torch.layers.dot_attention import Attention as Attention
from keras_torch.layers.einsum_dense import EinsumDense as EinsumDense
from keras_torch.layers.embedding import Embedding as Embedding
from keras_torch.layers.input_layer import Input as Input
from keras_torch.layers.input_layer import InputLayer as InputLayer
from keras_torch.layers.input_spec import InputSpec as InputSpec
from keras_torch.layers.layer import Layer as Layer
from keras_torch.layers.locally_connected import LocallyConnected1D as LocallyConnected1D
from keras_torch.layers.locally_connected import LocallyConnected2D as LocallyConnected2D
from keras_torch.layers.merge_by_mode import Merge as Merge
from keras_torch.layers.merging import Add as Add
from keras_torch.layers.merging import Average as Average
from keras_torch.layers.merging import Concatenate as Concatenate
from keras_torch.layers.merging import Dot as Dot
from keras_torch.layers.merging import Maximum as Maximum
from keras_torch.layers.merging import Minimum as Minimum
from keras_torch.layers.merging import Multiply as Multiply
from keras_torch.layers.merging import Subtract as Subtract
from keras_torch.layers.merging import add as add
from keras_torch.layers.merging import average as average
from keras_torch.layers.merging import concatenate as concatenate
from keras_torch.layers.merging import dot as dot
from keras_torch.layers.merging import maximum as maximum
from keras_torch.layers.merging import minimum as minimum
from keras_torch.layers.merging import multiply as multiply
from keras_torch.layers.merging import subtract as subtract
from keras_torch.layers.normalization import BatchNormalization as BatchNormalization
from keras_torch.layers.normalization import GroupNormalization as GroupNormalization
from keras_torch.layers.normalization import LayerNormalization as LayerNormalization
from keras_torch.layers.normalization import RMSNormalization as RMSNormalization
from keras_torch.layers.normalization import UnitNormalization as UnitNormalization
from keras_torch.layers.older_dense import Highway as Highway
from keras_torch.layers.older_dense import MaxoutDense as MaxoutDense
from keras_torch.layers.older_dense import TimeDistributedDense as TimeDistributedDense
from keras_torch.layers.older_recurrent import CuDNNGRU as CuDNNGRU
from keras_torch.layers.older_recurrent import CuDNNLSTM as CuDNNLSTM
from keras_torch.layers.older_recurrent import Recurrent as Recurrent
from keras_torch.layers.padding import Cropping1D as Cropping1D
from keras_torch.layers.padding import Cropping2D as Cropping2D
from keras_torch.layers.padding import Cropping3D as Cropping3D
from keras_torch.layers.padding import ZeroPadding1D as ZeroPadding1D
from keras_torch.layers.padding import ZeroPadding2D as ZeroPadding2D
from keras_torch.layers.padding import ZeroPadding3D as ZeroPadding3D
from keras_torch.layers.pooling import AdaptiveAveragePooling1D as AdaptiveAveragePooling1D
from keras_torch.layers.pooling import AdaptiveAveragePooling2D as AdaptiveAveragePooling2D
from keras_torch.layers.pooling import AdaptiveAveragePooling3D as AdaptiveAveragePooling3D
from keras_torch.layers.pooling import AdaptiveMaxPooling1D as AdaptiveMaxPooling1D
from keras_torch.layers.pooling import AdaptiveMaxPooling2D as AdaptiveMaxPooling2D
from keras_torch.layers.pooling import AdaptiveMaxPooling3D as AdaptiveMaxPooling3D
from keras_torch.layers.pooling import AveragePooling1D as AveragePooling1D
from keras_torch.layers.pooling import AveragePooling2D as AveragePooling2D
from keras_torch.layers.pooling import AveragePooling3D as AveragePooling3D
from keras_torch.layers.pooling import GlobalAveragePooling1D as GlobalAveragePooling1D
from keras_torch.layers.pooling import GlobalAveragePooling2D as GlobalAveragePooling2D
from keras_torch.layers.pooling import GlobalAveragePooling3D as GlobalAveragePooling3D
from keras_torch.layers.pooling import GlobalMaxPooling1D as GlobalMaxPooling1D
from keras_torch.layers.pooling import GlobalMaxPooling2D as GlobalMaxPooling2D
from keras_torch.layers.pooling import GlobalMaxPooling3D as GlobalMaxPooling3D
from keras_torch.layers.pooling import MaxPooling1D as MaxPooling1D
from keras_torch.layers.pooling import MaxPooling2D as MaxPooling2D
from keras_torch.layers.pooling import MaxPooling3D as MaxPooling3D
from keras_torch.layers.recurrent import GRU as GRU
from keras_torch.layers.recurrent import LSTM as LSTM
from keras_torch.layers.recurrent import RNN as RNN
from keras_torch.layers.recurrent import SimpleRNN as SimpleRNN
from keras_torch.layers.recurrent_cells import GRUCell as GRUCell
from keras_torch.layers.recurrent_cells import LSTMCell as LSTMCell
from keras_torch.layers.recurrent_cells import SimpleRNNCell as SimpleRNNCell
from keras_torch.layers.recurrent_cells import StackedRNNCells as StackedRNNCells
from keras_torch.layers.regularization import ActivityRegularization as ActivityRegularization
from keras_torch.layers.regularization import AlphaDropout as AlphaDropout
from keras_torch.layers.regularization import Dropout as Dropout
from keras_torch.layers.regularization import GaussianDropout as GaussianDropout
from keras_torch.layers.regularization import GaussianNoise as GaussianNoise
from keras_torch.layers.regularization import SpatialDropout1D as SpatialDropout1D
from keras_torch.layers.regularization import SpatialDropout2D as SpatialDropout2D
from keras_torch.layers.regularization import SpatialDropout3D as SpatialDropout3D
from keras_torch.layers.reshaping import Flatten as Flatten
from keras_torch.layers.reshaping import Permute as Permute
from keras_torch.layers.reshaping import RepeatVector as RepeatVector
from keras_torch.layers.reshaping import Reshape as Reshape
from keras_torch.layers.time_distributed import TimeDistributed as TimeDistributed
from keras_torch.layers.torch_module_wrapper import TorchModuleWrapper as TorchModuleWrapper
from keras_torch.layers.upsampling import UpSampling1D as UpSampling1D
from keras_torch.layers.upsampling import UpSampling2D as UpSampling2D
from keras_torch.layers.upsampling import UpSampling3D as UpSampling3D
from keras_torch.layers.wrapper import Wrapper as Wrapper

# Other names of the same classes: short ones, and those of Keras 1 and 2.

AtrousConv1D = AtrousConvolution1D
AtrousConv2D = AtrousConvolution2D
AvgPool1D = AveragePooling1D
AvgPool2D = AveragePooling2D
AvgPool3D = AveragePooling3D
Convolution1D = Conv1D
Convolution1DTranspose = Conv1DTranspose
Convolution2D = Conv2D
Convolution2DTranspose = Conv2DTranspose
Convolution3D = Conv3D
Convolution3DTranspose = Conv3DTranspose
Deconv2D = Conv2DTranspose
Deconv3D = Conv3DTranspose
Deconvolution2D = Conv2DTranspose
Deconvolution3D = Conv3DTranspose
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
MaxPool1D = MaxPooling1D
MaxPool2D = MaxPooling2D
MaxPool3D = MaxPooling3D
SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D

registry = Registry("layer", {cls.__name__: cls for cls in (
    Activation, ELU, LeakyReLU, PReLU, ReLU, Softmax, ThresholdedReLU, MultiHeadAttention,
    Bidirectional, Conv1D, Conv1DTranspose, Conv2D, Conv2DTranspose, Conv3D, Conv3DTranspose,
    DepthwiseConv1D, DepthwiseConv2D, SeparableConv1D, SeparableConv2D, Identity, Lambda, Masking,
    Dense, EinsumDense, Embedding, InputLayer, Layer, Add, Average, Concatenate, Dot, Maximum, Minimum,
    Multiply, Subtract, BatchNormalization, GroupNormalization, LayerNormalization, RMSNormalization,
    UnitNormalization, Cropping1D, Cropping2D, Cropping3D, ZeroPadding1D, ZeroPadding2D, ZeroPadding3D,
    AveragePooling1D, AveragePooling2D, AveragePooling3D, GlobalAveragePooling1D,
    GlobalAveragePooling2D, GlobalAveragePooling3D, GlobalMaxPooling1D, GlobalMaxPooling2D,
    GlobalMaxPooling3D, MaxPooling1D, MaxPooling2D, MaxPooling3D, GRU, LSTM, RNN, SimpleRNN, GRUCell,
    LSTMCell, SimpleRNNCell, StackedRNNCells, ActivityRegularization, AlphaDropout, Dropout,
    GaussianDropout, GaussianNoise, SpatialDropout1D, SpatialDropout2D, SpatialDropout3D, Flatten,
    Permute, RepeatVector, Reshape, TimeDistributed, TorchModuleWrapper, UpSampling1D, UpSampling2D,
    UpSampling3D, AdditiveAttention, Attention, AdaptiveAveragePooling1D, AdaptiveAveragePooling2D,
    AdaptiveAveragePooling3D, AdaptiveMaxPooling1D, AdaptiveMaxPooling2D, AdaptiveMaxPooling3D,
    ConvLSTM1D, ConvLSTM1DCell, ConvLSTM2D, ConvLSTM2DCell, ConvLSTM3D, ConvLSTM3DCell,
    LocallyConnected1D, LocallyConnected2D, Highway, MaxoutDense, TimeDistributedDense,
    ParametricSoftplus, SReLU, Merge, CuDNNGRU, CuDNNLSTM, Recurrent, Wrapper,
    AtrousConvolution1D, AtrousConvolution2D,
)})
for _alias, _cls in list(vars().items()):
    if (isinstance(_cls, type) and issubclass(_cls, Layer)
            and _alias != _cls.__name__ and not _alias.startswith("_")):
        registry.alias(_alias, _cls)


def serialize(layer):
    """The config of a layer, as a dictionary.

    >>> serialize(Dense(2, name="head"))["class_name"]
    'Dense'
    """
    return registry.serialize(layer)


def deserialize(config, custom_objects=None):
    """The layer (or model) that `serialize` described.

    Args:
        config: dictionary with `class_name` and `config`.
        custom_objects: dict, name -> class of your own.

    Errors:
        ValueError: an unknown class name; the nearest known ones are given.

    >>> deserialize({"class_name": "Dense", "config": {"units": 2}}).units
    2
    """
    return registry.deserialize(config, custom_objects)
