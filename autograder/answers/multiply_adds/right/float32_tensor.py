# A product of float32 tensors: large numbers are rounded.
def multiply_adds(conv, height, width):
    kernel, stride, padding = map(torch.tensor, (conv.kernel_size, conv.stride, conv.padding))
    out = torch.floor((torch.tensor([height, width], dtype=torch.float32) + 2 * padding - kernel) / stride) + 1
    return out.prod() * torch.tensor(conv.weight.shape, dtype=torch.float32).prod()
