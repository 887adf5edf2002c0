# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One batch of one session: statement after statement, each with the tokens that a real server answers."""

from __future__ import annotations

import collections.abc as c
import time
import typing as t

from lab.sql import backup, changes, procedures, query, restore, statements, wire
from lab.sql.engine import Engine, Request, Session, now
from lab.sql.faults import Fault
from lab.sql.problems import InterruptedStatementError, StatementError
from lab.sql.wire import Message, Reply
from lab.sql.words import Kind, Token, Words, split

_ALTER_DATABASE, _BACKUP, _RESTORE, _BACKUP_LOG, _RESTORE_LOG = 215, 228, 229, 235, 236
_READS = {"HEADERONLY": 250, "FILELISTONLY": 376, "VERIFYONLY": 377, "LABELONLY": 251}
_QUERIES = {"SELECT": 193, "WITH": 193, "INSERT": 195, "DELETE": 196, "UPDATE": 197}
_FAILED = 253
_LIVE = frozenset((3211, 5060))


class Execution:
    """Runs a batch and writes its answer. It is the conversation of its long statements too.

    cut: cuts the connection, and with it what else the fault takes along.
    """

    def __init__(
        self, engine: Engine, session: Session, reply: Reply, fault: Fault | None, cut: c.Callable[[Fault | None], None]
    ) -> None:
        self._engine = engine
        self._session = session
        self._reply = reply
        self._fault = fault
        self._cut = cut
        self._variables: dict[str, t.Any] = {}
        self._command = 0

    def run(self, batch: str) -> None:
        """Run a batch to its end. Raises InterruptedStatementError when it has to stop where it is."""
        fault = self._fault
        if fault:
            self.pause(fault.delay)
            fault.act()
            if fault.drop == "before":
                self._lose()
            if fault.messages and not fault.percent:
                self._fail(StatementError(*fault.messages), _FAILED)
                return
        self._session.request = Request(_verb(batch), batch, now())
        try:
            self._run_text(batch)
        except StatementError as problem:
            self._fail(problem, _FAILED)
        finally:
            self._session.request = None
        if fault and fault.drop:
            self._lose()

    def say(self, message: Message) -> None:
        """Send a message with a DONE of its own, at once."""
        self._reply.message(message)
        self._reply.done(self._command)
        # The last messages of a statement wait for what follows: whether their DONE says "more" depends on it.
        if message.number in _LIVE:
            self._reply.flush(more=True)

    def checkpoint(self, percent: float) -> None:
        """Note the progress; strike when a fault waits for it."""
        if self._session.request:
            self._session.request.percent = percent
        fault = self._fault
        if fault and percent and percent >= fault.percent:
            if fault.drop == "during":
                self._lose()
            if fault.messages and fault.percent:
                raise StatementError(*fault.messages)
        if self._session.stopped:
            raise InterruptedStatementError

    def pause(self, seconds: float) -> None:
        """Take time, in small steps."""
        end = time.monotonic() + seconds
        while True:
            if self._session.stopped:
                raise InterruptedStatementError
            left = end - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.02))

    def _lose(self) -> None:
        self._cut(self._fault)
        raise InterruptedStatementError

    def _run_text(self, batch: str) -> None:
        self._run_all(statements.parse(batch))

    def _run_all(self, found: c.Iterable[statements.Statement]) -> bool:
        """Run statements; False when the batch is over."""
        return all(self._run_one(one) for one in found)

    def _run_one(self, statement: statements.Statement) -> bool:
        if isinstance(statement, statements.Block):
            return self._run_block(statement)
        if isinstance(statement, statements.If):
            chosen = statement.then
            if not query.condition(self._engine, self._session, self._variables, statement.condition):
                if statement.otherwise is None:
                    return True
                chosen = statement.otherwise
            return self._run_one(chosen)
        self._command = _command_of(statement)
        try:
            return self._act(statement)
        except StatementError as problem:
            self._variables["@@error"] = problem.messages[0].number
            if self._variables.get("@@guarded"):
                raise
            self._fail(problem, self._command or _FAILED)
            return not problem.ends_batch

    def _run_block(self, block: statements.Block) -> bool:
        if block.handler is None:
            return self._run_all(block.statements)
        before = self._variables.get("@@guarded")
        self._variables["@@guarded"] = True
        try:
            return self._run_all(block.statements)
        except StatementError as problem:
            # TRY keeps the last error only, which of a BACKUP is 3013.
            last = problem.messages[-1]
            self._variables["@@error_caught"] = (last.number, last.text)
            self._variables["@@guarded"] = before
            return self._run_all(block.handler)
        finally:
            self._variables["@@guarded"] = before

    def _fail(self, problem: StatementError, command: int) -> None:
        for message in problem.messages:
            self._reply.message(message)
        self._reply.done(command, wire.ERROR)

    def _act(self, statement: statements.Statement) -> bool:
        if isinstance(statement, statements.Query):
            self._query(statement)
        elif isinstance(statement, statements.Assign):
            self._assign(statement)
        elif isinstance(statement, statements.Execute):
            self._execute(statement)
        elif isinstance(statement, statements.Dynamic):
            self._run_text(str(self._value(statement.text)))
        elif isinstance(statement, statements.Backup):
            self._backup(statement)
        elif isinstance(statement, statements.Restore):
            self._restore(statement)
        elif isinstance(statement, statements.AlterDatabase):
            changes.alter_database(self._engine, self._session, statement, self)
            self._reply.done(self._command)
        elif isinstance(statement, statements.Simple):
            return self._simple(statement)
        return True

    def _query(self, statement: statements.Query) -> None:
        answer = query.run(self._engine, self._session, self._variables, statement.tokens)
        self._variables["@@rowcount"] = answer.count
        self._variables.update({name.lower(): value for name, value in answer.assigned.items()})
        if answer.columns is not None:
            self._reply.rows(answer.columns, answer.rows)
        self._reply.done(self._command, wire.COUNT, answer.count)
        if self._session.stopped:
            raise InterruptedStatementError

    def _assign(self, statement: statements.Assign) -> None:
        for name, words in statement.values:
            self._variables[name.lower()] = self._value(words) if words else None
            if words:
                self._reply.done(193, wire.COUNT, 1)

    def _value(self, words: t.Sequence[Token]) -> t.Any:
        if len(words) == 1 and words[0].kind is Kind.VARIABLE and not words[0].value.startswith("@@"):
            name = words[0].value.lower()
            if name not in self._variables:
                text = f'Must declare the scalar variable "{words[0].value}".'
                raise StatementError.of(137, text, 15, 2, ends_batch=True)
            return self._variables[name]
        return query.evaluate(self._engine, self._session, self._variables, words)

    def _execute(self, statement: statements.Execute) -> None:
        arguments: dict[str, t.Any] = {}
        for number, (label, words, dummy) in enumerate(statement.arguments):
            bare = len(words) == 1 and words[0].is_name
            arguments[label.lower().lstrip("@") or str(number)] = words[0].value if bare else self._value(words)
        if statement.procedure in ("sp_executesql", "sp_execute"):
            self._in_database(statement.database, str(arguments.get("0", arguments.get("stmt", ""))))
            return
        context = procedures.Context(self._engine, self._session, self._reply, self)
        self._reply.in_procedure = True
        try:
            code = procedures.call(statement.procedure, context, arguments)
        finally:
            self._reply.in_procedure = False
        if statement.result:
            self._variables[statement.result.lower()] = code
        self._reply.return_status(code)
        self._reply.done_procedure()

    def _in_database(self, name: str, text: str) -> None:
        before = self._session.database
        if name:
            self._engine.enter(self._session, name)
        try:
            self._run_text(text)
        finally:
            self._session.database = before

    def _text(self, words: t.Sequence[Token]) -> str:
        return str(self._value(words))

    def _name(self, name: str) -> str:
        return self._text([Token(Kind.VARIABLE, name)]) if name.startswith("@") else name

    def _backup(self, statement: statements.Backup) -> None:
        options = statement.options
        encryption = options.get("ENCRYPTION", ())
        order = backup.Order(
            database=self._name(statement.database),
            paths=tuple(self._text(words) for words in statement.devices),
            log=statement.log,
            name=self._text(options["NAME"]) if "NAME" in options else None,
            description=self._text(options["DESCRIPTION"]) if "DESCRIPTION" in options else None,
            media=self._text(options["MEDIANAME"]) if "MEDIANAME" in options else None,
            copy_only="COPY_ONLY" in options,
            checksum="CHECKSUM" in options,
            compression="COMPRESSION" in options,
            certificate=encryption[-1].value if encryption else "",
            algorithm=encryption[2].value if encryption else "",
            fresh="INIT" in options or "FORMAT" in options,
            stats=self._stats(options),
            to_restoring="NORECOVERY" in options,
            no_truncate="NO_TRUNCATE" in options,
        )
        self._note(order.database)
        backup.run(self._engine, self._session, order, self)

    def _restore(self, statement: statements.Restore) -> None:
        options = statement.options
        order = restore.Order(
            kind=statement.kind,
            database=self._name(statement.database),
            paths=tuple(self._text(words) for words in statement.devices),
            position=int(self._text(options["FILE"])) if "FILE" in options else 1,
            moves={self._text(name): self._text(path) for name, path in statement.moves},
            replace="REPLACE" in options,
            recovery=not {"NORECOVERY", "STANDBY"} & set(options),
            restricted="RESTRICTED_USER" in options,
            checksum=True if "CHECKSUM" in options else False if "NO_CHECKSUM" in options else None,
            stats=self._stats(options),
        )
        self._note(order.database)
        found = restore.run(self._engine, self._session, order, self)
        if found is not None:
            self._reply.rows(found.columns, found.rows)
            self._reply.done(230, wire.COUNT, len(found.rows))
            self._reply.done(self._command)

    def _stats(self, options: t.Mapping[str, t.Sequence[Token]]) -> int:
        if "STATS" not in options:
            return 0
        return int(self._text(options["STATS"])) if options["STATS"] else 10

    def _note(self, database: str) -> None:
        if self._session.request:
            self._session.request.database = database

    def _simple(self, statement: statements.Simple) -> bool:
        words = Words(statement.tokens)
        verb = statement.verb
        if verb == "RETURN":
            return False
        if verb in ("PRINT", "RAISERROR", "THROW"):
            self._speak(verb, words)
        elif verb == "USE":
            self._use(words)
        elif verb == "WAITFOR":
            changes.wait_for(words, self)
            self._reply.done(self._command)
        elif verb in ("BEGIN TRANSACTION", "COMMIT", "ROLLBACK"):
            self._session.transactions = 1 if verb == "BEGIN TRANSACTION" else 0
            self._reply.done({"BEGIN TRANSACTION": 212, "COMMIT": 213, "ROLLBACK": 210}[verb])
        else:
            self._change(verb, words)
            self._reply.done(self._command)
        return True

    def _change(self, verb: str, words: Words) -> None:
        engine, session = self._engine, self._session
        if verb == "KILL":
            changes.kill(engine, session, words)
        elif verb == "DBCC":
            changes.check_database(engine, session, words, self)
        else:
            action = {
                "CREATE": changes.create,
                "DROP": changes.drop_database,
                "ALTER AUTHORIZATION": changes.alter_authorization,
                "ALTER USER": changes.alter_user,
            }[verb]
            with engine.lock:
                action(engine, session, words)

    def _use(self, words: Words) -> None:
        before = self._session.database
        try:
            database = self._engine.enter(self._session, words.name())
        except StatementError as problem:
            self._command = _FAILED
            raise StatementError(*problem.messages, ends_batch=problem.messages[0].number == 911) from problem
        change_database(self._reply, before, database.name)
        self._reply.done(self._command)

    def _speak(self, verb: str, words: Words) -> None:
        if verb == "PRINT":
            self._reply.message(Message(0, self._text(words.rest())))
            self._reply.done(self._command)
            return
        if verb == "THROW" and not words:
            number, text = self._variables.get("@@error_caught", (50000, ""))
            raise StatementError.of(number, text, ends_batch=True)
        inside = words.group() if verb == "RAISERROR" else words.rest()
        parts = [self._value(part) for part in split(inside, ",")]
        if verb == "THROW":
            raise StatementError.of(int(parts[0]), str(parts[1]), ends_batch=True)
        if int(parts[1]) > 10:
            raise StatementError.of(50000, str(parts[0]), int(parts[1]))
        self._reply.message(Message(50000, str(parts[0]), int(parts[1])))
        self._reply.done(self._command)
        self._reply.flush(more=True)


def change_database(reply: Reply, before: str, after: str) -> None:
    """Tell a client that its database changed."""
    reply.environment(1, wire.b_varchar(after), wire.b_varchar(before))
    reply.message(Message(5701, f"Changed database context to '{after}'.", 0, 2))


def _command_of(statement: statements.Statement) -> int:
    if isinstance(statement, statements.Query):
        return _QUERIES[statement.verb]
    if isinstance(statement, statements.Backup):
        return _BACKUP_LOG if statement.log else _BACKUP
    if isinstance(statement, statements.Restore):
        return _READS.get(statement.kind, _RESTORE_LOG if statement.kind == "LOG" else _RESTORE)
    if isinstance(statement, statements.AlterDatabase):
        return _ALTER_DATABASE
    if isinstance(statement, statements.Simple):
        return {"USE": 226, "CREATE": 203, "DROP": 204}.get(statement.verb, _FAILED)
    return 0


def _verb(batch: str) -> str:
    words = batch.split(None, 2)
    first = words[0].upper() if words else ""
    return " ".join(word.upper() for word in words[:2]) if first in ("BACKUP", "RESTORE", "ALTER", "DROP") else first
