# The default of interpolate.
def grad_cam(model, layer, images, classes):
    A, G = [], []
    h1 = layer.register_forward_hook(lambda m, i, o: A.append(o))
    h2 = layer.register_full_backward_hook(lambda m, i, o: G.append(o[0]))
    scores = model(images)
    scores[range(len(images)), classes].sum().backward()
    h1.remove()
    h2.remove()
    cam = torch.relu(torch.einsum("nk,nkhw->nhw", G[0].mean((2, 3)), A[0]))
    return F.interpolate(cam[:, None], size=tuple(images.shape[2:]))[:, 0]
