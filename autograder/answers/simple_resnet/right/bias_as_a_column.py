# The bias of the classifier is one more column of its weight, and the features get a one at their end.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.stem=nn.Sequential(nn.Conv2d(3,16,3,padding=1,bias=False),nn.BatchNorm2d(16),nn.ReLU())
        s=[]
        for a,b,st in ((16,16,1),(16,32,2),(32,64,2)):
            s += [block(a,b,st)]+[block(b,b,1) for _ in range(n_blocks-1)]
        self.body=nn.Sequential(*s)
        self.W=nn.Parameter(torch.randn(10,65)*.1)
    def forward(self,x):
        h=self.body(self.stem(x)).mean((2,3))
        return torch.cat([h,torch.ones(len(h),1)],1)@self.W.T
