"""The SQL of guarded writes, compared with the committed text: a change of it is seen, on every database."""

from pathlib import Path

from tests.storage import guarded_sql


def test_guarded_writes_are_the_committed_statements() -> None:
    committed = Path(guarded_sql.__file__).with_suffix(".txt").read_text()
    assert guarded_sql.render() + "\n" == committed
