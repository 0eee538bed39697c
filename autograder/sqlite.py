"""SQLite for SQLAlchemy, with statements compiled once a process and not once an engine.

nbgrader opens its gradebook anew for nearly every step of every notebook, each time with an engine of its own, and what
SQLAlchemy has compiled it keeps by engine: compiling took longer than everything that SQLite did. Here all engines share
it. Registered where SQLAlchemy lets dialects be registered; nothing else of SQLite's own is changed.
"""

from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

_COMPILED = LRUCache(500)  # as many as an engine keeps by itself


def compile_statements_once() -> None:
    """From now on, engines that are made for `sqlite://…` in this process share what they compile."""
    registry.register("sqlite", __name__, SharingSQLite.__name__)


class SharingSQLite(SQLiteDialect_pysqlite):
    """Equal to every other one that was made with the same arguments: SQLAlchemy looks compiled statements up by it."""

    supports_statement_cache = True

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self._made_with = arguments

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SharingSQLite) and self._made_with == other._made_with

    def __hash__(self) -> int:
        return hash(SharingSQLite)

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=_COMPILED)
