# Hooks the last batch norm inside the layer.
def grad_cam(model, layer, images, classes):
    kept = []
    inside = [m for n, m in layer.named_modules() if isinstance(m, nn.BatchNorm2d) and "shortcut" not in n]
    handle = inside[-1].register_forward_hook(lambda m, i, o: kept.append(o))
    logits = model(images)
    handle.remove()
    g = torch.autograd.grad(logits.gather(1, classes[:, None]).sum(), kept[0])[0]
    return F.relu((g.mean((2, 3), keepdim=True) * kept[0]).sum(1))
