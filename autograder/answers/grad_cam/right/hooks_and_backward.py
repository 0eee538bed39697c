# Forward hook with retain_grad, then backward.
def grad_cam(model, layer, images, classes):
    kept = {}

    def remember(module, inputs, output):
        output.retain_grad()
        kept["A"] = output

    handle = layer.register_forward_hook(remember)
    logits = model(images)
    handle.remove()
    model.zero_grad()
    logits.gather(1, classes[:, None]).sum().backward()
    A = kept["A"]
    weights = A.grad.mean(dim=(2, 3), keepdim=True)
    return F.relu((weights * A).sum(dim=1))
