# How important a channel is, whatever its sign.
def grad_cam(model, layer, images, classes):
    kept = []

    def hook(module, args, output):
        output.retain_grad()
        kept.append(output)

    handle = layer.register_forward_hook(hook)
    model(images).gather(1, classes.reshape(-1, 1)).sum().backward()
    handle.remove()
    importance = kept[0].grad.mean(dim=[2, 3], keepdim=True).abs()
    return F.relu(torch.sum(importance * kept[0], dim=1))
