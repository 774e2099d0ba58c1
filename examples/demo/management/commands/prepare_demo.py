"""Creates the tables and the demo's two users, with the password of its folder. Doing it twice changes nothing."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management import BaseCommand, CommandError, call_command
from django.db import DatabaseError, connection

from demo import config


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            call_command("migrate", verbosity=0, interactive=False)
        except DatabaseError as error:
            where = connection.settings_dict["HOST"] or connection.settings_dict["NAME"]
            raise CommandError(f"the database at {where} cannot be used: {str(error).splitlines()[0]}") from error
        self._create_users()

    def _create_users(self) -> None:
        users = get_user_model().objects
        demo = users.filter(username=config.USERNAME).first() or users.create_superuser(config.USERNAME)
        reader, _ = users.get_or_create(username=config.READER, defaults={"is_staff": True})
        seen = Permission.objects.filter(codename__in=("view_taskresult", "view_groupresult", "view_traceback"))
        reader.user_permissions.set(seen)
        password = config.kept_secret("password")
        for user in (demo, reader):
            if not user.check_password(password):
                user.set_password(password)
                user.save()
