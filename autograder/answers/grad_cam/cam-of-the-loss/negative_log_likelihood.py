# The loss, by way of log-probabilities.
def grad_cam(model, layer, images, classes):
    stored = []
    hook = layer.register_forward_hook(lambda m, i, o: stored.append(o))
    loss = F.nll_loss(F.log_softmax(model(images), dim=1), classes, reduction="sum")
    hook.remove()
    g = torch.autograd.grad(loss, stored[0])[0]
    w = g.mean((2, 3))[:, :, None, None]
    return F.relu((w * stored[0]).sum(1)).detach()
