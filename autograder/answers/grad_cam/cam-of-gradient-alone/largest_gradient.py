# The largest absolute gradient of the channels.
def grad_cam(model, layer, images, classes):
    def hook(module, inputs, output):
        module.seen = output
        output.retain_grad()

    handle = layer.register_forward_hook(hook)
    logits = model(images)
    handle.remove()
    total = 0
    for row, c in zip(logits, classes.tolist()):
        total = total + row[c]
    total.backward()
    return layer.seen.grad.abs().amax(1)
