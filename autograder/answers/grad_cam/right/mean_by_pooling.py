# The spatial mean as an average pooling, the weighted sum as a matmul; warns; images with requires_grad.
import warnings


def grad_cam(model, layer, images, classes):
    warnings.warn("hooks ahead")
    images = images.clone().requires_grad_()
    box = {}
    a = layer.register_forward_hook(lambda m, i, o: box.update(A=o))
    b = layer.register_full_backward_hook(lambda m, gi, go: box.update(G=go[0]))
    out = model(images)
    out.backward(gradient=torch.eye(out.shape[1])[classes])
    a.remove()
    b.remove()
    w = F.adaptive_avg_pool2d(box["G"], 1)
    cam = (w * box["A"]).sum(1)
    cam[cam < 0] = 0
    return cam
