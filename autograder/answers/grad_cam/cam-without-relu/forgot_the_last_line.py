# The sum is returned as it is.
def grad_cam(model, layer, images, classes):
    saved = []
    handle = layer.register_forward_hook(lambda m, i, o: saved.append(o))
    logits = model(images)
    handle.remove()
    score = logits.gather(1, classes.view(-1, 1)).sum()
    grad = torch.autograd.grad(score, saved[0])[0]
    weights = grad.mean(dim=(2, 3), keepdim=True)
    return (weights * saved[0]).sum(dim=1)
