"""A GraphQL client as a script has it: a session cookie from the login page, then JSON over HTTP."""

import json
import re
import time
from collections.abc import Callable
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

TIMEOUT = 15.0


class Client:
    """Speaks to the demo at `url`, anonymous until `login`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def login(self, username: str, password: str) -> None:
        page = self.get("admin/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token, "the login page has no form"
        form = {"csrfmiddlewaretoken": token[1], "username": username, "password": password, "next": "/admin/"}
        page = self.get("admin/login/", data=urlencode(form).encode(), headers={"Referer": self.url})
        assert "Log out" in page, "the demo's user cannot log in"

    def get(self, path: str, **request: Any) -> str:
        with self._opener.open(Request(self.url + path, **request), timeout=TIMEOUT) as answer:
            return str(answer.read().decode())

    def status(self, query: str, host: str | None = None) -> int:
        """The HTTP status of an operation, sent to this name of the server."""
        try:
            self._post(query, {}, **({"Host": host} if host else {}))
        except HTTPError as error:
            return error.code
        return 200

    def run(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an operation that must have no errors."""
        answer = json.loads(self._post(query, variables))
        assert not answer.get("errors"), answer
        data: dict[str, Any] = answer["data"]
        return data

    def _post(self, query: str, variables: dict[str, Any], **headers: str) -> str:
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers |= {"Content-Type": "application/json", "Accept": "application/json"}
        return self.get("graphql/", data=body, headers=headers)


def eventually(what: str, condition: Callable[[], Any], timeout: float = 60.0) -> Any:
    """The first true value of the condition."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError(f"not within {timeout:.0f} s: {what}")
