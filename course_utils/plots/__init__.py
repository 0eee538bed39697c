"""Every figure of the course, in one style (`style`), one module for each kind.

Functions return a `LessonFigure`, which a notebook shows as the value of a cell.
"""

from course_utils.plots.attention import draw_grad_cam, plot_shares, show_maps
from course_utils.plots.curves import plot_curves, plot_depth
from course_utils.plots.diagrams import draw_block, draw_network, draw_padded_shortcut
from course_utils.plots.gradients import plot_gradient_map, plot_gradient_norms, plot_over_depth, show_feature_maps
from course_utils.plots.landscape import plot_loss_contours, plot_loss_lines, plot_loss_surfaces
from course_utils.plots.over_time import plot_by_layer, plot_gap
from course_utils.plots.pictures import show_pictures, show_rows
from course_utils.plots.style import FAINT, INK, PAPER, PLAIN, RESIDUAL, LessonFigure
from course_utils.plots.tables import SummaryTable, summary_table

__all__ = [
    "FAINT",
    "INK",
    "PAPER",
    "PLAIN",
    "RESIDUAL",
    "LessonFigure",
    "SummaryTable",
    "draw_block",
    "draw_grad_cam",
    "draw_network",
    "draw_padded_shortcut",
    "plot_by_layer",
    "plot_curves",
    "plot_depth",
    "plot_gap",
    "plot_gradient_map",
    "plot_gradient_norms",
    "plot_loss_contours",
    "plot_loss_lines",
    "plot_loss_surfaces",
    "plot_over_depth",
    "plot_shares",
    "show_feature_maps",
    "show_maps",
    "show_pictures",
    "show_rows",
    "summary_table",
]
