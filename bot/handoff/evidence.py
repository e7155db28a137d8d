"""The piece of evidence that a handoff shows of a diagnosis, at a time of our own clock."""

from datetime import datetime, timedelta

from bot.diagnosis.report import Told, ToldDiagnosis
from bot.handoff.records import Seen


def first_seen(told: Told, diagnosis: ToldDiagnosis | None, at: datetime | None = None) -> Seen | None:
    """The first piece. It was seen by the cluster's clock, which may be wrong: its age is kept, as told ``at`` ours."""
    if diagnosis is None or not diagnosis.evidence:
        return None
    piece = diagnosis.evidence[0]
    age = max(told.now - piece.seen, timedelta())
    return Seen(object=piece.object, excerpt=piece.excerpt, at=(at or told.told_at) - age, check=piece.check)
