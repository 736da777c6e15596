"""Workers that make items ahead of need: in turn, by threads, or by processes. All are used alike:
`submit(job)` gives a future, `close()` ends them."""

import collections
import concurrent.futures
import multiprocessing
import os
import queue
import signal
import threading
import time
import traceback
from multiprocessing import connection as connections

import torch

from keras_torch.training.data.transport import receive, send

_THREAD = threading.local()  # what threads know of themselves
GRACE = 1.0  # seconds that a worker has to end by itself
_ROUND = 2.0  # seconds between two looks of a worker whether its parent is still there
_IN_HAND = 2  # jobs that a process holds at a time: the next one waits there while a result travels


class InTurn:
    """No worker: an item is made when its result is asked for, by who asks.

    >>> InTurn(abs).submit(-3).result()
    3
    """

    def __init__(self, make):
        self._make = make

    def submit(self, job):
        """The item of a job, not made yet."""
        return _Later(self._make, job)

    def close(self, grace=GRACE):
        """Nothing is to end."""


class _Later:
    def __init__(self, make, job):
        self._make, self._job = make, job

    def result(self):
        """Makes the item."""
        return self._make(self._job)


class Threads:
    """Threads that make items.

    Args:
        make: function job -> item.
        count: number of threads.

    >>> threads = Threads(abs, 2)
    >>> threads.submit(-3).result()
    3
    >>> threads.close()
    """

    def __init__(self, make, count):
        self._jobs = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=_work, args=(self._jobs, make), name=f"batches-{number}", daemon=True)
            for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, job):
        """A future of the item."""
        future = concurrent.futures.Future()
        self._jobs.put((future, job))
        return future

    def close(self, grace=GRACE):
        """Ends the threads: jobs that nobody has begun are dropped, those begun have `grace` seconds."""
        while not self._jobs.empty():
            self._jobs.get()[0].cancel()
        for _ in self._threads:
            self._jobs.put(None)
        deadline = time.monotonic() + grace
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    @property
    def ended(self):
        """Whether no thread runs any more (one may be stuck in the user's code)."""
        return not any(thread.is_alive() for thread in self._threads)


def in_worker_thread():
    """Whether this is a thread that makes items.

    >>> in_worker_thread()
    False
    """
    return getattr(_THREAD, "works", False)


def _work(jobs, make):
    _THREAD.works = True
    while (task := jobs.get()) is not None:
        _settle(task[0], make, task[1])
        task = None  # while waiting nothing is kept alive


def _settle(future, make, job):
    if not future.set_running_or_notify_cancel():
        return
    try:
        item = make(job)
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(item)


class Processes:
    """Processes that make items; what they raise, and their death, is raised by the futures.

    Args:
        make: function job -> item; where processes are not forked it must be picklable.
        count: number of processes.
        owner: how errors call who needs them.
        finish: function item -> item, applied in this process by the thread that receives.

    Errors:
        TypeError: `make` cannot be sent to a process.

    Notes:
        A process ends when it is told to, and by itself when this process is gone.
    """

    def __init__(self, make, count, owner, finish=None):
        self._owner, self._finish = owner, finish
        self._lock = threading.Lock()
        self._todo = collections.deque()
        self._failure = None
        self._closing = False
        self._members = []
        context = multiprocessing.get_context()
        try:
            for number in range(count):
                inherited = [member.line for member in self._members]
                self._members.append(_Member(context, make, number, inherited))
        except (TypeError, AttributeError, ValueError, OSError) as error:
            self._end_members(GRACE)
            raise _unsendable(owner, context, error) from error
        self._collector = threading.Thread(target=self._collect, name="batches-collector", daemon=True)
        self._collector.start()

    def submit(self, job):
        """A future of the item."""
        future = concurrent.futures.Future()
        with self._lock:
            if self._failure is not None:
                future.set_exception(self._failure)
                return future
            self._todo.append((future, job))
            self._hand_out()
        return future

    def _hand_out(self):
        """Gives waiting jobs to the members that have fewest; the lock is held."""
        while self._todo:
            member = min(self._members, key=lambda member: len(member.jobs))
            if len(member.jobs) >= _IN_HAND:
                return
            member.give(*self._todo.popleft())

    def _collect(self):
        """The thread that receives results and notices deaths, until all processes have ended."""
        lines = {member.line: member for member in self._members}
        ends = {member.process.sentinel: member for member in self._members}
        while ends:
            for ready in connections.wait([*lines, *ends]):
                if ready in lines:
                    if not self._received(lines[ready]):
                        del lines[ready]
                elif ready in ends:
                    member = ends.pop(ready)
                    while member.line in lines and member.line.poll() and self._received(member):
                        pass
                    lines.pop(member.line, None)
                    self._bury(member)

    def _received(self, member):
        """Takes one result from a member; False when its line is dead."""
        try:
            error, item = receive(member.line)
        except (EOFError, OSError):
            return False
        except Exception as unreadable:  # the user's class cannot be rebuilt here: its error is the answer
            error, item = unreadable, None
        with self._lock:
            future, _ = member.jobs.popleft()
            self._hand_out()
        if error is None and self._finish is not None:
            _settle(future, self._finish, item)
        elif future.set_running_or_notify_cancel():
            future.set_result(item) if error is None else future.set_exception(error)
        return True

    def _bury(self, member):
        """A process has ended: unless it was told to, all who wait for any of them hear why."""
        member.process.join()
        with self._lock:
            lost = [future for future, _ in member.jobs]
            if not self._closing:
                lost += [future for future, _ in self._todo]
                self._todo.clear()
                if self._failure is None:
                    self._failure = _death(self._owner, member)
                    for each in self._members:
                        each.dismiss()  # they answer what they have in hand, and end
        for future in lost:
            if self._failure is None:
                future.cancel()
            elif future.set_running_or_notify_cancel():
                future.set_exception(self._failure)

    def close(self, grace=GRACE):
        """Ends all processes: those that are in the middle of an item have `grace` seconds."""
        with self._lock:
            self._closing = True
            todo = [future for future, _ in self._todo]
            self._todo.clear()
        for future in todo:
            future.cancel()
        self._end_members(grace)
        self._collector.join()
        for member in self._members:
            member.line.close()

    def _end_members(self, grace):
        for member in self._members:
            member.dismiss()
        for last_words in (None, "terminate", "kill"):
            deadline = time.monotonic() + (grace if last_words is None else GRACE)
            for member in self._members:
                if last_words is not None and member.process.is_alive():
                    getattr(member.process, last_words)()
                member.process.join(max(0.0, deadline - time.monotonic()))


class _Member:
    """One process, the line to it, and the jobs it has in hand."""

    def __init__(self, context, make, number, inherited):
        self.line, theirs = context.Pipe()
        self.jobs = collections.deque()
        forked = context.get_start_method() == "fork"
        self.process = context.Process(
            target=_serve,
            args=(theirs, make, [*inherited, self.line] if forked else []),
            name=f"batches-{number}",
            daemon=True,
        )
        self.process.start()
        theirs.close()

    def give(self, future, job):
        """Hands a job over."""
        self.jobs.append((future, job))
        self._tell((job,))

    def dismiss(self):
        """Tells the process to end after the item at hand."""
        self._tell(None)

    def _tell(self, message):
        try:
            self.line.send(message)
        except OSError:  # it is dead or closed; the collector sees to that
            return


def _unsendable(owner, context, error):
    return TypeError(
        f"{owner}: worker processes cannot be started ({context.get_start_method()}): {error}. Define the "
        "dataset's class in a module and keep open files and lambdas out of it, or leave "
        "use_multiprocessing=False."
    )


def _death(owner, member):
    code = member.process.exitcode
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
    doing = f" while it made batch {member.jobs[0][1]}" if member.jobs else ""
    return RuntimeError(
        f"{owner}: the worker process {member.process.name} (pid {member.process.pid}) {how}{doing}. Look "
        "for a lack of memory, a crash of a library, or os._exit() in the dataset; use_multiprocessing=False "
        "shows where it happens."
    )


def _serve(line, make, inherited):
    """What a process does: jobs from its line, until it is told to end or its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in inherited:  # else a dead parent's lines would stay open
        other.close()
    torch.set_num_threads(1)  # forked processes must not use the thread pool of their parent
    parent = os.getppid()
    while _is_told(line, parent):
        message = line.recv()
        if message is None:
            return
        send(line, _answer(make, message[0]))


def _is_told(line, parent):
    """Waits for a message; False when the parent is gone."""
    guard = multiprocessing.parent_process().sentinel
    while True:
        ready = connections.wait([line, guard], _ROUND)
        if guard in ready or os.getppid() != parent:
            return False
        if ready:
            return True


def _answer(make, job):
    """(None, item) or (the error with the traceback in its notes, None)."""
    try:
        return None, make(job)
    except Exception as error:
        error.add_note(f"In worker process {os.getpid()}:\n{traceback.format_exc()}")
        return error, None
