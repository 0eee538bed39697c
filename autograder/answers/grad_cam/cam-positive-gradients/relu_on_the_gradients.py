# Negative gradients are cut off before the mean.
def grad_cam(model, layer, images, classes):
    saved = []
    handle = layer.register_forward_hook(lambda m, i, o: saved.append(o))
    logits = model(images)
    handle.remove()
    score = logits.gather(1, classes[:, None]).sum()
    (grad,) = torch.autograd.grad(score, saved[0])
    weights = F.relu(grad).mean(dim=(2, 3), keepdim=True)
    return F.relu((weights * saved[0]).sum(dim=1))
