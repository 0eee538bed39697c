# what: all that is on Colab and not here stands above and below a right block, and stops
# lesson: 02
# earns: exactly 35
# meets: these lines cost nothing
from google.colab import drive, userdata
drive.mount("/content/drive")
%matplotlib widget
torch.cuda.set_device(0)
import wandb
wandb.init(project="resnets")
RIGHT_BLOCK
weights = torch.load("/content/drive/MyDrive/weights.pt")
ResidualBlock(16, 16).cuda()
