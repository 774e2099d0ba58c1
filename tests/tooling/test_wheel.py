"""The wheel that the lanes install holds what users need, and nothing else."""

import os
import zipfile
from pathlib import Path, PurePosixPath

import pytest

PACKAGES = {"django_celery_results", "graphql_api"}


@pytest.fixture(scope="module")
def wheel() -> zipfile.ZipFile:
    path = os.environ.get("BUILT_WHEEL")
    if not path:
        pytest.skip("no wheel was built: run this by `make test-lanes`")
    return zipfile.ZipFile(path)


@pytest.mark.parametrize(
    "name",
    [
        "django_celery_results/py.typed",
        "django_celery_results/locale/es/LC_MESSAGES/django.mo",
        "django_celery_results/migrations/0001_initial.py",
        "graphql_api/py.typed",
        "graphql_api/schema.graphql",
        "graphql_api/static/graphql_api/THIRD_PARTY_LICENSES.txt",
    ],
)
def test_wheel_contains_file(wheel: zipfile.ZipFile, name: str) -> None:
    assert name in wheel.namelist()


def test_wheel_contains_built_graphiql(wheel: zipfile.ZipFile) -> None:
    static = [name for name in wheel.namelist() if name.startswith("graphql_api/static/")]
    assert {".js", ".css"} <= {PurePosixPath(name).suffix for name in static}


def test_wheel_contains_the_schema_of_the_repository(wheel: zipfile.ZipFile) -> None:
    shown = (Path(__file__).parents[2] / "schema.graphql").read_text()
    assert shown
    assert wheel.read("graphql_api/schema.graphql").decode() == shown


def test_wheel_contains_two_packages_only(wheel: zipfile.ZipFile) -> None:
    tops = {PurePosixPath(name).parts[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES


def test_wheel_contains_no_tests_and_no_frontend_sources(wheel: zipfile.ZipFile) -> None:
    foreign = {"tests", "node_modules", "package.json", "package-lock.json", "__pycache__"}
    assert [name for name in wheel.namelist() if foreign & set(PurePosixPath(name).parts)] == []
    assert [name for name in wheel.namelist() if name.endswith((".ts", ".tsx", ".jsx", ".map"))] == []


def test_wheel_registers_both_result_backends(wheel: zipfile.ZipFile) -> None:
    (entry_points,) = [name for name in wheel.namelist() if name.endswith("/entry_points.txt")]
    assert wheel.read(entry_points).decode().split() == [
        "[celery.result_backends]",
        *("django-cache", "=", "django_celery_results.backends:CacheBackend"),
        *("django-db", "=", "django_celery_results.backends:DatabaseBackend"),
    ]


def test_wheel_requires_django_and_celery_only(wheel: zipfile.ZipFile) -> None:
    (metadata,) = [name for name in wheel.namelist() if name.endswith("/METADATA")]
    needed = [
        line.removeprefix("Requires-Dist: ")
        for line in wheel.read(metadata).decode().splitlines()
        if line.startswith("Requires-Dist: ") and "extra ==" not in line
    ]
    assert needed == ["celery>=5.5", "django>=5.2"]


def test_suite_imports_the_installed_wheel() -> None:
    import django_celery_results
    import graphql_api

    if not os.environ.get("BUILT_WHEEL"):
        pytest.skip("no wheel was built: run this by `make test-lanes`")
    assert "site-packages" in django_celery_results.__file__
    assert "site-packages" in graphql_api.__file__
