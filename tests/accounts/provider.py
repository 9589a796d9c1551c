"""A provider of identities to sign in with: a small honest one, on this machine, that a test may tell to lie."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

CLIENT, SECRET = "refurb-tests", "a-secret-between-the-two"


class Provider:
    """`grant` is what its sign-in page does for a person; `lies` overrides claims, `key` signs."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, private=True)
        self.algorithm = "RS256"
        self.codes: dict[str, dict[str, Any]] = {}
        self.lies: dict[str, Any] = {}
        self.signing_key: Any = self.key
        self.refused: list[str] = []
        self.server = make_server("127.0.0.1", 0, self, threaded=True)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def grant(self, address: str, **claims: Any) -> str:
        """Say yes to the request that a browser was led here with; return the query of the way back."""
        asked = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.issuer}/authorize?")
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert len(asked["code_challenge"]) == 43
        assert len(asked["nonce"]) >= 16
        assert len(asked["state"]) >= 16
        code = secrets.token_urlsafe(16)
        self.codes[code] = {"asked": asked, "claims": claims}
        return f"code={code}&state={asked['state']}"

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.answer(Request(environ))(environ, start_response)

    def answer(self, request: Request) -> Response:
        if request.path == "/.well-known/openid-configuration":
            return _json(
                {
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token",
                    "jwks_uri": f"{self.issuer}/jwks",
                    "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
                }
            )
        if request.path == "/jwks":
            return _json({"keys": [self.key.as_dict(private=False)]})
        if request.path == "/token" and request.method == "POST":
            return self.token(request)
        return Response("no", 404)

    def token(self, request: Request) -> Response:
        kept = self.codes.pop(request.form["code"], None)
        credentials = request.authorization
        digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        checks = {
            "code": kept is not None,
            "client": credentials is not None and (credentials.username, credentials.password) == (CLIENT, SECRET),
            "verifier": kept is not None and challenge == kept["asked"]["code_challenge"],
            "redirect": kept is not None and request.form["redirect_uri"] == kept["asked"]["redirect_uri"],
        }
        self.refused += [name for name, good in checks.items() if not good]
        if kept is None or not all(checks.values()):
            return _json({"error": "invalid_grant"}, 400)
        moment = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "person-1",
            "iat": moment,
            "exp": moment + 300,
            "nonce": kept["asked"]["nonce"],
            **kept["claims"],
            **self.lies,
        }
        header = {"alg": self.algorithm, "kid": "one"}
        signed = jwt.encode(header, claims, self.signing_key, algorithms=[self.algorithm])
        return _json({"access_token": "x", "token_type": "Bearer", "id_token": signed})


def _json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status, mimetype="application/json")
