"""What the lessons import: data, models, training, plots, public checks, and handing in.

One room, one idea: `data` (pictures as tensors on a device), `models` (the plain networks that are given), `training`
(recipe, fit, compare), `probes` (what goes on inside), `landscape` (the loss as a function of the weights), `cost`
(operations, memory and time, measured), `fairness` (what makes a comparison believable), `fastpath` (the same steps,
sooner), `checkpoint` and `runs` (what is kept on disk), `recipes` and `builders` (by name), `profile` (how long a lesson trains), `plots`
(every figure), `checks` (feedback in words while a student works), `carry` (keep a class in one lesson, bring it back in
the next), `evidence` (hand in).
"""

from course_utils.carry import bring, keep
from course_utils.checks import (
    check_accuracy_gap,
    check_along,
    check_count_conv_layers,
    check_differences,
    check_fair_set_ups,
    check_filter_normalise,
    check_grad_cam,
    check_gradient_norms,
    check_loss_along,
    check_multiply_adds,
    check_padded_shortcut,
    check_plain_block_parameters,
    check_residual_block,
    check_simple_resnet,
    check_total_gradient_norm,
    check_what_went_wrong,
)
from course_utils.cost import cost_table, measure_costs
from course_utils.data import Data, DataError, Split, load_data
from course_utils.depth_table import depth_table
from course_utils.evidence import hand_in
from course_utils.landscape import loss_of, loss_on_grid, random_direction, weights_of
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
    plot_gradient_map,
    plot_gradient_norms,
    plot_loss_contours,
    plot_loss_lines,
    plot_loss_surfaces,
    plot_over_depth,
    plot_shares,
    show_feature_maps,
    show_maps,
    show_pictures,
    show_rows,
    summary_table,
)
from course_utils.pointing import make_frames, share_in_quarter
from course_utils.probes import block_similarities, blocks_of, similarity, watch, without
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
    "block_similarities",
    "blocks_of",
    "bring",
    "check_accuracy_gap",
    "check_along",
    "check_count_conv_layers",
    "check_differences",
    "check_fair_set_ups",
    "check_filter_normalise",
    "check_grad_cam",
    "check_gradient_norms",
    "check_loss_along",
    "check_multiply_adds",
    "check_padded_shortcut",
    "check_plain_block_parameters",
    "check_residual_block",
    "check_simple_resnet",
    "check_total_gradient_norm",
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
    "loss_of",
    "loss_on_grid",
    "make_frames",
    "measure_costs",
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
    "random_direction",
    "share_in_quarter",
    "show_feature_maps",
    "show_maps",
    "show_pictures",
    "show_rows",
    "similarity",
    "summary_table",
    "watch",
    "weights_of",
    "without",
]
