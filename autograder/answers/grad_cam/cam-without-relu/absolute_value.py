# The absolute value instead of the ReLU, "so that the map is positive".
def grad_cam(model, layer, images, classes):
    A = None

    def hook(module, inp, out):
        nonlocal A
        A = out
        A.retain_grad()

    h = layer.register_forward_hook(hook)
    logits = model(images)
    h.remove()
    for i in range(len(images)):
        logits[i, classes[i]].backward(retain_graph=True)
    w = A.grad.mean(dim=[2, 3], keepdim=True)
    return torch.abs((w * A).sum(1))
