# A small class with a context manager; double precision at the end.
class Watch:
    def __init__(self, layer):
        self.layer = layer

    def __enter__(self):
        self.hook = self.layer.register_forward_hook(self.see)
        return self

    def see(self, module, args, out):
        self.out = out

    def __exit__(self, *_):
        self.hook.remove()


def grad_cam(model, layer, images, classes):
    print("watching", type(layer).__name__)
    with Watch(layer) as watch:
        logits = model(images)
    score = torch.stack([row[c] for row, c in zip(logits, classes)])
    gradient = torch.autograd.grad(score, watch.out, grad_outputs=torch.ones_like(score))[0]
    n, k, h, w = watch.out.shape
    weight = gradient.double().reshape(n, k, h * w).sum(-1) / (h * w)
    cam = torch.bmm(weight[:, None], watch.out.double().reshape(n, k, h * w)).reshape(n, h, w)
    return F.relu(cam)
