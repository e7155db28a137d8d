"""Slack: one more door to the diagnosis. Whatever comes in is stored as a job before it is acknowledged, and done once.

A mention, from Slack's payload to the posted answer:

1. ``socket_mode`` or ``signed_requests`` receives it; bolt (set up in ``app``) calls the listener in
   ``events/messages``.
2. The listener takes the payload apart (``parsing``) and accepts a ``jobs.Question`` under the message's own key:
   ``handlers/context`` hands it to ``queue/queue``, where it is stored. Only then Slack gets its acknowledgement.
3. ``app.HANDLERS`` says which handler does which kind of job: here ``handlers/question`` checks permissions and finds
   the cluster (``permissions``, ``cluster_choice``), in remembered steps (``queue/job``: a crash repeats none).
4. ``handlers/diagnose`` sets the thread's status (``api/thread_status``; where Slack takes none it posts a first
   message), diagnoses the cluster (one read for identical questions: ``queue/shared_reads``), stores the answer
   (``handlers/case_service``), shows it (``handlers/messenger``) and marks the question (``handlers/asked_message``).
5. ``blocks/`` renders it; ``api/poster`` posts it once, as fast as ``api/rate_limit`` says Slack takes it.

Whatever a person presses, types, submits or opens passes ``events/access`` first, which asks whether they may.
A question that stands in another thread is joined to its case there (``handlers/standing``); what is clear only to the
cluster is looked at before anything is said (``looks_first``). Long pastes and files are cut to their errors
(``pastes``, ``api/files``); who changes a question has it looked at again (``handlers/edits``).
A pressed button: ``events/buttons`` -> ``jobs.ButtonPress`` -> ``handlers/buttons``, which does what is short and
accepts a re-check (``handlers/recheck``), an escalation (``handlers/escalation``) or the sharing of a private answer
(``handlers/share``) as jobs of their own; buttons that
open modals are answered at once (``events/modals``, forms: ``events/forms``).
A reply that stands for a button ("check again", "fixed, thanks") is recognized by ``replies``, and becomes that press
below the answer of the case that is meant (``handlers/typed``); what brings nothing to look at by ``chatter``.
A watched case: ``scheduler`` accepts each look that is due, ``handlers/watch`` makes it and tells once what changed.
A slash command: ``events/commands`` -> ``jobs.SlashCommand`` -> ``handlers/subcommands``, one row for each, run with
``handlers/command``.
An alert of a listed bot (``events/messages``), or of Alertmanager's webhook (``events/alertmanager``, ``alert_routes``)
-> ``jobs.Alert`` -> ``handlers/alerts``, which looks at the cluster before it says anything. All text of a message is
read by ``message_text``; clusters named in words are found by ``named_clusters``.
What goes wrong is told in one sentence (``handlers/errors``; Slack's own failures: ``api/errors``).

- ``events/``    Slack's payloads become stored jobs, before the acknowledgement; ``jobs`` names the kinds of jobs
- ``handlers/``  what each kind of job does, and what they share: context, cases, messenger, errors
- ``queue/``     jobs accepted once and done in remembered steps (DBOS), by whichever worker lives
- ``api/``       calls of Slack's Web API: client, rate limit, poster, updates of messages, status, reactions, directory
- ``blocks/``    Block Kit: what messages, modals and App Home look like; ids of buttons
- ``serve``      one process: settings, ``identity``, ``services``, the connection to Slack, ``scheduler``, ``logs``;
  what is seen of it from outside: ``health``, ``metrics``; ``preflight`` is ``netclinic serve --check``
"""
