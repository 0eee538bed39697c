# The first picture's weights for all pictures.
def grad_cam(model, layer, images, classes):
    stored = []
    h = layer.register_forward_hook(lambda m, i, o: stored.append(o))
    logits = model(images)
    h.remove()
    y = sum(logits[n, c] for n, c in enumerate(classes))
    gradient = torch.autograd.grad(y, stored[0])[0]
    w = gradient[0].mean(dim=(1, 2))
    return torch.einsum("k,nkhw->nhw", w, stored[0]).clamp(min=0)
