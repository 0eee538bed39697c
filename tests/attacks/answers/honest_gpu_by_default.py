# what: everything on the GPU by default, as on Colab; here there is none
# lesson: 02
# earns: exactly 35
torch.set_default_device("cuda")


RIGHT_BLOCK
