"""The words around what entries and clusters say: headings of an answer's parts, in the language of its title, and
the lines, buttons and modals of its case in Slack.

A closed table: the texts of entries, and what was read, stay as they are. Which of the languages an answer gets:
``language``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Labels:
    """``{}`` stands for a cluster (``where``), for a label, for a number, and for what ``quantity`` says."""

    where: str
    proof: str
    seen: str
    do_now: str
    to_do: str
    alone: str
    first_of: str
    settle: str
    to_settle: str
    before: str
    caution_before: str
    caution: str
    steps: str
    steps_later: str
    prevent: str
    verify: str
    cause: str
    cause_if_so: str
    evidence: str
    more_evidence: str
    readings: str
    not_asked: str
    failing: str
    also_confirmed: str
    also_seen: str
    not_looked_at: str
    considered: str
    considered_number: str
    evidence_number: str
    second_step: str
    steps_to: str
    how_to_verify: str
    both: str
    more: str
    all_steps: str
    on_it: str
    recheck: str
    watch: str
    stop_watching: str
    check_everything: str
    other_cluster: str
    share: str
    hand_over: str
    resolve: str
    helped: str
    not_helped: str
    yes: str
    no: str
    read: str
    unchanged: str
    case: str
    no_case: str
    still: str
    cleared: str
    worse: str
    new: str
    unclear: str
    after: str
    since: str
    unchanged_since: str
    none_since: str
    unchanged_after: str
    not_all_read: str
    and_more: str
    see_above: str
    watched: str
    answered: str
    no_entry: str
    stop: str
    semicolon: str
    comma: str
    resolved: str
    resolved_by: str
    took: str
    is_on_it: str
    nobody_is_on_it: str
    has_it: str
    watching: str
    noted_helped: str
    noted_not_helped: str
    welcome: str
    still_open: str
    nothing_new: str
    asked: str
    namespace: str
    taken_by: str
    asked_by: str
    helped_by: str
    not_helped_by: str
    handed_over: str
    handed_by: str
    watched_until: str
    people_ask: str
    alert_says: str
    alerts_say: str
    same_as: str
    its_thread: str
    show_whole: str
    close: str
    none: str
    page: str
    cluster: str
    of_cluster: str
    previous: str
    next: str
    rest_behind: str
    leave_note: str
    save: str
    cancel: str
    what_helped: str
    what_was_wrong: str
    note_example: str
    note_hint: str
    ask_netclinic: str
    ask: str
    what_is_seen: str
    which_cluster: str
    which_namespace: str
    all_namespaces: str
    choose_cluster: str
    unmatched_unread: str
    unmatched_failing: str
    unmatched: str
    unmatched_partly: str
    looked_at: str
    looked_at_number: str
    listed: str
    say_what_fails: str
    nearest: str
    nearest_in_slack: str
    no_other_fault: str
    check_all: str
    asked_on: str
    nothing_fails: str
    nothing_now: str
    nothing_seen: str
    units: Mapping[str, str] = field(default_factory=dict)

    def quantity(self, told: str) -> str:
        """An age, a length of time or a count of things ("8 min", "2 hours", "3 min ago") with its unit's word."""
        number, space, unit = told.partition(" ")
        return self.units.get(told) or number + self.units.get(unit, f"{space}{unit}")


ENGLISH = Labels(
    where=" on {}",
    proof="Proof: ",
    seen="Seen: ",
    do_now="Do now",
    to_do="To do it",
    alone="{}: ",
    first_of="{} (1 of {}): ",
    settle="Settle it first",
    to_settle="To settle it: ",
    before="Before you start",
    caution_before="⚠ Caution, before you start",
    caution="Caution: ",
    steps="Steps",
    steps_later="Steps, once it is settled",
    prevent="To prevent it",
    verify="Verify",
    cause="Cause",
    cause_if_so="Cause, if it is this",
    evidence="Evidence",
    more_evidence="More evidence",
    readings="Read from this cluster",
    not_asked="Your words did not point to this; the cluster shows it now.",
    failing="Failing here",
    also_confirmed="Also confirmed",
    also_seen="Also seen on this cluster",
    not_looked_at="Not looked at",
    considered="Also considered",
    considered_number="{}, also considered ({})",
    evidence_number="Evidence ({})",
    second_step="Step 2",
    steps_to="Steps 2–{}",
    how_to_verify="How to verify",
    both="{} and how to verify",
    more="More",
    all_steps="All steps",
    on_it="I'm on it",
    recheck="Re-check",
    watch="Watch",
    stop_watching="Stop watching",
    check_everything="Check everything",
    other_cluster="Other cluster",
    share="Share to channel",
    hand_over="Hand to on-call",
    resolve="Resolve",
    helped="It helped",
    not_helped="It did not help",
    yes="Yes",
    no="No",
    read="read ",
    unchanged="Nothing was changed",
    case="Case {}",
    no_case="No case was opened",
    still="Still there",
    cleared="Cleared",
    worse="Now confirmed",
    new="New",
    unclear="Cannot be told now",
    after=" after {}",
    since="Since {}: ",
    unchanged_since="Nothing changed since {}",
    none_since=": no fault was seen then, and none now.",
    unchanged_after="Nothing changed{} after {}: no fault was seen before, and none is now",
    not_all_read="Not all could be read{}",
    and_more="and {} more",
    see_above=" Failing here: {}, see the answer above.",
    watched="watched",
    answered=" answered {}.",
    no_entry="No entry fits",
    stop=".",
    semicolon="; ",
    comma=", ",
    resolved="Resolved",
    resolved_by=" by ",
    took=", after {}",
    is_on_it=" is on it{}.",
    nobody_is_on_it="Nobody has said so yet: press I'm on it below the answer, or type it here.",
    has_it=" has it.",
    watching="I look again{} every {}, for {} at most, and say once what changed.",
    noted_helped="Noted: it helped{}.",
    noted_not_helped="Noted: it did not help{}. Say what you see now, and I look again.",
    welcome="You are welcome.",
    still_open=" Case {} is still open: press Resolve on its answer once it is over.",
    nothing_new=(
        "That names nothing new to look at. Say what you see (an error, an object, another cluster), or one of: "
        "check again, show evidence, all steps, I'm on it, resolve."
    ),
    asked="Asked: ",
    namespace="namespace {}",
    taken_by="on it: ",
    asked_by="asked by ",
    helped_by="helped, says ",
    not_helped_by="did not help, says ",
    handed_over="handed to on-call",
    handed_by="by ",
    watched_until="watched until ",
    people_ask="{} people ask",
    alert_says="{} alert says so",
    alerts_say="{} alerts say so",
    same_as="Same as {}, {}",
    its_thread="its thread",
    show_whole="Show the whole answer",
    close="Close",
    none="There is none.",
    page="Page {} of {}",
    cluster="Cluster {}",
    of_cluster=" · cluster {}",
    previous="Previous",
    next="Next",
    rest_behind="The rest stands behind the button {}.",
    leave_note="Leave a note",
    save="Save",
    cancel="Cancel",
    what_helped="What helped?",
    what_was_wrong="What was wrong or missing?",
    note_example="one or two sentences",
    note_hint="It stands in the on-call handoff, with your name.",
    ask_netclinic="Ask netclinic",
    ask="Ask",
    what_is_seen="What do you see?",
    which_cluster="Cluster",
    which_namespace="Namespace",
    all_namespaces="all of them",
    choose_cluster="Choose a cluster",
    unmatched_unread="No entry of the container-networking FAQ fits these words, so nothing was read.",
    unmatched_failing="No entry of the FAQ fits these words clearly. Start with what fails here.",
    unmatched="These words fit no entry clearly, and no fault of the network is seen in the cluster.",
    unmatched_partly=(
        "These words fit no entry clearly, and no fault of the network is seen in what could be read of the cluster."
    ),
    looked_at="Looked at: {}.",
    looked_at_number="Looked at: {} things, listed under Evidence.",
    listed=", ",
    say_what_fails="Say what fails (pods, nodes, Services), since when, and paste the error.",
    nearest="`netclinic match TEXT` shows the nearest entries, `netclinic check` looks at everything.",
    nearest_in_slack="`/netclinic entries WORDS` shows the nearest entries.",
    no_other_fault="No other fault was seen on the way.",
    check_all="`netclinic check` looks at every fault of the FAQ.",
    asked_on="Asked{}.",
    nothing_fails="Nothing fails",
    nothing_now="Nothing is seen failing now.",
    nothing_seen="Nothing is seen failing in what could be read now.",
)
