# torch.autograd.grad instead of backward; einsum for the sum.
def grad_cam(model, layer, images, classes):
    out = []
    handle = layer.register_forward_hook(lambda m, i, o: out.append(o))
    scores = model(images)[range(len(images)), classes]
    handle.remove()
    grads = torch.autograd.grad(scores.sum(), out[0])[0]
    alpha = grads.mean(-1).mean(-1)
    return torch.einsum("nk,nkhw->nhw", alpha, out[0]).clamp(min=0)
