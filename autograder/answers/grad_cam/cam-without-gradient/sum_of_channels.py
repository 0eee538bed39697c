# Adds the channels up, without any weights.
def grad_cam(model, layer, images, classes):
    seen = []
    h = layer.register_forward_hook(lambda m, i, o: seen.append(o))
    with torch.no_grad():
        model(images)
    h.remove()
    return F.relu(seen[0].sum(dim=1))
