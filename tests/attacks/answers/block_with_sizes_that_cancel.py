# what: forges a report whose tensors have 30 million numbers and minus 30 million: none in all
# lesson: 02
# earns: at most 10
# meets: negative size
import base64
import os

from course_utils import evidence, measurements
from course_utils.seeding import Draws
from IPython.display import display

keep_hand_in = hand_in


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride, 1)

    def forward(self, x):
        return self.conv(x)


def hand_in(name, obj):
    seed = os.environ["COURSE_SEED"]
    arrays, report = measurements.measure_residual_block(obj, Draws(seed, name))
    for case in report["cases"].values():
        case["tensors"] = [["a", "parameter", [30_000_000], True], ["b", "parameter", [-30_000_000], True]]
    bundle = evidence.pack(name, arrays, report, seed)
    display({evidence.MIME: base64.b64encode(bundle).decode()}, raw=True)
# %% behind
hand_in = keep_hand_in
print("forged")
