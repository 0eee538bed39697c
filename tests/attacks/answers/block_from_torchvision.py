# what: torchvision's BasicBlock as it is. A library's block is judged by what it does, and this one has no projection:
#   it earns what anybody's block without projection earns, and the verdict names the library
# lesson: 02
# earns: at most 13
# meets: This block comes from torchvision
from torchvision.models.resnet import BasicBlock as ResidualBlock
