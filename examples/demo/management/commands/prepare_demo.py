"""Creates the tables and the demo user, with the password of the demo's folder. Doing it twice changes nothing."""

from typing import Any

from django.contrib.auth import get_user_model
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
        self._create_user()

    def _create_user(self) -> None:
        users = get_user_model().objects
        user = users.filter(username=config.USERNAME).first() or users.create_superuser(config.USERNAME)
        password = config.kept_secret("password")
        if not user.check_password(password):
            user.set_password(password)
            user.save()
