"""A small OpenID Connect provider on loopback, for tests of the sign-in: one person at a time, no password.

Endpoints and token as OpenID Connect Core 1.0 §3.1 (authorization code flow) and Discovery 1.0 ask for.
"""

import base64
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CLIENT, SECRET, KEY_ID = "xinheng", "client-secret-of-the-test", "k1"


class OidcProvider:
    """Signs in whoever :attr:`email` names; tokens last :attr:`seconds`."""

    def __init__(self) -> None:
        self.email, self.is_verified, self.seconds = "", True, 3600
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._asked: dict[str, dict[str, str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider._get(self)

            def do_POST(self) -> None:
                provider._post(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "OidcProvider":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def secrets_toml(self, port: int) -> str:
        """Return the settings of the dashboards at a port."""
        return (
            "[auth]\n"
            f'redirect_uri = "http://127.0.0.1:{port}/oauth2callback"\n'
            f'cookie_secret = "{secrets.token_hex(32)}"\n'
            f'client_id = "{CLIENT}"\nclient_secret = "{SECRET}"\n'
            f'server_metadata_url = "{self.address}/.well-known/openid-configuration"\n'
        )

    def _get(self, call: BaseHTTPRequestHandler) -> None:
        asked = urlsplit(call.path)
        if asked.path == "/.well-known/openid-configuration":
            _json(call, self._discovery())
        elif asked.path == "/jwks":
            _json(call, {"keys": [self._public_key()]})
        elif asked.path == "/authorize":
            query = {name: values[0] for name, values in parse_qs(asked.query).items()}
            code = secrets.token_hex(8)
            self._asked[code] = query
            call.send_response(302)
            told = urlencode({"code": code, "state": query["state"]})
            call.send_header("Location", f"{query['redirect_uri']}?{told}")
            call.end_headers()
        else:
            call.send_error(404)

    def _post(self, call: BaseHTTPRequestHandler) -> None:
        body = parse_qs(call.rfile.read(int(call.headers["Content-Length"])).decode())
        asked = self._asked.pop(body["code"][0])
        now = int(time.time())
        claims = {
            "iss": self.address, "sub": f"sub-{self.email}", "aud": CLIENT, "iat": now, "exp": now + self.seconds,
            "email": self.email, "email_verified": self.is_verified, "nonce": asked.get("nonce", ""),
        }  # fmt: skip
        _json(call, {"access_token": secrets.token_hex(8), "token_type": "Bearer", "id_token": self._token(claims)})

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _public_key(self) -> dict[str, str]:
        numbers = self._key.public_key().public_numbers()
        parts = {name: _url64(value.to_bytes((value.bit_length() + 7) // 8)) for name, value in
                 (("n", numbers.n), ("e", numbers.e))}  # fmt: skip
        return {"kty": "RSA", "kid": KEY_ID, "alg": "RS256", "use": "sig", **parts}

    def _token(self, claims: dict[str, Any]) -> str:
        head = {"alg": "RS256", "typ": "JWT", "kid": KEY_ID}
        said = ".".join(_url64(json.dumps(part).encode()) for part in (head, claims))
        return f"{said}.{_url64(self._key.sign(said.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _url64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _json(call: BaseHTTPRequestHandler, content: object) -> None:
    body = json.dumps(content).encode()
    call.send_response(200)
    call.send_header("Content-Type", "application/json")
    call.send_header("Content-Length", str(len(body)))
    call.end_headers()
    call.wfile.write(body)
