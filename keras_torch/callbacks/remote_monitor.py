"""RemoteMonitor: sends the logs of every epoch to a server."""

import http.client
import json
import urllib.parse
import urllib.request
import warnings

from keras_torch.base.checks import boolean, fail, string
from keras_torch.callbacks.callback import Callback

TIMEOUT_SECONDS = 10


class RemoteMonitor(Callback):
    """Sends 'epoch' and the logs of every epoch to `root + path` by HTTP POST.

    Args:
        root: address of the server.
        path: path on the server.
        field: name of the form field that holds the JSON text.
        headers: dict of HTTP headers, or None.
        send_as_json: whether to send JSON as the body (application/json) instead of a form.

    Errors:
        ValueError: `root`, `path` or `field` is no string, or `root` does not begin with http:// or https://.

    Notes:
        A server that cannot be reached, or answers with an error, is warned about after 10 seconds at the
        most, and training goes on. Arrays are sent as lists, what JSON does not know as text.

    Source: Keras `callbacks.RemoteMonitor`, which needs the package requests.

    >>> RemoteMonitor("http://localhost:9000").path
    '/publish/epoch/end/'
    """

    def __init__(self, root="http://localhost:9000", path="/publish/epoch/end/", field="data", headers=None,
                 send_as_json=False):
        super().__init__()
        for name, value in (("root", root), ("path", path), ("field", field)):
            string("RemoteMonitor", name, value)
        boolean("RemoteMonitor", "send_as_json", send_as_json)
        if not root.startswith(("http://", "https://")):
            fail("RemoteMonitor", "root", root, "an address that begins with http:// or https://")
        self.root, self.path, self.field = root, path, field
        self.headers, self.send_as_json = headers, send_as_json

    def on_epoch_end(self, epoch, logs=None):
        text = json.dumps({"epoch": epoch, **(logs or {})}, default=_for_json)
        headers = dict(self.headers or {})
        if self.send_as_json:
            headers["Content-Type"] = "application/json"
            body = text
        else:
            body = urllib.parse.urlencode({self.field: text})
        request = urllib.request.Request(self.root + self.path, data=body.encode(), headers=headers)
        try:
            urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS).close()
        except (OSError, http.client.HTTPException) as error:   # URLError and timeouts are OSErrors
            reason = " ".join(str(error).split())
            warnings.warn(f"RemoteMonitor could not reach {self.root}: {reason}. Training goes on.",
                          stacklevel=2)


def _for_json(value):
    """Arrays and numbers of numpy and torch as lists and numbers; anything else as text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)
