# A forward and a full backward hook that stay registered, values in globals.
activations = None
gradients = None


def save_activation(module, input, output):
    global activations
    activations = output.detach()


def save_gradient(module, grad_input, grad_output):
    global gradients
    gradients = grad_output[0].detach()


def grad_cam(model, layer, images, classes):
    layer.register_forward_hook(save_activation)
    layer.register_full_backward_hook(save_gradient)
    model.zero_grad()
    logits = model(images)
    one_hot = F.one_hot(classes, num_classes=logits.shape[1])
    (logits * one_hot).sum().backward()
    pooled = gradients.mean(dim=[2, 3])
    cam = torch.zeros_like(activations[:, 0])
    for k in range(activations.shape[1]):
        cam += pooled[:, k, None, None] * activations[:, k]
    return torch.relu(cam)
