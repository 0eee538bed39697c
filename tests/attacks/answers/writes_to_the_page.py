# what: scripts for whoever opens the feedback: in outputs, errors and names of everything
# lesson: 01
# earns: at most 10
# meets: SCRIPT_MARK
from IPython.display import HTML, Javascript, display

script = "<script>document.title='SCRIPT_MARK'</script><img src=x onerror=\"document.title='SCRIPT_MARK'\">"
display(HTML(script), Javascript("document.title='SCRIPT_MARK'"))
for mime in ("text/html", "text/markdown", "text/latex", "image/svg+xml", "application/vnd.jupyter.widget-view+json"):
    display({mime: script, "text/plain": script}, raw=True)
display({"image/png": "AA\" onerror=\"document.title='SCRIPT_MARK'"}, raw=True)
print(script)


def count_conv_layers(n_blocks):
    raise type(script, (Exception,), {})(script)
# %%
%%html
<script>document.title='SCRIPT_MARK'</script>
# %% behind
%%javascript
document.title='SCRIPT_MARK'
