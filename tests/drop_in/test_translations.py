"""The translations of the 2.x package are complete for what users see, and compiled."""

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


def load_catalog(language: str) -> gettext.GNUTranslations:
    with (FOLDER / "locale" / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


@pytest.mark.parametrize("language", LANGUAGES)
def test_compiled_catalog_matches_its_source(language: str) -> None:
    file = (FOLDER / "locale" / language / "LC_MESSAGES" / "django.po").read_text()
    source = {entry["id"]: entry["text"] for entry in _ENTRY.finditer(file)}
    assert len(source) > 80
    assert all(source.values())
    catalog = load_catalog(language)
    assert {text: catalog.gettext(text) for text in source} == source


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_admin_is_translated(language: str) -> None:
    plural: set[str] = set()
    texts = {str(field.verbose_name) for model in (TaskResult, GroupResult) for field in model._meta.fields} - {"ID"}
    for path in FOLDER.glob("admin/*.py"):
        texts |= set(re.findall(r'\b_\(\s*"([^"]+)"', path.read_text()))
        plural |= set(re.findall(r'\bngettext\(\s*"([^"]+)"', path.read_text()))
    for path in FOLDER.glob("templates/admin/**/*.html"):
        texts |= set(re.findall(r'{% translate "([^"]+)"', path.read_text()))
    catalog = load_catalog(language)._catalog  # type: ignore[attr-defined]
    assert "Run selected tasks again…" in texts
    assert plural
    assert sorted(texts - catalog.keys()) == []
    assert sorted({(text, 0) for text in plural} - catalog.keys()) == []


def test_admin_uses_the_active_language() -> None:
    with translation.override("es"):
        assert str(TaskResult._meta.verbose_name_plural) == "resultados de tareas"
        action = site.get_model_admin(TaskResult).terminate_task  # type: ignore[attr-defined]
        assert str(action.short_description) == "Terminar las tareas seleccionadas"
    with translation.override("zh-hans"):
        assert str(GroupResult._meta.verbose_name) == "任务组结果"
