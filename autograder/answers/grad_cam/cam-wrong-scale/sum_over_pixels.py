# The weights are sums over the pixels.
def grad_cam(model, layer, images, classes):
    saved = []
    handle = layer.register_forward_hook(lambda m, i, o: saved.append(o))
    logits = model(images)
    handle.remove()
    score = logits.gather(1, classes[:, None]).sum()
    (grad,) = torch.autograd.grad(score, saved[0])
    weights = grad.sum(dim=(2, 3), keepdim=True)
    return F.relu((weights * saved[0]).sum(dim=1))
