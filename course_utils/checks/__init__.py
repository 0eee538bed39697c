"""The public checks: what a student runs right after a TODO, and what it says in words.

A check calls the student's code on a few examples and prints one line for each: ✓ with what was seen, or ✗ with what
was seen, what was expected, and a question that leads on. Whatever the student's code raises becomes such a line. No
check looks at how an answer is written, and none holds the answer: it compares with numbers, with the provided plain
network, or with the student's own records. Points are given elsewhere (`hand_in`), for more than is checked here.
"""

from course_utils.checks.attention import check_grad_cam, check_multiply_adds
from course_utils.checks.depth import check_padded_shortcut, check_what_went_wrong
from course_utils.checks.gradients import check_along, check_gradient_norms, check_total_gradient_norm
from course_utils.checks.landscape import check_filter_normalise, check_loss_along
from course_utils.checks.networks import (
    check_accuracy_gap,
    check_count_conv_layers,
    check_differences,
    check_fair_set_ups,
    check_plain_block_parameters,
    check_residual_block,
    check_simple_resnet,
)

__all__ = [
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
]
