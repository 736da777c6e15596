"""RemoteMonitor sends what it should; SwapEMAWeights evaluates with the average."""

import http.server
import json
import socket
import threading
import urllib.parse

import numpy as np
import pytest
import torch
from cases.callback_cases import recorded

from keras_torch.callbacks import RemoteMonitor, SwapEMAWeights


@pytest.fixture
def server():
    """A server on a free port that keeps what it is sent."""
    received = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            received.append((self.path, self.headers["Content-Type"], self.headers["X-Key"], body))
            self.send_response(503 if self.path.startswith("/busy") else 200)
            self.end_headers()

        def log_message(self, *args):
            """Silence."""

    running = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}", received
    running.shutdown()
    thread.join()
    running.server_close()


def test_logs_are_sent_as_a_form_or_as_json(server):
    root, received = server
    RemoteMonitor(root, headers={"X-Key": "k"}).on_epoch_end(2, {"loss": np.float32(0.5)})
    RemoteMonitor(root, path="/x", send_as_json=True).on_epoch_end(3, {"per_class": np.array([1, 2])})
    (path, _, key, form), (other, kind, _, body) = received
    assert (path, key, other, kind) == ("/publish/epoch/end/", "k", "/x", "application/json")
    assert json.loads(urllib.parse.parse_qs(form)["data"][0]) == {"epoch": 2, "loss": 0.5}
    assert json.loads(body) == {"epoch": 3, "per_class": [1, 2]}


def test_what_is_sent_is_what_keras_sends(server):
    root, received = server
    for as_json in (False, True):
        monitor = RemoteMonitor(root, headers={"X-Key": "k"}, send_as_json=as_json)
        monitor.on_epoch_end(3, {"loss": 0.5, "val_loss": 1.5})
    sent = recorded("keras3")["posted"]
    for (path, _, key, body), (url, form, as_json, headers) in zip(received, sent, strict=True):
        assert "http://host:1" + path == url and {"X-Key": key} == headers
        assert json.loads(body if form is None else urllib.parse.parse_qs(body)["data"][0]) == (
            as_json if form is None else json.loads(form["data"]))


def test_values_that_json_does_not_know_are_sent_as_lists_and_text(server):
    root, received = server
    logs = {"a": torch.tensor([1.0, 2.0]), "b": np.int64(3), "c": 1j}
    RemoteMonitor(root, send_as_json=True).on_epoch_end(0, logs)
    assert json.loads(received[0][3]) == {"epoch": 0, "a": [1.0, 2.0], "b": 3, "c": "1j"}


def test_a_server_that_fails_is_warned_about(server):
    root, _ = server
    with pytest.warns(UserWarning, match="could not reach .*503.*Training goes on"):
        RemoteMonitor(root, path="/busy").on_epoch_end(0)


def test_an_answer_that_is_no_http_is_warned_about():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_answer_nonsense, args=(listening,))
        thread.start()
        with pytest.warns(UserWarning, match="RemoteMonitor could not reach .*Training goes on"):
            RemoteMonitor(f"http://127.0.0.1:{listening.getsockname()[1]}").on_epoch_end(0)
        thread.join()


def _answer_nonsense(listening):
    connection, _ = listening.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"hello\r\n\r\n")


def test_an_absent_server_is_warned_about():
    with pytest.warns(UserWarning, match="RemoteMonitor could not reach http://127.0.0.1:9"):
        RemoteMonitor("http://127.0.0.1:9").on_epoch_end(0)


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="RemoteMonitor: `root` must be a string; got 3"):
        RemoteMonitor(3)
    with pytest.raises(ValueError, match="`root` must be an address that begins with http:// .* got 'file:///"):
        RemoteMonitor("file:///etc")
    with pytest.raises(ValueError, match="SwapEMAWeights: `swap_on_epoch` must be True or False"):
        SwapEMAWeights("x")


class Averaging:
    """An optimizer that keeps an average of one weight."""

    use_ema = True

    def __init__(self, weight):
        self.state = {weight: {"average": torch.tensor([2.0])}}


@pytest.fixture
def weight(model):
    weight = torch.nn.Parameter(torch.tensor([1.0]))
    model.trainable_variables = [weight, torch.nn.Parameter(torch.tensor([5.0]))]
    model.optimizer = Averaging(weight)
    return weight


@pytest.mark.parametrize("kind", ["test", "predict"])
def test_weights_are_the_average_while_evaluating(kind, attach, weight):
    callback = attach(SwapEMAWeights())
    getattr(callback, f"on_{kind}_begin")()
    assert weight.item() == 2.0
    getattr(callback, f"on_{kind}_end")()
    assert weight.item() == 1.0


def test_weights_are_the_average_between_epochs(attach, weight, model):
    callback = attach(SwapEMAWeights(swap_on_epoch=True))
    callback.on_epoch_begin(0)
    callback.on_test_begin()
    callback.on_test_end()
    callback.on_epoch_end(0)
    assert weight.item() == 2.0
    callback.on_epoch_begin(1)
    assert weight.item() == 1.0
    callback.on_epoch_end(1)
    callback.on_train_end()
    assert (weight.item(), model.optimizer.state[weight]["average"].item()) == (2.0, 2.0)


def test_an_optimizer_without_average_is_refused(attach):
    with pytest.raises(ValueError, match="SwapEMAWeights needs an optimizer .* use_ema=True"):
        attach(SwapEMAWeights()).on_test_begin()
