"""Makes every request the demo user's, for tools that cannot log in; for requests from this machine only."""

from collections.abc import Callable

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from demo import config


class AutologinMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.META.get("REMOTE_ADDR") != "127.0.0.1":
            raise PermissionDenied("DEMO_AUTOLOGIN serves this machine only")
        request.user = get_user_model().objects.get(username=config.USERNAME)
        return self.get_response(request)
