# Minus the loss, which at least has the right sign.
# also fits: cam-of-the-loss
def grad_cam(model, layer, images, classes):
    acts = []
    h = layer.register_forward_hook(lambda *args: acts.append(args[2]))
    y = -nn.CrossEntropyLoss()(model(images), classes)
    h.remove()
    g = torch.autograd.grad(y, acts[0])[0]
    alpha = g.mean(dim=(2, 3))
    return F.relu(torch.einsum("nk,nkhw->nhw", alpha, acts[0]))
