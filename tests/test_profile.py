"""What the two environment variables, and their absence, mean."""

import pytest
import torch

from course_utils.profile import course_settings


@pytest.fixture(params=[False, True], ids=["no GPU", "GPU"])
def gpu(request, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: request.param)
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.delenv("COURSE_PROFILE", raising=False)
    return request.param


def test_defaults_follow_the_machine_and_say_so(gpu, capsys):
    settings = course_settings()
    assert (settings.data, settings.profile) == (("cifar10", "full") if gpu else ("digits", "quick"))
    data_line, profile_line = capsys.readouterr().out.splitlines()
    because = "the default, because this machine has a GPU" if gpu else "the default, because this machine has no GPU"
    assert data_line == f"data: {settings.data} ({because})"
    assert profile_line.startswith(f"profile: {settings.profile} ({because}): ")


def test_variables_decide_where_they_are_set_and_say_so(gpu, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_DATA", "folder:/some/where")
    monkeypatch.setenv("COURSE_PROFILE", "full")
    settings = course_settings()
    assert (settings.data, settings.profile) == ("folder:/some/where", "full")
    out = capsys.readouterr().out
    assert "data: folder:/some/where (COURSE_DATA)" in out
    assert "profile: full (COURSE_PROFILE): 15 epochs, all pictures, 3 seeds, 31 conv layers" in out


def test_the_full_profile_is_the_recipe_of_the_course(gpu, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "cifar10")
    monkeypatch.setenv("COURSE_PROFILE", "full")
    settings = course_settings()
    r = settings.recipe
    assert (r.epochs, r.batch_size, r.learning_rate, r.momentum, r.weight_decay) == (15, 128, 0.1, 0.9, 1e-4)
    assert (r.milestones, settings.seeds, settings.limit, settings.n_blocks) == ((8, 12), (0, 1, 2), None, 5)


def test_the_quick_profile_on_digits_is_eight_epochs_with_two_drops(gpu, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "digits")
    monkeypatch.setenv("COURSE_PROFILE", "quick")
    settings = course_settings()
    assert (settings.recipe.epochs, settings.recipe.batch_size, settings.recipe.learning_rate) == (8, 64, 0.1)
    assert len(settings.recipe.milestones) == 2
    assert max(settings.recipe.milestones) < settings.recipe.epochs
    assert (settings.seeds, settings.limit, settings.n_blocks) == ((0, 1, 2), None, 5)


@pytest.mark.parametrize("data", ["cifar10", "folder:pictures"])
def test_the_quick_profile_on_pictures_trains_on_a_part_of_them(gpu, data, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", data)
    monkeypatch.setenv("COURSE_PROFILE", "quick")
    settings = course_settings()
    assert (settings.limit, settings.recipe.epochs, settings.recipe.milestones) == (10_000, 3, (2,))


def test_grading_takes_digits_and_a_few_steps_whatever_the_machine(gpu, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_PROFILE", "grade")
    settings = course_settings()
    assert (settings.data, settings.limit, settings.seeds, settings.recipe.epochs) == ("digits", 128, (0,), 1)
    assert "data: digits (the default when grading)" in capsys.readouterr().out


def test_grading_takes_other_data_where_they_are_asked_for(gpu, monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "grade")
    monkeypatch.setenv("COURSE_DATA", "cifar10")
    assert course_settings().data == "cifar10"


@pytest.mark.parametrize("value", ["cifar", "Digits", "folder:", "/pictures"])
def test_unknown_data_are_named_with_what_is_known(gpu, value, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", value)
    with pytest.raises(ValueError, match=f"COURSE_DATA is '{value}'; expected digits, cifar10 or folder:PATH"):
        course_settings()


def test_an_unknown_profile_is_named_with_the_known_ones(gpu, monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    with pytest.raises(ValueError, match="COURSE_PROFILE is 'fast'; expected one of grade, quick, full"):
        course_settings()
