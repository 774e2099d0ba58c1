"""What the verbs of the Makefile run, but for `make test`. Suites run on the wheel, which is built once.

`nox --list` shows all; `nox -s oldest -- tests/query -k cursor` hands arguments to pytest.
"""

import hashlib
import os
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import nox
from nox.command import CommandFailed

nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint"]

ROOT = Path(__file__).parent
PACKAGES = ("django_celery_results", "graphql_api")
NOT_FOR_SUITES = (*PACKAGES, ".*", "__pycache__", "node_modules", "build", "dist", "*.egg-info", "htmlcov", "_build")
IS_CI = os.environ.get("CI") == "true"
DATABASE_SERVERS = ("postgresql", "mariadb")
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.settings"}


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One set of versions, and what is tested with it."""

    extras: str = "test,demo"
    requires: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()
    """Folders of tests; all unless given."""
    ignored: tuple[str, ...] = ()


NEWEST = Lane(extras="test,demo,docs,fuzz", requires=("Django==5.2.*",))
# The comparison with the 2.x package, a failover and generated values depend on databases rather than on versions.
NOT_IN_LANES = ("tests/drop_in", "tests/faults/test_store_failover.py", "tests/properties")
DJANGO_61 = Lane(requires=("Django==6.1.*",), ignored=NOT_IN_LANES)
# What workers do is the same whatever else is installed.
CORE = Lane(extras="test", ignored=(*NOT_IN_LANES, "tests/chords", "tests/faults"))
OLDEST = Lane(
    requires=(
        "Django==5.2",
        "celery==5.5.0",
        "kombu==5.5.2",
        "strawberry-graphql==0.327.7",
        "strawberry-graphql-django==0.91.0",
        "graphql-core==3.2.14",
    ),
    ignored=NOT_IN_LANES,
)

ENGINES = ("tests/contract", "tests/transport")
GRAPHENE = Lane(extras="test,graphene", requires=("Django==5.2.*",), suites=ENGINES)
# The newest set that can share an environment.
BOTH = Lane(
    extras="test,demo,graphene",
    requires=("Django==5.2.*", "strawberry-graphql==0.327.7", "strawberry-graphql-django==0.91.0"),
    suites=("tests/contract",),
)

# The modules that decide what is kept, shown and allowed, and the tests that must notice any change of them.
WRITES = "tests/storage/test_state_transitions.py tests/storage/test_database_backend.py"
HEART = {
    "django_celery_results/states.py": "tests/properties/test_states.py tests/storage/test_state_transitions.py",
    "django_celery_results/statements.py": f"tests/storage/test_guarded_sql.py {WRITES}",
    "django_celery_results/guarded_write.py": WRITES,
    "django_celery_results/policy/redaction.py": "tests/policy",
    "django_celery_results/query/cursors.py": "tests/properties/test_cursors.py",
    "graphql_api/cost.py": "tests/contract/test_cost.py tests/transport/test_document_cost.py",
}
# Mutations of annotations, and those that differ from another one only in how absurd they are.
POINTLESS_MUTATIONS = (
    "core/ReplaceBinaryOperator_BitOr_.*",
    "core/ReplaceBinaryOperator_.*_(BitOr|BitAnd|BitXor|LShift|RShift|Pow|FloorDiv|Mod|Mul|Div)$",
    "core/ReplaceComparisonOperator_.*_(Is|IsNot|In|NotIn)$",
    "core/RemoveDecorator",
    "core/ExceptionReplacer",
)

# Pytest's expressions of marks; pyproject.toml explains the marks.
WITH_SERVICES = "services and not heavy and not browser"
ON_A_SERVER = "database and not any_database and not once and not heavy and not browser"
IN_A_LANE = "not once and not heavy and not browser"
WITH_A_BROWSER = "browser and not heavy"


def interpreter(version: str) -> str:
    """An interpreter of this version that runs; a version manager's shim may be on PATH and fail."""
    managed = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"), reverse=True)
    for candidate in (f"python{version}", *map(str, managed)):
        asked = [candidate, "-c", "import sys; print(sys.executable, '%d.%d' % sys.version_info[:2])"]
        try:
            path, found = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
        except (OSError, ValueError, subprocess.CalledProcessError):
            continue
        if found == version:
            return path
    return version


PYTHON = {version: interpreter(version) for version in ("3.11", "3.12", "3.13")}


@nox.session(python=PYTHON["3.11"], tags=["services"])
def services(session: nox.Session) -> None:
    """The newest versions with real brokers on SQLite, then on each server of databases that is reachable."""
    run_lane(session, NEWEST, WITH_SERVICES, ON_A_SERVER)


@nox.session(python=PYTHON["3.11"], tags=["browser"])
def browser(session: nox.Session) -> None:
    """The pages in Chromium, and the tools of frontends."""
    run_lane(session, NEWEST, WITH_A_BROWSER)


@nox.session(python=PYTHON["3.13"], tags=["lanes"])
def django61(session: nox.Session) -> None:
    """Django 6.1 on Python 3.13."""
    run_lane(session, DJANGO_61)


@nox.session(python=PYTHON["3.12"], tags=["all"])
def python312(session: nox.Session) -> None:
    """Django 6.1 on Python 3.12."""
    run_lane(session, DJANGO_61)


@nox.session(python=PYTHON["3.11"], tags=["lanes"])
def oldest(session: nox.Session) -> None:
    """The oldest versions that are supported, on graphql-core 3.2."""
    run_lane(session, OLDEST)


@nox.session(python=PYTHON["3.11"], tags=["lanes"])
def core(session: nox.Session) -> None:
    """The store, policy, query and actions where no GraphQL library is installed."""
    run_lane(session, CORE)


@nox.session(python=PYTHON["3.11"], tags=["lanes"])
def graphene(session: nox.Session) -> None:
    """The GraphQL service where only graphene is installed."""
    run_lane(session, GRAPHENE)


@nox.session(python=PYTHON["3.11"], tags=["lanes"])
def both(session: nox.Session) -> None:
    """One contract, asked of both engines."""
    run_lane(session, BOTH)


@nox.session(python=PYTHON["3.11"], tags=["all"])
def heavy(session: nox.Session) -> None:
    """The long stress tests, one by one, on each database that is reachable."""
    options = ("-n0", "-o", "faulthandler_timeout=2400")
    run_lane(session, NEWEST, "heavy", "heavy and database and not once and not any_database", *options)


@nox.session(python=PYTHON["3.11"], tags=["all"])
def mutation(session: nox.Session) -> None:
    """Change the heart of the packages in every small way, and name the changes that no test noticed.

    Arguments after `--` name modules, such as `cursors`. The work of an hour; reports are in .nox/mutation.
    """
    reports = ROOT / ".nox" / "mutation"
    reports.mkdir(parents=True, exist_ok=True)
    copy = copy_of_suite(session, with_packages=True)
    install(session, ["--editable", f"{copy}[test,demo]", "cosmic-ray>=8.4"], stamp=digest(ROOT / "pyproject.toml"))
    modules = {module: tests for module, tests in HEART.items() if Path(module).stem in (session.posargs or module)}
    with session.chdir(copy):
        for module, tests in modules.items():
            config, results = reports / f"{Path(module).stem}.toml", reports / f"{Path(module).stem}.sqlite"
            pytest = f"python -m pytest -x -q -p no:randomly -p no:cacheprovider --reuse-db {tests}"
            config.write_text(
                f'[cosmic-ray]\nmodule-path = "{module}"\ntimeout = 120.0\ntest-command = "{pytest}"\n'
                '[cosmic-ray.distributor]\nname = "local"\n[cosmic-ray.filters.operators-filter]\n'
                f"exclude-operators = {list(POINTLESS_MUTATIONS)}\n"
            )
            results.unlink(missing_ok=True)
            environment = {"TEST_SUFFIX": "_mutation"}
            session.run("cosmic-ray", "init", str(config), str(results), env=environment)
            session.run("cr-filter-operators", str(results), str(config), env=environment)
            session.run("cosmic-ray", "baseline", str(config), env=environment)
            session.run("cosmic-ray", "exec", str(config), str(results), env=environment)
            session.run("cr-report", "--surviving-only", "--show-diff", str(results), env=environment)


@nox.session(python=False, tags=["all"])
def graphiql(session: nox.Session) -> None:
    """GraphiQL built from its locked sources is what is committed, byte by byte."""
    session.run("tools/graphiql", "--check", external=True)


@nox.session(python=PYTHON["3.11"])
def coverage(session: nox.Session) -> None:
    """The tests of `make test`, and which lines and branches they reach, workers included."""
    install(session, ["--editable", ".[test,demo]"], stamp=digest(ROOT / "pyproject.toml"))
    session.run("python", "-m", "pytest", "-q", "--cov", "--cov-report=term-missing:skip-covered", *session.posargs)


@nox.session(python=PYTHON["3.11"], tags=["lint"])
def lint(session: nox.Session) -> None:
    """Style, types, layers, and committed files that the code prints."""
    install(session, ["--editable", ".[lint]"], stamp=digest(ROOT / "pyproject.toml"))
    checks = (
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy",),
        ("lint-imports", "--no-cache"),
        ("python", "-m", "django", "makemigrations", "--check", "--dry-run"),
        ("python", "-m", "django", "export_graphql_schema", "--check"),
        ("tools/graphiql", "--digests"),
    )
    failed = [" ".join(check) for check in checks if not succeeds(session, check)]
    if failed:
        session.error(f"failed: {'; '.join(failed)}")


@nox.session(python=PYTHON["3.11"])
def schema(session: nox.Session) -> None:
    """Write schema.graphql from the code."""
    install(session, ["--editable", ".[demo]"], stamp=digest(ROOT / "pyproject.toml"))
    session.run("python", "-m", "django", "export_graphql_schema", *session.posargs, env=SETTINGS)


@nox.session(python=PYTHON["3.11"])
def docs(session: nox.Session) -> None:
    """Write the tables of the settings, and build the pages into a site; a warning is an error."""
    install(session, ["--editable", ".[demo,docs]"], stamp=digest(ROOT / "pyproject.toml"))
    session.run("python", "docs/tables.py")
    session.run("python", "-m", "sphinx", "-W", "--keep-going", "docs", "docs/_build", *session.posargs)
    print("The pages are in docs/_build/index.html.")


@nox.session(python=PYTHON["3.11"])
def bench(session: nox.Session) -> None:
    """Print the benchmarks' table and keep its figures as JSON."""
    more = ["gunicorn>=23", "psycopg[pool]>=3.2"]
    install(session, ["--editable", ".[test,demo]", *more], stamp=digest(ROOT / "pyproject.toml"))
    session.run("python", "-m", "benchmarks", *session.posargs)


def succeeds(session: nox.Session, command: tuple[str, ...]) -> bool:
    """Run a command; a failure does not keep the next ones from being run."""
    try:
        session.run(*command, env=SETTINGS, external=command[0].startswith("tools/"))
    except CommandFailed:
        return False
    return True


def run_lane(session: nox.Session, lane: Lane, on_sqlite: str = IN_A_LANE, on_servers: str = "", *options: str) -> None:
    """Install the wheel with the lane's versions, and run what these marks select on SQLite, then on servers."""
    wheel = built_wheel(session)
    requirements = [f"django-celery-results[{lane.extras}] @ {wheel.as_uri()}", *lane.requires]
    install(session, requirements, stamp=digest(ROOT / "pyproject.toml") + str(lane))
    # pip leaves a wheel of the same version alone, whatever changed in it.
    install(session, ["--force-reinstall", "--no-deps", str(wheel)], stamp=str(wheel), name="wheel")
    with session.chdir(copy_of_suite(session)):
        passed = [run_suite(session, lane, on_sqlite, "sqlite", "sqlite", *options)]
        for database in DATABASE_SERVERS if on_servers else ():
            url = database_url(session, database)
            passed.append(not url or run_suite(session, lane, on_servers, database, url, *options))
    if not all(passed):
        session.error("a suite failed")


def run_suite(session: nox.Session, lane: Lane, marks: str, database: str, url: str, *more: str) -> bool:
    """Run pytest on one database; return whether it passed. Arguments after `--` replace the folders."""
    ignored = [f"--ignore={path}" for path in lane.ignored]
    options = ["-q", "-rfEs", "-n=auto", "--dist=loadgroup", "-m", marks, "--durations=10", *more, *ignored]
    started, verdict = time.monotonic(), "failed"
    try:
        session.run(
            *("python", "-m", "pytest", *options, *(session.posargs or lane.suites)),
            env={"DATABASE_URL": url, "TEST_SUFFIX": f"_{session.name}", "BUILT_WHEEL": str(built_wheel(session))},
        )
        verdict = "passed"
    except CommandFailed:
        session.warn(f"the suite failed on {database}")
    with (ROOT / ".nox" / "summary").open("a") as summary:  # `.ci/run` prints it beside the budgets
        summary.write(f"{session.name}-{database}\t{time.monotonic() - started:.0f}\t{verdict}\n")
    return verdict == "passed"


def database_url(session: nox.Session, database: str) -> str:
    """The URL of a database that can be used; empty where it was not reached, which CI does not accept."""
    if database == "sqlite":
        return "sqlite"
    url, reason = str(session.run("python", "-m", "tests.services", database, silent=True)).split("\n")[:2]
    if reason and IS_CI:
        session.error(reason)
    if reason:
        session.warn(f"not run on {database}: {reason}")
    return "" if reason else url


def install(session: nox.Session, requirements: list[str], *, stamp: str, name: str = "requirements") -> None:
    """Install once for each stamp, so that the second run starts at once."""
    kept = Path(session.virtualenv.location) / f"installed-{name}"
    if kept.exists() and kept.read_text() == stamp:
        return
    kept.unlink(missing_ok=True)
    session.install(*requirements)
    kept.write_text(stamp)


def built_wheel(session: nox.Session) -> Path:
    """The wheel of the sources as they are now, from the cache where they did not change."""
    files = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*")) if path.is_file()]
    files = [path for path in files if not {"__pycache__", "node_modules"} & set(path.parts)]
    folder = ROOT / ".nox" / "wheels" / digest(*files, ROOT / "pyproject.toml", ROOT / "schema.graphql")
    if not folder.exists():
        fresh = Path(session.create_tmp()) / "wheel"
        session.run("python", "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(fresh), str(ROOT))
        folder.parent.mkdir(exist_ok=True)
        with suppress(OSError):  # another lane, in another process, was faster
            fresh.rename(folder)
    return next(folder.glob("*.whl"))


def copy_of_suite(session: nox.Session, *, with_packages: bool = False) -> Path:
    """Copy the checkout without the packages: beside them, tests would import the sources instead of the wheel."""
    suite = Path(session.create_tmp()) / "suite"
    shutil.rmtree(suite, ignore_errors=True)
    ignored = set(NOT_FOR_SUITES) - (set(PACKAGES) if with_packages else set())
    shutil.copytree(ROOT, suite, ignore=shutil.ignore_patterns(*ignored))
    return suite


def digest(*files: Path) -> str:
    """A short name for the content of files."""
    found = hashlib.sha256()
    for path in files:
        found.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]
