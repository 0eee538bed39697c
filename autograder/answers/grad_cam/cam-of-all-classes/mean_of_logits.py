# The mean of the logits, since backward wants one number.
def grad_cam(model, layer, images, classes):
    keep = []

    def remember(module, x, y):
        y.retain_grad()
        keep.append(y)

    handle = layer.register_forward_hook(remember)
    loss = model(images).mean()
    handle.remove()
    loss.backward()
    A = keep[0]
    return torch.einsum("nkhw,nk->nhw", A, A.grad.mean((2, 3))).relu()
