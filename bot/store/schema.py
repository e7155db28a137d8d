"""The tables. Each is written by one module, named beside it; the migrations make them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from bot.store.types import Json, Time

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# What is worked on in a Slack thread, on one cluster. Cause and verdict are those of its newest diagnosis.
cases = Table(
    "cases",
    metadata,
    Column("id", Text, primary_key=True),  # short, for people: NC-7F3K2Q
    Column("team", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("thread_ts", Text, nullable=False),
    Column("link", Text, nullable=False, default=""),
    Column("opened_at", Time, nullable=False),
    Column("opened_by", Text, nullable=False),  # Slack user id
    Column("question", Text, nullable=False),
    Column("cluster", Text, nullable=False, default=""),  # context; empty where none was read
    Column("namespace", Text, nullable=False, default=""),
    Column("state", Text, nullable=False, default="open"),  # open, resolved, private, talk, joined, beside
    Column("assignee", Text, nullable=False, default=""),  # who is on it: Slack user or group id
    Column("entry", Text, nullable=False, default=""),  # of the first diagnosis; empty when nothing answered
    Column("title", Text, nullable=False, default=""),
    Column("outcome", Text, nullable=False, default=""),  # a verdict, or unmatched; empty until diagnosed
    Column("diagnosed_at", Time),  # first diagnosis
    Column("updated_at", Time, nullable=False),
    Column("resolved_at", Time),
    Column("resolved_by", Text, nullable=False, default=""),
    Column("watched_until", Time),  # until then it is looked at again and again
    Column("same_as", Text, nullable=False, default="", server_default=""),  # of a joined one: its case
    UniqueConstraint("team", "channel", "thread_ts", "cluster"),
    Index(None, "same_as"),
    Index(None, "opened_at"),
    Index(None, "state", "updated_at"),
    Index(None, "resolved_at"),
)

# One answer to one question, first ones and re-checks.
stored_answers = Table(
    "diagnoses",  # the table's name of earlier versions, as are "presses" and "looks"
    metadata,
    Column("id", Text, primary_key=True),  # the key of the work that made it
    Column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),  # ask, recheck, check
    Column("asked_at", Time, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("cluster", Text, nullable=False, default=""),
    Column("namespace", Text, nullable=False, default=""),
    Column("entry", Text, nullable=False, default=""),
    Column("title", Text, nullable=False, default=""),
    Column("outcome", Text, nullable=False),
    Column("told", Json, nullable=False),  # bot.diagnosis.report.Report
    Column("finished_at", Time, nullable=False),
    Column("elapsed_ms", Integer, nullable=False, default=0),
    Column("channel", Text, nullable=False, default=""),
    Column(
        "message_ts", Text, nullable=False, default=""
    ),  # where it was posted; empty for answers only one person saw
    Index(None, "asked_at"),
    Index(None, "outcome", "entry", "asked_at"),
)

# Whether an answer helped: one word a person and answer, the last one counts.
feedback = Table(
    "feedback",
    metadata,
    Column("diagnosis_id", ForeignKey("diagnoses.id"), primary_key=True),
    Column("user", Text, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    Column("entry", Text, nullable=False),
    Column("helped", Boolean, nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("at", Time, nullable=False),
)

# What was answered to the question that settles an entry of an answer; the first press counts.
settling_answers = Table(
    "settling_answers",
    metadata,
    Column("diagnosis_id", ForeignKey("diagnoses.id"), primary_key=True),
    Column("entry", Text, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    Column("yes", Boolean, nullable=False),
    Column("user", Text, nullable=False),  # Slack user id
    Column("at", Time, nullable=False),
)

# Where a case was handed to on-call: the message with the button to take it, which says later who did.
handovers = Table(
    "handovers",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("diagnosis_id", ForeignKey("diagnoses.id"), nullable=False),  # the answer that was handed over
    Column("handed_by", Text, nullable=False),  # Slack user id
    Column("handed_to", Json, nullable=False),  # Slack user ids, or the id of a user group
    Column("at", Time, nullable=False),
    Column("channel", Text, nullable=False),
    Column("message_ts", Text, nullable=False),
)

# Alerts that were answered; those of one cause share the thread of their owner.
alerts = Table(
    "alerts",
    metadata,
    Column("key", Text, primary_key=True),  # by the fingerprint, or by the bot's message
    Column("job", Text, nullable=False),  # key of the work that placed it
    Column("team", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("cause", Text, nullable=False),  # channel, cluster and entry
    Column("kin", Text, nullable=False),  # channel, cluster, namespace and name
    Column("cluster", Text, nullable=False),  # context; as the alert calls it where that is none
    Column("name", Text, nullable=False),
    Column("owner", Text, nullable=False),  # key of the alert in whose thread it stands
    Column("thread_ts", Text, nullable=False),  # of owners alone; empty until it is there
    Column("case_id", Text, nullable=False),
    Column("state", Text, nullable=False),  # firing, resolved
    Column("times", Integer, nullable=False),  # how often it was told
    Column("first_at", Time, nullable=False),
    Column("last_at", Time, nullable=False),
    Index(None, "cause", "last_at"),
    Index(None, "kin", "last_at"),
    Index(None, "owner"),
)

# What may happen once: a button pressed, a message taken for a question. Also what may stand in Slack twice
# (`doubtful_posts`).
idempotency_keys = Table(
    "presses",
    metadata,
    Column("key", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Column("at", Time, nullable=False, index=True),
)

# Processes that serve Slack: a survivor takes over the work of one whose heart has stopped.
replicas = Table(
    "replicas",
    metadata,
    Column("id", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("started_at", Time, nullable=False),
    Column("seen_at", Time, nullable=False),
    Column("taken_over_by", Text, nullable=False, default=""),
)

# Jobs that were under way when their process died: how often in a row, in one step.
job_deaths = Table(
    "job_deaths",
    metadata,
    Column("key", Text, primary_key=True),
    Column("worker", Text, nullable=False),  # the process that died last
    Column("steps", Integer, nullable=False),  # done when it died
    Column("deaths", Integer, nullable=False),
    Column("began", Boolean, nullable=False),  # false while it is held back beside others that are suspected
    Column("at", Time, nullable=False, index=True),
)

# Identical questions within a minute share one look at the cluster.
shared_reads = Table(
    "looks",
    metadata,
    Column("key", Text, primary_key=True),  # digest of channel, words, cluster, namespace and the minute
    Column("owner", Text, nullable=False),  # key of the work that looks
    Column("started_at", Time, nullable=False, index=True),
    Column("told", Json),  # bot.diagnosis.report.Report, once it is there
    Column("seconds", Float, nullable=False, default=0.0),
)

# The audit log: one hash chain, only ever added to (triggers see to it). Times are text as they were hashed: UTC,
# 2026-11-22T12:00:00.000000Z. Empty text where a record has no such field.
audit_records = Table(
    "audit_records",
    metadata,
    Column("seq", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
    Column("time", Text, nullable=False, index=True),
    Column("action", Text, nullable=False),
    Column("actor_kind", Text, nullable=False),  # slack, terminal, system
    Column("actor_id", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("case", Text, nullable=False),
    Column("cluster", Text, nullable=False),
    Column("entry", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("detail", Text, nullable=False),  # canonical JSON, kept byte for byte because it is hashed
    Column("words", Text, nullable=False),  # salted digest of what is in audit_words
    Column("prev", Text, nullable=False),
    Column("hash", Text, nullable=False),
    *(
        Index(None, name, "seq")
        for name in ("action", "actor_id", "actor_name", "channel", "case", "cluster", "entry", "request_id")
    ),
)

# People's own words, apart from the record that they belong to: they can be erased without breaking the chain.
audit_words = Table(
    "audit_words",
    metadata,
    Column("seq", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
    Column("salt", Text, nullable=False),
    Column("words", Text, nullable=False),  # JSON: {"question": …}
)

# Handoffs as they were made, and who has them.
handoffs = Table(
    "handoffs",
    metadata,
    Column("id", Text, primary_key=True),  # short, for people: HO-7F3K2Q
    Column("since", Time, nullable=False),
    Column("until", Time, nullable=False),
    Column("made_at", Time, nullable=False, index=True),
    Column("made_by", Text, nullable=False, default=""),
    Column("handed_from", Json, nullable=False),  # Slack user ids
    Column("handed_to", Json, nullable=False),
    Column("text", Text, nullable=False),  # Markdown
    Column("told", Json, nullable=False),  # bot.handoff.records.Handoff
    Column("picture", LargeBinary, nullable=False),  # PNG; empty where nothing is to be drawn
    Column("channel", Text, nullable=False, default=""),
    Column("message_ts", Text, nullable=False, default=""),  # empty until posted
    Column("posted", Json),  # the message as Slack was given it
    Column("acknowledged_by", Text, nullable=False, default=""),
    Column("acknowledged_at", Time),
    Column("reminded_at", Time),
)
