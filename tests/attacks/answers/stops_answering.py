# what: never says that a cell is done
# lesson: 01
# earns: at most 10
# meets: its output did not end|nothing was handed in|could not be interrupted|ran for more than|not run
kernel = get_ipython().kernel
keep_send = kernel.session.send


def send(stream, kind, *arguments, **options):
    if kind in ("status", "execute_reply"):
        return None
    return keep_send(stream, kind, *arguments, **options)


kernel.session.send = send


def count_conv_layers(n_blocks):
    return 0
