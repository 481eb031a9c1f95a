"""The models of model_defs/ in Python, as their users would have trained them."""

import pathlib
import sys
from typing import Optional

import torch
import torch.nn as nn

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "examples" / "digits"))
from train import LeNet  # noqa: E402,F401  (what the quickstart's weights were trained with)


class MLP(nn.Module):
    def __init__(self, in_features=16, hidden=(64, 32), out_features=10, batch_norm=False, dropout=0.0, activation="relu"):
        super().__init__()
        kinds = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
        layers, width = [], in_features
        for size in hidden:
            layers.append(nn.Linear(width, size, bias=not batch_norm))
            if batch_norm:
                layers.append(nn.BatchNorm1d(size))
            layers.append(kinds[activation]())
            if dropout > 0:
                layers.append(nn.Dropout(dropout))
            width = size
        layers.append(nn.Linear(width, out_features))
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(torch.flatten(x, 1))


class Branchy(nn.Module):
    def __init__(self, features=8, limit=1.0, max_rounds=16):
        super().__init__()
        self.rise = nn.Linear(features, features)
        self.fall = nn.Linear(features, features)
        self.limit = limit
        self.max_rounds = max_rounds

    def forward(self, x, bias: Optional[torch.Tensor] = None):
        if bias is not None:
            x = x + bias
        rounds = 0
        while x.abs().max() > self.limit and rounds < self.max_rounds:
            x = x * 0.5
            rounds += 1
        if x.sum() > 0:
            y = torch.relu(self.rise(x))
        else:
            y = torch.tanh(self.fall(x))
        return y, rounds


class NativeMlp(nn.Module):
    def __init__(self, in_features=16, hidden=64, classes=10, dropout=0.1):
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden)
        self.bn = nn.BatchNorm1d(hidden)
        self.drop = nn.Dropout(dropout)
        self.fc2 = nn.Linear(hidden, classes)

    def forward(self, x):
        return self.fc2(self.drop(torch.relu(self.bn(self.fc1(x)))))
