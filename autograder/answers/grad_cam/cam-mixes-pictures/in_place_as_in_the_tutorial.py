# Weights channel by channel, one for the whole batch.
def grad_cam(model, layer, images, classes):
    box = {}
    h1 = layer.register_forward_hook(lambda m, i, o: box.update(a=o))
    h2 = layer.register_full_backward_hook(lambda m, i, o: box.update(g=o[0]))
    out = model(images)
    out[range(len(classes)), classes].sum().backward()
    h1.remove()
    h2.remove()
    pooled = box["g"].mean(dim=[0, 2, 3])
    cam = box["a"].detach().clone()
    for k in range(cam.shape[1]):
        cam[:, k, :, :] *= pooled[k]
    return F.relu(cam.sum(dim=1))
