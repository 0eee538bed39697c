# Hooks the first module in the layer, if there is one.
def grad_cam(model, layer, images, classes):
    inner = list(layer.children())
    target = inner[0] if inner else layer
    box = {}
    h = target.register_forward_hook(lambda m, i, o: box.update(a=o))
    y = model(images)[torch.arange(len(images)), classes].sum()
    h.remove()
    g = torch.autograd.grad(y, box["a"])[0]
    return F.relu((g.mean((2, 3), keepdim=True) * box["a"]).sum(1))
