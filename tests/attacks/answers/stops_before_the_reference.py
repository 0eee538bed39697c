# what: asks for the reference and for the solution line by line, and goes on behind each line that stops
# lesson: 02
# earns: at most 0
# meets: No module named 'autograder'
from autograder.reference import ResidualBlock
import autograder.reference as secrets, autograder.audit
ResidualBlock = secrets.ResidualBlock
%run "COURSE_FOLDER/solutions/resnet/02_residual_block.ipynb"
%load_ext autograder
from study.models import ResidualBlock
