# Multiplies pixel by pixel.
def grad_cam(model, layer, images, classes):
    saved = []
    handle = layer.register_forward_hook(lambda m, i, o: saved.append(o))
    logits = model(images)
    handle.remove()
    score = logits[torch.arange(len(classes)), classes].sum()
    (grad,) = torch.autograd.grad(score, saved[0])
    return F.relu((grad * saved[0]).sum(dim=1))
