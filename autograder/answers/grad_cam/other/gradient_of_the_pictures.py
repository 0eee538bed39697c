# The gradient of the picture, not of the layer.
def grad_cam(model, layer, images, classes):
    images = images.clone().requires_grad_()
    model(images).gather(1, classes[:, None]).sum().backward()
    return F.relu(images.grad.sum(1))
