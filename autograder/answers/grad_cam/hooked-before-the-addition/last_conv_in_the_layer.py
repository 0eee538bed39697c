# Looks for the last convolution inside of the layer.
def grad_cam(model, layer, images, classes):
    convs = [m for m in layer.modules() if isinstance(m, nn.Conv2d)]
    saved = []
    handle = convs[-1].register_forward_hook(lambda m, i, o: saved.append(o))
    logits = model(images)
    handle.remove()
    score = logits.gather(1, classes[:, None]).sum()
    (grad,) = torch.autograd.grad(score, saved[0])
    weights = grad.mean(dim=(2, 3), keepdim=True)
    return F.relu((weights * saved[0]).sum(dim=1))
