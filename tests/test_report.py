"""What people read: nothing a student wrote gets out unescaped, and no meaning hangs on colour alone."""

from html.parser import HTMLParser

import pytest

from autograder.report import FAILED, PASSED, verdict_html, verdict_text
from autograder.verdict import Diagnosis, Mark, Verdict

MIXED = Verdict(
    "residual_block",
    (
        Mark("shapes", 3.0, 3.0, "The output has the right shape.", "All shapes are right."),
        Mark(
            "shortcut", 0.0, 7.5, "Where the shapes match, x is added.", "The output is F(x); expected ReLU(F(x) + x)"
        ),
    ),
    (Diagnosis("no-shortcut", "Nothing is added to `F(x)`.", "Look at the last line of forward."),),
    ("It was put back.",),
)
ALL_FOR_ONE_REASON = Verdict("x", tuple(Mark(str(i), 0.0, 1.0, f"Sentence {i}.", "it ran too long") for i in range(3)))


class Text(HTMLParser):
    """The text of a page, its tags, and whether they are balanced."""

    def __init__(self, page: str):
        super().__init__()
        self.words, self.tags, self.open = "", set(), []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def test_every_criterion_is_shown_with_its_points_and_what_was_seen():
    page = Text(verdict_html(MIXED))
    assert page.open == []
    for words in (
        "3 of 10.5 points",
        "The output has the right shape.",
        "All shapes are right.",
        "0\xa0/\xa07.5",
        "expected ReLU(F(x) + x).",
        "Nothing is added",
        "Hint: Look at the last line",
        "It was put back.",
    ):
        assert words in page.words
    assert page.words.count(PASSED) == 1 and page.words.count(FAILED) == 1


def test_text_for_terminals_says_the_same():
    lines = verdict_text(MIXED).splitlines()
    assert lines[0] == "residual_block: 3 of 10.5 points"
    assert f"  {FAILED} 0/7.5  Where the shapes match, x is added." in lines
    assert f"  {PASSED} 3/3  The output has the right shape." in lines


@pytest.mark.parametrize("show", [verdict_html, verdict_text])
def test_one_reason_for_all_is_said_once(show):
    assert show(ALL_FOR_ONE_REASON).count("t ran too long") == 1
    assert show(MIXED).count("Why there are no points") == 0


@pytest.mark.parametrize("show", [verdict_html, verdict_text])
def test_a_verdict_for_a_person_says_that_it_is_not_final(show):
    assert "not final" in show(MIXED, for_a_person=True)
    assert "not final" not in show(MIXED)


def test_whatever_a_student_wrote_is_escaped():
    bad = "<script>alert(1)</script>\" onload='x' `<b>` &amp;"
    verdict = Verdict(
        bad, (Mark("a", 0.0, 1.0, bad, bad), Mark("b", 1.0, 1.0, bad)), (Diagnosis(bad, bad, bad),), (bad,)
    )
    page = Text(verdict_html(verdict))
    assert page.tags == {"div", "span", "b", "code", "br"} - ({"br"} - page.tags)
    assert page.words.count("<script>") == 7
    assert "&amp;" in page.words  # the student's own characters, not an entity


def test_code_between_backticks_is_set_as_code_and_an_odd_one_is_left_alone():
    page = verdict_html(Verdict("x", (Mark("a", 0.0, 1.0, "Use `+=` here.", "a ` alone"),)))
    assert ">+=</code>" in page and "A ` alone" in page
