# nn.Upsample with aligned corners.
def grad_cam(model, layer, images, classes):
    keep = {}

    def look(module, inp, out):
        out.retain_grad()
        keep["A"] = out

    hook = layer.register_forward_hook(look)
    logits = model(images)
    hook.remove()
    torch.stack([logits[i][c] for i, c in enumerate(classes)]).sum().backward()
    a = keep["A"].grad.mean(dim=(2, 3), keepdim=True)
    small = nn.functional.relu((a * keep["A"]).sum(1))
    enlarge = nn.Upsample(size=images.shape[2:], mode="bilinear", align_corners=True)
    return enlarge(small.unsqueeze(1)).squeeze(1)
