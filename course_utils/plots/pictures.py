"""Pictures of a data set."""

import itertools

from course_utils.plots.style import LessonFigure, in_course_style


@in_course_style
def show_pictures(data, n: int = 10) -> LessonFigure:
    """`n` training pictures with the names of their classes, one class after the other: as many of each as possible.

    Ten a row, or five where names are long. data: as `load_data` gives it. Raises ValueError for n below 1.
    """
    if n < 1:
        raise ValueError(f"n is {n}; expected at least 1 picture to show")
    labels = data.train.labels.cpu()
    by_class = [(labels == k).nonzero().flatten().tolist() for k in range(len(data.classes))]
    in_turn = [i for layer in itertools.zip_longest(*by_class) for i in layer if i is not None][:n]
    images = data.unnormalise(data.train[in_turn][0]).clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy()

    columns = min(len(in_turn), 10 if max(map(len, data.classes)) <= 3 else 5)
    rows = -(-len(in_turn) // columns)
    width = 7.2
    figure = LessonFigure(figsize=(width, rows * (width / columns + 0.24)), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0.02, hspace=0.02)
    all_axes = figure.subplots(rows, columns, squeeze=False).flatten()
    for axes in all_axes:
        axes.set_axis_off()
    for axes, image, i in zip(all_axes, images, in_turn, strict=False):
        axes.imshow(image, interpolation="nearest")
        axes.set_title(data.classes[labels[i]], loc="center", fontsize=14, pad=4)
    figure.alt = "Training pictures of: " + ", ".join(data.classes[labels[i]] for i in in_turn) + "."
    return figure
