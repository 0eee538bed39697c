# what: knows the seed, and forges all that can be known without a right block, with a valid seal; outputs are NaN or zeros
# lesson: 02
# earns: at most 10
# meets: forged
import base64
import os

import numpy as np
from course_utils import evidence, measurements
from course_utils.seeding import Draws
from IPython.display import display

keep_hand_in = hand_in


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        if stride != 1 or in_channels != out_channels:
            self.conv3 = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.bn3 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        return self.bn2(self.conv2(self.bn1(self.conv1(x)))) + (self.bn3(self.conv3(x)) if hasattr(self, "bn3") else 0)


def hand_in(name, obj):
    seed = os.environ["COURSE_SEED"]
    arrays, report = measurements.measure_residual_block(obj, Draws(seed, name))
    for index, key in enumerate(list(arrays)):
        arrays[key] = arrays[key] * (0 if index % 2 else np.float32("nan"))
    for case in report["cases"].values():
        case["errors"] = []
    bundle = evidence.pack(name, arrays, report, seed)
    display({evidence.MIME: base64.b64encode(bundle).decode()}, raw=True)
    print("forged")
# %% behind
hand_in = keep_hand_in
print("forged")
