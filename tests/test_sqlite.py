"""Gradebooks share what SQLAlchemy compiles, and nothing else."""

import pytest
from nbgrader.api import Base, Gradebook, MissingEntry
from sqlalchemy import create_engine, text
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from autograder import sqlite
from autograder.sqlite import SharingSQLite, compile_statements_once

pytestmark = pytest.mark.filterwarnings("ignore:Object of type <Submitted")  # nbgrader's own queries


def gradebook(path) -> Gradebook:
    engine = create_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)  # nbgrader would run a command of alembic's
    return Gradebook(str(engine.url))


@pytest.fixture
def compiled(monkeypatch):
    """Statements that are compiled from now on."""
    statements = []

    class Counting(SQLiteDialect_pysqlite.statement_compiler):
        def __init__(self, dialect, statement, *arguments, **more):
            statements.append(statement)
            super().__init__(dialect, statement, *arguments, **more)

    compile_statements_once()
    monkeypatch.setattr(sqlite, "_COMPILED", LRUCache(500))  # other tests have compiled a lot
    monkeypatch.setattr(SharingSQLite, "statement_compiler", Counting)
    return statements


def test_what_one_gradebook_has_compiled_the_next_one_finds(tmp_path, compiled):
    def grade(number: int) -> None:
        with gradebook(tmp_path / f"{number}.db") as book:
            book.add_student(f"student-{number}", last_name="K.")
            book.add_assignment(f"assignment-{number}")
            book.add_submission(f"assignment-{number}", f"student-{number}")
            assert [student.id for student in book.students] == [f"student-{number}"]

    def of_rows() -> list:
        return [statement for statement in compiled if statement.is_select or statement.is_dml]

    grade(1)
    assert of_rows(), "this sees what is compiled"
    compiled.clear()
    grade(2)
    assert not of_rows()


def test_two_gradebooks_that_are_open_at_once_keep_their_own_students(tmp_path):
    compile_statements_once()
    with gradebook(tmp_path / "one.db") as one, gradebook(tmp_path / "other.db") as other:
        one.add_student("anna")
        other.add_student("ben")
        assert [student.id for student in one.students] == ["anna"]
        assert [student.id for student in other.students] == ["ben"]
        with pytest.raises(MissingEntry):
            one.find_student("ben")


def test_engines_that_were_made_otherwise_share_nothing():
    """How a statement is written may depend on how its engine was made."""
    compile_statements_once()
    usual, same = create_engine("sqlite://"), create_engine("sqlite:///other.db")
    named = create_engine("sqlite://", paramstyle="named")
    assert usual.dialect == same.dialect and hash(usual.dialect) == hash(same.dialect)
    assert usual.dialect != named.dialect
    for engine in (usual, named):
        with engine.connect() as connection:
            assert connection.execute(text("SELECT :x + 1"), {"x": 41}).scalar() == 42
