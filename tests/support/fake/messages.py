"""The messages of the queue, with the keys of each version in the order in which they are sent."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from tests.support.fake.behaviour import Behaviour

Message: TypeAlias = dict[str, Any]


class Messages:
    """Composes messages as one version does.  Durations are constant: a fake has no clock."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._manners = behaviour

    def frame(self, message: Message) -> bytes:
        """The message as a server-sent event."""
        if self._manners.raw_unicode:
            text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        else:
            text = json.dumps(message)
        return f"data: {text}\n\n".encode()

    def estimation(self, event_id: str, rank: int, size: int) -> Message:
        place = {"rank": rank, "queue_size": size}
        if self._manners.since(4, 11):
            return {**self._of("estimation", event_id), **place, "rank_eta": None}
        averages = {"avg_event_process_time": 0.0, "avg_event_concurrent_process_time": None}
        times = {**averages, "rank_eta": None, "queue_eta": 1.0}
        return {**self._of("estimation", event_id), **place, **times}

    def send_data(self, event_id: str) -> Message:
        return {"msg": "send_data"} | ({"event_id": event_id} if self._manners.since(4) else {})

    def process_starts(self, event_id: str) -> Message:
        eta = {"eta": None} if self._manners.since(4, 11) else {}
        return {**self._of("process_starts", event_id), **eta}

    def progress(self, event_id: str, units: list[Message]) -> Message:
        return {**self._of("progress", event_id), "progress_data": units}

    def log(self, event_id: str, level: str, text: str) -> Message:
        since = self._manners.since
        looks = {"duration": 10, "visible": True} if since(4, 37) else {}
        title = {"title": level.capitalize()} if since(5, 2) else {}
        return {**self._of("log", event_id), "log": text, "level": level, **looks, **title}

    def generating(self, event_id: str, data: list[Any]) -> Message:
        limit = {"time_limit": None} if self._manners.since(5) else {}
        output = self.output(data, generating=True)
        return {
            **self._of("process_generating", event_id),
            "output": output,
            "success": True,
        } | limit

    def completed(self, event_id: str, output: Message, *, title: str | None = None) -> Message:
        """The last message of an event; an output with an `error` is a failure."""
        since = self._manners.since
        message = {**self._of("process_completed", event_id), "output": output}
        message["success"] = "error" not in output
        if since(5, 2):
            message["title"] = title
        if since(6, 12):
            message |= {"used_cache": None, "cache_duration": 0.001, "avg_time": 0.001}
        return message

    def close_stream(self) -> Message:
        return {"msg": "close_stream", **self._no_event()}

    def heartbeat(self) -> Message:
        return {"msg": "heartbeat", **self._no_event()}

    def unexpected_error(self, text: str, *, session_not_found: bool) -> Message:
        since = self._manners.since
        message: Message = {"msg": "unexpected_error", **self._no_event()}
        if not since(4, 20):
            return {**message, "success": False, "message": text}
        found = {"session_not_found": session_not_found} if since(5, 38) else {}
        return {**message, "message": text, **found, "success": False}

    def output(self, data: list[Any], *, generating: bool) -> Message:
        """What a function gave, also the body of a direct call's reply."""
        since = self._manners.since
        output: Message = {"data": data, "is_generating": generating}
        output |= {"duration": 0.001, "average_duration": 0.001}
        if since(4, 32):
            output |= {"render_config": None, "changed_state_ids": []}
        if since(6, 12):
            output["used_cache"] = None
        return output

    def _of(self, name: str, event_id: str) -> Message:
        return {"msg": name, **({"event_id": event_id} if self._manners.since(4, 9) else {})}

    def _no_event(self) -> Message:
        return {"event_id": None} if self._manners.since(4, 38) else {}
