# Divides zero by zero.
def grad_cam(model, layer, images, classes):
    saved = []
    handle = layer.register_forward_hook(lambda m, i, o: saved.append(o))
    model(images)
    handle.remove()
    zero = saved[0].sum(1) * 0
    return zero / zero
