# Softmax before going backward.
def grad_cam(model, layer, images, classes):
    saved = []
    handle = layer.register_forward_hook(lambda m, i, o: saved.append(o))
    probabilities = torch.softmax(model(images), dim=1)
    handle.remove()
    score = probabilities.gather(1, classes[:, None]).sum()
    (grad,) = torch.autograd.grad(score, saved[0])
    weights = grad.mean(dim=(2, 3), keepdim=True)
    return F.relu((weights * saved[0]).sum(dim=1))
