"""The feedback page: nbgrader's, at a phone's width too."""

from nbconvert.exporters import HTMLExporter


class FeedbackPage(HTMLExporter):
    """nbconvert's HTML, under a name of its own: so the configuration can give feedback alone a template of ours.

    The template, templates/course_feedback, is nbgrader's page and a few lines of style around it.
    """
