"""Translations of the 2.x package's languages: complete for what people see, and compiled."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

import pytest
from django.contrib.admin.sites import site
from django.utils import translation

import django_celery_results
from django_celery_results.models import GroupResult, TaskResult

FOLDER = Path(django_celery_results.__file__).parent
LANGUAGES = ["es", "pt_BR", "ru", "zh_Hans"]
_ENTRY = re.compile(r'^msgid "(?P<id>.+)"\nmsgstr "(?P<text>.*)"$', re.MULTILINE)


def compiled(language: str) -> gettext.GNUTranslations:
    with (FOLDER / "locale" / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_file_says_what_the_source_says(language: str) -> None:
    source = (FOLDER / "locale" / language / "LC_MESSAGES" / "django.po").read_text()
    found = {entry["id"]: entry["text"] for entry in _ENTRY.finditer(source)}
    assert len(found) > 80
    assert all(found.values())
    catalog = compiled(language)
    assert {text: catalog.gettext(text) for text in found} == found


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_admin_shows_is_translated(language: str) -> None:
    counted: set[str] = set()
    shown = {str(field.verbose_name) for model in (TaskResult, GroupResult) for field in model._meta.fields} - {"ID"}
    for path in FOLDER.glob("admin/*.py"):
        shown |= set(re.findall(r'\b_\(\s*"([^"]+)"', path.read_text()))
        counted |= set(re.findall(r'\bngettext\(\s*"([^"]+)"', path.read_text()))
    for path in FOLDER.glob("templates/admin/**/*.html"):
        shown |= set(re.findall(r'{% translate "([^"]+)"', path.read_text()))
    catalog = compiled(language)._catalog  # type: ignore[attr-defined]
    assert "Run selected tasks again…" in shown
    assert len(counted) == 3
    assert sorted(shown - catalog.keys()) == []
    assert sorted({(text, 0) for text in counted} - catalog.keys()) == []


def test_the_admin_speaks_the_users_language() -> None:
    with translation.override("es"):
        assert str(TaskResult._meta.verbose_name_plural) == "resultados de tareas"
        action = site.get_model_admin(TaskResult).terminate_task  # type: ignore[attr-defined]
        assert str(action.short_description) == "Terminar las tareas seleccionadas"
    with translation.override("zh-hans"):
        assert str(GroupResult._meta.verbose_name) == "任务组结果"
