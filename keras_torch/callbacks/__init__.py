"""Floor 5: objects that fit, evaluate and predict call at fixed moments."""

from keras_torch.callbacks.backup_and_restore import BackupAndRestore as BackupAndRestore
from keras_torch.callbacks.base_logger import BaseLogger as BaseLogger
from keras_torch.callbacks.callback import Callback as Callback
from keras_torch.callbacks.callback_list import CallbackList as CallbackList
from keras_torch.callbacks.csv_logger import CSVLogger as CSVLogger
from keras_torch.callbacks.distributed_checkpoint import DistributedCheckpoint as DistributedCheckpoint
from keras_torch.callbacks.distributed_checkpoint import OrbaxCheckpoint as OrbaxCheckpoint
from keras_torch.callbacks.distributed_checkpoint import (
    load_distributed_checkpoint as load_distributed_checkpoint,
)
from keras_torch.callbacks.early_stopping import EarlyStopping as EarlyStopping
from keras_torch.callbacks.history import History as History
from keras_torch.callbacks.lambda_callback import LambdaCallback as LambdaCallback
from keras_torch.callbacks.learning_rate_scheduler import LearningRateScheduler as LearningRateScheduler
from keras_torch.callbacks.model_checkpoint import ModelCheckpoint as ModelCheckpoint
from keras_torch.callbacks.progbar_logger import ProgbarLogger as ProgbarLogger
from keras_torch.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau as ReduceLROnPlateau
from keras_torch.callbacks.terminate_on_nan import TerminateOnNaN as TerminateOnNaN
from keras_torch.callbacks.remote_monitor import RemoteMonitor as RemoteMonitor
from keras_torch.callbacks.swap_ema_weights import SwapEMAWeights as SwapEMAWeights
from keras_torch.callbacks.tensorboard import TensorBoard as TensorBoard
