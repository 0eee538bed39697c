# what: connects to whoever listens: TCP, a socket in the file system, one with an abstract name
# lesson: 01
# earns: at most 10
# meets: connected: \[\]
import socket
import urllib.request

connected = []
for family, address in (
    (socket.AF_INET, ("127.0.0.1", LISTENER_PORT)),
    (socket.AF_UNIX, "LISTENER_PATH"),
    (socket.AF_UNIX, "\0LISTENER_NAME"),
):
    try:
        line = socket.socket(family)
        line.settimeout(1)
        line.connect(address)
        connected.append(address)
    except OSError as error:
        print(address, type(error).__name__)
try:
    urllib.request.urlopen("http://localhost:LISTENER_PORT/", timeout=1)
    connected.append("http")
except OSError:
    pass
print("connected:", connected)


def count_conv_layers(n_blocks):
    return 0
