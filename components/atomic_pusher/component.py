"""The Pusher node of the pipeline."""

from tfx.components.pusher import component as stock
from tfx.dsl.components.base import executor_spec

from components.atomic_pusher import executor


class AtomicPusher(stock.Pusher):
    """A `Pusher` that copies aside and renames, so that no server ever sees half a model."""

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
