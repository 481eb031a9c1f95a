"""Trains LeNet on the handwritten digits that scikit-learn ships and writes what the quickstart needs.

    .venv/bin/python examples/digits/train.py

Writes lenet_digits.pth (the state dict) and held_out.csv (the digits that training never saw: a label and 64 pixels
of 0..16 a line). Deterministic: one thread, fixed seeds, fixed split. The 8x8 images are scaled up inside the model, so
that Python and C++ feed it the same bytes. The architecture is that of model_defs/lenet.cpp.
"""

import math
import pathlib

import torch
import torch.nn as nn
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent


class LeNet(nn.Module):
    def __init__(self, num_classes: int = 10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)

    def forward(self, x):
        x = F.interpolate(x, size=(28, 28), mode="bilinear", align_corners=False)
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


def load_split():
    """Pixels as float32[N,1,8,8] in 0..1 and labels, for training and for the held-out fifth."""
    from sklearn.datasets import load_digits  # here, so that tests can import LeNet without scikit-learn
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    train_x, test_x, train_y, test_y = train_test_split(
        digits.images, digits.target, test_size=0.2, random_state=0, stratify=digits.target)
    as_input = lambda images: torch.tensor(images, dtype=torch.float32).unsqueeze(1) / 16
    return as_input(train_x), torch.tensor(train_y), as_input(test_x), torch.tensor(test_y)


def jitter(images):
    """Each image turned by up to 10 degrees and moved by up to half a pixel: 1,437 digits are few."""
    angle = (torch.rand(len(images)) * 2 - 1) * math.radians(10)
    theta = torch.zeros(len(images), 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = angle.cos()
    theta[:, 0, 1] = -angle.sin()
    theta[:, 1, 0] = angle.sin()
    theta[:, :, 2] = (torch.rand(len(images), 2) * 2 - 1) / 8
    return F.grid_sample(images, F.affine_grid(theta, list(images.shape), align_corners=False), align_corners=False)


def train(model, images, labels, epochs=60, batch=32):
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    for _ in range(epochs):
        for chunk in torch.randperm(len(images)).split(batch):
            optimiser.zero_grad()
            F.cross_entropy(model(jitter(images[chunk])), labels[chunk]).backward()
            optimiser.step()
        schedule.step()


def main():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    train_x, train_y, test_x, test_y = load_split()
    model = LeNet()
    train(model, train_x, train_y)
    model.eval()
    with torch.no_grad():
        right = (model(test_x).argmax(1) == test_y).sum().item()
    print(f"held-out accuracy: {right}/{len(test_y)} = {right / len(test_y):.4f}")
    torch.save(model.state_dict(), HERE / "lenet_digits.pth")
    with open(HERE / "held_out.csv", "w") as out:
        for image, label in zip(test_x, test_y):
            pixels = (image.flatten() * 16).to(torch.int64).tolist()
            out.write(",".join(str(v) for v in [label.item(), *pixels]) + "\n")


if __name__ == "__main__":
    main()
