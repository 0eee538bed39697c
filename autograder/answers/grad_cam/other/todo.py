# Nothing yet.
def grad_cam(model, layer, images, classes):
    raise NotImplementedError("TODO")
