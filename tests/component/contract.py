"""A contract stub: it plays the API of `docs/`, and a shop's page, for the browser component's tests.

It answers a challenge's GET and LIST with the status, headers and envelope that the wire contract promises,
for a guest (public, ETag, 304) and for members by token (private), checks what it is asked as strictly as the
API does, and keeps what it was asked. It computes nothing: a test says which records there are, what fails.
"""

import json
import re
import threading
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

HERE = Path(__file__).parent
STATIC = HERE.parents[1] / "static"
TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
OFFERED = ("en", "es", "fr", "de", "ar", "ja")
EXPOSED = "ETag, Content-Language, Idempotent-Replayed, Retry-After"
PARAMETERS = {"limit", "languageCode", "cursor", "offset", "fields", "sortBy", "fetchTotalCount"}
TRUSTED_TYPES = "require-trusted-types-for 'script'; trusted-types 'none'"
STRICT = "default-src 'none'; script-src 'self'; connect-src 'self' {api}; img-src 'self'; " + TRUSTED_TYPES


@dataclass
class Answer:
    status: int = 200
    body: object = None
    headers: dict = field(default_factory=dict)
    held_by: threading.Event | None = None  # the answer leaves when this is set


class Contract:
    """What the stub knows; tests change it while the page is open."""

    def __init__(self):
        self.guest = []  # records as a guest reads them
        self.members = {}  # token -> records
        self.dead_tokens = set()
        self.next = []  # answers that come first, whatever was asked
        self.asked = []  # (method, path, query, headers)
        self.pages = {}  # path -> (html, policy)

    def queries(self):
        """The GETs of challenges, oldest first."""
        return [asked for asked in self.asked if asked[0] == "GET" and asked[1].startswith("/schema/")]

    def answer(self, path, query, headers):
        if self.next:
            return self.next.pop(0)
        unknown = sorted(set(query) - PARAMETERS)
        if unknown:
            return refusal(400, "invalid", f"Unknown parameter {unknown[0]}.", unknown[0])
        language = query.get("languageCode", ["en"])[0]
        if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", language):
            return refusal(400, "invalid", "Not a language code.", "languageCode")
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        if token and (token in self.dead_tokens or token not in self.members):
            return refusal(401, "authentication_failed", "The token has expired.")
        return self._records(path, self.members[token] if token else self.guest, bool(token), language)

    def _records(self, path, records, is_private, language):
        wanted = path.removeprefix("/schema/challenge/record").removeprefix("/")
        served = language.split("-")[0] if language.split("-")[0] in OFFERED else "en"
        headers = {"Content-Language": served, "Vary": "Authorization"}
        headers["Cache-Control"] = "private, no-store" if is_private else "public, no-cache"
        if not wanted:
            page = {"offset": 0, "limit": 100, "nextCursor": None}
            return Answer(200, {"data": records, "paging": page}, headers)
        record = next((record for record in records if record["id"] == wanted), None)
        return Answer(200, {"data": record}, headers) if record else refusal(404, "not_found", "Not found.")


def refusal(status, code, detail, attr=None, **headers):
    kind = "validation_error" if status == 400 else "client_error"
    body = {"type": kind, "errors": [{"code": code, "detail": detail, "attr": attr}]}
    return Answer(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    contract: Contract

    def log_message(self, *_):
        pass

    def do_OPTIONS(self):
        self._note()
        allowed = {"Access-Control-Allow-Headers": "authorization", "Access-Control-Allow-Methods": "GET"}
        self._send(204, b"", {**allowed, "Access-Control-Allow-Origin": self.headers.get("Origin", "*")})

    def do_GET(self):
        path, query = self._note()
        if path.startswith("/schema/challenge/record"):
            return self._api(path, query)
        if path in self.contract.pages:
            html, policy = self.contract.pages[path]
            return self._send(200, html.encode(), {"Content-Type": "text/html; charset=utf-8", **policy})
        folder, name = (STATIC, path[8:]) if path.startswith("/static/") else (HERE / "pages", path[7:])
        file = (folder / name).resolve()
        if not file.is_relative_to(folder) or not file.is_file():
            return self._send(404, b"", {})
        return self._send(200, file.read_bytes(), {"Content-Type": f"{TYPES[file.suffix]}; charset=utf-8"})

    def _note(self):
        parts = urlsplit(self.path)
        path, query = unquote(parts.path), parse_qs(parts.query)
        self.contract.asked.append((self.command, path, query, dict(self.headers)))
        return path, query

    def _api(self, path, query):
        answer = self.contract.answer(path, query, self.headers)
        if answer.held_by:
            answer.held_by.wait(10)
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        is_member = "Authorization" in self.headers
        origin = self.headers.get("Origin", "*") if is_member else "*"
        headers = {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": EXPOSED,
            **answer.headers,
        }
        headers.setdefault("Content-Type", "application/json")
        if answer.status == 200 and not is_member:
            headers["ETag"] = f'"{sha256(body).hexdigest()[:16]}"'
            if self.headers.get("If-None-Match") == headers["ETag"]:
                return self._send(304, b"", headers)
        return self._send(answer.status, body, headers)

    def _send(self, status, body, headers):
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status not in (204, 304):
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the page aborted its request: that is what the test wanted


def gallery_page(samples):
    """The page that shows every state, and its data, under a policy that allows no inline style either."""
    policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    html = (HERE / "pages" / "gallery.html").read_text()
    return {
        "/pages/gallery.html": (html, {"Content-Security-Policy": policy + TRUSTED_TYPES}),
        "/pages/gallery.json": (samples, {}),
    }


def serve(contract, port=0):
    """A running server and its address; the caller shuts it down."""
    handler = type("BoundHandler", (Handler,), {"contract": contract})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_address[1]}"
