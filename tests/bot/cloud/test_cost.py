"""What a question may cost of the cloud: over every recording, and every entry that asks it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import pytest

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.probes import entries_calling, required_calls
from bot.recordings import Recording, load, serve, shipped_names
from knowledge.model import Entry
from tests.bot.cloud.asking import Calls

MOST = 12  # calls of one question
WITHOUT_LIMIT = Budget(requests=200, seconds=120, cloud_calls=1000, cloud_seconds=120)
SHARES = 4
# One quarter of the recordings; the others in the slow tier.
BY_SHARE = [0, *(pytest.param(share, marks=pytest.mark.slow) for share in range(1, SHARES))]


def recorded(share: int) -> Iterator[Recording]:
    """A share of the recordings that hold a cloud."""
    return (store for store in map(load, shipped_names()[share::SHARES]) if store.cloud is not None)


async def calls_for(store: Recording, entries: Mapping[str, Entry], *asked: Iterable[str]) -> list[Counter[str]]:
    """What each of these groups of entries asks this recording's cloud."""
    made = []
    async with serve(store) as server, connect_to(server.kubeconfig, store.name) as link:
        for ids in asked:
            assert store.cloud
            calls = Calls(store.cloud)
            cluster = Cluster(Transport(link.client), store.name, cloud=calls)
            clinic = Clinic(entries, budget=WITHOUT_LIMIT)
            await clinic.check(list(ids), cluster, words_are_clear=True, words=store.question)
            made.append(calls.made)
    return made


@pytest.mark.parametrize("share", BY_SHARE)
async def test_no_entry_asks_the_cloud_more_than_a_question_may(entries: dict[str, Entry], share: int) -> None:
    """Where all together stay below it, each alone does; where not, each is asked alone."""
    asking = sorted({id_ for action in required_calls() for id_ in entries_calling(entries.values(), action)})
    over, most = {}, 0
    for store in recorded(share):
        (together,) = await calls_for(store, entries, asking)
        most = max(most, together.total())
        if together.total() > MOST:
            alone = await calls_for(store, entries, *([id_] for id_ in asking))
            over |= {(store.name, id_): made for id_, made in zip(asking, alone, strict=True) if made.total() > MOST}
    assert over == {}
    assert most > 0


@pytest.mark.parametrize("share", BY_SHARE)
async def test_switched_off_it_is_not_asked_and_nothing_is_told_of_it(entries: dict[str, Entry], share: int) -> None:
    """All entries that ask it, on all recordings that hold a cloud."""
    asking = sorted({id_ for action in required_calls() for id_ in entries_calling(entries.values(), action)})
    for store in recorded(share):
        async with serve(store) as server, connect_to(server.kubeconfig, store.name) as link:
            cluster = Cluster(Transport(link.client), store.name)
            clinic = Clinic(entries, budget=WITHOUT_LIMIT)
            answer = await clinic.check(asking, cluster, words_are_clear=True, words=store.question)
        judged = [item.judgement for item in answer.diagnoses]
        of_cloud = [found.summary for each in judged for found in each.findings if found.is_of_cloud]
        assert (answer.cloud_calls, of_cloud, [each.aside for each in judged if each.aside]) == (0, [], []), store.name
        assert not [why for why in answer.unread if "cloud" in why], store.name
