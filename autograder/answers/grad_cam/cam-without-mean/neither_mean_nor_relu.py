# Gradient times activation, summed over channels, with no ReLU.
# also fits: cam-without-relu
def grad_cam(model, layer, images, classes):
    acts = []
    grads = []
    h1 = layer.register_forward_hook(lambda m, i, o: acts.append(o.detach()))
    h2 = layer.register_full_backward_hook(lambda m, gi, go: grads.append(go[0].detach()))
    logits = model(images)
    target = torch.zeros_like(logits)
    for i, c in enumerate(classes):
        target[i, c] = 1
    logits.backward(target)
    h1.remove()
    h2.remove()
    cam = 0
    for k in range(acts[0].size(1)):
        cam = cam + grads[0][:, k] * acts[0][:, k]
    return cam
