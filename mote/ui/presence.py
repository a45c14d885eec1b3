"""Whether whoever called the app still waits for the answer.  Only this module looks inside Gradio's queue.

Gradio tells a running function neither that its call was cancelled nor that its client has gone.
"""

from __future__ import annotations

from collections.abc import Callable

from gradio.context import LocalContext


def gone() -> Callable[[], bool]:
    """Of the call that is now handled: what tells whether it was cancelled, or its client has closed the connection.

    Gradio's way to cancel a call ends every running call of the same client to the same endpoint, found by the names
    of their tasks.  Under a name of its own, this one is ended by nothing but what is told here.  A call that did not
    come through the queue is never gone.
    """
    blocks, name = LocalContext.blocks.get(None), LocalContext.event_id.get(None)
    event = blocks._queue.event_ids_to_events.get(name) if blocks and name else None
    if blocks is None or event is None:
        return lambda: False
    queue = blocks._queue
    for task in list(queue._asyncio_tasks):
        if task.get_name().endswith(event._id):
            task.set_name(event._id)

    def told() -> bool:
        if event._id not in queue.pending_event_ids_session.get(event.session_hash, ()):
            event.alive = False  # it was cancelled, and its client takes no more messages about it
        return not event.alive

    return told
