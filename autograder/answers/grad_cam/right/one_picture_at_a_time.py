# A loop over the pictures; returns a list of maps.
def grad_cam(model, layer, images, classes):
    model.eval()
    maps = []
    for image, c in zip(images, classes):
        store = []
        h = layer.register_forward_hook(lambda mod, inp, out: store.append(out))
        y = model(image.unsqueeze(0))[0, c]
        h.remove()
        (g,) = torch.autograd.grad(y, store[0])
        a = store[0][0]
        w = g[0].mean(dim=(1, 2))
        m = sum(w[k] * a[k] for k in range(len(w)))
        maps.append(torch.maximum(m, torch.zeros(())).detach())
    return maps
