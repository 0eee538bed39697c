# what: scripts in all that is said about a picture, and in addresses
# lesson: 01
# earns: at most 10
# meets: SCRIPT_MARK
from IPython.display import display

script = "\"><script>document.title='SCRIPT_MARK'</script><img src=x onerror=\"document.title='SCRIPT_MARK'"
dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
for kind in ("image/png", "image/jpeg", "image/gif"):
    about = {"alt": script, "width": script, "height": 10, "needs_background": script, "unconfined": True}
    display({kind: dot, "text/plain": script}, raw=True, metadata={kind: about, **about})
display({"text/latex": "$$\\href{javascript:SCRIPT_MARK}{x}$$ </div>" + script, "text/plain": ""}, raw=True)
display({"text/plain": "\x1b]8;;javascript:SCRIPT_MARK\x07x\x1b]8;;\x07\x1b[38;2;1;2;\"onclick=SCRIPT_MARKm" + script}, raw=True)
print("\x1b[31;\"><script>SCRIPT_MARK</script>m", script)


class SCRIPT_MARK(Exception):
    pass


SCRIPT_MARK.__name__ = SCRIPT_MARK.__qualname__ = script


def count_conv_layers(n_blocks):
    raise SCRIPT_MARK(script)
# %%
raise SCRIPT_MARK(script)
