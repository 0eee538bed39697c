"""What is measured of each hand-in: seeded inputs go in; outputs, gradients, losses and structure come out.

One module for each kind of exercise. Measuring never compares with anything and holds no right answer. Whatever a
student's code raises becomes part of the report, and the rest of the measurement goes on.
"""

from collections.abc import Callable

import numpy as np

from course_utils.measurements.attention import measure_grad_cam
from course_utils.measurements.costs import measure_multiply_adds
from course_utils.measurements.depth import measure_padded_shortcut, measure_what_went_wrong
from course_utils.measurements.functions import (
    measure_accuracy_gap,
    measure_count_conv_layers,
    measure_fair_set_ups,
    measure_plain_block_parameters,
    measure_what_differs,
)
from course_utils.measurements.gradients import (
    measure_along,
    measure_gradient_norms,
    measure_total_gradient_norm,
)
from course_utils.measurements.landscape import measure_filter_normalise, measure_loss_along
from course_utils.measurements.modules import measure_residual_block, measure_simple_resnet, train_block, train_network
from course_utils.seeding import Draws

TRAINED: dict[str, Callable[[object, Draws, str], np.ndarray]] = {
    "residual_block": train_block,
    "simple_resnet": train_network,
}
"""Hand-in name → the short training that is part of what is measured. Each takes a device, too, and returns losses."""

MEASUREMENTS: dict[str, Callable[[object, Draws], tuple[dict, dict]]] = {
    "count_conv_layers": measure_count_conv_layers,
    "plain_block_parameters": measure_plain_block_parameters,
    "residual_block": measure_residual_block,
    "simple_resnet": measure_simple_resnet,
    "what_differs": measure_what_differs,
    "fair_set_ups": measure_fair_set_ups,
    "accuracy_gap": measure_accuracy_gap,
    "gradient_norms": measure_gradient_norms,
    "total_gradient_norm": measure_total_gradient_norm,
    "along": measure_along,
    "filter_normalise": measure_filter_normalise,
    "loss_along": measure_loss_along,
    "padded_shortcut": measure_padded_shortcut,
    "what_went_wrong": measure_what_went_wrong,
    "grad_cam": measure_grad_cam,
    "multiply_adds": measure_multiply_adds,
}
"""Hand-in name → what measures it. Each takes the object and its draws, and returns (arrays, report of JSON types)."""
