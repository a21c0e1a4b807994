"""An S3 server (moto) on a loopback port, with one bucket: what a bucket does, and a signature that is looked at.

moto does not verify signatures; `S3Server` refuses requests of which the signature is missing or of another key.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from trunkline.files.s3_blobs import S3Blobs
from trunkline.settings import Files

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's own example
BUCKET = "uploads"
_SIGNED = re.compile(rf"AWS4-HMAC-SHA256 Credential={KEY_ID}/\d{{8}}/[a-z0-9-]+/s3/aws4_request, SignedHeaders=\S+, "
                     r"Signature=[0-9a-f]{64}")  # fmt: skip


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Nothing on the terminal."""


class S3Server:
    """`down` makes every request fail; `requests` are those that came."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server: BaseWSGIServer = make_server("127.0.0.1", 0, self, threaded=True, request_handler=_Quiet)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.down = False
        self.requests: list[str] = []

    def settings(self, **members: Any) -> Files:
        """What a gateway needs to use the bucket."""
        return Files(
            s3_bucket=BUCKET, s3_endpoint_url=self.url, s3_access_key_id=KEY_ID, s3_secret_access_key=SECRET, **members
        )

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.requests.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        if self.down:
            start_response("503 Service Unavailable", [("Content-Length", "0")])
            return [b""]
        if not _SIGNED.fullmatch(environ.get("HTTP_AUTHORIZATION", "")):
            start_response("403 Forbidden", [("Content-Length", "0")])
            return [b""]
        return self._moto(environ, start_response)

    @contextmanager
    def serving(self) -> Iterator["S3Server"]:
        thread = Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        S3Blobs(self.settings(), BUCKET, connections=1)._client.create_bucket(Bucket=BUCKET)
        yield self
        self._server.shutdown()
        self._server.server_close()
        thread.join()
