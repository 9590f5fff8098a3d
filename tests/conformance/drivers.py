"""The drivers that have to pass, by name."""

from __future__ import annotations

from tests.conformance.coroutines import CoroutinesSubject
from tests.conformance.subject import Subject
from tests.conformance.tasks import TasksSubject
from tests.conformance.threads import ThreadsSubject

DRIVERS: dict[str, Subject] = {
    subject.name: subject for subject in (ThreadsSubject(), CoroutinesSubject(), TasksSubject())
}
