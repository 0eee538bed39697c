# The mean over channels, as in a well-known tutorial.
def grad_cam(model, layer, images, classes):
    A, G = [], []
    h1 = layer.register_forward_hook(lambda m, i, o: A.append(o))
    h2 = layer.register_full_backward_hook(lambda m, i, o: G.append(o[0]))
    scores = model(images)
    scores[range(len(images)), classes].sum().backward()
    h1.remove()
    h2.remove()
    pooled = G[0].mean(dim=[2, 3], keepdim=True)
    heatmap = torch.mean(A[0] * pooled, dim=1)
    return torch.relu(heatmap)
