# With the course's own counter.
def count_conv_layers(n_blocks):
    from course_utils.models import count_main_path_convs

    return count_main_path_convs(PlainDeepCNN(n_blocks=n_blocks))
