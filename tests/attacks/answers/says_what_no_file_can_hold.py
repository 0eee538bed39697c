# what: errors and names with characters that no file, database or terminal can hold
# lesson: 01
# earns: at most 10
# meets: half a letter
def count_conv_layers(n_blocks):
    raise type("\ud800Error", (Exception,), {})("half a letter: \ud800, none: \x00, markup: [/bold][red]<b>")
