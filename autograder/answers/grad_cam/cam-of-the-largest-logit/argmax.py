# Explains the prediction, whatever was asked for.
def grad_cam(model, layer, images, classes):
    saved = []
    handle = layer.register_forward_hook(lambda m, i, o: saved.append(o))
    logits = model(images)
    handle.remove()
    predicted = logits.argmax(dim=1)
    score = logits[torch.arange(len(images)), predicted].sum()
    (grad,) = torch.autograd.grad(score, saved[0])
    weights = grad.mean(dim=(2, 3), keepdim=True)
    return F.relu((weights * saved[0]).sum(dim=1))
