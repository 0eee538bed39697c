# what: runs the solution notebook
# lesson: 01
# earns: at most 10
# meets: not found|No such file|does not exist|FileNotFound
# meets_at_landlock: Could not open file
%run COURSE_FOLDER/solutions/resnet/01_plain_baseline.ipynb
