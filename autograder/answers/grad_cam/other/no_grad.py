# Goes backward under no_grad.
def grad_cam(model, layer, images, classes):
    saved = []
    handle = layer.register_forward_hook(lambda m, i, o: saved.append(o))
    with torch.no_grad():
        logits = model(images)
    handle.remove()
    logits.gather(1, classes[:, None]).sum().backward()
    return F.relu((saved[0].grad.mean((2, 3), keepdim=True) * saved[0]).sum(1))
