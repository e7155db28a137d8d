"""A template can run neither long nor large, whoever wrote it; what entries need is allowed."""

import pytest
from jinja2 import TemplateError

from knowledge.rendering import render_command, render_text
from knowledge.template_rules import TemplateRuleError
from knowledge.templates import compile_template, names_in

FACTS = {"terway.version": "v1.15.4", "kube_proxy.udp_timeout": 300, "pods.waiting": "shop/web-1"}
MANY = {"pod": [f"shop/web-{number}" for number in range(2000)], "node": [f"n{number}" for number in range(2000)]}

HOSTILE = {
    "{{ 'a' * 300000000 }}": "a multiplication",
    "{{ [0] * 300000000 }}": "a multiplication",
    "{{ 9 ** 9 ** 9 }}": "a power",
    "{{ '%300000000d' % 1 }}": "a remainder",
    "{% for n in range(10 ** 9) %}x{% endfor %}": "a loop over something else",
    "{{ range(10 ** 9) | list }}": "a call",
    "{{ range(10 ** 9) | sum }}": "a call",
    "{% for a in pods %}{% for b in pods %}{% for c in pods %}{% endfor %}{% endfor %}{% endfor %}": "a loop in a loop",
    "{% for a in pods %}{% if a %}{% for b in pods %}x{% endfor %}{% endif %}{% endfor %}": "a loop in a loop",
    "{% for a in pods recursive %}{{ loop(pods) }}{% endfor %}": "a loop that calls itself",
    "{% for a in [1, 2, 3] %}x{% endfor %}": "a loop over something else",
    "{% for a in pods | batch(1) %}x{% endfor %}": "a loop over something else",
    "{% set a = 'x' %}{% set a = a ~ a %}{{ a }}": "an assignment",
    "{% set a %}x{% endset %}": "an assignment",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}": "a macro",
    "{{ 'a' | center(300000000) }}": 'the filter "center"',
    "{{ 'a' | indent(300000000) }}": 'the filter "indent"',
    "{{ '%300000000d' | format(1) }}": 'the filter "format"',
    "{{ 'a' | replace('a', 'aa') | replace('a', 'aa') }}": 'the filter "replace"',
    "{{ pods | join('xxxxxxxx') | join('xxxxxxxx') }}": "a join of something else",
    "{{ 'aaaa' | join('xxxxxxxx') }}": "a join of something else",
    "{{ pods | map('upper') }}": 'the filter "map"',
    "{{ pods | batch(3, 'x') }}": 'the filter "batch"',
    "{{ pods | tojson(300000000) }}": 'the filter "tojson"',
    "{{ pod.__class__ and pods.append('x') }}": "a call",
    "{{ 5 | round(1000000000, 'ceil') }}": 'the filter "round"',
    "{{ " + "9" * 10_000 + " }}": "a number that is too long",
    "{{ pod is sameas(1) }}": 'the test "sameas"',
    "{% include 'x' %}": "`include`",
    "{% import 'x' as y %}": "`import`",
    "{% extends 'x' %}": "`extends`",
    "{% block x %}{% endblock %}": "`block`",
    "{% with a = 1 %}{% endwith %}": "`with`",
    "{% filter upper %}x{% endfilter %}": "`filterblock`",
    "{{ " + "(" * 5_000 + "pod" + ")" * 5_000 + " }}": "nested too deeply",
    "{{ " + "not " * 3_000 + "pod }}": "nested too deeply",
    "{% if pod %}" * 300 + "x" + "{% endif %}" * 300: "nested too deeply",
    "{{ pod }}" * 10_000: "too long",
}


@pytest.mark.parametrize("template", HOSTILE, ids=lambda template: template[:40])
def test_hostile_templates_are_refused_before_anything_is_computed(template: str) -> None:
    with pytest.raises(TemplateRuleError) as refused:
        compile_template(template)
    assert HOSTILE[template] in str(refused.value)
    assert refused.value.remedy
    with pytest.raises(TemplateRuleError):
        names_in(template)


@pytest.mark.parametrize("template", HOSTILE, ids=lambda template: template[:40])
def test_an_answer_shows_a_word_in_their_place(template: str) -> None:
    assert "{{" not in render_text(template, FACTS, MANY)
    assert "{%" not in render_command(template, FACTS, MANY)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ terway.version }}", "v1.15.4"),
        ("{{ terway.version | upper | title }}", "V1.15.4"),
        ("{{ kube_proxy.udp_timeout // 60 + 1 - 2 }} min", "4 min"),
        ("{{ pods.waiting | default('none') | trim }}", "shop/web-1"),
        ("{{ pods[:2] | join(', ') }}", "shop/web-0, shop/web-1"),
        ("{{ pods[0] }} {{ pods | first }} {{ pods | length }}", "shop/web-0 shop/web-0 2000"),
        ("{% for pod in pods[:2] | sort %}{{ loop.index }}:{{ pod }} {% endfor %}", "1:shop/web-0 2:shop/web-1 "),
        ("{% for n in nodes[:2] %}{% if n == 'n1' and not loop.first %}{{ n }}{% endif %}{% endfor %}", "n1"),
        ("{{ 'a' if terway.version is defined else 'b' }}{{ terway.version ~ '!' }}", "av1.15.4!"),
        ("{% if terway.version in ['v1.15.4'] or node %}yes{% elif pod %}no{% else %}no{% endif %}", "yes"),
        ("{# a remark #}text", "text"),
        ("{% raw %}{{ raw }}{% endraw %}", "{{ raw }}"),
    ],
)  # fmt: skip
def test_what_entries_need_is_allowed(template: str, text: str) -> None:
    assert render_text(template, FACTS, MANY) == text


def test_what_becomes_too_long_is_not_shown() -> None:
    assert render_text("{% for pod in pods %}" + "long words " * 500 + "{% endfor %}", FACTS, MANY).count("long") == 500
    assert render_text("{{ pods }}" * 600, FACTS, MANY) == "unknown" * 600


def test_what_is_opened_and_never_closed_stays_as_it_is() -> None:
    assert render_text("{{ broken", FACTS, MANY) == "{{ broken"
    assert render_text("{{ nope() }} and {% broken", FACTS, MANY) == "unknown and {% broken"
    with pytest.raises(TemplateError):
        compile_template("{{ broken")
