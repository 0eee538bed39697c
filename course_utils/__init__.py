"""What the lessons import: data, models, training, plots, public checks, and handing in.

One room, one idea: `data` (pictures as tensors on a device), `models` (the plain networks that are given), `training`
(recipe, fit, compare), `fairness` (what makes a comparison believable), `fastpath` (the same steps, sooner), `checkpoint`
and `runs` (what is kept on disk), `recipes` (by name), `profile` (how long a lesson trains), `plots` (every figure),
`checks…` (feedback in words while a student works), `cost` (operations, memory and time, measured), `carry` (keep a class
in one lesson, bring it back in the next), `evidence` (hand in).
"""

from course_utils.carry import bring, keep
from course_utils.checks import (
    check_accuracy_gap,
    check_count_conv_layers,
    check_differences,
    check_fair_set_ups,
    check_plain_block_parameters,
    check_residual_block,
    check_simple_resnet,
)
from course_utils.checks_attention import check_grad_cam, check_multiply_adds
from course_utils.checks_depth import check_padded_shortcut, check_what_went_wrong
from course_utils.cost import cost_table, measure_costs
from course_utils.data import Data, DataError, Split, load_data
from course_utils.depth_table import depth_table
from course_utils.evidence import hand_in
from course_utils.models import PlainBlock, PlainDeepCNN, PlainNet18, count_main_path_convs, count_parameters
from course_utils.plots import (
    draw_block,
    draw_grad_cam,
    draw_network,
    draw_padded_shortcut,
    plot_by_layer,
    plot_curves,
    plot_depth,
    plot_gap,
    plot_shares,
    show_maps,
    show_pictures,
    summary_table,
)
from course_utils.pointing import make_frames, share_in_quarter
from course_utils.profile import Settings, course_settings
from course_utils.training import Comparison, History, Recipe, SetUp, TrainingDiverged, compare, fit

__all__ = [
    "Comparison",
    "Data",
    "DataError",
    "History",
    "PlainBlock",
    "PlainDeepCNN",
    "PlainNet18",
    "Recipe",
    "SetUp",
    "Settings",
    "Split",
    "TrainingDiverged",
    "bring",
    "check_accuracy_gap",
    "check_count_conv_layers",
    "check_differences",
    "check_fair_set_ups",
    "check_grad_cam",
    "check_multiply_adds",
    "check_padded_shortcut",
    "check_plain_block_parameters",
    "check_residual_block",
    "check_simple_resnet",
    "check_what_went_wrong",
    "compare",
    "cost_table",
    "count_main_path_convs",
    "count_parameters",
    "course_settings",
    "depth_table",
    "draw_block",
    "draw_grad_cam",
    "draw_network",
    "draw_padded_shortcut",
    "fit",
    "hand_in",
    "keep",
    "load_data",
    "make_frames",
    "measure_costs",
    "plot_by_layer",
    "plot_curves",
    "plot_depth",
    "plot_gap",
    "plot_shares",
    "share_in_quarter",
    "show_maps",
    "show_pictures",
    "summary_table",
]
