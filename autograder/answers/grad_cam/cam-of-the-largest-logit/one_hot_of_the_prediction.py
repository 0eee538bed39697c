# A one-hot vector at the wrong place: where the network is surest.
def grad_cam(model, layer, images, classes):
    A, G = [], []
    h1 = layer.register_forward_hook(lambda m, i, o: A.append(o))
    h2 = layer.register_full_backward_hook(lambda m, i, o: G.append(o[0]))
    out = model(images)
    hot = torch.zeros_like(out).scatter_(1, out.topk(1).indices, 1.0)
    out.backward(gradient=hot)
    h1.remove()
    h2.remove()
    n, k, h, w = A[0].shape
    weight = G[0].view(n, k, -1).mean(2).view(n, k, 1, 1)
    return torch.clamp((weight * A[0]).sum(1), 0)
