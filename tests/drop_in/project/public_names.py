"""Print everything public of the installed package: names, signatures, columns, URLs, entry points."""

import inspect
import json
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import django_setup  # noqa: F401 - sets Django up
from django.db import models

import django_celery_results

MODULES = ("", ".admin", ".apps", ".backends", ".backends.cache", ".backends.database", ".managers", ".models",
           ".urls", ".utils", ".views")  # fmt: skip
HOOKS = ("_store_result", "_get_extended_properties", "_get_meta_from_request", "_get_task_meta_for", "_forget",
         "_restore_group", "_save_group", "_delete_group")  # fmt: skip
ATTRIBUTES = ("max_length", "null", "blank", "unique", "editable", "primary_key", "choices", "auto_now", "auto_now_add")
PLAIN = (str, bool, int, tuple, list)
REEXPORTING = ("django_celery_results.admin", "django_celery_results.backends")
"""Modules from which projects import what is defined elsewhere in the package."""


def is_from_package(value):
    return str(getattr(value, "__module__", "")).startswith("django_celery_results")


def is_public(name, value, module):
    shown = module.__name__ in REEXPORTING or name in getattr(module, "__all__", ())
    return is_from_package(value) and (shown or value.__module__ == module.__name__)


def public(module):
    known = {**dict.fromkeys(getattr(module, "__annotations__", ())), **vars(module)}
    return [name for name in known if name in METADATA or (not name.startswith("_") and hasattr(module, name))]


def public_members(module):
    """Return what the module offers itself, without what it only imports."""
    named = {name: getattr(module, name) for name in public(module)}
    return {name: each for name, each in named.items() if isinstance(each, PLAIN) or is_public(name, each, module)}


def positional(function):
    """Return the names of the parameters in order, and a star where more keywords are accepted."""
    parameters = inspect.signature(function).parameters.values()
    names = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    return [*names, *("*" for each in parameters if each.kind is each.VAR_KEYWORD)]


def methods(owner):
    names = [name for name in dir(owner) if name in HOOKS or not name.startswith("_")]
    return {name: getattr(owner, name) for name in names if inspect.isfunction(inspect.getattr_static(owner, name))}


def signatures(module):
    found = {}
    for name, value in public_members(module).items():
        if inspect.isfunction(value):
            found[name] = positional(value)
        elif inspect.isclass(value):
            found |= {
                f"{name}.{key}": positional(each) for key, each in methods(value).items() if is_from_package(each)
            }
    return found


def column(field):
    default = None if field.default is models.NOT_PROVIDED else str(field.default)
    attributes = [getattr(field, name, None) for name in ATTRIBUTES]
    return [type(field).__name__, str(field.verbose_name), default, *attributes]


def table(model):
    meta = model._meta
    names = [str(name) for name in (meta.db_table, meta.verbose_name, meta.verbose_name_plural)]
    return {"meta": [*names, list(meta.ordering)], "columns": {each.name: column(each) for each in meta.fields}}


METADATA = ("__version__", "__author__", "__docformat__")
modules = {name: import_module(f"django_celery_results{name}") for name in MODULES}
tables = {name: getattr(modules[".models"], name) for name in ("TaskResult", "GroupResult", "ChordCounter")}
print(json.dumps({
    "names": {name: sorted(public_members(module)) for name, module in modules.items()},
    # A view's signature is what its URL hands over, which other tests call.
    "signatures": {name: signatures(module) for name, module in modules.items() if name != ".views"},
    "tables": {name: table(model) for name, model in tables.items()},
    "texts": [str(tables["TaskResult"](task_id="t")), str(tables["GroupResult"](group_id="g"))],
    "urls": [[each.name, str(each.pattern)] for each in modules[".urls"].urlpatterns],
    "version": list(django_celery_results.version_info._fields),
    "backends": {each.name: each.value for each in entry_points(group="celery.result_backends")},
    "migrations": sorted(path.stem for path in Path(modules[""].__file__).parent.glob("migrations/0*.py")),
}))  # fmt: skip
