"""A collector that plays back the answers of a scenario and notes what it was sent."""

import gzip
import json
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Request:
    """One request as it arrived. Times are seconds of the monotonic clock."""

    arrived: float
    headers: dict = field(default_factory=dict)  # lower-case names
    gzip: bool = False
    size: int = 0  # bytes of the body, inflated
    events: list = field(default_factory=list)
    stored: bool = False  # answered 202, or cut after it was read: a store would have the events
    answered: float = 0.0
    problem: str = ""  # what no collector would accept


class Collector:
    """Serves on a free port of loopback. `answers` are played back in order; the last one repeats."""

    def __init__(self, answers):
        self.answers = answers or [{"status": 202}]
        self.requests = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._make_handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def begin(self):
        """A new request and the answer it gets."""
        with self._lock:
            answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
            request = Request(arrived=time.monotonic())
            self.requests.append(request)
            return request, answer

    def _make_handler(collector):  # noqa: N805  (the handler's own self is the request's)
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                request, answer = collector.begin()
                if answer.get("drop") == "before":
                    return self._cut(request)
                self._read(request)
                if answer.get("drop") == "after":
                    request.stored = True
                    return self._cut(request)
                time.sleep(answer.get("delay_ms", 0) / 1000)
                request.stored = answer.get("status", 202) == 202
                self._answer(request, answer)

            def _read(self, request):
                request.headers = {name.lower(): value for name, value in self.headers.items()}
                body = self._read_body()
                try:
                    request.gzip = request.headers.get("content-encoding") == "gzip"
                    body = gzip.decompress(body) if request.gzip else body
                    request.size = len(body)
                    request.events = json.loads(body.decode("utf-8"), parse_constant=_refuse)["events"]
                except (ValueError, KeyError, TypeError, OSError) as error:
                    request.problem = f"a body that cannot be read: {error}"
                if self.path.split("?")[0] != "/v1/events":
                    request.problem = f"a request to {self.path}"

            def _read_body(self):
                if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def _answer(self, request, answer):
                count = len(request.events)
                status = answer.get("status", 202)
                body = answer.get("body")
                if body is None and status == 202:
                    body = {"accepted": count, "rejected": 0, "duplicates": 0, "errors": []}
                elif body is None:
                    body = {"error": {"code": "played_back", "message": "as the scenario says", "request_id": "r"}}
                text = answer.get("text", json.dumps(body)).encode()
                request.answered = time.monotonic()
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(text)))
                    for name, value in answer.get("headers", {}).items():
                        self.send_header(name, re.sub(r"^\{in (\d+) s\}$", _date, value))
                    self.end_headers()
                    self.wfile.write(text)
                except OSError:
                    pass  # a client that no longer waits

            def _cut(self, request):
                """Ends the connection at once, with a reset."""
                request.answered = time.monotonic()
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.rfile = self.wfile = _Nothing()
                self.close_connection = True

            def log_message(self, *_):
                pass

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # clients that end in the middle are what we are for


class _Nothing:
    """Stands in for the streams of a connection that was cut."""

    closed = True

    def flush(self):
        pass

    def close(self):
        pass


def _date(match):
    """The HTTP date of the moment that is so many seconds ahead."""
    return formatdate(time.time() + int(match[1]), usegmt=True)


def _refuse(constant):
    raise ValueError(f"{constant} is no JSON")
