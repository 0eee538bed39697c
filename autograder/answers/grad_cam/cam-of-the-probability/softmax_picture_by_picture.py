# Softmax, in a loop.
def grad_cam(model, layer, images, classes):
    maps = []
    for i in range(images.shape[0]):
        kept = []
        hook = layer.register_forward_hook(lambda m, a, o: kept.append(o))
        p = model(images[i : i + 1]).softmax(1)[0][classes[i]]
        hook.remove()
        gradient = torch.autograd.grad(p, kept[0])[0][0]
        weight = gradient.flatten(1).mean(1)
        maps.append(F.relu((weight[:, None, None] * kept[0][0]).sum(0)))
    return torch.stack(maps)
