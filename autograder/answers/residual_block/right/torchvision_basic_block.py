# torchvision's BasicBlock, adapted to the signature of the lesson.
from torchvision.models.resnet import BasicBlock, conv1x1


class ResidualBlock(BasicBlock):
    def __init__(self, in_channels, out_channels, stride=1):
        downsample = None
        if stride != 1 or in_channels != out_channels:
            downsample = nn.Sequential(conv1x1(in_channels, out_channels, stride), nn.BatchNorm2d(out_channels))
        super().__init__(in_channels, out_channels, stride=stride, downsample=downsample)
