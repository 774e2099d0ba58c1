"""The WSGI and ASGI applications of one contender."""

import os

if os.environ.get("API_ASGI"):
    from django.core.asgi import get_asgi_application

    application = get_asgi_application()
else:
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
