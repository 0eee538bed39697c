# alpha multiplies the gradient instead of the activations
def grad_cam(model, layer, images, classes):
    kept = []
    h = layer.register_forward_hook(lambda m, i, o: kept.append(o))
    logits = model(images)
    h.remove()
    g = torch.autograd.grad(logits.gather(1, classes[:, None]).sum(), kept[0])[0]
    alpha = g.mean((2, 3), keepdim=True)
    return (alpha * g).sum(1).relu()
