# what: TF32 as torch 2.9 and later wants it said, after which torch refuses to tell it the old way
# lesson: 02
# earns: exactly 35
if hasattr(torch.backends, "fp32_precision"):
    torch.backends.fp32_precision = "tf32"
    torch.backends.cuda.matmul.fp32_precision = "tf32"
else:
    torch.backends.cuda.matmul.allow_tf32 = True


RIGHT_BLOCK
