# One maximum for the whole batch.
def grad_cam(model, layer, images, classes):
    kept = []

    def hook(module, args, output):
        output.retain_grad()
        kept.append(output)

    handle = layer.register_forward_hook(hook)
    model(images).gather(1, classes.reshape(-1, 1)).sum().backward()
    handle.remove()
    heat = torch.relu((kept[0].grad.mean((2, 3), keepdim=True) * kept[0]).sum(1))
    heat /= torch.max(heat)
    return heat.detach()
