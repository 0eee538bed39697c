# mean over dims 0, 2 and 3, as in many tutorials.
def grad_cam(model, layer, images, classes):
    saved = []
    handle = layer.register_forward_hook(lambda m, i, o: saved.append(o))
    logits = model(images)
    handle.remove()
    score = logits.gather(1, classes[:, None]).sum()
    (grad,) = torch.autograd.grad(score, saved[0])
    weights = torch.mean(grad, dim=[0, 2, 3])
    return F.relu((weights[None, :, None, None] * saved[0]).sum(dim=1))
