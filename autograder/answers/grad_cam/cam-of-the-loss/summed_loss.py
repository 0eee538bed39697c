# The summed loss, with retain_grad.
def grad_cam(model, layer, images, classes):
    keep = {}

    def hook(module, inp, out):
        out.retain_grad()
        keep["out"] = out

    handle = layer.register_forward_hook(hook)
    criterion = nn.CrossEntropyLoss(reduction="sum")
    criterion(model(images), classes).backward()
    handle.remove()
    A, G = keep["out"], keep["out"].grad
    return torch.relu((G.mean(dim=[2, 3], keepdim=True) * A).sum(dim=1))
