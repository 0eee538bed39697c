# Takes classes[0] for the whole batch.
def grad_cam(model, layer, images, classes):
    kept = {}

    def look(m, i, o):
        o.retain_grad()
        kept["o"] = o

    hook = layer.register_forward_hook(look)
    scores = model(images)
    hook.remove()
    c = int(classes[0])
    scores[:, c].sum().backward()
    A = kept["o"]
    return torch.relu(torch.einsum("nk,nkhw->nhw", A.grad.mean(dim=(2, 3)), A))
