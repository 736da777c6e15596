"""Floor 7: models."""

from keras_torch.base.registry import Registry
from keras_torch.models.cloning import clone_model as clone_model
from keras_torch.models.cloning import model_from_config as model_from_config
from keras_torch.models.cloning import model_from_json as model_from_json
from keras_torch.models.model import Functional as Functional
from keras_torch.models.model import Model as Model
from keras_torch.models.sequential import Sequential as Sequential
from keras_torch.saving.formats import load_model as load_model
from keras_torch.saving.formats import save_model as save_model

registry = Registry("model", {"Functional": Functional, "Model": Model, "Sequential": Sequential})
