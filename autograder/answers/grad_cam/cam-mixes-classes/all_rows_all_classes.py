# logits[:, classes] picks every class for every picture.
def grad_cam(model, layer, images, classes):
    saved = []
    handle = layer.register_forward_hook(lambda m, i, o: saved.append(o))
    logits = model(images)
    handle.remove()
    (grad,) = torch.autograd.grad(logits[:, classes].sum(), saved[0])
    weights = grad.mean(dim=(2, 3), keepdim=True)
    return F.relu((weights * saved[0]).sum(dim=1))
