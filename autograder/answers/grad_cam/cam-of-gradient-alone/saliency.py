# A saliency map of the layer: absolute gradients, averaged over channels.
def grad_cam(model, layer, images, classes):
    grads = {}
    h = layer.register_full_backward_hook(lambda m, gin, gout: grads.update(g=gout[0]))
    out = model(images)
    out[range(len(classes)), classes].sum().backward()
    h.remove()
    return grads["g"].abs().mean(dim=1)
