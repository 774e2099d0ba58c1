"""Every request comes from the same superuser, who is not looked up in a table."""

from asgiref.sync import iscoroutinefunction
from django.contrib.auth.models import User
from django.utils.decorators import sync_and_async_middleware

_USER = User(pk=1, username="bench", is_superuser=True, is_active=True)


@sync_and_async_middleware
def superuser(get_response):
    def middleware(request):
        request.user = _USER
        return get_response(request)

    async def async_middleware(request):
        request.user = _USER
        return await get_response(request)

    return async_middleware if iscoroutinefunction(get_response) else middleware
