"""The topics a service needs: created when missing, at start and whenever the broker comes back without them."""

from collections.abc import Callable, Iterable

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from contracts.catalogue import COMPACTED, OWNERS, PARTITIONS, topic_of
from services.chassis.producer import LARGEST_MESSAGE
from services.chassis.settings import Settings

_DAY_MS = 86_400_000


def dead_letter_topic(topic: str, group: str) -> str:
    """Where messages of `topic` go that `group` could not use."""
    return f"{topic}.dead-letters.{group}"


def wanted_topics(settings: Settings, streams: Iterable[str], group: str | None) -> list[NewTopic]:
    """The topics of `streams`, and their dead-letter topics for a consuming `group`."""
    topics = []
    for stream in streams:
        name = topic_of(settings.prefix, stream)
        policy = "compact" if stream in COMPACTED else "delete"
        configs = {"cleanup.policy": policy, "retention.ms": str(settings.kafka_retention_days * _DAY_MS)}
        topics.append(_topic(settings, name, PARTITIONS, configs))
        if group:
            kept = {"retention.ms": str(settings.kafka_retention_days * _DAY_MS)}
            topics.append(_topic(settings, dead_letter_topic(name, group), 1, kept))
    return topics


def own_topics(settings: Settings, service: str) -> frozenset[str]:
    """The names of the topics that a service publishes to."""
    return frozenset(topic_of(settings.prefix, stream) for stream, owner in OWNERS.items() if owner == service)


def _topic(settings: Settings, name: str, partitions: int, configs: dict[str, str]) -> NewTopic:
    # The producer's own limit comes first: a message that the broker refuses spoils an idempotent producer.
    configs = {**configs, "max.message.bytes": str(LARGEST_MESSAGE + 100_000)}
    if settings.kafka_replication > 1:
        configs = {**configs, "min.insync.replicas": str(settings.kafka_replication - 1)}
    return NewTopic(name, partitions, settings.kafka_replication, topic_configs=configs)


async def are_whole(settings: Settings, names: Iterable[str]) -> bool:
    """Whether the broker has these streams' topics with all their partitions. Raises KafkaError or TimeoutError.

    One that it made by itself has fewer, and is about to be made anew (`create_missing`).
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka, request_timeout_ms=5_000)
    try:
        await admin.start()
        there = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
    finally:
        await admin.close()
    return all(there.get(name, 0) >= PARTITIONS for name in names)


def _never(name: str) -> bool:
    return False


async def create_missing(
    admin: AIOKafkaAdminClient, topics: list[NewTopic], remake: Callable[[str], bool] = _never
) -> list[str]:
    """Creates those that do not exist and returns their names. Raises the broker's error for any other failure.

    remake: whether one with too few partitions is made anew. Only for a broker that makes unknown topics by itself when
    a client names them: after a restart it may be quicker than we are, and is then to be taken as empty.
    """
    existing = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
    short = [topic.name for topic in topics if 0 < existing.get(topic.name, 0) < topic.num_partitions]
    short = [name for name in short if remake(name)]
    if short:
        await admin.delete_topics(short, timeout_ms=10_000)
        existing = {name: count for name, count in existing.items() if name not in short}
    missing = [topic for topic in topics if topic.name not in existing]
    if not missing:
        return []
    response = await admin.create_topics(missing, timeout_ms=10_000)
    for name, code, *_ in response.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error(name)
    return [topic.name for topic in missing]
