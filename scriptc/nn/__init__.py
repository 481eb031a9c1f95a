from torch.nn.modules.module import Module
from torch.nn.parameter import Parameter

from . import functional, init, modules
from .modules import *
