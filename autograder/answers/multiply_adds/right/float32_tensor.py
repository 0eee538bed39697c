# A product of float32 tensors: large numbers are rounded.
def multiply_adds(conv, height, width):
    size = torch.tensor([height, width], dtype=torch.float32)
    out = torch.floor((size + 2 * conv.padding[0] - conv.kernel_size[0]) / conv.stride[0]) + 1
    return out.prod() * torch.tensor(conv.weight.shape, dtype=torch.float32).prod()
