"""Saving what the judge has said; apart from it, so that who only saves need not import what judges need."""

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import SaveAutoGrades

from autograder.nbgrader_plugins import KEY


class SaveVerdicts(SaveAutoGrades):
    """As nbgrader's, but a cell that the judge left to a person has no grade yet and waits for a manual one."""

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        cell, resources = super().preprocess_cell(cell, resources, index)
        if utils.is_grade(cell) and cell.metadata.get(KEY, {}).get("for_a_person"):
            grade = self.gradebook.find_grade(
                cell.metadata.nbgrader["grade_id"], self.notebook_id, self.assignment_id, self.student_id
            )
            grade.auto_score, grade.needs_manual_grade = None, True
            self.gradebook.db.commit()
        return cell, resources
