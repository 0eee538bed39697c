"""Where the trained networks of a run look in one picture: prediction and Grad-CAM, by captum (Selvaraju et al. 2017).

The networks are built anew and get their weights from the run's folder; a picture from outside is brought to the size of
those that the networks know.
"""

import io
from dataclasses import dataclass

import safetensors.torch
import torch
import torch.nn.functional as F
from captum.attr import LayerGradCam
from PIL import Image, UnidentifiedImageError
from torch import nn

from course_utils.builders import builders
from course_utils.data import Data
from course_utils.probes import blocks_of
from course_utils.runs import Run, RunError, weights_file

MAX_BYTES = 20 * 2**20


class NotAPicture(Exception):
    """What was uploaded cannot be shown; the message says why, and what to do."""


@dataclass(frozen=True)
class Look:
    """What one network makes of one picture. shares: probability of each class, (classes,); map: (1, h, w), not below 0."""

    shares: torch.Tensor
    map: torch.Tensor


def trained(run: Run, name: str, seed: int) -> nn.Module:
    """The network `name` of a run with its final weights, in evaluation mode. Raises RunError where they are missing."""
    model = builders(run.about["asked"])[name]()
    path = weights_file(run.folder, name, seed)
    try:
        model.load_state_dict(safetensors.torch.load_file(path))
    except (OSError, safetensors.SafetensorError, RuntimeError) as error:
        raise RunError(f"The weights {path} cannot be read ({str(error).splitlines()[0]})") from error
    return model.eval()


def stages(model: nn.Module) -> dict[str, nn.Module]:
    """Name of a stage -> its last block, whose output is what the next stage sees."""
    last = {}
    for name, block in blocks_of(model).items():
        last[name.split(".")[0]] = block
    return last


def look(model: nn.Module, image: torch.Tensor, stage: str, target: int | None) -> Look:
    """Where `model` looks for class `target` (None: the one that it believes in). image: (1, 3, H, W), normalised."""
    with torch.no_grad():
        shares = F.softmax(model(image), dim=1)[0]
    wanted = int(shares.argmax()) if target is None else target
    heat = LayerGradCam(model, stages(model)[stage]).attribute(image, wanted, relu_attributions=True)
    return Look(shares, heat.detach().squeeze(1))


def read_upload(content: bytes, data: Data) -> torch.Tensor:
    """An uploaded picture as the networks know pictures: (1, 3, H, W), normalised as `data` is.

    The middle square is taken and brought to the size of the data's pictures. Raises NotAPicture.
    """
    if len(content) > MAX_BYTES:
        raise NotAPicture(f"This file has {len(content) / 2**20:.0f} MiB; at most {MAX_BYTES // 2**20} MiB are read.")
    try:
        with Image.open(io.BytesIO(content)) as opened:
            picture = opened.convert("RGB")
    except UnidentifiedImageError:
        raise NotAPicture(
            "This file is not a picture that can be read. PNG, JPEG, GIF, BMP and WebP work; try one of those."
        ) from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise NotAPicture(
            f"This picture cannot be read ({error}). Save it anew, as PNG or JPEG and not too large."
        ) from None
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    size = data.test.pixels.shape[-1]
    small = picture.resize((size, size), Image.Resampling.BOX, (left, top, left + side, top + side))
    pixels = torch.frombuffer(bytearray(small.tobytes()), dtype=torch.uint8).view(size, size, 3)
    image = pixels.permute(2, 0, 1)[None].float() / 255
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (data.mean, data.std))
    return (image - mean) / std
