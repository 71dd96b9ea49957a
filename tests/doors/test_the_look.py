"""The look of the portal: every part draws itself, nothing needs what the content policy forbids."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation
from django_cotton.compiler_regex import CottonCompiler

from switchroom.portal import design
from switchroom.portal.templatetags import portal_charts
from switchroom.rules.periods import Month


def drawn(source: str, **context: object) -> str:
    return Template(CottonCompiler().process(source)).render(Context(context))


@pytest.mark.parametrize("page", ["", "wizard"])
def test_it_draws_every_part_within_the_content_policy(page: str) -> None:
    html = design.show(RequestFactory().get("/design/", {"page": page})).content.decode()
    assert "<c-" not in html
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", html)
    assert not re.findall(r"<script(?![^>]*\ssrc=)", html)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', html)


def test_it_gives_no_id_twice() -> None:
    html = design.show(RequestFactory().get("/design/")).content.decode()
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_it_refuses_an_icon_that_does_not_exist() -> None:
    with pytest.raises(TemplateSyntaxError, match="There is no icon 'unicorn'"):
        drawn('{% load portal_icons %}{% icon "unicorn" %}')


def test_an_icon_with_a_label_is_said_aloud_and_one_without_is_not() -> None:
    spoken = drawn('{% load portal_icons %}{% icon "check" label=word %}', word="Paid & done")
    assert 'role="img" aria-label="Paid &amp; done"' in spoken
    assert 'aria-hidden="true"' in drawn('{% load portal_icons %}{% icon "check" %}')


def test_it_escapes_what_members_wrote_exactly_once() -> None:
    html = drawn('<c-card title="{{ name }}" />', name='A & B <script>"')
    assert "<h2>A &amp; B &lt;script&gt;&quot;</h2>" in html


def test_a_component_takes_nothing_from_the_page_around_it() -> None:
    html = drawn("<c-card>inside</c-card>", title="The page's own title", foot="The page's own foot")
    assert "inside" in html
    assert "own" not in html


def test_a_field_names_its_hint_and_its_error_and_keeps_what_was_typed() -> None:
    html = drawn(
        '<c-field name="n" label="Name" hint="Short." error="Too long." value="{{ typed }}" />', typed="a<b"
    )
    assert 'aria-describedby="n-error n-hint"' in html
    assert 'aria-invalid="true"' in html
    assert 'value="a&lt;b"' in html


def test_a_stepper_posts_its_step_and_stops_at_its_ends() -> None:
    html = drawn('<c-stepper key="one" :value="0" :at_most="5" what="ONE licences" />')
    less, more = re.findall(r"<button[^>]*>", html)
    assert 'name="step" value="one:-1"' in less
    assert " disabled" in less
    assert 'name="step" value="one:+1"' in more
    assert " disabled" not in more


@pytest.mark.parametrize(
    ("used", "entitled", "percent"),
    [(0, 10, 0), (1, 1000, 1), (6, 28, 21), (10, 10, 100), (12, 10, 100), (0, 0, 0), (1, 0, 100)],
)
def test_a_share_is_a_whole_percentage_and_little_is_not_nothing(
    used: int, entitled: int, percent: int
) -> None:
    assert portal_charts.share(used, entitled) == percent


def test_a_bar_over_the_limit_says_by_how_many() -> None:
    html = drawn('<c-bar label="Endpoints" :used="12" :entitled="10" />')
    assert "12 of 10" in html
    assert "2 more than entitled" in html
    assert 'class="use__fill" width="83%"' in html


def test_the_months_stand_in_the_chart_and_in_the_table_beneath_it() -> None:
    html = drawn(
        '{% load portal_charts %}{% month_chart months caption="Bills" %}',
        months=[(Month(2026, 7), 18_000), (Month(2026, 8), 21_050), (Month(2026, 9), 0)],
    )
    assert re.findall(r'<rect[^>]*height="(\d+)"', html) == ["102", "120", "0"]
    assert "180\u00a0€" in html
    assert "July 2026" in html
    assert "210.50\u00a0€" in html


def test_today_stands_on_the_term_where_the_day_is() -> None:
    html = drawn(
        "{% load portal_charts %}{% term_line from_on=first until_on=end day=today %}",
        first=date(2026, 6, 1),
        end=date(2026, 7, 1),
        today=date(2026, 6, 16),
    )
    assert 'cx="50.00%"' in html
    assert "to the end of 30 June 2026" in html


def test_figures_follow_the_language_and_lengths_do_not() -> None:
    with translation.override("de"):
        html = drawn(
            '{% load portal_charts %}<c-amount :of="123456" />{% month_chart months caption="Bills" %}',
            months=[(Month(2026, 7), 100), (Month(2026, 8), 300), (Month(2026, 9), 200)],
        )
    assert "1.234,56\u00a0€" in html
    assert not re.search(r'(?:x|width|cx)="[^"]*,', html)


@pytest.mark.parametrize("name", ["403.html", "404.html", "500.html", "403_csrf.html"])
def test_an_error_page_stands_without_a_request(name: str) -> None:
    html = render_to_string(name)
    assert html.count("<h1>") == 1
    assert "<c-" not in html
