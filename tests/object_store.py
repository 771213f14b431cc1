"""A server of the S3 protocol on this machine, which may be slow or refuse for a while."""

import threading
import time
from collections import Counter
from contextlib import contextmanager

import fsspec
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

BUCKET = "walls"


class Store:
    """The server as its requests meet it.

    `refused` and `slow` hold parts of a request's path with how many such requests get a 503 or
    wait for `delay_s`; each request takes one off. `asked` counts requests by method and path.
    """

    def __init__(self):
        self._app = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.Lock()
        self.refused, self.slow, self.delay_s = Counter(), Counter(), 0.0
        self.asked = Counter()

    def __call__(self, environment, start_response):
        path, method = environment["PATH_INFO"], environment["REQUEST_METHOD"]
        with self._lock:
            self.asked[method, path] += 1
            late, refused = self._take(self.slow, path), self._take(self.refused, path)
        if late:
            time.sleep(self.delay_s)
        if refused:
            return Response("busy", status=503)(environment, start_response)
        return self._app(environment, start_response)

    @staticmethod
    def _take(counts, path):
        part = next((one for one, left in counts.items() if left and one in path), None)
        counts[part] -= part is not None
        return part is not None


@contextmanager
def object_store():
    """The server, its options as `--storage-option` takes them, and a client of its own."""
    store = Store()
    server = make_server("127.0.0.1", 0, store, threaded=True, request_handler=MotoRequestHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    store.options = {
        "endpoint_url": f"http://127.0.0.1:{server.server_port}",
        "key": "k",
        "secret": "s",
        "config_kwargs": {"retries": {"max_attempts": 3}, "read_timeout": 2},
    }
    store.client = fsspec.filesystem("s3", use_listings_cache=False, **store.options)
    store.client.mkdir(BUCKET)
    try:
        yield store
    finally:
        server.shutdown()
        thread.join()
