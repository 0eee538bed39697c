"""Does a map point at the right place? Four pictures of four classes in one frame, and how much of a map is in the right one.

The frame is made of pictures that a network knows, so it is clear where each class is, without anybody drawing boxes.
Böhle et al. (2021), "Convolutional Dynamic Alignment Networks", measure maps in this way ("localisation metric").
"""

from dataclasses import dataclass

import torch

from course_utils.devices import in_double

QUARTERS = ("top left", "top right", "bottom left", "bottom right")


@dataclass(frozen=True)
class Frames:
    """images: (N, 3, 2H, 2W), normalised as the data are; classes: (N, 4), in the order of `QUARTERS`, all different."""

    images: torch.Tensor
    classes: torch.Tensor


def make_frames(split, n: int, seed: int = 0) -> Frames:
    """`n` frames of pictures of `split` (as `load_data` gives it), drawn at random from `seed`.

    Raises ValueError where the split has fewer than four classes.
    """
    generator = torch.Generator("cpu").manual_seed(seed)
    labels = split.labels.cpu()
    kinds = labels.unique()
    if len(kinds) < 4:
        raise ValueError(f"found pictures of {len(kinds)} classes; a frame needs 4")
    of_kind = {int(kind): (labels == kind).nonzero().flatten() for kind in kinds}
    classes = torch.stack([kinds[torch.randperm(len(kinds), generator=generator, device="cpu")[:4]] for _ in range(n)])
    chosen = [
        of_kind[kind][torch.randint(len(of_kind[kind]), (1,), generator=generator, device="cpu")].item()
        for kind in classes.flatten().tolist()
    ]
    pictures = split[torch.tensor(chosen, device=split.labels.device)][0].unflatten(0, (n, 4))
    rows = [torch.cat([pictures[:, left], pictures[:, left + 1]], dim=3) for left in (0, 2)]
    return Frames(torch.cat(rows, dim=2), classes.to(pictures.device))


def share_in_quarter(maps: torch.Tensor, quarter: int) -> torch.Tensor:
    """How much of each map lies in a quarter of the frame, (N,), from 0 to 1.

    maps: (N, h, w), not below 0, h and w even; quarter: its place in `QUARTERS`. A map of zeros points nowhere, and
    counts as a map that is spread evenly: 0.25. Raises ValueError for maps that cannot be quartered.
    """
    if maps.ndim != 3 or maps.shape[1] % 2 or maps.shape[2] % 2:
        raise ValueError(f"the maps are {tuple(maps.shape)}; expected (N, h, w) with even h and w")
    quarters = in_double(maps.detach()).unflatten(2, (2, -1)).unflatten(1, (2, -1)).sum(dim=(2, 4)).flatten(1)
    total = quarters.sum(1)
    return torch.where(total > 0, quarters[:, quarter] / total.clamp(min=1e-300), torch.full_like(total, 0.25))
