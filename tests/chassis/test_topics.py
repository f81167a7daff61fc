import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import InvalidReplicationFactorError

from contracts.catalogue import PARTITIONS, STREAMS, topic_of
from services.chassis.producer import LARGEST_MESSAGE
from services.chassis.settings import Settings
from services.chassis.topics import create_missing, dead_letter_topic, wanted_topics


async def test_missing_topics_are_created_once(admin: AIOKafkaAdminClient, settings: Settings) -> None:
    topics = wanted_topics(settings, STREAMS, settings.group("intake"))

    created = await create_missing(admin, topics)
    again = await create_missing(admin, topics)

    assert sorted(created) == sorted(topic.name for topic in topics)
    assert again == []
    assert set(created) <= set(await admin.list_topics())


async def test_only_what_is_missing_is_created(admin: AIOKafkaAdminClient, settings: Settings) -> None:
    topics = wanted_topics(settings, ["requests", "bodies"], None)
    await create_missing(admin, topics[:1])

    assert await create_missing(admin, topics) == [topics[1].name]


async def test_a_topic_that_another_process_has_just_created_is_no_failure(
    admin: AIOKafkaAdminClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics = wanted_topics(settings, ["requests"], None)
    await create_missing(admin, topics)

    async def before_it_was_there() -> list[object]:
        return []

    monkeypatch.setattr(admin, "describe_topics", before_it_was_there)

    assert await create_missing(admin, topics) == [topics[0].name]


async def test_any_other_refusal_of_the_broker_is_told() -> None:
    class Refusing:
        async def describe_topics(self) -> list[object]:
            return []

        async def create_topics(self, topics: list[NewTopic], timeout_ms: int) -> object:
            return type("Response", (), {"topic_errors": [(topics[0].name, InvalidReplicationFactorError.errno, "")]})

    with pytest.raises(InvalidReplicationFactorError):
        await create_missing(Refusing(), [NewTopic("t", 1, 3)])  # type: ignore[arg-type]


async def test_a_topic_that_the_embedded_broker_made_by_itself_is_made_again(
    admin: AIOKafkaAdminClient, settings: Settings
) -> None:
    (topic,) = wanted_topics(settings, ["requests"], None)
    await admin.create_topics([NewTopic(topic.name, 4, 1)])

    assert await create_missing(admin, [topic]) == []
    assert await create_missing(admin, [topic], lambda name: name == topic.name) == [topic.name]

    (made,) = await admin.describe_topics([topic.name])
    assert len(made["partitions"]) == PARTITIONS


async def test_every_topic_has_the_partitions_of_the_catalogue(admin: AIOKafkaAdminClient, settings: Settings) -> None:
    group = settings.group("intake")
    await create_missing(admin, wanted_topics(settings, ["requests"], group))

    topic = topic_of(settings.prefix, "requests")
    told = await admin.describe_topics([topic, dead_letter_topic(topic, group)])

    assert {one["topic"]: len(one["partitions"]) for one in told} == {
        topic: PARTITIONS,
        dead_letter_topic(topic, group): 1,
    }


def test_grants_are_compacted_and_other_streams_kept_for_the_time_that_the_settings_say() -> None:
    settings = Settings(kafka_retention_days=30)

    topics = {topic.name.split(".")[1]: topic.topic_configs for topic in wanted_topics(settings, STREAMS, None)}

    assert topics["access"]["cleanup.policy"] == "compact"
    assert topics["requests"]["cleanup.policy"] == "delete"
    assert topics["requests"]["retention.ms"] == str(30 * 86_400_000)


def test_a_topic_takes_whatever_the_producer_takes() -> None:
    topics = wanted_topics(Settings(), ["requests"], "group")

    assert {int(topic.topic_configs["max.message.bytes"]) > LARGEST_MESSAGE for topic in topics} == {True}


def test_with_replicas_a_message_is_kept_by_all_but_one_before_it_counts() -> None:
    settings = Settings(kafka_replication=3)

    topics = wanted_topics(settings, ["requests"], "group")

    assert {(topic.replication_factor, topic.topic_configs["min.insync.replicas"]) for topic in topics} == {(3, "2")}
