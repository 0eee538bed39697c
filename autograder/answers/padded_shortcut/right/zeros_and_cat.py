# Zeros of the right shape on both sides, joined.
def padded_shortcut(x, out_channels, stride):
    small = x[..., ::stride, ::stride]
    n, c, h, w = small.shape
    half = (out_channels - c) // 2
    zeros = torch.zeros(n, half, h, w, dtype=x.dtype, device=x.device)
    return torch.cat([zeros, small, zeros], dim=1)
