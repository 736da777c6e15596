"""Keras layers inside an nn.Module, trained by a plain torch loop: they are modules like any other."""

import keras
import numpy as np
import torch
from keras import layers
from sklearn.datasets import make_moons

keras.utils.set_random_seed(11)


class Net(torch.nn.Module):
    """A native module that mixes Keras layers with torch's own."""

    def __init__(self):
        super().__init__()
        self.first = layers.Dense(32, activation="relu")
        self.drop = layers.Dropout(0.2)
        self.norm = torch.nn.LayerNorm(32)
        self.head = layers.Dense(1)

    def forward(self, x):
        return self.head(self.norm(self.drop(self.first(x))))


x, y = make_moons(1000, noise=0.1, random_state=0)
device = "cuda" if torch.cuda.is_available() else "cpu"
x = torch.tensor(x, dtype=torch.float32, device=device)
y = torch.tensor(y, dtype=torch.float32, device=device)[:, None]
net = Net().to(device)
net(x[:1])  # Keras layers make their weights at the first call
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)

net.train()
for _ in range(30):
    for batch in torch.randperm(800).split(50):
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(net(x[batch]), y[batch])
        loss.backward()
        optimizer.step()

net.eval()
with torch.no_grad():
    accuracy = float(((net(x[800:]) > 0) == (y[800:] > 0.5)).float().mean())
    assert torch.equal(net(x[:4]), net(x[:4])), "dropout must rest in evaluation"
print("parameters:", [name for name, _ in net.named_parameters()])
print("test accuracy:", round(accuracy, 3))
assert accuracy > 0.95, accuracy
assert isinstance(net.first, torch.nn.Module)
twin = Net().to(device)
twin(x[:1])
twin.load_state_dict(net.state_dict())
np.testing.assert_allclose(twin.eval()(x[:9]).detach().cpu(), net(x[:9]).detach().cpu())
print("learned: two moons in a torch loop")
