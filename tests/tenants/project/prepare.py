"""Make the tenants a and b, with their tables."""

import django
from django.core.management import call_command
from django.db import connection

django.setup()

from django.conf import settings  # noqa: E402

if hasattr(settings, "TENANT_MODEL"):
    from customers.models import Client, Domain

    call_command("migrate_schemas", schema_name="public", verbosity=0)
    for name in ("a", "b"):
        tenant = Client.objects.create(schema_name=name, name=name)
        Domain.objects.create(domain=f"{name}.test", tenant=tenant)
else:
    for name in ("public", "a", "b"):
        if name != "public":
            kind = "SCHEMA" if connection.vendor == "postgresql" else "DATABASE"
            connection.set_schema("public")
            connection.cursor().execute(f"CREATE {kind} {connection.home_of(name)}")
        connection.set_schema(name)
        call_command("migrate", verbosity=0)
