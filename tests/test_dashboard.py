"""The dashboard: opened with the sample and with runs of one's own, touched, and given pictures good and bad."""

import io
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from PIL import Image
from streamlit.testing.v1 import AppTest

from course_utils import runs
from course_utils.data import load_data
from dashboard import looking

ROOT = Path(__file__).parents[1]
APP = ROOT / "dashboard" / "app.py"
SAMPLE = ROOT / "dashboard" / "sample_run"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")


def picture(size: tuple[int, int] = (30, 20), kind: str = "PNG") -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.arange(size[0] * size[1] * 3, dtype=np.uint8).reshape(size[1], size[0], 3)).save(content, kind)
    return content.getvalue()


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=120).run()


def pictures(app: AppTest) -> list[str]:
    """The figures on the page, as HTML."""
    return [element.proto.body for element in app.get("html") if "<img" in element.proto.body]


def test_it_opens_with_the_sample_and_no_run_of_ones_own(app):
    assert not app.exception and not app.error
    final = {
        name: round(histories[0].test_accuracy[-1], 1)
        for name, histories in runs.read(SAMPLE).comparison.histories.items()
    }
    seen = {metric.label: metric.value for metric in app.metric if "test accuracy" in metric.label}
    assert seen == {f"{name}: test accuracy": f"{value:.1f} %" for name, value in final.items()}
    assert len(pictures(app)) >= 8
    assert all('alt="' in one and 'alt=""' not in one for one in pictures(app))


def test_the_epochs_slider_changes_the_figures(app):
    before = pictures(app)
    app.sidebar.slider[0].set_value(3).run()
    assert not app.exception
    assert pictures(app)[0] != before[0]
    third = runs.read(SAMPLE).comparison.histories["residual-31"][0].test_accuracy[2]
    assert f"test accuracy {third:.1f} %" in pictures(app)[0]


def test_networks_can_be_left_out_and_none_is_said_in_words(app):
    app.multiselect[0].set_value(["residual-31"]).run()
    assert not app.exception and not app.error
    assert "A gap needs two networks" in " ".join(info.value for info in app.info)
    app.multiselect[0].set_value([]).run()
    assert [info.value for info in app.info] == ["Choose at least one network on the left."]


def test_how_soon_an_accuracy_is_reached(app):
    (slider,) = (one for one in app.slider if one.label.startswith("How soon"))
    slider.set_value(90).run()
    reached = runs.read(SAMPLE).comparison.histories
    epoch = next(k for k, value in enumerate(reached["residual-31"][0].test_accuracy, 1) if value >= 90)
    seen = {metric.label: metric.value for metric in app.metric}
    assert seen["residual-31"] == f"epoch {epoch}"
    assert seen["plain-31"] == "never"


def test_a_damaged_run_is_one_sentence_and_the_others_can_still_be_chosen(app, tmp_path):
    shutil.copytree(SAMPLE, tmp_path / "whole")
    shutil.copytree(SAMPLE, tmp_path / "zzz-damaged")
    (tmp_path / "zzz-damaged" / "run.json").write_text("{")
    app.sidebar.text_input[0].set_value(str(tmp_path)).run()
    assert not app.exception
    assert "cannot be read" in app.error[0].value
    app.sidebar.selectbox[0].set_value("whole").run()
    assert not app.exception and not app.error


def test_missing_weights_cost_the_map_alone(app, tmp_path):
    shutil.copytree(SAMPLE, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "weights")
    app.sidebar.text_input[0].set_value(str(tmp_path)).run()
    assert not app.exception
    assert ["cannot be read" in error.value for error in app.error] == [True]
    assert len(pictures(app)) >= 7


def test_an_uploaded_picture_is_shown_with_its_map(app):
    app.radio[0].set_value("my own").run()
    app.file_uploader[0].upload("mine.jpg", picture(kind="JPEG"), "image/jpeg").run()
    assert not app.exception and not app.error
    assert "yours" in pictures(app)[-1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no picture at all", "not a picture that can be read"),
        (b"", "not a picture that can be read"),
        (picture()[:100], "cannot be read"),
        (b"x" * (looking.MAX_BYTES + 1), "at most 20 MiB"),
    ],
)
def test_a_bad_upload_is_said_in_words(content, said):
    with pytest.raises(looking.NotAPicture, match=said):
        looking.read_upload(content, load_data("digits", "cpu"))


def test_a_bad_upload_is_an_error_on_the_page_and_no_traceback(app):
    app.radio[0].set_value("my own").run()
    app.file_uploader[0].upload("mine.png", b"no picture", "image/png").run()
    assert not app.exception
    assert "not a picture" in app.error[0].value


def test_an_upload_is_normalised_as_the_data_are():
    data = load_data("digits", "cpu")
    white = io.BytesIO()
    Image.new("L", (17, 40), 255).save(white, "PNG")
    image = looking.read_upload(white.getvalue(), data)
    assert image.shape == (1, 3, 8, 8)
    assert torch.allclose(data.unnormalise(image), torch.ones(1, 3, 8, 8), atol=1e-6)


def test_a_look_is_the_networks_softmax_and_captums_map():
    run, data = runs.read(SAMPLE), load_data("digits", "cpu")
    model = looking.trained(run, "residual-31", 0)
    images, labels = data.test[[3]]
    seen = looking.look(model, images, "stage2", None)
    assert torch.allclose(seen.shares.sum(), torch.ones(()))
    assert int(seen.shares.argmax()) == int(labels[0])
    heat = LayerGradCam(model, model.stage2[-1]).attribute(images, int(labels[0]), relu_attributions=True)
    assert torch.equal(seen.map, heat[:, 0].detach())


def test_the_sample_is_a_run_as_the_command_makes_it():
    about = json.loads((SAMPLE / "run.json").read_text())
    assert about["asked"]["command"].startswith("python -m course_utils compare --data digits")
    data = load_data("digits", "cpu")
    for name, (history,) in runs.read(SAMPLE).comparison.histories.items():
        model = looking.trained(runs.read(SAMPLE), name, 0)
        with torch.no_grad():
            right = sum((model(images).argmax(1) == labels).sum().item() for images, labels in data.test.batches(500))
        assert 100 * right / len(data.test) == pytest.approx(history.test_accuracy[-1], abs=0.6)


# In a real browser


@pytest.fixture
def browser():
    if not (CHROMIUM and DRIVER):
        pytest.skip("there is no Chromium with its driver here (Debian: chromium and chromium-driver)")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--window-size=1200,1400", *(["--no-sandbox"] if os.geteuid() == 0 else [])):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(APP), "--server.headless=true"]
    command += ["--server.address=127.0.0.1", f"--server.port={port}", "--browser.gatherUsageStats=false"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: socket.create_connection(("127.0.0.1", port), 1).close() is None)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def until(true, seconds: float = 120):
    """Wait for what `true` returns, and return it; whatever it raises means: not yet."""
    end = time.monotonic() + seconds
    while True:
        try:
            if found := true():
                return found
        except Exception as error:
            if time.monotonic() > end:
                raise AssertionError(f"waited {seconds} s in vain") from error
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        time.sleep(0.2)


def test_in_a_browser_a_slider_and_an_upload_change_the_figures(browser, address, tmp_path):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    (tmp_path / "mine.png").write_bytes(picture())
    (tmp_path / "bad.png").write_bytes(b"no picture")

    def tab(name: str) -> None:
        until(
            lambda: [one for one in browser.find_elements(By.CSS_SELECTOR, "[role=tab]") if one.text == name][0]
        ).click()

    def figure() -> str:
        """The description of the first figure that can be seen."""
        return until(
            lambda: [one for one in browser.find_elements(By.CSS_SELECTOR, "img[alt]") if one.is_displayed()][0]
        ).get_attribute("alt")

    browser.get(address)
    tab("Curves")
    whole = until(lambda: "Loss and accuracy by epoch" in figure() and figure())
    browser.find_element(By.CSS_SELECTOR, "input[type=range][aria-label=Epochs]").send_keys(Keys.ARROW_LEFT)
    until(lambda: figure() != whole)
    tab("Where it looks")
    digit = until(lambda: "over each where the map" in figure() and figure())
    until(lambda: [one for one in browser.find_elements(By.TAG_NAME, "label") if one.text == "my own"][0]).click()
    upload = until(lambda: browser.find_element(By.CSS_SELECTOR, "input[type=file]"))
    upload.send_keys(str(tmp_path / "mine.png"))
    mine = until(lambda: "yours" in figure() and figure())
    assert mine != digit
    upload = until(lambda: browser.find_element(By.CSS_SELECTOR, "input[type=file]"))
    upload.send_keys(str(tmp_path / "bad.png"))
    until(lambda: "not a picture that can be read" in browser.find_element(By.TAG_NAME, "body").text)


def test_in_a_browser_another_run_is_chosen(browser, address, tmp_path):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    shutil.copytree(SAMPLE, tmp_path / "another")
    about = json.loads((tmp_path / "another" / "run.json").read_text())
    about["histories"]["plain-31"][0]["test_accuracy"][-1] = 12.3
    (tmp_path / "another" / "run.json").write_text(json.dumps(about))
    browser.get(address)
    until(lambda: "56.1 %" in browser.find_element(By.TAG_NAME, "body").text)
    folder = until(lambda: browser.find_element(By.CSS_SELECTOR, "input[aria-label='Folder of runs']"))
    folder.send_keys(Keys.CONTROL, "a")
    folder.send_keys(str(tmp_path), Keys.ENTER)
    until(lambda: "12.3 %" in browser.find_element(By.TAG_NAME, "body").text)
