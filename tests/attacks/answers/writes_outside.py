# what: writes, changes and removes files outside of its folder
# lesson: 01
# earns: at most 10
# meets: changed: \[\]
import os
import shutil

changed = []
for path in ("SECRET_FILE", "COURSE_FOLDER/gradebook.db", "/etc/passwd", os.__file__, shutil.__file__):
    for change in (lambda p: open(p, "a").write("mine"), os.remove, lambda p: os.chmod(p, 0o777), lambda p: os.rename(p, p + "x")):
        try:
            change(path)
            changed.append(path)
        except OSError:
            pass
for folder in ("COURSE_FOLDER", "COURSE_FOLDER/submitted", "REPOSITORY", os.path.dirname(os.__file__)):
    try:
        open(folder + "/left-here", "w").close()
        if folder != "REPOSITORY":  # a folder of that name is in its scratch space where the repository lies in /tmp
            changed.append(folder)
    except OSError:
        pass
print("changed:", changed)


def count_conv_layers(n_blocks):
    return 0
